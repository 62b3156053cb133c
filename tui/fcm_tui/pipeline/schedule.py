"""When to look where: hints at once, everything from time to time, what waits when its time has come."""

from __future__ import annotations

import time

from fcm_tui.pipeline import clocks
from fcm_tui.pipeline.engine import Look, Pass
from fcm_tui.pipeline.roots import WatchedRoot
from fcm_tui.pipeline.session import Session, give_back
from fcm_tui.watch.hints import Hints, Source

ROOT_CHECK = 1.0
"""Seconds between two looks at whether the roots are there."""
QUIET = 0.3
"""Seconds without hints after which a burst is over."""
HEARTBEAT = 60.0
"""Seconds between two notes that this recorder runs."""
_SCAN_SHARE = 200
"""A scan of everything may take one part in this many of the time."""
_POLL_SHARE = 10


class Schedule:
    """Turns hints and clocks into passes of the engine. `look` runs in the engine's thread, the rest in the loop."""

    def __init__(self, session: Session, source: Source) -> None:
        self._session = session
        self._source = source
        self._hints = Hints()
        now = time.monotonic()
        self._next_scan = now + session.settings.scan_interval
        self._next_heartbeat = now + HEARTBEAT
        self._next_wait: float | None = None
        self._burst_over: float | None = None
        self._polls: dict[bytes, float] = {}
        self._waits_from = clocks.now()
        self._waits_for = 0.0
        self._lost = ""
        self.is_behind = False
        """A look failed, and the scan that makes up for it has not come to its end yet."""

    def seconds_to_wait(self) -> float:
        """Until something is due, hints or none."""
        self._waits_from, before = clocks.now(), self._waits_from
        self.lost(clocks.jump(before, self._waits_from))
        self._waits_for = 0.0
        if self._lost:
            return 0.0
        now = time.monotonic()
        moments = [now + ROOT_CHECK, self._next_scan, self._next_heartbeat, *self._polls.values()]
        moments += [moment for moment in (self._next_wait, self._burst_over) if moment is not None]
        self._waits_for = max(0.0, min(moments) - now)
        return self._waits_for

    def is_over(self) -> bool:
        """Whether the wait is over, by the clock, or something was missed meanwhile."""
        before, now = self._waits_from, clocks.now()
        self._waits_from = now
        self.lost(clocks.standstill(before, now, self._waits_for))
        return bool(self._lost) or now.awake_ns - before.awake_ns >= self._waits_for * 1e9

    def is_due(self) -> bool:
        """Whether the wait ended by the clock; hints are worth a moment for more of them to come."""
        return self._next_wait is not None and self._next_wait <= time.monotonic()

    def lost(self, why: str) -> None:
        """Events may have been missed since the last look, unless `why` is empty."""
        self._lost = why or self._lost

    def add(self, hints: Hints) -> None:
        """Take in what the source hinted at."""
        if hints.burst or (hints and self._burst_over is not None):
            self._burst_over = time.monotonic() + QUIET
        self._hints.add(hints)

    def failed(self, why: str, retry_in: float) -> None:
        """The last look did not come to its end: everything has to be scanned, after a while; a gap until then."""
        self._session.engine.ledger.miss(self._session.engine.roots, why)
        self._next_scan = self._next_wait = time.monotonic() + retry_in
        self.is_behind = True

    def look(self) -> None:
        """One pass; none while the last one failed a moment ago."""
        if not self.is_behind or time.monotonic() >= self._next_scan:
            self._look(patient=True)

    def last_look(self) -> None:
        """The pass before the end: nothing is waited for."""
        self._look(patient=False)

    def _look(self, *, patient: bool) -> None:
        session, hints = self._session, self._hints
        self._hints = Hints()
        lost, self._lost = "; ".join(filter(None, (self._lost, hints.lost))), ""
        if lost:
            session.engine.ledger.miss(session.engine.roots, lost)
        whole = self._whole(time.monotonic(), bool(lost) or self.is_behind)
        again = session.readable_again()
        result = session.engine.run(Look(hints.folders, hints.deep, again, whole), patient=patient)
        ended = time.monotonic()
        for folder in again.difference(folder for folder, _ in result.unlistable):
            session.note_readable(folder)
        if result.returned:
            self._source.rearm()
            session.note_devices()
        self._plan(whole, ended, result)
        session.note_unlistable(result.unlistable, whole=len(whole) == len(session.engine.roots))
        if ended >= self._next_heartbeat:
            session.record.still_here()
            give_back()
            self._next_heartbeat = ended + HEARTBEAT

    def _whole(self, now: float, lost: bool) -> list[WatchedRoot]:
        """Roots to be scanned from top to bottom now."""
        roots = self._session.engine.roots
        if lost or now >= self._next_scan or (self._burst_over is not None and now >= self._burst_over):
            return roots
        return [root for root in roots if self._is_polled(root) and now >= self._polls.get(root.path, 0.0)]

    def _is_polled(self, root: WatchedRoot) -> bool:
        return root.poll is True or (root.poll is None and root.path in self._source.unwatched)

    def _plan(self, whole: list[WatchedRoot], ended: float, result: Pass) -> None:
        roots = self._session.engine.roots
        took = result.scan_seconds
        if whole is roots:
            self.is_behind = False
            self._next_scan = ended + max(self._session.settings.scan_interval, _SCAN_SHARE * took)
            self._burst_over = None
        for root in roots:
            if not self._is_polled(root):
                self._polls.pop(root.path, None)
            elif root in whole or root.path not in self._polls:
                self._polls[root.path] = ended + max(root.poll_interval, _POLL_SHARE * took)
        self._next_wait = None if result.again_in is None else ended + result.again_in
