"""Taking the next slice of changed files while the engine commits the one before."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from zlib import crc32

from fcm_tui.pipeline.taking import Taken, Target, read
from fcm_tui.pipeline.taking_process import TakingProcess
from fcm_tui.pipeline.work import spread

WORTH_FILES = 512
"""Changed files at once from which on processes are worth their start, a fifth of a second of a processor each."""
_MOST = 4
_IDLE_SECONDS = 15.0
"""For which the processes wait for another burst."""


@dataclass(slots=True)
class Begun:
    """A slice that is being taken, or is still to be."""

    targets: Sequence[Target]
    settle: bool
    shares: list[tuple[TakingProcess, list[int]]]
    """The processes that help, each with the places of its targets."""


class Ahead:
    """Takes slices of targets, with the help of processes where there are many. For one thread."""

    def __init__(self, database: Path, pool: Executor) -> None:
        self._database = database
        self._pool = pool
        self._processes: list[TakingProcess] = []
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._unfinished = False

    @property
    def helpers(self) -> int:
        """How many processes are there to help now."""
        return sum(process.is_ready and process.is_alive for process in self._processes)

    def expect(self, files: int) -> None:
        """So many files are about to be taken."""
        processors = os.cpu_count() or 1
        with self._lock:
            self._stop_timer()
            for process in [process for process in self._processes if not process.is_alive]:
                process.close()
                self._processes.remove(process)
            if files >= WORTH_FILES and processors > 1:
                while len(self._processes) < min(processors, _MOST):
                    self._processes.append(TakingProcess(self._database))

    def begin(self, targets: Sequence[Target], settle: bool) -> Begun:
        """Hand over a slice; `finish` it before the next is handed over.

        A path always goes to the same process, which has its version before in memory.
        """
        ready = [process for process in self._processes if process.is_ready]
        if not ready or len(targets) <= len(ready):
            return Begun(targets, settle, [])
        shares: list[tuple[TakingProcess, list[int]]] = [(process, []) for process in ready]
        for place, target in enumerate(targets):
            shares[crc32(target.path) % len(shares)][1].append(place)
        for process, share in shares:
            process.begin([targets[place] for place in share], settle)
        self._unfinished = True
        return Begun(targets, settle, shares)

    def finish(self, begun: Begun) -> list[Taken]:
        """What came of a slice, in the order of its targets."""
        targets = begun.targets
        found: list[Taken | None] = [None] * len(targets)
        for process, share in begun.shares:
            for place, taken in zip(share, process.finish() or (), strict=False):
                found[place] = taken
        self._unfinished = False
        left = [place for place, taken in enumerate(found) if taken is None]
        own = spread(partial(read, settle=begun.settle), [targets[place] for place in left], self._pool)
        for place, taken in zip(left, own, strict=True):
            found[place] = taken
        return [taken for taken in found if taken is not None]

    def rest(self) -> None:
        """Nothing more is to be taken now; the processes end after a while of that.

        At once where a slice was begun and not finished, as its answer would be taken for the next one's.
        """
        with self._lock:
            if self._unfinished:
                self._close_all()
            if self._processes:
                self._timer = threading.Timer(_IDLE_SECONDS, self._end)
                self._timer.daemon = True
                try:
                    self._timer.start()
                except RuntimeError:  # no memory for a thread
                    self._timer = None
                    self._close_all()

    def close(self) -> None:
        """End the processes, if there are any."""
        with self._lock:
            self._stop_timer()
            self._close_all()

    def _end(self) -> None:
        with self._lock:
            if self._timer is threading.current_thread():  # else it was stopped too late to notice
                self._close_all()

    def _stop_timer(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()

    def _close_all(self) -> None:
        for process in self._processes:
            process.close()
        self._processes = []
        self._unfinished = False
