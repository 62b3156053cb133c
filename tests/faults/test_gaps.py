"""The gap ledger: whatever may have kept events from us is told, with the root, and with what the scan then found."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fcm_tui.model import Gap
from fcm_tui.pipeline import clocks
from fcm_tui.pipeline.clocks import Moment
from tests.faults.conftest import Program
from tests.mounting import Mount
from tests.recording.harness import Recording, disk, fast
from tests.waiting import eventually, wait_for
from tests.windows.system import not_on_wine

linux = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux'")


def ledger(recording: Recording) -> list[Gap]:
    with recording.reader() as reader:
        return reader.gaps()


def closed(recording: Recording, part: str) -> list[Gap]:
    return [gap for gap in ledger(recording) if part in gap.reason and gap.to_ns is not None]


def inside(root: Path) -> bytes:
    return os.fsencode(root)


@linux
@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_30000_files_made_while_the_recorder_was_stopped(program: Program) -> None:
    queue = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    assert queue == 16384, "this machine's queue is not the usual one: the test would not overflow it"
    configuration = program.root.with_name("fcm.toml")
    configuration.write_text(
        '[watch]\nsource = "inotify"\n'
    )  # fanotify's reader goes on, and its queue has no limit
    program.options = ["--config", str(configuration)]
    program.recording.baseline = disk(program.root)
    program.start()
    program.signal(signal.SIGSTOP)
    try:
        for number in range(30_000):
            (program.root / f"f{number}").write_bytes(b"%d" % number)
    finally:
        program.signal(signal.SIGCONT)
    gap = program.closed_gap("overflowed", 200)
    assert gap["root"] == str(program.root)
    assert gap["changes_found"] >= 30_000 - queue
    assert "the process was stopped" in gap["reason"] or program.gaps("the process was stopped")
    await program.recording.settled()
    text = program.run("log", "--reverse", "--limit", "1").stdout.splitlines()
    assert "changes found by scan" in text[0] and "overflowed" in text[0] + text[1]
    assert program.end() == 0


@linux
def test_a_recorder_that_was_stopped_and_goes_on_says_so(program: Program) -> None:
    program.start()
    program.signal(signal.SIGSTOP)
    (program.root / "file").write_text("x\n")
    program.signal(signal.SIGCONT)
    assert program.closed_gap("the process was stopped")["root"] == str(program.root)
    assert program.end() == 0


async def test_each_root_has_its_own_absence(tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    for folder in (a, b):
        folder.mkdir()
    both = Recording(tmp_path / "record.db", [a, b], fast("auto"))
    only_a = Recording(tmp_path / "record.db", [a], fast("auto"))
    async with both.running():
        pass
    assert ledger(both) == []
    (b / "early").write_text("x\n")
    async with only_a.running():
        (b / "late").write_text("x\n")
        left = next(gap for gap in ledger(both) if gap.root == inside(b))
        assert (left.reason, left.to_ns) == ("the root was not watched", None)
    (a / "new").write_text("x\n")
    async with both.running():
        await eventually(lambda: all(gap.to_ns is not None for gap in ledger(both)))
    found = [(gap.root, gap.reason, gap.changes_found) for gap in ledger(both)]
    assert sorted(found) == [
        (inside(a), "the recorder was not running", 0),
        (inside(a), "the recorder was not running", 1),
        (inside(b), "the root was not watched", 2),
    ]


def delete(folder: Path) -> None:
    (folder / "file").unlink()
    folder.rmdir()


def rename(folder: Path) -> None:
    folder.rename(folder.with_name("elsewhere"))


@pytest.mark.parametrize("others", [1, 0])
@pytest.mark.parametrize(
    "away", [pytest.param(delete, marks=not_on_wine("a watched folder cannot be deleted")), rename]
)
async def test_a_root_gone_and_back_is_a_gap_of_that_root(
    tmp_path: Path, away: Callable[[Path], None], others: int
) -> None:
    a, *_ = roots = [tmp_path / "a", tmp_path / "b"][: 1 + others]
    for folder in roots:
        folder.mkdir()
        (folder / "file").write_text("x\n")
    recording = Recording(tmp_path / "record.db", roots, fast("auto"))
    async with recording.running() as recorder:
        away(a)
        await eventually(lambda: [g for g in ledger(recording) if g.to_ns is None])
        await eventually(lambda: f"{a}: it is not there" in recorder.state.message)
        a.mkdir()
        (a / "again").write_text("x\n")
        await eventually(lambda: closed(recording, "deleted or renamed"))
        await recording.settled()
        await eventually(lambda: not recorder.state.message)
    assert {gap.root for gap in ledger(recording)} == {inside(a)}


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root can read everything")
async def test_a_folder_that_could_not_be_read_for_a_while_as_a_person(tmp_path: Path) -> None:
    await unreadable_for_a_while(tmp_path, lambda folder: folder.chmod(0), lambda folder: folder.chmod(0o755))


async def test_a_folder_that_could_not_be_read_for_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the disk itself refuses to list it, whoever asks."""
    scandir = os.scandir
    broken: list[bytes] = []

    def refuse(path: bytes) -> object:
        if path in broken:
            raise OSError(5, "Input/output error")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    await unreadable_for_a_while(
        tmp_path, lambda folder: broken.append(inside(folder)), lambda folder: broken.clear()
    )


async def unreadable_for_a_while(
    tmp_path: Path, close: Callable[[Path], None], reopen: Callable[[Path], None]
) -> None:
    root = tmp_path / "root"
    folder = root / "folder"
    folder.mkdir(parents=True)
    (folder / "file").write_text("x\n")
    recording = Recording(
        tmp_path / "record.db", [root], fast("inotify" if sys.platform == "linux" else "auto")
    )
    async with recording.running() as recorder:
        close(folder)
        (root / "other").write_text("x\n")
        os.utime(folder)
        await eventually(lambda: [g for g in ledger(recording) if str(folder) in g.reason])
        await recording.has("created", "other")
        await eventually(lambda: f"{folder}: " in recorder.state.message)
        os.utime(root)
        reopen(folder)
        (folder / "inside").write_text("x\n")
        await eventually(lambda: closed(recording, str(folder)))
        await recording.settled()
        await eventually(lambda: not recorder.state.message)


DAY_NS = 86_400 * 10**9


async def test_a_clock_set_back_by_a_day_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "root"
    root.mkdir()
    recording = Recording(tmp_path / "record.db", [root], fast("auto"))
    real = time.time_ns
    async with recording.running():
        (root / "before").write_text("x\n")
        await recording.has("created", "before")
        monkeypatch.setattr(time, "time_ns", lambda: real() - DAY_NS)
        await eventually(lambda: closed(recording, "the clock was set back by 86400 s"))
        (root / "after").write_text("x\n")
        (root / "before").write_text("y\n")
        await recording.settled()
    assert all(gap.to_ns is not None and gap.from_ns <= gap.to_ns for gap in ledger(recording))
    async with recording.running():
        (root / "later").write_text("x\n")
        await recording.settled()


SECOND = 10**9


@pytest.mark.parametrize(
    ("wall", "awake", "elapsed", "said"),
    [
        (1, 1, 1, ""),
        (3, 3, 3, ""),
        (1, 1, 1.5, ""),
        (7201, 1, 7201, "the machine was suspended for 7200 s"),
        (-86399, 1, 1, "the clock was set back by 86400 s"),
        (3601, 1, 1, "the machine was suspended, or its clock set forward, by 3600 s"),
        (9, 9, 9, "the program stood still for 8 s"),
    ],
)
def test_what_the_clocks_tell(wall: float, awake: float, elapsed: float, said: str) -> None:
    before = Moment(10**18, 10**12, 10**13)
    after = Moment(10**18 + int(wall * SECOND), 10**12 + int(awake * SECOND), 10**13 + int(elapsed * SECOND))
    assert clocks.standstill(before, after, 1.0) == said


@linux
def test_an_unmounted_root_is_told_and_its_return_is_counted(program: Program, mount: Mount) -> None:
    mount(program.root, "-t", "tmpfs", "none")
    (program.root / "file").write_text("x\n")
    keep = program.root.with_name("keep")
    keep.mkdir()
    mount(keep, "--bind", str(program.root))
    program.start()
    assert os.system(f"umount -l '{program.root}'") == 0
    gap = wait_for(lambda: program.gaps("unmounted"))[0]
    assert (gap["root"], gap["to"]) == (str(program.root), None)
    assert "it is unmounted or out of reach" in wait_for(program.trouble)
    (keep / "more").write_text("x\n")
    mount(program.root, "--bind", str(keep))
    assert program.closed_gap("unmounted")["changes_found"] == 1
    wait_for(lambda: not program.trouble())
    assert program.end() == 0
