"""Files that another program holds open for itself: tried again, and their final state recorded."""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fcm_tui.capture import stable
from fcm_tui.capture.opening import open_to_read
from fcm_tui.capture.stable import Outcome, read_stable
from fcm_tui.pipeline import waiting
from tests.recording.harness import Recording
from tests.windows.system import (
    DELETE,
    ON_WINE,
    READ,
    held,
    held_by_another_program,
    not_on_wine,
    rewrite,
    windows_only,
    written_by_another_program_under_a_lock,
)

pytestmark = windows_only


async def test_what_was_written_is_recorded_once_it_is_let_go(recording: Recording, root: Path) -> None:
    (root / "file").write_bytes(b"one\ntwo\n")
    async with recording.running() as recorder:
        with held(root / "file") as file:
            rewrite(file, b"one\nTWO\nthree\n")
            (root / "other").write_bytes(b"not held\n")
            await recording.has("created", "other")
            assert read_stable(os.fsencode(root / "file"), 1000).outcome is Outcome.HELD
            assert recorder.state.pending
        await recording.settled()
    _, change = recording.changes()
    assert (change.kind, change.capture, change.updated) == ("modified", "stored", 2)


async def test_a_new_file_counts_as_made_when_it_is_let_go(recording: Recording, root: Path) -> None:
    async with recording.running():
        with held(root / "file") as file:
            os.write(file, b"half of ")
            (root / "other").write_bytes(b"not held\n")
            await recording.has("created", "other")
            os.write(file, b"a line\n")
        await recording.settled()
    assert recording.kinds() == [("created", "other"), ("created", "file")]


async def test_another_process_keeps_it(recording: Recording, root: Path) -> None:
    (root / "file").write_bytes(b"one\n")
    async with recording.running():
        (root / "file").write_bytes(b"two\n")
        with held_by_another_program(root / "file"):
            (root / "other").write_bytes(b"not held\n")
            await recording.has("created", "other")
        await recording.settled()


async def test_held_for_long_it_is_told_and_recorded_twice(
    recording: Recording, root: Path, monkeypatch: pytest.MonkeyPatch, eventually: Callable[..., Any]
) -> None:
    monkeypatch.setattr(waiting, "HELD_PATIENCE", 1.0)
    (root / "file").write_bytes(b"one\n")
    async with recording.running() as recorder:
        with held(root / "file") as file:
            rewrite(file, b"one\ntwo\n")
            await eventually(lambda: "file: another program keeps it for itself" in recorder.state.message)
            change = await recording.has("modified", "file")
            assert (change.capture, change.after) == ("unreadable", None)
        await recording.settled(lambda: not recorder.state.message)
    assert [c.capture for c in recording.changes()] == ["unreadable", "stored"]


async def test_held_at_the_baseline_it_is_found_by_the_next_scan(recording: Recording, root: Path) -> None:
    (root / "file").write_bytes(b"one\n")
    with held(root / "file"):
        async with recording.running():
            pass
    async with recording.running():
        await recording.settled()
    (change,) = recording.changes()
    assert (change.kind, change.before, change.capture) == ("modified", None, "stored")


async def test_held_at_the_end_it_is_found_by_the_next_start(recording: Recording, root: Path) -> None:
    (root / "file").write_bytes(b"one\n")
    with contextlib.ExitStack() as stack:
        async with recording.running():
            rewrite(stack.enter_context(held(root / "file")), b"one\ntwo\n")
            (root / "other").write_bytes(b"not held\n")
            await recording.has("created", "other")
    async with recording.running():
        await recording.settled()
    assert recording.kinds() == [("created", "other"), ("modified", "file")]
    assert recording.changes()[1].inserted == 1


@not_on_wine("a lock on a part keeps nobody from reading it")
async def test_a_part_that_another_program_has_locked(recording: Recording, root: Path) -> None:
    import msvcrt

    (root / "file").write_bytes(b"one\n")
    async with recording.running():
        with held(root / "file", READ | DELETE) as file:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 4)
            os.write(file, b"two\nthree\n")
            assert read_stable(os.fsencode(root / "file"), 1000).outcome is Outcome.HELD
            (root / "other").write_bytes(b"not held\n")
            await recording.has("created", "other")
            os.lseek(file, 0, os.SEEK_SET)
            msvcrt.locking(file, msvcrt.LK_UNLCK, 4)
        await recording.settled()
    assert recording.kinds() == [("created", "other"), ("modified", "file")]


async def test_a_part_that_another_process_has_locked(recording: Recording, root: Path) -> None:
    (root / "file").write_bytes(b"one\n")
    async with recording.running():
        with written_by_another_program_under_a_lock(root / "file"):
            (root / "other").write_bytes(b"not locked\n")
            await recording.has("created", "other")
            if not ON_WINE:  # where a lock on a part keeps nobody from reading it
                assert read_stable(os.fsencode(root / "file"), 1000).outcome is Outcome.HELD
                assert recording.kinds() == [("created", "other")]
        await recording.settled()
    last = recording.changes()[-1]
    assert (last.kind, last.capture, last.size) == ("modified", "stored", len(b"whole\n"))


async def test_a_part_that_cannot_be_read_for_a_lock(
    recording: Recording, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file opens, and reading it fails as it does on Windows, which Wine does not do: without a number of its."""
    locked = [os.fsencode(root / "file")]

    def read(path: bytes, *rest: Any) -> stable.Reading:
        if path in locked:
            raise PermissionError(errno.EACCES, "Permission denied")
        return reads(path, *rest)

    reads = stable._read_open
    (root / "file").write_bytes(b"one\n")
    async with recording.running() as recorder:
        monkeypatch.setattr(stable, "_read_open", read)
        (root / "file").write_bytes(b"one\ntwo\n")
        (root / "other").write_bytes(b"not locked\n")
        await recording.has("created", "other")
        assert read_stable(os.fsencode(root / "file"), 1000).outcome is Outcome.HELD
        assert recorder.state.pending
        locked.clear()
        await recording.settled()
    assert recording.kinds() == [("created", "other"), ("modified", "file")]
    assert recording.changes()[1].capture == "stored"


def test_once_says_what_it_could_not_record(root: Path) -> None:
    def once() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "fcm_tui", "record", "--once", str(root)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60)

    (root / "file").write_bytes(b"one\n")
    assert once().returncode == 0
    with held(root / "file") as file:
        rewrite(file, b"one\ntwo\n")
        kept = once()
    assert kept.returncode == 0
    assert "file: another program keeps it for itself: recorded once it is let go" in kept.stderr
    assert "1 changes recorded" in once().stderr


def test_reading_is_in_nobodys_way(root: Path) -> None:
    (root / "file").write_bytes(b"one\n")
    (root / "new").write_bytes(b"two\n")
    descriptor = open_to_read(os.fsencode(root / "file"))
    try:
        with (root / "file").open("ab") as file:
            file.write(b"more\n")
        (root / "file").rename(root / "moved")
        (root / "new").replace(root / "file")
        (root / "moved").unlink()
        assert os.read(descriptor, 100) == b"one\nmore\n"
    finally:
        os.close(descriptor)
