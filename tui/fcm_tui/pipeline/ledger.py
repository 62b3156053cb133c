"""The gap ledger: stretches of time in which changes of a root may have been missed, and what the scan after them found.

A stretch is a row from the next pass on, so that a recorder that is killed leaves it open for the next one; where
the disk refuses even that, it waits in memory. It ends once its root was scanned and what the scan met has settled.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fcm_tui.model import Gap
from fcm_tui.pipeline.roots import WatchedRoot
from fcm_tui.store.record import Record

AWAY = "the root was unmounted or out of reach"
GONE = "the root was deleted or renamed"
REPLACED = "another folder stands at the root's path"
SETTLING = 1.0
"""Seconds after a scan in which what was still being written, or may have moved, is counted as found by it."""
_REASONS_LENGTH = 200
"""Characters of reasons to which no other is added."""


@dataclass(slots=True, eq=False)
class _Stretch:
    root: WatchedRoot
    from_ns: int
    reason: str
    after: int
    """The last sequence before it: changes behind this one that a scan found are its own."""
    folder: bytes | None = None
    """What has to be readable again before it ends; None for the root."""
    number: int | None = None
    """Of its row; None while it has none."""
    settle_by: float | None = None
    """Monotonic: when its row is closed at the latest; None before the scan."""


class Ledger:
    """The open gaps of a running recorder. For the engine's thread."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._open: list[_Stretch] = []
        self._good_ns = record.last_seen_ns or time.time_ns()
        self._good_sequence = record.sequence
        self.last: Gap | None = record.last_gap()
        """The newest entry."""

    def take_over(self, roots: Sequence[WatchedRoot]) -> None:
        """Go on with what an earlier run left open; what concerns roots that are not watched now stays as it is."""
        by_id = {root.root.root_id: root for root in roots}
        for number, root_id, from_ns, reason in self._record.open_gaps():
            root = by_id.get(root_id) if root_id is not None else next(iter(roots), None)
            if root is not None:
                self._open.append(_Stretch(root, from_ns, reason, self._good_sequence, number=number))

    def miss(
        self,
        roots: Iterable[WatchedRoot],
        reason: str,
        *,
        from_ns: int | None = None,
        folder: bytes | None = None,
    ) -> None:
        """Changes of these roots may have been missed since a moment; by default since the last pass that succeeded.

        With a `folder` only what is in it is concerned, until it `is_readable` again.
        """
        start = self._good_ns if from_ns is None else from_ns
        for root in roots:
            unscanned = [
                s for s in self._open if s.root is root and s.settle_by is None and s.folder == folder
            ]
            if any(reason in stretch.reason for stretch in unscanned):
                continue
            unwritten = next((stretch for stretch in unscanned if stretch.number is None), None)
            if unwritten is not None:
                if len(unwritten.reason) < _REASONS_LENGTH:
                    unwritten.reason += f"; {reason}"
                unwritten.from_ns = min(unwritten.from_ns, start)
            else:
                self._open.append(_Stretch(root, start, reason, self._good_sequence, folder))

    def concerns(self, root: WatchedRoot) -> bool:
        """Whether all of a root is still to be scanned because something of it may have been missed."""
        return any(s.root is root and s.settle_by is None and s.folder is None for s in self._open)

    def write(self) -> None:
        """Give every stretch its row.

        Raises:
            sqlite3.Error: the disk refuses; they are kept.
        """
        new = [stretch for stretch in self._open if stretch.number is None]
        if new:
            with self._record.transaction():
                numbers = [self._record.open_gap(s.root.root, s.from_ns, s.reason) for s in new]
            for stretch, number in zip(new, numbers, strict=True):
                stretch.number = number
            self.last = self._record.last_gap()

    def scanned(self, roots: Iterable[WatchedRoot]) -> None:
        """These roots were scanned, after `write`. One that was not there is so again where a folder stands there."""
        paths = {root.path for root in roots}
        for stretch in self._open:
            needs_root = AWAY in stretch.reason or GONE in stretch.reason
            was_here = stretch.root.identity is not None or not needs_root
            if stretch.folder is None and stretch.root.path in paths and was_here:
                self._scanned(stretch)

    def is_readable(self, folder: bytes) -> None:
        """A folder that could not be read was scanned."""
        for stretch in self._open:
            if stretch.folder == folder:
                self._scanned(stretch)

    def _scanned(self, stretch: _Stretch) -> None:
        if stretch.settle_by is None and stretch.number is not None:
            stretch.settle_by = time.monotonic() + SETTLING

    def passed(self, *, is_settled: bool) -> None:
        """A pass came to its end: close the rows of what was scanned, now or once all has settled.

        Raises:
            sqlite3.Error: the disk refuses; the rows stay open.
        """
        now = time.monotonic()
        over = [s for s in self._open if s.settle_by is not None and (is_settled or now >= s.settle_by)]
        if over:
            with self._record.transaction():
                for stretch in over:
                    assert stretch.number is not None
                    found = self._record.found_by_scan(stretch.root.root, stretch.after)
                    self._record.close_gap(stretch.number, time.time_ns(), found)
            self._open = [stretch for stretch in self._open if stretch not in over]
            self.last = self._record.last_gap()
        self._good_ns, self._good_sequence = time.time_ns(), self._record.sequence
