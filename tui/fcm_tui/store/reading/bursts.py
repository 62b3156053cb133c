"""Changes that came so close together that one act made them: a checkout, an install, a build."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from typing import NamedTuple

from fcm_tui.store.reading.neighbours import NEAR_NS

FEWEST = 20
"""Changes from which on they are a burst."""


class Burst(NamedTuple):
    """Changes in one root, by number from `first` to `last`."""

    changes: int
    first: int
    last: int
    from_ns: int
    to_ns: int
    root_id: bytes


Row = tuple[int, int, bytes, int | None]
"""Sequence, time (ns), root and group of a change. A root is one recorder's alone."""


class BurstFinder:
    """Finds the largest bursts of changes that come in the order of their numbers."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._largest: list[Burst] = []
        self.bursts = self.changes = 0
        """How many there were, and changes in them."""
        self._count = self._first = self._last = self._from = self._until = 0
        self._group: int | None = None
        self._root = b""

    def add(self, rows: Iterable[Row]) -> None:
        """The next changes."""
        count, last, until, group = self._count, self._last, self._until, self._group
        root = self._root
        for sequence, time_ns, its_root, its_group in rows:
            if its_root == root and (
                -NEAR_NS <= time_ns - until <= NEAR_NS or (group is not None and its_group == group)
            ):
                count += 1
            else:
                self._count, self._last, self._until = count, last, until
                self._close()
                self._first, self._from = sequence, time_ns
                self._root = root = its_root
                count = 1
            last, until, group = sequence, time_ns, its_group
        self._count, self._last, self._until, self._group = count, last, until, group

    def largest(self) -> list[Burst]:
        """After the last change: the bursts with the most changes, the largest first."""
        self._close()
        self._count = 0
        return sorted(self._largest, reverse=True)

    def _close(self) -> None:
        if self._count < FEWEST:
            return
        self.bursts += 1
        self.changes += self._count
        burst = Burst(
            self._count, self._first, self._last, min(self._from, self._until), max(self._from, self._until),
            self._root,
        )  # fmt: skip
        if len(self._largest) < self._most:
            heapq.heappush(self._largest, burst)
        else:
            heapq.heappushpop(self._largest, burst)
