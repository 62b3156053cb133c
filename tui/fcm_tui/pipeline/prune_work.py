"""One prune: planned in a thread of its own, its operations handed over as they can be carried out."""

from __future__ import annotations

import queue
import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from fcm_tui.errors import FcmError
from fcm_tui.pipeline.prune_request import Request, put_off
from fcm_tui.settings.config import Retention
from fcm_tui.store.record import Record
from fcm_tui.store.retention.apply import GivingBack, Thinning
from fcm_tui.store.retention.plan import Operation, Plan, used_bytes

STEP = 0.015
"""Seconds of work in one transaction; its commit comes on top."""
_AHEAD = 16
"""Operations that wait to be carried out, of up to 1 MiB each."""


class PruneWork:
    """One prune: plans until nothing more goes, and space given back."""

    def __init__(self, record: Record, retention: Retention, request: Request | None = None) -> None:
        self._record = record
        self._retention = retention
        self.request = request
        """The wish that it fulfils."""
        self._giving_back: GivingBack | None = None
        self.versions = request.versions if request else 0
        self.version_bytes = request.size if request else 0
        self._thinning: Thinning | None = None
        self._ahead = _PlanAhead(record.database, retention)
        self.planning_seconds = 0.0
        self.error = ""

    @property
    def is_planning(self) -> bool:
        """There is nothing to be carried out yet."""
        return self._giving_back is None and self._ahead.is_waiting

    def step(self) -> bool:
        """False once it is done.

        Raises:
            sqlite3.Error: the record cannot be written.
        """
        if self._giving_back is not None:
            return self._giving_back.step(STEP)
        ahead = self._ahead
        if ahead.sequence is not None and self._thinning is None:
            self._thinning = Thinning(self._record, self._retention, ahead.sequence)
        if self._thinning is not None:
            self._thinning.step(ahead.ready(), STEP)
        if ahead.is_over:
            self._round_over()
        return True

    def _round_over(self) -> None:
        self.error = self._ahead.error
        self.planning_seconds += self._ahead.seconds
        thinned = self._count_thinned()
        limit = self._retention.max_size
        self._ahead.close()
        if thinned and not self.error and limit is not None and used_bytes(self._record.connection) > limit:
            self._ahead = _PlanAhead(self._record.database, self._retention)
        else:
            self._giving_back = GivingBack(self._record.connection)

    def _count_thinned(self) -> int:
        """Add what this round thinned to the sums; how many versions."""
        thinning, self._thinning = self._thinning, None
        if thinning is None:
            return 0
        self.versions += thinning.versions
        self.version_bytes += thinning.version_bytes
        return thinning.versions

    def is_put_off(self, requests: Path) -> bool:
        """The wish waits again, with what was done for it so far; False where there is none, or it cannot."""
        request = self.request
        return request is not None and put_off(
            requests, replace(request, versions=self.versions, size=self.version_bytes)
        )

    def close(self) -> None:
        """End, wherever it is."""
        self._ahead.close()
        self._count_thinned()


class _PlanAhead:
    """A plan and its operations, made in a thread of its own as they are taken."""

    def __init__(self, database: Path, retention: Retention) -> None:
        self._database = database
        self._retention = retention
        self._queue: queue.Queue[Operation] = queue.Queue(_AHEAD)
        self._cancelled = threading.Event()
        self._made_all = threading.Event()
        self.sequence: int | None = None
        """Of the newest change when the plan was made; None until then."""
        self.seconds = 0.0
        self.error = ""
        self._thread = threading.Thread(target=self._run, name="fcm-retention", daemon=True)
        self._thread.start()

    @property
    def is_waiting(self) -> bool:
        """More operations are to come, and none is there."""
        return self._queue.empty() and not self._made_all.is_set()

    @property
    def is_over(self) -> bool:
        """All operations were made and taken."""
        return self._made_all.is_set() and self._queue.empty()

    def ready(self) -> Iterator[Operation]:
        """Those that can be carried out now."""
        while True:
            try:
                yield self._queue.get_nowait()
            except queue.Empty:
                return

    def close(self) -> None:
        """End it, wherever it is."""
        self._cancelled.set()
        for _ in self.ready():
            pass
        self._thread.join()

    def _run(self) -> None:
        started = time.monotonic()
        try:
            with Plan.of(self._database, self._retention, is_cancelled=self._cancelled.is_set) as plan:
                self.seconds = time.monotonic() - started
                self.sequence = plan.sequence
                for operation in plan.operations():
                    self._hand_over(operation)
        except (sqlite3.Error, OSError, FcmError) as error:
            self.error = str(error)
        finally:
            self._made_all.set()

    def _hand_over(self, operation: Operation) -> None:
        while not self._cancelled.is_set():
            try:
                self._queue.put(operation, timeout=0.2)
                return
            except queue.Full:
                pass
