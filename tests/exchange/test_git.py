"""`fcm-tui export git`: what git reads in the repository is what was on the disk, change by change."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fcm_tui.cli import main
from tests.commands.test_commands import Cli
from tests.exchange.repositories import git, on_disk, tree
from tests.hostile import KINDS, usable
from tests.programs import needs_git
from tests.recording.harness import Recording, fast
from tests.recording.random_work import RandomWork

pytestmark = needs_git


def subjects(repository: Path) -> list[str]:
    return git(repository, "log", "--reverse", "--format=%s").decode().splitlines()


def test_each_change_is_a_commit(cli: Cli, tmp_path: Path) -> None:
    (cli.root / "a").write_text("one\ntwo\nthree\n")
    (cli.root / "b").write_bytes(b"\0\1")
    cli.once()
    (cli.root / "a").write_text("one\n2\nthree\n")
    cli.once()
    (cli.root / "d").mkdir()
    (cli.root / "a").rename(cli.root / "d" / "a b")
    cli.once()
    (cli.root / "b").unlink()
    cli.once()
    repository = tmp_path / "repository"
    said = cli.run("export", "git", str(repository)).stderr
    assert said == f"4 commits with 3 changes added to {repository}\n".encode()
    assert subjects(repository) == ["first look: 2 files", "modified a", "moved a -> d/a b", "deleted b"]
    assert tree(repository) == on_disk(cli.root)
    assert tree(repository, "main~3") == {b"a": (0o100644, b"one\ntwo\nthree\n"), b"b": (0o100644, b"\0\1")}
    assert b"R100\ta\td/a b" in git(repository, "show", "-M", "--name-status", "main~1")
    assert git(repository, "log", "--follow", "--format=%s", "--", "d/a b").decode().splitlines() == [
        "moved a -> d/a b",
        "modified a",
        "first look: 2 files",
    ]
    blame = git(repository, "blame", "-s", "main", "--", "d/a b").decode().splitlines()
    assert len({line.split()[0].lstrip("^") for line in blame}) == 2
    git(repository, "fsck", "--strict")
    changes = {change["sequence"]: change for change in cli.log()}
    dates = git(repository, "log", "--reverse", "--format=%aI %an", "main~3..main").decode().splitlines()
    assert [line.split(" ", 1)[0][:19] for line in dates] == [changes[n]["time"][:19] for n in (1, 2, 3)]
    assert {line.split(" ", 1)[1] for line in dates} == {changes[1]["owner"]}
    if os.name == "posix":
        assert repository.stat().st_mode & 0o777 == 0o700


def test_a_second_run_adds_only_what_is_new(cli: Cli, tmp_path: Path) -> None:
    (cli.root / "a").write_text("1\n")
    cli.once()
    repository = tmp_path / "repository"
    assert cli.run("export", "git", str(repository)).stderr.startswith(b"1 commit with 0 changes")
    assert cli.run("export", "git", str(repository)).stderr.startswith(b"nothing new")
    (cli.root / "a").write_text("2\n")
    (cli.root / "b").write_text("b\n")
    cli.once()
    first = git(repository, "rev-parse", "main")
    cli.run("export", "git", str(repository))
    assert git(repository, "rev-parse", "main~2") == first
    whole = tmp_path / "whole"
    cli.run("export", "git", str(whole))
    assert git(whole, "rev-parse", "main") == git(repository, "rev-parse", "main")


def test_what_is_not_kept_says_so(cli: Cli, tmp_path: Path) -> None:
    (cli.root / ".env").write_text("PASSWORD=hunter2\n")
    cli.once()
    (cli.root / ".env").write_text("PASSWORD=hunter3\n")
    cli.once()
    repository = tmp_path / "repository"
    cli.run("export", "git", str(repository))
    assert tree(repository, "main~1")[b".env"][1].startswith(
        b"fcm-tui: the content of this version is not here: it is a secret"
    )
    assert b"(change 1, 17 bytes)" in tree(repository)[b".env"][1]
    assert b"Content: not kept (secret)" in git(repository, "log", "-1", "--format=%B")
    assert b"hunter" not in git(repository, "log", "-p")


def _many_names(root: Path) -> None:
    for kind in KINDS.values():
        if usable(kind.name):
            (root / os.fsdecode(kind.name)).write_bytes(kind.content)
    (root / "run.sh").write_text("#!/bin/sh\n")
    (root / "run.sh").chmod(0o755)
    (root / "link").symlink_to("run.sh")
    (root / "dangling").symlink_to("no/such\tfile")


@pytest.mark.skipif(os.name != "posix", reason="names that only POSIX has")
def test_names_of_any_bytes_modes_and_links(cli: Cli, tmp_path: Path) -> None:
    _many_names(cli.root)
    cli.once()
    (cli.root / "sub").mkdir()
    for name in os.listdir(os.fsencode(cli.root)):
        if name != b"sub":
            old = os.path.join(os.fsencode(cli.root), name)
            os.rename(old, os.path.join(os.fsencode(cli.root), b"sub", name))
    (cli.root / "sub" / "run.sh").chmod(0o644)
    (cli.root / "sub" / "dangling").unlink()
    (cli.root / "sub" / "dangling").write_text("a file now\n")
    cli.once()
    for by in ("change", "burst"):
        repository = tmp_path / by
        cli.run("export", "git", "--by", by, str(repository))
        assert tree(repository) == on_disk(cli.root)
        git(repository, "fsck", "--strict")
        assert b"\x1b" not in git(repository, "log", "--format=%B")
        git(repository, "log", "-p")


REFUSED = [
    b".git", b".GIT", b"git~1", b".git ", b".git...", b".git:x", b".g\xe2\x80\x8cit", b"a\\.git", b".gitmodules",
    b"GITMOD~1", b"gi7eba~1", b"g~1", b".git_", b".git__", b".gitmodules:a",
]  # fmt: skip


@pytest.mark.skipif(os.name != "posix", reason="names that only POSIX has")
def test_names_that_git_refuses_get_an_underscore(cli: Cli, tmp_path: Path) -> None:
    for name in REFUSED:
        with open(os.path.join(os.fsencode(cli.root), b"x" + name), "wb") as file:
            file.write(b'[submodule "../../x"]\n\tpath = -x\n\turl = -u\n')
    (cli.root / ".gitattributes").write_text("a" * 3000 + "\n")
    cli.once()
    for name in REFUSED:
        at = os.path.join(os.fsencode(cli.root), b"x" + name)
        os.rename(at, os.path.join(os.fsencode(cli.root), name))
    cli.run("record", "--once", str(cli.root), "--config", str(_nothing_ignored(tmp_path)))
    repository = tmp_path / "repository"
    cli.run("export", "git", str(repository))
    git(repository, "fsck", "--strict")
    names = set(tree(repository))
    assert {b".git_", b".git__", b".git___", b".git_:x", b"a\\.git_", b".gitmodules_", b"g~1_"} <= names
    assert len(names) == len(REFUSED) + 1
    assert b"Git refuses its lines" in tree(repository)[b".gitattributes"][1]
    git(tmp_path, "clone", "-q", str(repository), "clone")


def _nothing_ignored(tmp_path: Path) -> Path:
    config = tmp_path / "fcm.toml"
    config.write_text('[ignore]\npatterns = ["!.git", "!.git*", "!*~*"]\n')
    return config


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_random_work_is_the_disk_in_the_end(
    seed: int, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, other = tmp_path / "data", tmp_path / "other"
    data.mkdir(mode=0o700)
    other.mkdir()
    monkeypatch.setenv("FCM_DATA_DIR", str(data))
    recording = Recording(data / "record.db", [root, other], fast("watchfiles"))
    work = RandomWork([root, other], seed)
    for _ in range(60):
        work.act()
    for part in range(3):
        async with recording.running():
            for _ in range(80):
                work.act()
                work.pause()
            await recording.settled()
        for by in ("change", "burst"):
            assert main(["export", "git", "--by", by, str(tmp_path / by)]) == 0
            assert tree(tmp_path / by) == _prefixed(root, "root") | _prefixed(other, "other"), (by, part)
            git(tmp_path / by, "fsck", "--strict")
    assert int(git(tmp_path / "change", "rev-list", "--count", "main")) >= len(recording.changes())


def _prefixed(root: Path, name: str) -> dict[bytes, tuple[int, bytes]]:
    return {name.encode() + b"/" + path: entry for path, entry in on_disk(root).items()}
