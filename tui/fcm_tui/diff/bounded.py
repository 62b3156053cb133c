"""Large texts: libgit2 in a process that can be killed, and a coarser diff when it was.

Myers' algorithm takes 12 s for a million lines drawn from ten, and content made to collide in its
hash table takes hours; libgit2 has no limit of time, and a thread inside it cannot be stopped.
"""

from __future__ import annotations

import atexit
import sys
import threading
import time
from array import array

from fcm_tui.child import Child, read, write
from fcm_tui.diff import server, xdiff
from fcm_tui.diff.pieces import ranges_by_piece

_SECONDS = 1.3
"""For the child's answer; what remains of the two seconds is for the coarser diff."""
_GRACE = 0.15
"""For the texts to reach the child and its answer to come back."""
_PIECE_SECONDS = 0.3
_IDLE_SECONDS = 30.0
"""For which a child waits for the next large text: starting one takes 40 ms."""
_MAX_BYTES = 256 << 20
"""Of both texts together: beyond it the child's memory is not worth the finer answer."""


def ranges(old: bytes, new: bytes, head: int, old_end: int, new_end: int) -> list[xdiff.Range]:
    """The changed ranges of two large texts that differ from byte `head` up to their ends."""
    if len(old) + len(new) <= _MAX_BYTES:
        found = _in_child(old, new)
        if found is not None:
            return found
    return ranges_by_piece(old, new, head, old_end, new_end, _PIECE_SECONDS)


def close() -> None:
    """End the child that waits, if one does."""
    with _lock:
        waiting = _idle.copy()
        _idle.clear()
    for worker in waiting:
        worker.end()


class _Worker:
    """A process that compares, one pair of texts after the other."""

    def __init__(self) -> None:
        path = xdiff.engine().path
        self._child = Child(server.__name__, server.serve.__name__, path)

    def ranges(self, old: bytes, new: bytes, seconds: float) -> list[xdiff.Range] | None:
        """None where the time did not suffice: then the process has ended."""
        watchdog = threading.Timer(seconds, self._child.kill)
        watchdog.daemon = True
        watchdog.start()
        requests, answers = self._child.requests, self._child.answers
        try:
            for part in (server.REQUEST.pack(len(old), len(new), seconds - _GRACE), old, new):
                write(requests, part)
            (size,) = server.ANSWER.unpack(read(answers, server.ANSWER.size))
            numbers = array("i", bytes(read(answers, size)))
        except (OSError, EOFError):
            return None
        finally:
            watchdog.cancel()
        return list(zip(numbers[::4], numbers[1::4], numbers[2::4], numbers[3::4], strict=True))

    def end(self) -> None:
        self._child.close()


_idle: list[_Worker] = []
_lock = threading.Lock()
atexit.register(close)


def _in_child(old: bytes, new: bytes) -> list[xdiff.Range] | None:
    """None where the child ran out of time, or there is no Python to start."""
    until = time.monotonic() + _SECONDS
    with _lock:
        worker = _idle.pop() if _idle else None
    found = None
    if worker:
        found = worker.ranges(old, new, until - time.monotonic())
        if found is None:
            worker.end()
            worker = None
    # A child that waited may have been ended from outside: then there is time left for another.
    if found is None and sys.executable and time.monotonic() < until - _SECONDS / 2:
        try:
            worker = _Worker()
        except OSError:
            return None
        found = worker.ranges(old, new, until - time.monotonic())
    if worker and found is not None:
        _keep(worker)
    elif worker:
        worker.end()
    return found


def _keep(worker: _Worker) -> None:
    """Let it wait for the next text, if none waits already."""
    with _lock:
        kept = not _idle
        if kept:
            _idle.append(worker)
    if not kept:
        worker.end()
        return
    timer = threading.Timer(_IDLE_SECONDS, _end_if_idle, (worker,))
    timer.daemon = True
    timer.start()


def _end_if_idle(worker: _Worker) -> None:
    with _lock:
        if worker not in _idle:
            return
        _idle.remove(worker)
    worker.end()
