"""Real programs at work in a recorded folder: what the log says is what they did."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import random
import shutil
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from fcm_tui.store.reading import past
from tests.benchmarks.texts import edit, first_versions
from tests.recording.harness import Recording, fast

VIM = shutil.which("vim") or shutil.which("vim.tiny") or ""


def need(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"no {program} on this system")
    return found


@pytest.mark.skipif(not VIM, reason="no vim on this system")
@pytest.mark.parametrize("backupcopy", ["no", "yes", "auto"])
async def test_vim_saves(recording: Recording, root: Path, backupcopy: str) -> None:
    (root / "file").write_text("one\nother\n")
    script = [f"set backupcopy={backupcopy}", "set writebackup swapfile", "%s/one/two/", "wq"]
    async with recording.running():
        for text in ("two", "three"):
            script[2] = f"1s/.*/{text}/"
            options = [word for command in script for word in ("-c", command)]
            await asyncio.to_thread(
                subprocess.run,
                [VIM, "-e", "-s", "-N", "-u", "NONE", *options, str(root / "file")],
                check=True,
                stdin=subprocess.DEVNULL,
            )
            await recording.settled()
    assert recording.kinds() == [("modified", "file")] * 2
    assert (root / "file").read_text() == "three\nother\n"
    assert [(c.inserted, c.updated, c.deleted) for c in recording.changes()] == [(0, 1, 0)] * 2


async def test_a_branch_is_switched(recording: Recording, root: Path, tmp_path: Path) -> None:
    """The same files, line counts and contents as git itself tells."""
    need("git")
    dice, texts = random.Random(7), first_versions(300, 120)

    def git(*arguments: str) -> bytes:
        return subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True).stdout

    def put() -> None:
        for number, lines in enumerate(texts):
            path = root / f"d{number % 11}" / f"{number}.py"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(b"".join(lines))

    git("init", "-q", "-b", "first", "--separate-git-dir", str(tmp_path / "repository"))
    put()
    git("add", "-A")
    git("commit", "-q", "-m", "first")
    git("checkout", "-q", "-b", "second")
    for lines in dice.sample(texts, 150):
        edit(lines, dice)
    put()
    for number in dice.sample(range(300), 12):
        (root / f"d{number % 11}" / f"{number}.py").unlink()
    (root / "new.py").write_bytes(b"".join(texts[0]) + b"only here\n")
    git("add", "-A")
    git("commit", "-q", "-m", "second")
    git("checkout", "-q", "first")

    async with recording.running():
        await asyncio.to_thread(git, "checkout", "-q", "second")
        await recording.settled()
    told = git("diff", "--numstat", "--no-renames", "-z", "first", "second").split(b"\0")[:-1]
    theirs = {
        os.fsencode(root) + b"/" + path: (int(added), int(removed))
        for added, removed, path in (line.split(b"\t") for line in told)
    }
    changes = {change.path: change for change in recording.changes()}
    assert len(changes) == len(recording.changes())
    assert set(changes) == set(theirs)
    for path, (added, removed) in theirs.items():
        change = changes[path]
        assert change.inserted is not None and change.updated is not None and change.deleted is not None
        with recording.reader() as reader:
            hunks = past.hunks(reader.connection, change.recorder_id, change.sequence)
        assert sum(h.new_count for h in hunks) == change.inserted + change.updated
        assert sum(h.new_count + h.old_count for h in hunks) <= added + removed
        if change.after is not None:
            assert change.after == hashlib.sha256(Path(os.fsdecode(path)).read_bytes()).digest()


@pytest.mark.slow
async def test_an_archive_is_unpacked(recording: Recording, root: Path, tmp_path: Path) -> None:
    """A burst in which watchfiles alone misses hundreds."""
    need("tar")
    source = tmp_path / "source"
    for number in range(12_000):
        folder = source / f"{number % 40}" / f"{number % 7}" / f"{number % 3}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}").write_bytes(b"%d\n" % number)
    archive = tmp_path / "archive.tar"
    subprocess.run(["tar", "-cf", str(archive), "-C", str(source), "."], check=True)
    async with recording.running():
        await asyncio.to_thread(subprocess.run, ["tar", "-xf", str(archive), "-C", str(root)], check=True)
        await recording.settled()
    assert len(recording.changes()) == 12_000


async def test_sparse_files(recording: Recording, root: Path) -> None:
    async with recording.running():
        for name, size in (("within", 40 << 20), ("beyond", 200 << 20)):
            with (root / name).open("wb") as file:
                file.truncate(size)
                file.seek(size // 2)
                file.write(b"in the middle\n")
        await recording.settled()
        within, beyond = await recording.has("created", "within"), await recording.has("created", "beyond")
    assert (within.capture, beyond.capture) == ("stored", "too-large")
    with recording.reader() as reader:
        assert within.after is not None
        assert hashlib.sha256(reader.content(within.after)).digest() == within.after
    assert recording.database.stat().st_size < 4 << 20


@contextlib.asynccontextmanager
async def recorder_without_privileges(root: Path, data: Path) -> AsyncIterator[None]:
    """`fcm-tui record`, for which mode bits hold even where root runs the tests."""
    command = [sys.executable, "-m", "fcm_tui", "record", "--data-dir", str(data), str(root)]
    if os.geteuid() == 0:
        command = [need("setpriv"), "--bounding-set=-dac_override,-dac_read_search", *command]
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert (await process.stdout.readline()).startswith(b"ready: ")
        yield
    finally:
        process.terminate()
        await process.communicate()
    assert process.returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no mode bits")
async def test_what_may_not_be_read_is_logged_and_left_alone(root: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    (root / "closed").mkdir()
    (root / "closed" / "inside").write_text("1\n")
    (root / "open").write_text("1\n")
    recording = Recording(data / "record.db", [root], fast("auto"))

    def status() -> dict[str, Any]:
        done = subprocess.run(
            [sys.executable, "-m", "fcm_tui", "status", "--json", "--data-dir", str(data)],
            check=True,
            capture_output=True,
        )
        return dict(json.loads(done.stdout))

    async with recorder_without_privileges(root, data):
        (root / "closed").chmod(0)
        (root / "open").chmod(0)
        changed = await recording.has("metadata", "open")
        assert changed.mode is not None and stat.S_IMODE(changed.mode) == 0
        handle = os.open(root / "unreadable", os.O_WRONLY | os.O_CREAT, 0)
        os.write(handle, b"2\n")
        os.close(handle)
        assert (await recording.has("created", "unreadable")).capture == "unreadable"
        (root / "unreadable").chmod(0o600)
        assert (await recording.has("modified", "unreadable")).capture == "stored"
        (root / "closed").chmod(0o700)
        (root / "closed" / "more").write_text("3\n")
        await recording.has("created", "more")
    assert not any(change.kind == "deleted" for change in recording.changes())
    assert status()["files"] == 4
