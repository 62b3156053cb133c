"""Who had ended before anybody asked: known from its birth, and never by another program's name."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

if sys.platform != "linux":
    pytest.skip("/proc is Linux's", allow_module_level=True)

from fcm_tui.model import Process
from fcm_tui.watch import processes
from fcm_tui.watch.beginnings import Beginnings
from fcm_tui.watch.known_processes import KnownProcesses
from tests.waiting import wait_for


class Told(Beginnings):
    """Tells what a test says."""

    def __init__(self) -> None:
        super().__init__(-1)
        self.next: list[tuple[int, int]] = []

    def told(self) -> Iterator[tuple[int, int]]:
        told, self.next = self.next, []
        yield from told


@pytest.fixture
def gone() -> int:
    """The number of a process that is no more."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_child_is_known_by_its_parent(gone: int) -> None:
    told = Told()
    who = KnownProcesses(told)
    told.next = [(gone, os.getpid())]
    found = who.read(gone)
    ours = who.read(os.getpid())
    assert (found.pid, found.parent, found.parent_name) == (gone, os.getpid(), ours.name)
    assert (found.name, found.command, found.program, found.uid) == ours[2:6]


@pytest.mark.parametrize("is_heard_at_once", [True, False])
def test_one_that_ran_a_program_is_not(gone: int, is_heard_at_once: bool) -> None:
    told = Told()
    who = KnownProcesses(told)
    told.next = [(gone, os.getpid())]
    if is_heard_at_once:
        told.next.append((gone, 0))
    who.hear()
    if not is_heard_at_once:
        told.next = [(gone, 0)]
    assert who.read(gone)[:4] == (gone, 0, b"", b"")


def test_nor_where_some_were_not_told(gone: int) -> None:
    told = Told()
    who = KnownProcesses(told)
    told.next, told.has_lost = [(gone, os.getpid())], True
    assert who.read(gone)[:4] == (gone, 0, b"", b"")


def test_nor_by_what_its_parent_ran_later(gone: int) -> None:
    told = Told()
    who = KnownProcesses(told)
    told.next = [(gone, os.getpid()), (os.getpid(), 0)]
    assert who.read(gone)[:4] == (gone, 0, b"", b"")


def test_a_number_that_is_given_again_is_another_process(gone: int) -> None:
    told = Told()
    who = KnownProcesses(told)
    told.next = [(gone, os.getpid())]
    first = who.key(gone)
    assert who.key(gone) == first
    told.next = [(gone, os.getppid())]
    who.hear()
    who.begin_piece()
    assert who.key(gone) != first


def is_running(pid: int, name: bytes) -> bool:
    """Whether a process runs a program of that name, and says how it was called."""
    found = processes.read(pid)
    return found is not None and found.name == name and found.command != b""


def test_what_ran_before_another_program_may_have_done_it(gone: int) -> None:
    """An event is read a moment later, and by then its process may be another program: `sh -c 'echo > f; exec sleep 1'`."""
    told = Told()
    who = KnownProcesses(told)
    with subprocess.Popen(["sh", "-c", "read line; exec sleep 60"], stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        try:
            told.next = [(process.pid, 0)]
            wait_for(lambda: is_running(process.pid, b"sh"))
            (shell,) = who.keys(process.pid)
            who.queue_is_empty(processes.now_ns())
            process.stdin.write(b"go\n")
            process.stdin.flush()
            wait_for(lambda: is_running(process.pid, b"sleep"))
            told.next, told.when_ns = [(process.pid, 0)], processes.now_ns()
            who.begin_piece()
            keys = who.keys(process.pid)
            assert [Process(*who.new[key]).name for key in keys] == [b"sh", b"sleep"]
            assert who.keys(process.pid) == keys
            who.queue_is_empty(processes.now_ns())
            who.begin_piece()
            assert who.keys(process.pid) == keys[1:], "what comes from now on is the other's"
            assert shell in who.new
        finally:
            process.kill()


def test_a_program_that_ended_at_once_is_not_told_as_the_one_before_it() -> None:
    """`sh -c 'exec rm f'`: the shell was seen, and of what it became nothing but that it began."""
    told = Told()
    who = KnownProcesses(told)
    with subprocess.Popen(["sleep", "60"]) as process:
        wait_for(lambda: is_running(process.pid, b"sleep"))
        told.next, told.when_ns = [(process.pid, 0)], processes.now_ns()
        who.hear()
        assert who.read(process.pid).name == b"sleep"
        process.kill()
    told.next, told.when_ns = [(process.pid, 0)], processes.now_ns()
    who.hear()
    assert who.read(process.pid)[:4] == (process.pid, 0, b"", b"")


def test_what_was_asked_too_late_is_not_known(gone: int) -> None:
    """Two programs in turn, both told at once: the first was never seen."""
    told = Told()
    who = KnownProcesses(told)
    told.next, told.when_ns = [(os.getpid(), 0), (os.getpid(), 0)], processes.now_ns()
    first, second = (Process(*who.new[key]) for key in who.keys(os.getpid()))
    assert first[:4] == (os.getpid(), 0, b"", b"")
    assert second.command
