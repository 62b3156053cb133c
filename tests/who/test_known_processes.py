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
from fcm_tui.watch.beginnings import USER, Beginnings
from fcm_tui.watch.deeds import MOST_PROCESSES, WRITTEN, Deeds
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


def shell_that_becomes_sleep() -> subprocess.Popen[bytes]:
    """It does once it is sent a line."""
    process = subprocess.Popen(["sh", "-c", "read line; exec sleep 60"], stdin=subprocess.PIPE)
    wait_for(lambda: is_running(process.pid, b"sh"))
    return process


def become_sleep(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    process.stdin.write(b"go\n")
    process.stdin.flush()
    wait_for(lambda: is_running(process.pid, b"sleep"))


def test_what_ran_before_another_program_may_have_done_it(gone: int) -> None:
    """An event is read a moment later, and by then its process may be another program: `sh -c 'echo > f; exec sleep 1'`."""
    told = Told()
    who = KnownProcesses(told)
    with shell_that_becomes_sleep() as process:
        try:
            told.next = [(process.pid, 0)]
            (shell,) = who.keys(process.pid)
            who.queue_is_empty(processes.now_ns())
            become_sleep(process)
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


def test_what_ran_before_anybody_looked_may_have_done_it() -> None:
    """Whoever reads the events starts a moment after they come."""
    told = Told()
    empty_ns = processes.now_ns()
    with subprocess.Popen(["sleep", "60"]) as process:
        try:
            wait_for(lambda: is_running(process.pid, b"sleep"))
            told.next, told.when_ns = [(process.pid, 0), (process.pid, 0)], processes.now_ns()
            who = KnownProcesses(told, empty_ns)
            first, second = (Process(*who.new[key]).name for key in who.keys(process.pid))
            assert (first, second) == (b"", b"sleep")
        finally:
            process.kill()


@pytest.mark.parametrize("is_met", [False, True])
def test_another_program_is_seen_before_the_kernel_tells_that_it_began(is_met: bool) -> None:
    told = Told()
    who = KnownProcesses(told)
    with shell_that_becomes_sleep() as process:
        try:
            told.next, told.when_ns = [(process.pid, 0)], processes.now_ns()
            who.hear()
            if is_met:
                who.keys(process.pid)
            become_sleep(process)
            who.begin_piece()
            keys = who.keys(process.pid)
            assert [Process(*who.new[key]).name for key in keys] == [b"sh", b"sleep"]
            told.next, told.when_ns = [(process.pid, 0)], processes.now_ns()
            who.begin_piece()
            assert who.keys(process.pid) == keys, "it is told now"
            who.queue_is_empty(processes.now_ns())
            who.begin_piece()
            assert who.keys(process.pid) == keys[1:], "what comes from now on is the other's"
        finally:
            process.kill()


def test_so_it_is_of_a_child_that_ran_what_its_parent_runs() -> None:
    told = Told()
    who = KnownProcesses(told)
    who.keys(os.getpid())
    with subprocess.Popen(["sleep", "60"]) as process:
        try:
            wait_for(lambda: is_running(process.pid, b"sleep"))
            told.next = [(process.pid, os.getpid())]
            first, second = (Process(*who.new[key]) for key in who.keys(process.pid))
            assert (first.pid, first.parent) == (process.pid, os.getpid())
            assert first.command == processes.read(os.getpid()).command  # type: ignore[union-attr]
            assert second.name == b"sleep"
        finally:
            process.kill()


def test_who_takes_another_name_is_no_other_program() -> None:
    told = Told()
    who = KnownProcesses(told)
    renames = "import ctypes; input(); ctypes.CDLL(None).prctl(15, b'another'); input()"
    with subprocess.Popen([sys.executable, "-c", renames], stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        wait_for(lambda: processes.image(process.pid) != processes.image(os.getpid()))
        wait_for(lambda: (found := processes.read(process.pid)) is not None and b"input" in found.command)
        told.next, told.when_ns = [(process.pid, 0)], processes.now_ns()
        who.keys(process.pid)
        process.stdin.write(b"\n")
        process.stdin.flush()
        wait_for(lambda: is_running(process.pid, b"another"))
        who.begin_piece()
        (key,) = who.keys(process.pid)
        assert Process(*who.new[key]).name == b"another"
        process.communicate(b"\n")


@pytest.mark.parametrize("is_known", [False, True])
def test_where_some_were_not_told_only_who_was_known_is(is_known: bool) -> None:
    told = Told()
    who = KnownProcesses(told)
    with shell_that_becomes_sleep() as process:
        try:
            if is_known:
                who.keys(process.pid)
            told.has_lost = True
            who.hear()
            told.has_lost = False
            who.begin_piece()
            names = [Process(*who.new[key]).name for key in who.keys(process.pid)]
            assert names == ([b"sh"] if is_known else [b"", b"sh"])
            who.queue_is_empty(processes.now_ns())
            who.begin_piece()
            assert [Process(*who.new[key]).name for key in who.keys(process.pid)] == [b"sh"]
        finally:
            process.kill()


def test_who_was_looked_at_just_before_the_kernel_told_is_not_taken_for_the_one_before() -> None:
    """Two programs in turn; the second was there, and not told yet, when the first was looked at."""
    told = Told()
    who = KnownProcesses(told)
    with subprocess.Popen(["sleep", "60"]) as process:
        try:
            wait_for(lambda: is_running(process.pid, b"sleep"))
            told.next, told.when_ns = [(process.pid, 0)], processes.now_ns()
            who.hear()
            told.next, told.when_ns = [(process.pid, 0)], processes.now_ns()
            first, second = (Process(*who.new[key]).name for key in who.keys(process.pid))
            assert (first, second) == (b"", b"sleep")
        finally:
            process.kill()


def test_who_is_just_being_replaced_is_not_told_as_what_takes_its_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its name and program are the new one's already, its memory is not there yet, and the kernel tells it later."""
    told = Told()
    who = KnownProcesses(told)
    with shell_that_becomes_sleep() as process:
        try:
            become_sleep(process)
            seen = processes.look(process.pid)
            assert seen is not None
            half = processes.Seen(seen.process._replace(command=b""), processes.NO_IMAGE)
            with monkeypatch.context() as patched:
                patched.setattr(processes, "look", lambda pid: half)
                told.next, told.when_ns = [(process.pid, 0)], processes.now_ns()
                names = [Process(*who.new[key]).name for key in who.keys(process.pid)]
                assert names == [b"", b"sleep"]
            who.begin_piece()
            names = [Process(*who.new[key]).name for key in who.keys(process.pid)]
            assert names == [b"", b"sleep"]
        finally:
            process.kill()


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
@pytest.mark.parametrize("is_told", [True, False])
def test_who_becomes_another_user_may_have_done_it_as_either(is_told: bool) -> None:
    """As a daemon that drops its rights; the kernel tells of it, in most containers it does not."""
    told = Told()
    who = KnownProcesses(told if is_told else None)
    becomes = "import os; input(); os.setuid(65534); print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", becomes], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            wait_for(lambda: (found := processes.read(process.pid)) is not None and b"input" in found.command)
            who.keys(process.pid)
            process.stdin.write(b"\n")
            process.stdin.flush()
            process.stdout.readline()
            if is_told:
                told.next, told.when_ns = [(process.pid, USER)], processes.now_ns()
            who.begin_piece()
            keys = who.keys(process.pid)
            assert [Process(*who.new[key]).uid for key in keys] == [0, 65534]
            who.queue_is_empty(processes.now_ns())
            who.begin_piece()
            assert who.keys(process.pid) == keys[1:]
        finally:
            process.kill()


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
def test_the_kernel_tells_of_another_user() -> None:
    beginnings = Beginnings()
    try:
        with subprocess.Popen([sys.executable, "-c", "import os; os.setuid(65534)"]) as process:
            process.wait()
        assert (process.pid, USER) in list(beginnings.told()) or not beginnings.has_told
    finally:
        beginnings.close()


def test_who_was_met_long_ago_is_known_still() -> None:
    """However many came and went meanwhile, and ran other programs than they were born with."""
    told = Told()
    who = KnownProcesses(told)
    kept = Deeds()
    me = processes.read(os.getpid())

    met: set[int] = set()

    def do(pid: int, name: bytes) -> None:
        who.begin_piece()
        keys = who.keys(pid)
        new = {key: Process(*values) for key, values in who.new.items()}
        kept.add(new, [(b"/w", [(name, WRITTEN, key, 0, b"") for key in keys])], 0)
        met.update(new)
        who.new = {}

    do(os.getpid(), b"first")
    for pid in range(10**8, 10**8 + 3000):
        told.next = [(pid, os.getpid())]
        do(pid, b"%d" % pid)
        told.next, told.when_ns = [(pid, 0)], processes.now_ns()
        do(pid, b"%d" % pid)
    assert max(met) > 2 * MOST_PROCESSES
    do(os.getpid(), b"last")
    assert [deed.process for name in (b"first", b"last") for deed in kept.at(b"/w/" + name)] == [me, me]
