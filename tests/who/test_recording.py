"""Who changed a file stands beside the change, where the system tells it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from fcm_tui.child import Child
from fcm_tui.commands.log import as_line
from fcm_tui.model import Change
from fcm_tui.report.changes import values_of
from tests.privilege import needs_fanotify
from tests.recording.harness import DEADLINE, Recording, fast
from tests.waiting import eventually

pytestmark = needs_fanotify


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    root = tmp_path / "root"
    root.mkdir()
    (root / "old").write_text("old\n")
    (tmp_path / "data").mkdir()
    return Recording(tmp_path / "data" / "record.db", [root], fast("fanotify"))


@pytest.fixture
def root(recording: Recording) -> Path:
    return recording.roots[0]


class Worker:
    """A process that does what it is told, one Python statement a line."""

    def __init__(self, folder: Path) -> None:
        program = (
            "import os, shutil, sys\nfor line in sys.stdin:\n    exec(line)\n    print('done', flush=True)\n"
        )
        self._process = subprocess.Popen(
            [sys.executable, "-c", program, "worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=folder,
        )
        self.pid = self._process.pid

    async def do(self, statement: str) -> None:
        await asyncio.to_thread(self._do, statement)

    def _do(self, statement: str) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(statement + "\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "done\n"

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()


def told(change: Change) -> dict[str, Any]:
    found = values_of(change)
    info: dict[str, Any] = found["process_info"]
    assert (found["process"] is None) == (info["how"] == "unknown")
    return info


async def test_each_kind_of_change_has_its_process(recording: Recording, root: Path) -> None:
    async with recording.running():
        with Worker(root) as one, Worker(root) as other:
            await one.do("open('new', 'w').write('a')")
            await recording.has("created", "new")
            await other.do("open('new', 'a').write('b')")
            await recording.has("modified", "new")
            await one.do("os.chmod('new', 0o600)")
            await recording.has("metadata", "new")
            await other.do("os.rename('new', 'newer')")
            await recording.has("moved", "newer")
            await one.do("os.remove('newer')")
            await recording.has("deleted", "newer")
            by = [one.pid, other.pid, one.pid, other.pid, one.pid]
    changes = recording.changes()
    assert [(told(change)["how"], told(change)["pid"]) for change in changes] == [
        ("event", pid) for pid in by
    ]
    for change in changes:
        info = told(change)
        assert change.process == f"{info['name']}[{info['pid']}]"
        assert info["command"].startswith(sys.executable) and info["command"].endswith(" worker")
        assert info["user"] == changes[0].owner
        assert info["parent"].endswith(f"[{os.getpid()}]")
        assert f"by {change.process}" in as_line(change, colour=False)


async def test_a_folder_that_moves_or_goes_is_told_of_each_file_in_it(
    recording: Recording, root: Path
) -> None:
    async with recording.running():
        with Worker(root) as one, Worker(root) as other:
            await one.do("os.makedirs('a/b'); [open(f'a/b/{n}', 'w').close() for n in range(5)]")
            await recording.settled()
            await other.do("os.rename('a', 'c')")
            await recording.settled()
            await one.do("shutil.rmtree('c')")
            await recording.settled()
            pids = {"created": one.pid, "moved": other.pid, "deleted": one.pid}
    changes = recording.changes()
    assert len(changes) == 15
    for change in changes:
        assert (told(change)["how"], told(change)["pid"]) == ("event", pids[change.kind])


async def test_several_are_told_as_several(recording: Recording, root: Path) -> None:
    async with recording.running():
        with Worker(root) as one, Worker(root) as other:
            deadline = time.monotonic() + DEADLINE
            while "several" not in {told(change)["how"] for change in recording.changes()}:
                assert time.monotonic() < deadline
                await one.do("open('old', 'a').write('one')")
                await other.do("open('old', 'a').write('other')")
                await recording.settled()
            pids = {one.pid, other.pid}
    infos = [told(change) for change in recording.changes()]
    for info in infos:
        assert info["pid"] in pids
        if info["how"] == "several":
            (also,) = info["also"]
            assert {info["pid"], int(also.partition("[")[2][:-1])} == pids


def _state(pid: int) -> tuple[bytes, bytes]:
    """Name and state of a process, as `sleep` and `S`."""
    name, _, rest = Path(f"/proc/{pid}/stat").read_bytes().partition(b"(")[2].rpartition(b")")
    return name, rest.split()[0]


def _reader() -> int:
    """The process that reads the events for this one."""
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = int((folder / "stat").read_bytes().rpartition(b")")[2].split()[1])
            if parent == os.getpid() and b"fanotify_reader" in (folder / "cmdline").read_bytes():
                return int(folder.name)
    raise AssertionError("nobody reads")


async def test_who_runs_another_program_afterwards_is_not_told_as_that_one(
    recording: Recording, root: Path
) -> None:
    """What it did is read once it is another program."""
    async with recording.running():
        for number in range(8):
            script = f"echo x > {root}/hidden{number}; exec sleep 60"
            reader = _reader()
            os.kill(reader, signal.SIGSTOP)
            with subprocess.Popen(["sh", "-c", script]) as process:
                try:
                    await eventually(lambda pid=process.pid: _state(pid) == (b"sleep", b"S"))
                    os.kill(reader, signal.SIGCONT)
                    change = await recording.has("created", f"hidden{number}")
                finally:
                    os.kill(reader, signal.SIGCONT)
                    process.kill()
            told = (change.process or "").replace(f"[{process.pid}]", "[]").split(", ")
            assert told != ["sleep[]"], "that was the shell"


async def test_nor_where_whoever_reads_starts_late(
    recording: Recording, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It begins to read a queue that has something in it."""
    may_start = threading.Event()

    class Late(Child):
        def __init__(self, *arguments: Any, **named: Any) -> None:
            assert may_start.wait(DEADLINE)
            super().__init__(*arguments, **named)

    monkeypatch.setattr("fcm_tui.watch.fanotify.Child", Late)
    async with recording.running():
        with subprocess.Popen(["sh", "-c", f"echo x > {root}/hidden; exec sleep 60"]) as process:
            try:
                await eventually(lambda: _state(process.pid) == (b"sleep", b"S"))
                may_start.set()
                change = await recording.has("created", "hidden")
            finally:
                may_start.set()
                process.kill()
        assert change.process != f"sleep[{process.pid}]", "that was the shell"


async def test_what_happened_while_nothing_ran_is_not_known(recording: Recording, root: Path) -> None:
    async with recording.running():
        pass
    (root / "old").write_text("changed\n")
    (root / "unseen").write_text("unseen\n")
    async with recording.running():
        await recording.settled()
    assert [told(change)["how"] for change in recording.changes()] == ["unknown"] * 2


async def test_a_process_that_ends_at_once_is_known_by_its_number(recording: Recording, root: Path) -> None:
    async with recording.running():
        process = await asyncio.create_subprocess_exec("/bin/rm", str(root / "old"))
        await process.wait()
        await recording.settled()
    (change,) = recording.changes()
    assert told(change)["pid"] == process.pid
    assert change.process in (f"rm[{process.pid}]", f"[{process.pid}]")


async def test_children_that_end_at_once_are_known_while_others_write(
    recording: Recording, root: Path
) -> None:
    """A child that runs its parent's program is told of when it is born: nobody has to be in time for it."""
    fork = "[os.fork() and os.wait() or (open(f'child{n}', 'w').close(), os._exit(0)) for n in range(200)]"
    async with recording.running():
        with Worker(root) as parent, Worker(root) as other:
            storm = asyncio.create_task(
                other.do("[open(f'storm{n % 50}', 'a').write('x') for n in range(20_000)]")
            )
            await parent.do(fork)
            await storm
            await recording.settled()
            infos = {change.path: told(change) for change in recording.changes() if b"/child" in change.path}
    assert len(infos) == 200
    assert {info["how"] for info in infos.values()} == {"event"}
    assert {info["command"].rpartition(" ")[2] for info in infos.values()} == {"worker"}
    assert {info["parent"].partition("[")[2] for info in infos.values()} == {f"{parent.pid}]"}
    assert len({info["pid"] for info in infos.values()}) == 200


async def test_a_tree_that_is_gone_before_it_is_looked_at(recording: Recording, root: Path) -> None:
    """Its folders have no path any more when their events are read."""
    for number in range(40):
        (root / f"d{number}/e").mkdir(parents=True)
        for name in range(5):
            (root / f"d{number}/e/{name}").write_text("x")
    async with recording.running():
        process = await asyncio.create_subprocess_exec("/bin/rm", "-rf", *(f"{root}/d{n}" for n in range(40)))
        await process.wait()
        await recording.settled()
    changes = recording.changes()
    assert len(changes) == 200
    assert {(told(change)["how"], told(change)["pid"]) for change in changes} == {("event", process.pid)}
