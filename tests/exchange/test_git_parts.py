"""Parts of a history as a repository, and what such an export refuses."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands.test_commands import Cli
from tests.exchange.repositories import git, on_disk, tree
from tests.programs import needs_git
from tests.waiting import wait_for

pytestmark = needs_git


def history(cli: Cli) -> None:
    """Two files before, and five changes in four looks."""
    (cli.root / "a.py").write_text("a 0\n")
    (cli.root / "b.txt").write_text("b 0\n")
    cli.once()
    (cli.root / "a.py").write_text("a 1\n")
    cli.once()
    (cli.root / "sub").mkdir()
    (cli.root / "a.py").rename(cli.root / "sub" / "a.py")
    cli.once()
    (cli.root / "sub" / "a.py").write_text("a 2\n")
    (cli.root / "c.py").write_text("c 0\n")
    cli.once()
    (cli.root / "b.txt").write_text("b 1\n")
    cli.once()


def subjects(repository: Path) -> list[str]:
    return git(repository, "log", "--reverse", "--format=%s").decode().splitlines()


def test_from_a_moment_until_another(cli: Cli, tmp_path: Path) -> None:
    history(cli)
    moments = {change["sequence"]: change["time"] for change in cli.log()}
    repository = tmp_path / "repository"
    cli.run("export", "git", "--since", moments[2], "--until", moments[5], str(repository))
    first, *others = subjects(repository)
    assert first.endswith(": 2 files") and others[0] == "moved a.py -> sub/a.py" and len(others) == 3
    assert tree(repository, "main~3") == {b"a.py": (0o100644, b"a 1\n"), b"b.txt": (0o100644, b"b 0\n")}
    assert tree(repository)[b"b.txt"] == (0o100644, b"b 0\n")
    cli.run("export", "git", str(repository))
    assert subjects(repository)[4:] == ["modified b.txt"]
    assert tree(repository) == on_disk(cli.root)


def test_what_a_filter_lets_through(cli: Cli, tmp_path: Path) -> None:
    history(cli)
    repository = tmp_path / "repository"
    cli.run("export", "git", "--filter", "kind:modified", str(repository))
    assert subjects(repository) == [
        "first look: 2 files",
        "modified a.py",
        "modified sub/a.py",
        "modified b.txt",
    ]
    assert tree(repository) == {b"sub/a.py": (0o100644, b"a 2\n"), b"b.txt": (0o100644, b"b 1\n")}
    (cli.root / "c.py").write_text("c 1\n")
    cli.once()
    cli.run("export", "git", str(repository))
    assert subjects(repository)[4:] == ["first look: 1 file", "modified c.py"]
    assert tree(repository, "main~1")[b"c.py"] == (0o100644, b"c 0\n")


def test_below_a_path_what_moves_in_and_out(cli: Cli, tmp_path: Path) -> None:
    history(cli)
    repository = tmp_path / "repository"
    cli.run("export", "git", str(cli.root / "sub"), str(repository))
    assert subjects(repository)[0] == f"moved {cli.root / 'a.py'} -> a.py"
    assert tree(repository) == on_disk(cli.root / "sub")
    assert tree(repository, "main~1") == {b"a.py": (0o100644, b"a 1\n")}


def test_a_burst_is_a_commit_and_no_version_is_left_out(cli: Cli, tmp_path: Path) -> None:
    cli.once()
    for number in range(30):
        (cli.root / f"n{number}").write_text(f"{number}\n")
    cli.once()
    repository = tmp_path / "repository"
    cli.run("export", "git", "--by", "burst", str(repository))
    assert subjects(repository) == ["30 changes: 30 created"]
    assert tree(repository) == on_disk(cli.root)
    assert git(repository, "log", "--format=%B").count(b"\n+ n") == 30


def test_what_is_refused(cli: Cli, tmp_path: Path) -> None:
    history(cli)
    inside = cli.run("export", "git", str(cli.root / "x"), status=2).stderr
    assert b"lies in a recorded folder" in inside and not (cli.root / "x").exists()
    assert b"lies in the data directory" in cli.run("export", "git", str(cli.data / "x"), status=2).stderr
    full = tmp_path / "full"
    full.mkdir()
    (full / "mine").write_text("")
    assert b"is not empty" in cli.run("export", "git", str(full), status=2).stderr
    assert os.listdir(full) == ["mine"]
    repository = tmp_path / "repository"
    cli.run("export", "git", str(repository))
    assert (
        b"begun with another --by"
        in cli.run("export", "git", "--by", "burst", str(repository), status=2).stderr
    )
    commit = git(repository, "commit-tree", "main^{tree}", "-p", "main", "-m", "mine").decode().strip()
    git(repository, "update-ref", "refs/heads/main", commit)
    assert b"the last commit on main is none" in cli.run("export", "git", str(repository), status=1).stderr


@pytest.mark.skipif(os.name != "posix", reason="limits of POSIX")
def test_where_nothing_more_can_be_written(cli: Cli, tmp_path: Path) -> None:
    (cli.root / "large").write_bytes(os.urandom(3 << 20))
    cli.once()
    repository = tmp_path / "repository"
    limited = ["sh", "-c", 'ulimit -f 2000; trap "" XFSZ; exec "$@"', "sh", sys.executable, "-m", "fcm_tui"]
    done = subprocess.run(
        [*limited, "--data-dir", str(cli.data), "export", "git", str(repository)],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1 and done.stderr.startswith(b"fcm-tui: git fast-import has ended: "), (
        done.stderr
    )
    assert done.stderr.count(b"\n") == 1
    cli.run("export", "git", str(repository))
    assert tree(repository) == on_disk(cli.root)


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_a_run_that_is_interrupted_is_taken_up(cli: Cli, tmp_path: Path) -> None:
    for number in range(24):
        (cli.root / f"n{number}").write_bytes(os.urandom(1 << 20))
    cli.once()
    repository = tmp_path / "repository"
    program = [sys.executable, "-m", "fcm_tui", "--data-dir", str(cli.data), "export", "git", str(repository)]
    for _ in range(5):  # a run may come to its end before anybody can interrupt it
        with subprocess.Popen(program, stderr=subprocess.PIPE, start_new_session=True) as process:
            wait_for(lambda: list(repository.glob("objects/pack/tmp_pack_*")) or process.poll() is not None)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGINT)
            _, said = process.communicate(timeout=60)
        if process.returncode != 0:
            break
        shutil.rmtree(repository)
    assert process.returncode == 130 and not said, said
    cli.run("export", "git", str(repository))
    assert tree(repository) == on_disk(cli.root)
    git(repository, "fsck", "--strict")
