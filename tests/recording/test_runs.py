"""From one run to the next: what changed while nothing recorded, and ends that were no ends."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from fcm_tui.model import Standing
from fcm_tui.pipeline.session import Session
from fcm_tui.settings.config import Settings
from fcm_tui.store.reading.queries import Reader
from fcm_tui.store.record import Record
from fcm_tui.store.trust.verify import Tally, verify
from tests.recording.harness import Recording, fast
from tests.waiting import eventually, wait_for

linux = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux'")


def read(recording: Recording) -> Reader:
    return Reader(recording.database)


async def test_only_the_first_start_is_a_first_look(recording: Recording, root: Path) -> None:
    (root / "file").write_text("there\n")
    for looking in ("baseline", "scanning"):
        said: list[Standing] = []
        async with recording.running(said.append):
            pass
        assert looking in (phases := [standing.phase for standing in said])
        assert not {"baseline", "scanning"} - {looking} & set(phases)
        assert "recording" in phases


async def test_changes_between_two_runs_are_found_by_scan(recording: Recording, root: Path) -> None:
    for name in ("edit", "move", "remove"):
        (root / name).write_text(f"{name} me\n" * 10)
    async with recording.running():
        pass
    (root / "edit").write_text("edited\n")
    (root / "move").rename(root / "moved")
    (root / "remove").unlink()
    (root / "new").write_text("new\n")
    async with recording.running():
        await recording.settled()
    assert {c.origin for c in recording.changes()} == {"scan"}
    assert sorted(recording.kinds()) == [
        ("created", "new"),
        ("deleted", "remove"),
        ("modified", "edit"),
        ("moved", "moved"),
    ]
    with read(recording) as reader:
        assert [(gap.reason, gap.changes_found) for gap in reader.gaps()] == [
            ("the recorder was not running", 4)
        ]


async def test_a_busy_writer_leaves_only_prefixes_and_its_end(recording: Recording, root: Path) -> None:
    (root / "log").write_text("")
    async with recording.running():

        def write() -> None:
            with (root / "log").open("ab", buffering=0) as file:
                for number in range(3000):
                    file.write(b"line %06d\n" % number)

        await asyncio.to_thread(write)
        await recording.settled()
    whole = (root / "log").read_bytes()
    with read(recording) as reader:
        versions = [reader.content(c.after) for c in recording.changes() if c.after is not None]
    assert all(whole.startswith(version) for version in versions)


async def test_no_recorded_version_is_a_mixture(recording: Recording, root: Path) -> None:
    patterns = [bytes([letter]) * 400_000 for letter in b"AB"]
    (root / "file").write_bytes(patterns[0])
    async with recording.running():

        def rewrite() -> None:
            for number in range(200):
                with (root / "file").open("r+b", buffering=0) as file:
                    file.write(patterns[number % 2])

        await asyncio.to_thread(rewrite)
        await recording.settled()
    with read(recording) as reader:
        for change in recording.changes():
            if change.after is not None and change.capture == "stored":
                assert len(set(reader.content(change.after))) <= 1


def record(data: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "fcm_tui", "record", "--data-dir", str(data), *arguments]


@linux
async def test_events_lost_while_stopped_are_found(root: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    config = tmp_path / "fcm.toml"  # fanotify's events are read by a process of its own, which goes on
    config.write_text('[watch]\nsource = "inotify"\n')
    command = record(data, "--config", str(config), str(root))
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert (await asyncio.to_thread(process.stdout.readline)).startswith("ready: 1 roots, 0 files")
        process.send_signal(signal.SIGSTOP)
        for number in range(6000):
            (root / f"f{number}").write_bytes(b"%d" % number)
        process.send_signal(signal.SIGCONT)
        recording = Recording(data / "record.db", [root], fast("inotify"))
        await recording.settled()
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        await asyncio.to_thread(process.communicate)
    assert process.returncode == 0
    with read(recording) as reader:
        assert any("overflow" in gap.reason for gap in reader.gaps())


@linux
async def test_killed_in_the_middle_loses_nothing_acknowledged(root: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    recording = Recording(data / "record.db", [root], fast("inotify"))
    acknowledged: list[int] = []
    for turn in range(3):
        process = subprocess.Popen(record(data, str(root)), stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            await asyncio.to_thread(process.stdout.readline)
            for number in range(150):
                (root / f"{number}").write_text(f"{turn} {number}\n" * 20)
                if number == 100:
                    await recording.has("created" if turn == 0 else "modified", "20")
            acknowledged = [c.sequence for c in recording.changes()]
        finally:
            process.kill()
            await asyncio.to_thread(process.communicate)
        assert [c.sequence for c in recording.changes()][: len(acknowledged)] == acknowledged
        with read(recording) as reader:
            assert list(verify(reader.connection, Tally())) == []
    async with recording.running():
        await recording.settled()


@linux
def test_a_baseline_that_was_killed_begins_anew(root: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    for number in range(3000):
        (root / f"{number}").write_bytes(os.urandom(20_000))
    process = subprocess.Popen(record(data, "--once", str(root)))
    deadline = time.monotonic() + 30
    while not (data / "record.db-filling").exists():
        assert time.monotonic() < deadline
    process.kill()
    process.wait()
    done = subprocess.run(record(data, "--once", str(root)), capture_output=True, text=True, check=True)
    assert done.stdout == "ready: 1 roots, 3000 files\n"
    assert not (data / "record.db-filling").exists()
    with Reader(data / "record.db") as reader:
        assert list(verify(reader.connection, Tally())) == []
        assert reader.count() == 0


@pytest.mark.parametrize(
    ("moment", "is_reading"), [("before", False), ("before", True), ("meanwhile", False)]
)
def test_somebody_looks_on_while_the_first_baseline_is_taken(
    moment: str, is_reading: bool, root: Path, tmp_path: Path
) -> None:
    """A screen, or `status` in another terminal: neither is a reason not to record."""
    database = tmp_path / "data" / "record.db"
    database.parent.mkdir(mode=0o700)
    (root / "file").write_text("x\n")
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(2))
        session = Session(database, Settings(), [os.fsencode(root)], pool)
        stack.callback(session.close)

        def look() -> None:
            reader = stack.enter_context(Reader(database))
            assert len(reader.roots()) == 1
            if is_reading:
                reader.connection.execute("BEGIN")
                assert reader.count() == 0

        if moment == "before":
            look()
        session.catch_up(patient=False, on_progress=lambda _: look() if moment == "meanwhile" else None)
        with Reader(database) as reader:
            assert [(found.files, found.baseline_ns is None) for found in reader.roots()] == [(1, False)]


@linux
async def test_too_few_watches_are_said_and_polled(
    recording: Recording, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fcm_tui.watch.inotify._kernel_limit", lambda: 3)
    recording.settings = fast("inotify")
    for number in range(6):
        (root / f"d{number}").mkdir()
    async with recording.running() as recorder:
        assert os.fsdecode(root) in recorder.state.message
        assert "max_user_watches" in recorder.state.message
        for number in range(6):
            (root / f"d{number}" / "file").write_text("x\n")
        await recording.settled()


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="mounting needs root on Linux")
async def test_an_unmounted_root_is_a_gap_and_no_deletions(recording: Recording, root: Path) -> None:
    mounted = subprocess.run(["mount", "-t", "tmpfs", "none", str(root)], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("this system does not let us mount")
    keep = root.with_name("keep")
    keep.mkdir()
    subprocess.run(["mount", "--bind", str(root), str(keep)], check=True)
    try:
        (root / "file").write_text("1\n")
        async with recording.running():
            subprocess.run(["umount", "-l", str(root)], check=True)

            def has_gap(is_open: bool) -> bool:
                with read(recording) as reader:
                    return any(
                        "unmounted" in g.reason and (g.to_ns is None) == is_open for g in reader.gaps()
                    )

            await wait_until(lambda: has_gap(True))
            (keep / "more").write_text("2\n")
            subprocess.run(["mount", "--bind", str(keep), str(root)], check=True)
            await wait_until(lambda: has_gap(False))
            await recording.settled()
        assert recording.kinds() == [("created", "more")]
    finally:
        for path in (root, keep):
            subprocess.run(["umount", "-l", str(path)], capture_output=True, check=False)


async def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not await asyncio.to_thread(is_so):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)


async def test_a_standstill_is_said_until_all_is_recorded(
    recording: Recording, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looks that find nothing to do, in between, prove nothing."""
    commit, attempts = Record.commit, 0

    def refuse(self: Record, *arguments: Any) -> tuple[int, int]:
        nonlocal attempts
        attempts += 1
        if attempts <= 2:
            raise sqlite3.OperationalError("database or disk is full")
        return commit(self, *arguments)

    async with recording.running() as recorder:
        monkeypatch.setattr(Record, "commit", refuse)
        (root / "file").write_text("x\n")
        await eventually(lambda: "full" in recorder.state.message)
        await eventually(lambda: "full" not in recorder.state.message)
        assert attempts == 3
        await recording.settled()


async def test_a_first_look_goes_on_beside_somebody_who_reads_the_blank_record(
    recording: Recording, root: Path
) -> None:
    """The screen may open a record before its first look begins."""
    (root / "file").write_text("x\n")
    with Record(recording.database), read(recording) as reader:
        reader.count()
        async with recording.running() as recorder:
            assert recorder.state.message == ""
            assert reader.sizes().files == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="nothing that is always full")
def test_what_cannot_be_said_ends_no_recording(recording: Recording, root: Path) -> None:
    """Neither on stdout nor on stderr: a log on a full disk, say."""
    data = recording.database.parent
    data.mkdir(mode=0o700, exist_ok=True)
    with open("/dev/full", "wb") as full:
        process = subprocess.Popen(
            [sys.executable, "-m", "fcm_tui", "record", str(root), "--data-dir", str(data)],
            stdout=full, stderr=full,
        )  # fmt: skip
    try:
        status = recording.database.parent / "recorder.lock"
        wait_for(lambda: status.exists() and b"recording" in status.read_bytes())
        root.rename(root.with_name("gone"))
        wait_for(
            lambda: process.poll() is not None or b"not there" in status.read_bytes() or _gaps(recording)
        )
        root.with_name("gone").rename(root)
        (root / "later").write_text("later\n")
        wait_for(lambda: process.poll() is not None or ("created", "later") in recording.kinds())
        assert process.poll() is None
    finally:
        process.terminate()
        process.wait(30)


def _gaps(recording: Recording) -> int:
    with read(recording) as reader:
        return len(reader.gaps())


async def test_times_that_no_database_holds_stop_nothing(recording: Recording, root: Path) -> None:
    """Anybody who may write there can set them: after 2262 on Linux, before 1678 on Windows."""
    far = 2**34 - 1
    (root / "far").write_text("far\n")
    try:
        os.utime(root / "far", (far, far))
    except OSError:
        pytest.skip("this file system knows no such year")
    async with recording.running():
        (root / "other").write_text("other\n")
        (root / "far2").write_text("far\n")
        os.utime(root / "far2", (far, far))
        await recording.settled()
        (root / "far").write_text("nearer\n")
        await recording.settled()
        (root / "far").write_text("again\n")
        os.utime(root / "far", (far, far + 5))
        await recording.settled()
    assert {name for _, name in recording.kinds()} == {"other", "far", "far2"}
    with read(recording) as reader:
        assert list(verify(reader.connection, Tally())) == []
    async with recording.running():
        await recording.settled()
        before = len(recording.changes())
    assert before == len(recording.changes())


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be moved there")
@pytest.mark.parametrize("instead", [False, True])
async def test_a_record_that_is_no_longer_there_is_told(
    recording: Recording, root: Path, *, instead: bool
) -> None:
    """What goes into a file that nobody can open any more is lost; once it is back, all is recorded."""
    away = recording.database.with_name("away.db")
    async with recording.running() as recorder:
        (root / "before").write_text("before\n")
        await recording.settled()
        recording.database.rename(away)
        if instead:
            recording.database.write_bytes(away.read_bytes())
        (root / "meanwhile").write_text("meanwhile\n")
        await eventually(lambda: "another put in its place" in recorder.state.message)
        away.rename(recording.database)
        await recording.settled()
        await eventually(lambda: not recorder.state.message)
    assert [name for _, name in recording.kinds()] == ["before", "meanwhile"]
    with read(recording) as reader:
        assert list(verify(reader.connection, Tally())) == []
