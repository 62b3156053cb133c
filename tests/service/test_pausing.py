"""Pausing: nothing is recorded meanwhile, everything is found after it, and the ledger says who and why."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from fcm_tui.datadir import DataDir
from fcm_tui.errors import NotSoError, RestoreRefused
from fcm_tui.intents import INTENTS
from fcm_tui.model import Pause
from fcm_tui.pipeline.pausing import ask_to_end, ask_to_pause, ask_to_resume
from fcm_tui.recorder import Recorder
from fcm_tui.restore import Recording
from fcm_tui.settings.config import Settings, load
from fcm_tui.store.reading.queries import Reader
from tests.commands.test_commands import Cli
from tests.waiting import eventually, wait_for


def _paths(database: Path) -> list[str]:
    with Reader(database) as reader:
        return sorted(os.path.basename(os.fsdecode(change.path)) for change in reader.iterate())


class Paused:
    """A recorder of one folder, and who asks it for something."""

    def __init__(self, folder: Path, root: Path) -> None:
        folder.mkdir(mode=0o700)
        self.data_dir = DataDir(folder)
        self.database = self.data_dir.database
        self.wishes = folder / INTENTS
        self.root = root
        self.recorder = Recorder(self.database, Settings(), [os.fsencode(root)])
        self.is_at_work = True

    async def pause(self, reason: str = "", until_ns: int | None = None) -> None:
        pause = Pause(time.time_ns(), "ann", reason, until_ns)
        await asyncio.to_thread(ask_to_pause, self.wishes, pause, lambda: self.is_at_work)

    async def resume(self) -> None:
        await asyncio.to_thread(ask_to_resume, self.wishes, lambda: self.is_at_work)

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        running = asyncio.create_task(self.recorder.run())
        await self.recorder.ready()
        try:
            yield
        finally:
            self.recorder.stop()
            await running


@pytest.fixture
def paused(tmp_path: Path, root: Path) -> Paused:
    return Paused(tmp_path / "data", root)


async def test_what_changes_in_a_pause_is_found_after_it(paused: Paused) -> None:
    root = paused.root
    async with paused.at_work():
        (root / "before.txt").write_text("1")
        await eventually(lambda: _paths(paused.database) == ["before.txt"])
        await paused.pause("an upgrade\x1b[31m")
        state = paused.recorder.state
        await eventually(lambda: paused.recorder.state.phase == "paused")
        assert paused.recorder.state.paused is not None and paused.recorder.state.paused.by == "ann"
        (root / "new").mkdir()
        (root / "new" / "meanwhile.txt").write_text("2")
        (root / "before.txt").write_text("two")
        (root / "before.txt").write_text("three")
        with Reader(paused.database) as reader:
            (gap,) = reader.gaps()
            assert gap.to_ns is None and gap.reason == "recording was paused by ann: an upgrade\x1b[31m"
        await asyncio.sleep(0.5)  # it would have been recorded by now: what must not come is waited for
        assert _paths(paused.database) == ["before.txt"]
        await paused.resume()
        await eventually(lambda: len(_paths(paused.database)) == 3)
        assert _paths(paused.database) == ["before.txt", "before.txt", "meanwhile.txt"]
        (root / "new" / "after.txt").write_text("4")
        await eventually(lambda: "after.txt" in _paths(paused.database))
        await eventually(lambda: paused.recorder.state.phase == "recording")
        with Reader(paused.database) as reader:
            (gap,) = reader.gaps()
            origins = {os.path.basename(change.path): change.origin for change in reader.iterate()}
        assert gap.to_ns is not None and gap.changes_found == 2
        assert (origins[b"meanwhile.txt"], origins[b"after.txt"]) == ("scan", "event")
        assert state is not paused.recorder.state


async def test_a_pause_ends_by_itself_and_a_second_one_lengthens_it(paused: Paused) -> None:
    async with paused.at_work():
        await paused.pause(until_ns=time.time_ns() + 10**10)
        until_ns = time.time_ns() + 10**9
        await paused.pause(until_ns=until_ns)
        (paused.root / "a").write_text("1")
        await eventually(lambda: _paths(paused.database) == ["a"])
        assert time.time_ns() >= until_ns
        with Reader(paused.database) as reader:
            assert len(reader.gaps()) == 1


async def test_what_is_not_paused_cannot_go_on_and_nobody_waits_for_who_is_gone(paused: Paused) -> None:
    async with paused.at_work():
        with pytest.raises(NotSoError, match="it is not paused"):
            await paused.resume()
        await asyncio.to_thread(ask_to_end, paused.wishes, lambda: True)
        await eventually(lambda: paused.recorder.state.phase == "stopped")
    paused.is_at_work = False
    with pytest.raises(NotSoError, match="ended before it had paused"):
        await paused.pause()
    assert not list(paused.wishes.glob("*.request"))


async def test_an_end_in_a_pause_leaves_the_gap_open_for_the_next_start(paused: Paused) -> None:
    async with paused.at_work():
        await paused.pause("lunch")
        (paused.root / "a").write_text("1")
    with Reader(paused.database) as reader:
        assert [gap.to_ns for gap in reader.gaps()] == [None] and _paths(paused.database) == []
    paused.recorder = Recorder(paused.database, Settings(), [os.fsencode(paused.root)])
    async with paused.at_work():
        assert paused.recorder.state.phase == "recording", "a start records"
        assert _paths(paused.database) == ["a"]
        await eventually(lambda: all(gap.to_ns for gap in _gaps(paused.database)))
    assert [gap.reason for gap in _gaps(paused.database)] == ["recording was paused by ann: lunch"]


def _gaps(database: Path) -> list:  # type: ignore[type-arg]
    with Reader(database) as reader:
        return reader.gaps()


async def test_other_settings_wait_for_the_end_of_a_pause(paused: Paused, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    file = tmp_path / "fcm.toml"
    file.write_text(f"[[roots]]\npath = '{paused.root}'\n[[roots]]\npath = '{other}'\n")
    async with paused.at_work():
        await paused.pause()
        await eventually(lambda: paused.recorder.state.phase == "paused")
        paused.recorder.take_up(load(file), [os.fsencode(paused.root), os.fsencode(other)])
        await asyncio.wait_for(paused.recorder.has_taken_up(), 10)
        await paused.resume()
        await eventually(
            lambda: paused.recorder.state.roots == 2 and paused.recorder.state.phase == "recording"
        )
        (other / "a").write_text("1")
        await eventually(lambda: _paths(paused.database) == ["a"])


@contextmanager
def _recording(cli: Cli) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "fcm_tui", "record", str(cli.root), "--data-dir", str(cli.data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline().startswith(b"ready:")
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


@pytest.mark.skipif(sys.platform == "win32", reason="ends the recorder with SIGTERM")
def test_the_commands_and_what_the_others_say_meanwhile(tmp_path: Path, root: Path) -> None:
    cli = Cli(tmp_path / "data", root)
    (root / "a").write_text("one\n")
    cli.once()
    assert b"nobody records" in cli.run("pause", status=1).stderr
    assert b"nobody records" in cli.run("resume", status=1).stderr
    with _recording(cli) as recorder:
        (root / "a").write_text("two\n")
        wait_for(lambda: cli.log())
        assert cli.run("pause", "--for", "2h", "--reason", "an\x1b[31m upgrade").stdout.startswith(
            b"paused until"
        )
        wait_for(lambda: json.loads(cli.run("status", "--json").stdout)["phase"] == "paused")
        told = json.loads(cli.run("status", "--json").stdout)
        assert (
            told["recording"] and told["paused"]["reason"] == "an\x1b[31m upgrade" and told["paused"]["until"]
        )
        status = cli.run("status").stdout.decode()
        assert status.startswith(f"paused (process {recorder.pid}): by ") and "\x1b" not in status
        refused = cli.run("restore", "1", "--before", status=1).stderr
        assert b"recording is paused by" in refused and b": `fcm-tui resume` goes on, then restore" in refused
        assert (root / "a").read_text() == "two\n"
        doctor = cli.run("doctor").stdout.decode()
        assert "is paused by" in doctor and "`fcm-tui resume` goes on" in doctor
        again = cli.run("pause", "--reason", "longer")
        assert again.stdout == b"paused\n"
        assert b"it was paused already, by " in again.stderr and b" until " in again.stderr
        (root / "a").write_text("three\n")
        assert b"goes on" in cli.run("resume").stdout
        wait_for(lambda: len(cli.log()) == 2)
        assert b"it is not paused" in cli.run("resume", status=1).stderr
        assert json.loads(cli.run("status", "--json").stdout)["paused"] is None
        gap = wait_for(
            lambda: [g for g in json.loads(cli.run("status", "--json").stdout)["gaps"] if g["to"]][:1]
        )[0]
        assert gap["changes_found"] == 1 and "paused by" in gap["reason"]
        assert b"--for forever" in cli.run("pause", "--for", "forever", status=2).stderr
    assert recorder.returncode == 0


def test_a_restore_is_refused_where_nobody_would_see_it(paused: Paused) -> None:
    from fcm_tui.model import Standing

    lock = paused.data_dir.try_lock()
    assert lock is not None
    with lock:
        lock.say(Standing("paused", paused=Pause(time.time_ns(), "ann")))
        with (
            pytest.raises(RestoreRefused, match="paused by ann"),
            Recording(paused.data_dir, paused.database, Settings()),
        ):
            pass
