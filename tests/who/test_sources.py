"""fanotify as a source: what it covers, what it cannot, what it loses and says so."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import threading
from io import FileIO
from pathlib import Path
from typing import Any

import pytest

from tests.mounting import Mount
from tests.privilege import needs_fanotify
from tests.recording.harness import Recording, fast
from tests.waiting import eventually
from tests.who.test_recording import Worker, told

if sys.platform != "linux":
    pytest.skip("fanotify is Linux's", allow_module_level=True)

from fcm_tui.child import send
from fcm_tui.watch import fanotify, processes
from fcm_tui.watch.beginnings import Beginnings
from fcm_tui.watch.deeds import Deeds
from fcm_tui.watch.fanotify import FanotifySource
from fcm_tui.watch.ignore import IgnoreRules
from fcm_tui.watch.known_processes import KnownProcesses

pytestmark = needs_fanotify


def recording_of(tmp_path: Path, *roots: Path) -> Recording:
    (tmp_path / "data").mkdir(exist_ok=True)
    return Recording(tmp_path / "data" / "record.db", list(roots), fast("fanotify"))


async def whose(recording: Recording, root: Path, name: str = "file") -> tuple[str, bool]:
    """How it is known who made a file of this name, and whether it is right."""
    with Worker(root) as worker:
        await worker.do(f"open({name!r}, 'w').write('x')")
        change = await recording.has("created", os.path.basename(name))
        await worker.do(f"os.remove({name!r})")
        gone = await recording.has("deleted", os.path.basename(name))
    info = told(change)
    if change.process_info is not None and info["how"] == "event":
        assert told(gone)["how"] == "event", told(gone)
        assert told(gone)["pid"] == worker.pid
    return info["how"], info.get("pid") == worker.pid


async def test_what_happened_before_it_is_asked_is_told(tmp_path: Path) -> None:
    source = FanotifySource([os.fsencode(tmp_path)])
    source.start()
    try:
        await eventually(lambda: source.catch_up(0.1))
        source.take()
        for number in range(50):
            (tmp_path / "file").write_text(f"{number}\n")
            await source.settled()
            assert os.fsencode(tmp_path) in source.take().folders, number
    finally:
        source.close()


async def test_a_root_behind_a_link_is_watched_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "real/root").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    recording = recording_of(tmp_path, tmp_path / "link/root")
    async with recording.running():
        assert await whose(recording, tmp_path / "real/root") == ("event", True)


async def test_a_folder_that_comes_from_elsewhere_is_watched_from_then_on(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "outside/deep").mkdir(parents=True)
    recording = recording_of(tmp_path, root)
    async with recording.running():
        (tmp_path / "outside/deep/seen").write_text("its folder was met while it was elsewhere")
        assert await whose(recording, root) == ("event", True)
        (tmp_path / "outside").rename(root / "inside")
        await recording.has("created", "seen")
        assert await whose(recording, root, "inside/deep/more") == ("event", True)
        (root / "inside").rename(tmp_path / "outside")
        await recording.has("deleted", "seen")
        (tmp_path / "outside/deep/hidden").write_text("x")
        assert await whose(recording, root, "last") == ("event", True)
    assert not [path for path in recording.state() if b"hidden" in path]


async def test_what_is_ignored_gives_no_hints(tmp_path: Path) -> None:
    """Else an installation in a folder that is left out would keep the engine looking at the folder above it."""
    root = tmp_path / "root"
    (root / "node_modules/a").mkdir(parents=True)
    name = os.fsencode(root)
    source = FanotifySource([name])
    source.start()
    try:
        await asyncio.to_thread(source.leave_out, {name: IgnoreRules(name, ["node_modules", "made/"])})
        for number in range(50):
            (root / f"node_modules/a/{number}").write_text("x")
        (root / "node_modules/b").mkdir()
        (root / "node_modules/b/x").write_text("x")
        (root / "kept").mkdir()
        (root / "made").mkdir()
        (root / "made/x").write_text("x")
        (root / "kept/x").write_text("x")
        shutil.rmtree(root / "made")
        shutil.rmtree(root / "node_modules/b")
        (root / "last").write_text("x")
        await eventually(lambda: bool(source.deeds.at(name + b"/last")))
        assert set(source.deeds._folders) == {name, name + b"/kept"}
    finally:
        source.close()


async def test_events_from_elsewhere_are_not_kept(tmp_path: Path) -> None:
    root, elsewhere = tmp_path / "root", tmp_path / "elsewhere"
    root.mkdir()
    elsewhere.mkdir()
    source = FanotifySource([os.fsencode(root)])
    source.start()
    try:
        for number in range(500):
            (elsewhere / f"d{number % 7}").mkdir(exist_ok=True)
            (elsewhere / f"d{number % 7}/{number}").write_text("x")
        shutil.rmtree(elsewhere)
        (root / "mine").write_text("x")
        await eventually(lambda: bool(source.deeds.at(os.fsencode(root / "mine"))))
        assert list(source.deeds._folders) == [os.fsencode(root)]
        await source.settled()  # a deed is known a moment before its hint
        assert source.take().folders == {os.fsencode(root)}
    finally:
        source.close()


async def test_an_overflow_is_seen_and_a_scan_makes_up_for_it(
    tmp_path: Path, mount: Mount, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "root"
    mount(root, "-t", "tmpfs", "tmpfs")
    monkeypatch.setattr(
        "fcm_tui.watch.fanotify.PATIENCE", 120.0
    )  # it stands still, and is not taken for dead
    recording = recording_of(tmp_path, root)
    monkeypatch.setattr(
        "fcm_tui.recorder.make_source", lambda wanted, roots: FanotifySource(roots, unlimited=False)
    )
    limit = int(Path("/proc/sys/fs/fanotify/max_queued_events").read_text())
    if limit > 20_000:
        pytest.skip(f"this system's queue has room for {limit:,} events")
    async with recording.running() as recorder:
        source = recorder._source
        assert isinstance(source, FanotifySource) and source._child is not None
        reader = source._child._process
        reader.send_signal(signal.SIGSTOP)
        for number in range(limit + 1000):
            os.close(os.open(root / f"{number}", os.O_CREAT | os.O_WRONLY))
            os.unlink(root / f"{number}")
        (root / "last").write_text("x")
        reader.send_signal(signal.SIGCONT)
        await recording.has("created", "last")
        await recording.settled()
        with recording.reader() as record:
            await eventually(lambda: any("overflowed" in gap.reason and gap.to_ns for gap in record.gaps()))
        assert await whose(recording, root) == ("event", True)
    (change,) = [c for c in recording.changes() if c.path.endswith(b"/last")]
    assert told(change)["how"] in ("guess", "unknown")


async def test_a_reader_that_is_killed_is_replaced_and_a_scan_makes_up_for_it(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    recording = recording_of(tmp_path, root)
    async with recording.running() as recorder:
        source = recorder._source
        assert isinstance(source, FanotifySource) and source._child is not None
        first = source._child._process
        first.kill()
        (root / "meanwhile").write_text("x")
        await recording.has("created", "meanwhile")
        await eventually(lambda: source._child is not None and source._child._process is not first)
        await recording.settled()
        with recording.reader() as record:
            await eventually(lambda: any("reader" in gap.reason and gap.to_ns for gap in record.gaps()))
        await eventually(lambda: source.deeds.is_whole)
        assert await whose(recording, root) == ("event", True)
    assert "unknown" in {
        told(change)["how"] for change in recording.changes() if change.path.endswith(b"meanwhile")
    }


async def test_what_could_not_be_taken_in_is_lost_and_told_and_what_follows_is_heard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "root"
    root.mkdir()
    add, failed = Deeds.add, threading.Event()

    def add_or_fail(deeds: Deeds, *parts: Any) -> None:
        if not failed.is_set() and parts[1]:
            failed.set()
            raise LookupError("no such process")
        add(deeds, *parts)

    logged: list[str] = []
    monkeypatch.setattr(Deeds, "add", add_or_fail)
    monkeypatch.setattr(fanotify._log, "error", lambda said, exc_info: logged.append(f"{said}: {exc_info}"))
    recording = recording_of(tmp_path, root)
    async with recording.running():
        (root / "first").write_text("x")
        await recording.has("created", "first")
        assert failed.is_set()
        (root / "next").write_text("x")
        await recording.has("created", "next")
        with recording.reader() as record:
            await eventually(lambda: any("reader" in gap.reason and gap.to_ns for gap in record.gaps()))
    assert logged == ["what the reader of fanotify's events told was not taken in: no such process"]


HOSTILE = [b"\x1b[31mred", b"a b) R 1 (", b"two\nlines", b"\xff\xfe", b"(((", b"0123456789abcdef"]


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_process_may_have_any_name(tmp_path: Path, name: bytes) -> None:
    root = tmp_path / "root"
    root.mkdir()
    recording = recording_of(tmp_path, root)
    async with recording.running():
        with Worker(root) as worker:
            await worker.do(f"open('/proc/self/comm', 'wb').write({name!r})")
            await worker.do("open('file', 'w').write('x')")
            change = await recording.has("created", "file")
    info = told(change)
    assert (info["pid"], info["how"]) == (worker.pid, "event")
    wanted = name[:15].decode("utf-8", "backslashreplace")
    assert change.process == f"{wanted}[{worker.pid}]"
    from fcm_tui.commands.log import as_line
    from fcm_tui.review.documents.document import facts

    for shown in (as_line(change, colour=False), *facts(change)):
        assert "\x1b" not in shown and "\n" not in shown


def test_who_has_a_number_that_another_may_have_had_is_not_said() -> None:
    """The queue stood still for longer than numbers need to come around, and the process began meanwhile."""
    who = KnownProcesses()
    young = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        assert who.read(young.pid).name
        first = processes.read(1)
        assert first is not None
        who.empty_ns = (first.started + 2) * 10**9 // os.sysconf("SC_CLK_TCK")
        assert who.read(young.pid)[:3] == (young.pid, 0, b"")
        assert who.read(1).name  # it was there before
        assert who.read(0)[:3] == (0, 0, b"")
    finally:
        young.communicate(b"\n")


def test_events_wait_only_where_beginnings_are_told() -> None:
    """Else who had ended after a moment would have no name."""
    beginnings = Beginnings()
    try:
        who, deaf = KnownProcesses(beginnings), KnownProcesses()
        assert not who.can_wait, "nothing was heard yet"
        subprocess.run([sys.executable, "-c", ""], check=True)
        for one in (who, deaf):
            one.hear()
        assert who.can_wait and not deaf.can_wait
        who.key(os.getpid())
        assert not who.can_wait, "what is new is told at once"
        who.new = {}
        assert who.can_wait
    finally:
        beginnings.close()


async def test_a_recorder_that_stands_still_for_long_gets_all_of_it(tmp_path: Path) -> None:
    """Ctrl-Z stops it and not the reader, who is in a session of its own: the kernel's queue does not grow."""
    root = tmp_path / "root"
    root.mkdir()
    data = tmp_path / "data"
    command = [sys.executable, "-m", "fcm_tui", "record", "--data-dir", str(data), str(root)]
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert (await process.stdout.readline()).startswith(b"ready:")
        process.send_signal(signal.SIGSTOP)
        with Worker(root) as worker:
            await worker.do("for n in range(3000): open(str(n), 'w').close()")
        process.send_signal(signal.SIGCONT)
        recording = Recording(data / "record.db", [root], fast("fanotify"))
        await recording.settled()
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        await process.wait()
    assert {(told(c)["how"], told(c)["pid"]) for c in recording.changes()} == {("event", worker.pid)}


async def test_a_reader_is_asked_for_nothing_before_it_knows_where_to_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine may want to catch up at any moment."""
    source = FanotifySource([os.fsencode(tmp_path)])
    asking = threading.Thread(target=source.catch_up, args=(0.1,))

    def send_late(file: FileIO, *parts: bytes) -> None:
        if not asking.ident:
            asking.start()
            asking.join(0.5)  # it gets its turn, if it may have one
        send(file, *parts)

    monkeypatch.setattr("fcm_tui.watch.fanotify.send", send_late)
    source.start()
    try:
        await eventually(lambda: asking.ident and source.catch_up(0.1))
        assert not source.take().lost
    finally:
        source.close()
        asking.join()
