"""Who did what an event tells of: asked while the process lives, or known from when it began. Linux' /proc."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TypeVar

from fcm_tui.model import Process
from fcm_tui.watch import processes
from fcm_tui.watch.beginnings import Beginnings

T = TypeVar("T")
_MOST = 4096
"""Processes of each kind that are remembered."""
_CERTAIN_NS = 10**9
"""A number of a process is given again only after all others were: not within a second."""


@dataclass(slots=True)
class _Before:
    """What ran under a number until a moment."""

    until_ns: int
    process: Process
    key: int = 0


class KnownProcesses:
    """Processes by number, each with a key of its own, however often the number is given again."""

    def __init__(self, beginnings: Beginnings | None = None) -> None:
        self._beginnings = beginnings
        self._met: OrderedDict[int, tuple[int, Process]] = OrderedDict()
        self._running: OrderedDict[int, Process] = OrderedDict()
        """As they were when they began to run a program, which is told before they do anything with it."""
        self._seen_ns: OrderedDict[int, int] = OrderedDict()
        """When that was looked at, or would have been, had it not ended."""
        self._born: OrderedDict[int, tuple[int, Process | None]] = OrderedDict()
        """Parents of new processes, and who those were then where that was known."""
        self._before: OrderedDict[int, _Before] = OrderedDict()
        """What ran under a number until another program took its place there."""
        self._next_key = 1
        self._asked: set[int] = set()
        self.empty_ns = processes.now_ns()
        """When the queue of events was empty last; of the clock that goes on while the machine sleeps."""
        self.new: dict[int, tuple[object, ...]] = {}
        """Those that were met since this was emptied last, by key."""

    @property
    def can_wait(self) -> bool:
        """Whether it is known who does what is to come, though it be asked a moment later."""
        return self._beginnings is not None and self._beginnings.has_told and not self.new

    def hear(self) -> None:
        """Take in which processes began meanwhile."""
        if self._beginnings is None:
            return
        for pid, parent in self._beginnings.told():
            if parent:
                self._met.pop(pid, None)
                self._running.pop(pid, None)
                self._seen_ns.pop(pid, None)
                self._before.pop(pid, None)
                _remember(self._born, pid, (parent, self._of(parent)))
                continue
            self._change(pid, self._beginnings.when_ns)
            self._born.pop(pid, None)
            self._running.pop(pid, None)
            process = processes.read(pid)
            _remember(self._seen_ns, pid, processes.now_ns())
            if process is not None and process.command:
                _remember(self._running, pid, process)
        if self._beginnings.has_lost:
            self._born.clear()  # some of them may run another program now

    def _change(self, pid: int, at_ns: int) -> None:
        """It began to run another program at that moment: what ran until then may have done what is read now."""
        before, seen_ns = self._of(pid), self._seen_ns.get(pid)
        # Where it was asked too late, this one ran already, or it had ended.
        if seen_ns is not None and (before is None or seen_ns >= at_ns):
            before = _unknown(pid)
        if before is not None:
            _remember(self._before, pid, _Before(at_ns, before))

    def queue_is_empty(self, at_ns: int) -> None:
        """At that moment there was no event that was not read: what comes from now on was done after it."""
        self.empty_ns = at_ns

    def begin_piece(self) -> None:
        """What is asked from here on was read together."""
        self._asked.clear()

    def keys(self, pid: int) -> tuple[int, ...]:
        """The key of an event's process; where it began to run another program meanwhile, those of both."""
        is_asked = pid in self._asked
        if not is_asked:
            self.hear()
        key = self.key(pid)
        if not is_asked:
            self.hear()  # it may have begun to run another one while it was asked
        before = self._before.get(pid)
        if before is None or before.until_ns <= self.empty_ns:
            return (key,)
        if not before.key:
            before.key = self._new_key(before.process)
        return before.key, key

    def key(self, pid: int) -> int:
        """The key of an event's process, who is asked once for each piece that is read: it may run another program."""
        known = self._met.get(pid)
        if known is not None and (pid in self._asked or processes.same(pid, known[1])):
            self._asked.add(pid)
            return known[0]
        self._asked.add(pid)
        process = self.read(pid)
        if known is not None and process == known[1]:
            return known[0]
        key = self._new_key(process)
        _remember(self._met, pid, (key, process))
        return key

    def _new_key(self, process: Process) -> int:
        key = self._next_key
        self._next_key += 1
        self.new[key] = tuple(process)
        return key

    def read(self, pid: int) -> Process:
        """Who has this number, if that is surely who had it when the event came."""
        process = processes.read(pid) if pid else None
        running = self._running.get(pid)
        if running is not None and _has_ended(process, running):
            return running
        is_certain = processes.now_ns() - self.empty_ns < _CERTAIN_NS
        if is_certain and (process is None or not process.command):
            born = self._as_born(pid)
            if born is not None and (process is None or process.name == born.name):
                return born
        if process is not None and (is_certain or processes.started_before(process, self.empty_ns)):
            return process
        return _unknown(pid)

    def _as_born(self, pid: int) -> Process | None:
        """A process that has ended and ran no other program than its parent; None where that is not known."""
        self.hear()  # it may have begun to run another one
        parent, then = self._born.get(pid, (0, None))
        if then is None and parent and parent not in self._running:  # else it ran something else then
            then = processes.read(parent)
        if then is None or not then.command:
            return None
        return then._replace(pid=pid, started=0, parent=parent, parent_name=then.name)

    def _of(self, pid: int) -> Process | None:
        """A process, if it is known without asking."""
        met = self._met.get(pid)
        return self._running.get(pid) or (met[1] if met is not None and met[1].command else None)


def _unknown(pid: int) -> Process:
    """Somebody of whom nothing but the number is known."""
    return Process(pid, 0, b"", b"", b"", None, 0, b"", None)


def _remember(where: OrderedDict[int, T], pid: int, what: T) -> None:
    where[pid] = what
    where.move_to_end(pid)
    if len(where) > _MOST:
        where.popitem(last=False)


def _has_ended(now: Process | None, then: Process) -> bool:
    """Whether nothing, or no more than the name, is left of a process."""
    return now is None or (not now.command and (now.name, now.started) == (then.name, then.started))
