"""Line diffs in a process of their own, which `bounded` starts and may kill."""

from __future__ import annotations

import itertools
import os
import struct
import sys
import threading
import time
from array import array

from fcm_tui.diff import xdiff
from fcm_tui.diff.trim import middle

REQUEST = struct.Struct("=QQd")
"""What `serve` is told first: bytes of the old text, bytes of the new one, seconds it may take."""
ANSWER = struct.Struct("=Q")
"""What it answers first: the bytes of the ranges, four native ints each."""


def serve(path: str) -> None:
    """Compare pairs of texts from standard input, as `bounded` sends them, until it is closed.

    Where Myers' algorithm takes more than a third of the time, PATIENCE starts beside it, and its
    result is the answer if it is the only one at the end. Without any the process ends, as a thread
    within libgit2 cannot be stopped; so it does after an answer that leaves a thread at work.
    """
    worker = xdiff.LibGit2(path) if path else xdiff.Pygit2()
    while request := sys.stdin.buffer.read(REQUEST.size):
        old_size, new_size, seconds = REQUEST.unpack(request)
        old, new = sys.stdin.buffer.read(old_size), sys.stdin.buffer.read(new_size)
        until = time.monotonic() + seconds
        myers = _Comparison(worker, old, new, xdiff.MYERS)
        myers.join(seconds / 3)
        if myers.is_alive():
            part = middle(old, new)
            patience = _Comparison(worker, part.old, part.new, xdiff.PATIENCE)
            myers.join(max(0.0, until - time.monotonic()))
            patience.join(0.0)
            results = [] if myers.found is None else [myers.found]
            if patience.found is not None:
                results.append(xdiff.shifted(patience.found, part.first))
            found = min(results, key=lambda ranges: (xdiff.changed_lines(ranges), len(ranges)), default=None)
            at_work = myers.is_alive() or patience.is_alive()
        else:
            found, at_work = xdiff.better(worker, old, new, myers.found or []), False
        if found is not None:
            answer = array("i", itertools.chain.from_iterable(found)).tobytes()
            sys.stdout.buffer.write(ANSWER.pack(len(answer)) + answer)
            sys.stdout.buffer.flush()
        if found is None or at_work:
            break
    os._exit(0)


class _Comparison(threading.Thread):
    """One algorithm at work; `found` is None until it is done."""

    def __init__(self, worker: xdiff.LibGit2 | xdiff.Pygit2, old: bytes, new: bytes, flags: int) -> None:
        super().__init__(daemon=True)
        self._compared = worker, old, new, flags
        self.found: list[xdiff.Range] | None = None
        self.start()

    def run(self) -> None:
        worker, old, new, flags = self._compared
        self.found = worker.diff(old, new, flags)
