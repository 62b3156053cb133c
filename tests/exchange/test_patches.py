"""`fcm-tui export patches`: what stood there before, with the patches applied in order, is what stands there after."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from fcm_tui.cli import main
from tests.commands.test_commands import Cli
from tests.exchange.repositories import git, on_disk
from tests.hostile import KINDS, usable
from tests.programs import needs_git
from tests.recording.harness import Recording, fast
from tests.recording.random_work import RandomWork

pytestmark = needs_git


def begin(cli: Cli) -> None:
    for kind in KINDS.values():
        if usable(kind.name):
            (cli.root / os.fsdecode(kind.name)).write_bytes(kind.content)
    (cli.root / "plain").write_text("1\n2\n3\n")
    (cli.root / "windows").write_bytes(b"a\r\nb\r\n")
    (cli.root / "binary").write_bytes(bytes(range(256)))
    (cli.root / "run").write_text("#!/bin/sh\n")
    if os.name == "posix":
        (cli.root / "link").symlink_to("plain")
    cli.once()


def go_on(cli: Cli) -> None:
    (cli.root / "windows").write_bytes(b"a\r\nB\r\nFrom me\n--- a\n")
    (cli.root / "binary").write_bytes(bytes(range(256)) * 3 + b"\0\nFrom ")
    (cli.root / "plain").write_text("1\n2\nthree")
    (cli.root / "empty").write_text("")
    cli.once()
    (cli.root / "sub").mkdir()
    (cli.root / "plain").rename(cli.root / "sub" / "with space")
    (cli.root / "empty").unlink()
    if os.name == "posix":
        (cli.root / "run").chmod(0o755)
        (cli.root / "link").unlink()
        (cli.root / "link").symlink_to("other")
    cli.once()
    (cli.root / "sub" / "with space").write_text("1\n2\nthree\nfour\n")
    for kind in KINDS.values():
        if usable(kind.name):
            path = cli.root / os.fsdecode(kind.name)
            path.write_bytes(kind.content + b"more\n")
    cli.once()
    (cli.root / "binary").unlink()
    (cli.root / "ünd").write_text("ä\n")
    cli.once()


def copied(root: Path, to: Path) -> Path:
    shutil.copytree(root, to, symlinks=True)
    return to


def committed(folder: Path) -> Path:
    git(folder, "init", "-q")
    git(folder, "config", "core.autocrlf", "false")
    git(folder, "add", "-Af")
    git(folder, "commit", "-qm", "before")
    return folder


def without_git(folder: Path) -> dict[bytes, tuple[int, bytes]]:
    return {path: entry for path, entry in on_disk(folder).items() if not path.startswith(b".git/")}


def test_mails_that_git_takes_one_by_one_and_together(cli: Cli, tmp_path: Path) -> None:
    begin(cli)
    by_am, by_apply = (copied(cli.root, tmp_path / name) for name in ("am", "apply"))
    go_on(cli)
    patches = tmp_path / "patches"
    said = cli.run("export", "patches", str(patches)).stderr.decode()
    files = sorted(patches.iterdir())
    assert said == f"{len(files)} patches\n"
    series = cli.run("export", "patches", "-").stdout
    assert series == b"".join(file.read_bytes() for file in files)
    git(committed(by_am), "am", "-q", "--keep-cr", data=series)
    assert without_git(by_am) == on_disk(cli.root)
    log = git(by_am, "log", "--reverse", "--format=%s|%an|%aI").decode().splitlines()[1:]
    changes = {change["sequence"]: change for change in cli.log()}
    assert [line.split("|")[0].split()[0] for line in log] == [changes[n]["kind"] for n in sorted(changes)]
    assert [line.rsplit("|", 1)[1][:19] for line in log] == [changes[n]["time"][:19] for n in sorted(changes)]
    assert "created ünd" in git(by_am, "log", "--format=%s").decode()
    for file in files:
        git(by_apply, "apply", str(file))
    assert on_disk(by_apply) == on_disk(cli.root)


@pytest.mark.skipif(shutil.which("patch") is None, reason="compares with patch, which is not here")
def test_text_for_patch(cli: Cli, tmp_path: Path) -> None:
    begin(cli)
    target = copied(cli.root, tmp_path / "target")
    (cli.root / "plain").write_text("one\n2\n3\n")
    (cli.root / "windows").write_bytes(b"a\r\nB\r\n")
    (cli.root / "new").write_text("new\n")
    cli.once()
    (cli.root / "plain").rename(cli.root / "moved")
    (cli.root / "new").unlink()
    cli.once()
    patches = tmp_path / "patches"
    cli.run("export", "patches", str(patches))
    for file in sorted(
        patches.iterdir()
    ):  # one by one: in one stream it takes a rename for one of the file at the start
        done = subprocess.run(
            ["patch", "-p1", "--binary", "-s", "-i", str(file)], cwd=target, capture_output=True, check=False
        )
        assert done.returncode == 0, (done.stdout, done.stderr)
    assert on_disk(target) == on_disk(cli.root)


def test_a_range_fits_the_tree_of_its_beginning(cli: Cli, tmp_path: Path) -> None:
    begin(cli)
    (cli.root / "plain").write_text("before the range\n")
    cli.once()
    target = copied(cli.root, tmp_path / "target")
    go_on(cli)
    wanted = on_disk(cli.root)
    (cli.root / "plain").write_text("after the range\n")
    cli.once()
    moments = {change["sequence"]: change["time"] for change in cli.log("--reverse")}
    series = cli.run("export", "patches", "--since", moments[2], "--until", moments[max(moments)], "-").stdout
    git(committed(target), "am", "-q", "--keep-cr", data=series)
    assert without_git(target) == wanted


def test_what_is_not_kept_is_left_out_and_said(cli: Cli, tmp_path: Path) -> None:
    (cli.root / ".env").write_text("KEY=1\n")
    (cli.root / "a").write_text("a\n")
    cli.once()
    target = copied(cli.root, tmp_path / "target")
    (cli.root / ".env").write_text("KEY=2\n")
    (cli.root / "a").write_text("b\n")
    cli.once()
    done = cli.run("export", "patches", "-")
    assert b"KEY" not in done.stdout
    assert b"note: " + os.fsencode(cli.root / ".env") + b": a change left out" in done.stderr
    git(committed(target), "am", "-q", "--keep-cr", data=done.stdout)
    assert (target / "a").read_text() == "b\n" and (target / ".env").read_text() == "KEY=1\n"
    full = cli.run("export", "patches", str(target), status=2).stderr
    assert b"is not empty: name another folder" in full


@pytest.mark.slow
@pytest.mark.parametrize("seed", [4, 5])
async def test_random_work_applies(
    seed: int,
    root: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    monkeypatch.setenv("FCM_DATA_DIR", str(data))
    recording = Recording(data / "record.db", [root], fast("watchfiles"))
    work = RandomWork([root], seed)
    for _ in range(60):
        work.act()
    for fifo in [path for path in root.rglob("*") if path.is_fifo()]:
        fifo.unlink()
    target = committed(copied(root, tmp_path / "target"))
    async with recording.running():
        for _ in range(120):
            work.act()
            work.pause()
        await recording.settled()
    capfdbinary.readouterr()
    assert main(["export", "patches", "-"]) == 0
    series = capfdbinary.readouterr().out
    git(target, "am", "-q", "--keep-cr", data=series)
    assert without_git(target) == on_disk(root)
