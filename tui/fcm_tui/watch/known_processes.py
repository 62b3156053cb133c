"""Who did what an event tells of: asked while the process lives, or known from when it began. Linux' /proc."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TypeVar

from fcm_tui.model import Process
from fcm_tui.watch import processes
from fcm_tui.watch.beginnings import USER, Beginnings
from fcm_tui.watch.deeds import MOST_PROCESSES, NOBODY
from fcm_tui.watch.processes import NO_IMAGE, Seen

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
    is_awaited: bool = False
    """Whether the kernel is still to tell that another one runs: until then the moment is only known to be later."""
    key: int = 0


@dataclass(slots=True)
class _Running:
    """The program that a number was told to run."""

    seen: Seen | None
    """As it was when it began, which is told before it does anything; None where it had ended."""
    seen_ns: int


class KnownProcesses:
    """Processes by number, each with a key of its own, however often the number is given again."""

    def __init__(self, beginnings: Beginnings | None = None, empty_ns: int | None = None) -> None:
        """`empty_ns` is a moment at which the queue of events was empty, and beginnings told; this one if not given."""
        self._beginnings = beginnings
        self._met: OrderedDict[int, tuple[int, Seen]] = OrderedDict()
        self._running: OrderedDict[int, _Running] = OrderedDict()
        self._born: OrderedDict[int, tuple[int, Seen | None]] = OrderedDict()
        """Parents of new processes, and who those were then where that was known."""
        self._before: OrderedDict[int, _Before] = OrderedDict()
        """What ran under a number until another program took its place there."""
        self._next_key = 1
        self._asked: set[int] = set()
        self.empty_ns = processes.now_ns() if empty_ns is None else empty_ns
        """When the queue of events was empty last; of the clock that goes on while the machine sleeps."""
        self._lost_ns = 0
        """When beginnings were found to be lost last: what they told of happened before."""
        self.new: dict[int, tuple[object, ...]] = {}
        """Those that were met since this was emptied last, by key, and those that were told too long ago."""
        self._told: OrderedDict[int, None] = OrderedDict()
        """Keys of those that were told last."""

    @property
    def can_wait(self) -> bool:
        """Whether it is known who does what is to come, though it be asked a moment later."""
        return self._beginnings is not None and self._beginnings.has_told and not self.new

    def hear(self) -> None:
        """Take in which processes began meanwhile."""
        if self._beginnings is None:
            return
        for pid, parent in self._beginnings.told():
            if parent > 0:
                self._met.pop(pid, None)
                self._running.pop(pid, None)
                self._before.pop(pid, None)
                _remember(self._born, pid, (parent, self._of(parent)))
                continue
            seen = processes.look(pid)
            # What a child does before it runs a program of its own is its command's: `> f` of a shell.
            before = self._as_told(pid) if parent == USER else self._of(pid)
            self._change(pid, self._beginnings.when_ns, before, seen)
            self._born.pop(pid, None)
            is_seen = seen is not None and seen.process.command
            _remember(self._running, pid, _Running(seen if is_seen else None, processes.now_ns()))
        if self._beginnings.has_lost:
            self._lose()

    def _lose(self) -> None:
        """Any of them may run another program now, and any number may be another's: they are looked at again."""
        self._lost_ns = processes.now_ns()
        self._born.clear()
        for before in self._before.values():
            before.is_awaited = False

    def _change(self, pid: int, at_ns: int, before: Seen | None, now: Seen | None) -> None:
        """Another program, or user, took its place at that moment: what ran `before` may have done what is read now."""
        awaited = self._before.get(pid)
        if awaited is not None and awaited.is_awaited:
            awaited.until_ns, awaited.is_awaited = at_ns, False
            return
        running = self._running.get(pid)
        if before is None and running is None:
            return
        # Where it was asked too late, this one ran already, or it had ended.
        is_late = (running is not None and running.seen_ns >= at_ns) or (
            before is not None and now is not None and not _is_another(now, before)
        )
        process = _unknown(pid) if before is None or is_late else before.process
        _remember(self._before, pid, _Before(at_ns, process))

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
        told = None if is_asked else self._as_told(pid)
        key = self.key(pid)
        if not is_asked:
            self.hear()  # it may have begun to run another one while it was asked
            self._compare(pid, told)
        before = self._before.get(pid)
        self._tell(key, self._met[pid][1].process)
        if before is None or before.until_ns <= self.empty_ns:
            return (key,)
        if not before.key:
            before.key = self._new_key(before.process)
        self._tell(before.key, before.process)
        return before.key, key

    def _as_told(self, pid: int) -> Seen | None:
        """The program that a number runs as far as was told; None where that was not seen."""
        then = self._born.get(pid, (0, None))[1]
        return self._of(pid) or (None if then is None else _forked(then, pid))

    def _compare(self, pid: int, told: Seen | None) -> None:
        """What was met under a number may be what took the place of what did it, though nobody told that."""
        before = self._before.get(pid)
        if before is not None and before.until_ns > self.empty_ns:
            return
        met = self._met[pid][1] if pid in self._met else None
        replaced: Process | None = None
        if told is not None and met is not None and _is_another(met, told):
            replaced = told.process
        elif met is not None and (
            met.is_being_replaced or (told is None and pid in self._running and met.image != NO_IMAGE)
        ):
            replaced = _unknown(pid)  # also where it was when what it began to run was looked at
        if replaced is not None:  # before the kernel tells
            _remember(self._before, pid, _Before(processes.now_ns(), replaced, is_awaited=True))
        elif self._lost_ns > self.empty_ns and (told is None or processes.image(pid) in (None, NO_IMAGE)):
            _remember(self._before, pid, _Before(self._lost_ns, _unknown(pid)))

    def key(self, pid: int) -> int:
        """The key of an event's process, who is asked once for each piece that is read: it may run another program."""
        known = self._met.get(pid)
        if known is not None and (pid in self._asked or processes.same(pid, known[1])):
            self._asked.add(pid)
            return known[0]
        self._asked.add(pid)
        seen = self._read(pid)
        if known is not None and seen.process == known[1].process:
            _remember(self._met, pid, (known[0], seen))
            return known[0]
        key = self._new_key(seen.process)
        _remember(self._met, pid, (key, seen))
        return key

    def _new_key(self, process: Process) -> int:
        key = self._next_key
        self._next_key += 1
        self._tell(key, process)
        return key

    def _tell(self, key: int, process: Process) -> None:
        """Whoever is told keeps the last ones only: one of before is told again."""
        if key not in self._told:
            self.new[key] = tuple(process)
            _remember(self._told, key, None, MOST_PROCESSES)

    def read(self, pid: int) -> Process:
        """Who has this number, if that is surely who had it when the event came."""
        return self._read(pid).process

    def _read(self, pid: int) -> Seen:
        seen = processes.look(pid) if pid else None
        process = None if seen is None else seen.process
        running = self._running.get(pid)
        if running is not None and running.seen is not None and _has_ended(process, running.seen.process):
            return running.seen
        is_certain = processes.now_ns() - self.empty_ns < _CERTAIN_NS
        if is_certain and (process is None or not process.command):
            born = self._as_born(pid)
            if born is not None and (process is None or process.name == born.process.name):
                return born
        if seen is not None and (is_certain or processes.started_before(seen.process, self.empty_ns)):
            return seen
        return Seen(_unknown(pid), NO_IMAGE)

    def _as_born(self, pid: int) -> Seen | None:
        """A process that has ended and ran no other program than its parent; None where that is not known."""
        self.hear()  # it may have begun to run another one
        parent, then = self._born.get(pid, (0, None))
        if then is None and parent and parent not in self._running:  # else it ran something else then
            then = processes.look(parent)
        if then is None or not then.process.command:
            return None
        return _forked(then, pid)

    def _of(self, pid: int) -> Seen | None:
        """A process, if it is known without asking."""
        running, met = self._running.get(pid), self._met.get(pid)
        for seen in (None if running is None else running.seen, None if met is None else met[1]):
            if seen is not None and seen.process.command:
                return seen
        return None


def _unknown(pid: int) -> Process:
    """Somebody of whom nothing but the number is known."""
    return NOBODY._replace(pid=pid)


def _remember(where: OrderedDict[int, T], pid: int, what: T, most: int = _MOST) -> None:
    where[pid] = what
    where.move_to_end(pid)
    if len(where) > most:
        where.popitem(last=False)


def _has_ended(now: Process | None, then: Process) -> bool:
    """Whether nothing, or no more than the name, is left of a process."""
    return now is None or (not now.command and (now.name, now.started) == (then.name, then.started))


def _forked(parent: Seen, pid: int) -> Seen:
    """A new process that runs what its parent runs."""
    then = parent.process
    return parent._replace(process=then._replace(pid=pid, started=0, parent=then.pid, parent_name=then.name))


def _is_another(now: Seen, then: Seen) -> bool:
    """Whether another program runs now than did then, in what was one process all the while."""
    if now.is_being_replaced:
        return True
    if NO_IMAGE in (now.image, then.image):  # one of them had ended
        return now.process.started == then.process.started and now.process.name != then.process.name
    return (now.image, now.process.uid) != (then.image, then.process.uid)
