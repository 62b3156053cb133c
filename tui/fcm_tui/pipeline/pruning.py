"""Retention beside a recorder at work: planned in a thread of its own, carried out between two looks in small steps."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import TYPE_CHECKING

from fcm_tui.pipeline.prune_request import Request, Result, answer, note_done, seconds_since_done, take
from fcm_tui.settings.config import Retention
from fcm_tui.store.record import Record

if TYPE_CHECKING:
    from fcm_tui.pipeline.prune_work import PruneWork

FIRST = 60.0
"""Seconds from the start to the first plan: a start has other things to do."""
INTERVAL = 3600.0
"""Seconds between two plans, where the rules thin anything."""
_SHARE = 50
"""Planning may take one part in this many of the time."""
_CHECK = 1.0
_PAUSE = 0.02


class Pruning:
    """Steps of retention for the thread that a record is for; `close` it."""

    def __init__(self, record: Record, retention: Retention, requests: Path) -> None:
        """`requests` is the folder in which others ask for a prune."""
        self._record = record
        self._retention = retention
        self._requests = requests
        self._next = time.monotonic() + FIRST
        self._work: PruneWork | None = None
        self._pause_until = 0.0
        self.trouble = ""
        """Why retention could not do its work, or empty."""

    def seconds_to_wait(self) -> float:
        """Until `step` should be called."""
        now = time.monotonic()
        return max(0.0, self._pause_until - now) if self._work else _CHECK

    def is_due(self) -> bool:
        """Whether there is something to do now; a wish of somebody else counts."""
        now = time.monotonic()
        if self._work is None:
            request = take(self._requests)
            if request is not None:
                self._work = self._begun(request.retention, request)
            elif self._retention.is_on and now >= self._next:
                self._work = self._begun(self._retention)
        return self._work is not None and now >= self._pause_until

    def load(self) -> None:
        """Import what a prune needs; later there may be no descriptor to be had for that."""
        import fcm_tui.pipeline.prune_work  # noqa: F401

    def _begun(self, retention: Retention, request: Request | None = None) -> PruneWork:
        from fcm_tui.pipeline.prune_work import PruneWork  # of no use to a run in which nothing is due

        return PruneWork(self._record, retention, request)

    def step(self) -> None:
        """One small transaction, or none while the plan is being made."""
        work = self._work
        if work is None:
            return
        started = time.monotonic()
        try:
            is_more = work.step()
            self.trouble = work.error
        except (sqlite3.Error, OSError) as error:
            work.error = str(error)
            self.trouble = f"retention stands still: {error}"
            is_more = False
        ended = time.monotonic()
        if is_more:
            self._pause_until = ended + max(_PAUSE, ended - started)
            return
        self._end(work)
        if work.request is None:
            note_done(self._requests)
        self._next = ended + max(INTERVAL, _SHARE * work.planning_seconds)

    def run_if_due(self) -> None:
        """All of it now, where nobody has done it for an interval: for who does not stay until it is due."""
        if not self._retention.is_on or seconds_since_done(self._requests) < INTERVAL:
            return
        self._work = self._begun(self._retention)
        while self._work is not None:
            self.step()
            time.sleep(_PAUSE if self._work is not None and self._work.is_planning else 0)

    def close(self, *, goes_on: bool = False) -> None:
        """End what is under way; a later plan goes on where it stopped, a wish is left to who `goes_on` recording."""
        work = self._work
        if work is None:
            return
        work.close()
        if goes_on and work.is_put_off(self._requests):
            self._work = None
        else:
            work.error = work.error or (
                "it began anew, and could not keep the wish" if goes_on else "it was told to end"
            )
            self._end(work)

    def _end(self, work: PruneWork) -> None:
        """End it, and tell who asked for it."""
        self._work = None
        work.close()
        if work.request is not None:
            answer(self._requests, Result(work.request.token, work.versions, work.version_bytes, work.error))
