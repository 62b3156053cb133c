"""Bursts of changes as one line: a checkout, an install, a build.

The rule needs nothing but two neighbours and a place, so that it can be told page by page, in whatever order pages are
read: changes that follow one another in the log belong together where they are in the same root and at most a second
apart, or in one recorded group (a folder moved, deleted or restored), on the same day, with no gap between them. From
`FEWEST` on they are a line. A line ends at every multiple of `MOST` places but 0, so no burst makes the log read on for
long.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from fcm_tui.model import Change, Kind, Origin
from fcm_tui.store.reading.bursts import FEWEST
from fcm_tui.store.reading.changes import Where, place_of

MOST = 4096


@dataclass(slots=True, eq=False)
class Fold:
    """Changes at the places `start` to `stop`, the newest first, that belong together."""

    start: int
    stop: int
    newest: Change
    oldest: Change
    created: int
    deleted: int
    moved: int
    files: set[bytes] = field(default_factory=set)
    folder: bytes = b""
    """Where all of them are."""
    reviewed: int = 0
    restored: int = 0
    is_open: bool = False

    @classmethod
    def of(cls, place: int, change: Change) -> Fold:
        """A change by itself."""
        return cls(
            place, place + 1, change, change, int(change.kind is Kind.CREATED), int(change.kind is Kind.DELETED),
            int(change.kind is Kind.MOVED), {change.file_id}, os.path.dirname(change.path), int(change.reviewed),
            int(change.origin is Origin.RESTORE),
        )  # fmt: skip

    def __len__(self) -> int:
        return self.stop - self.start

    @property
    def modified(self) -> int:
        return len(self) - self.created - self.deleted - self.moved

    @property
    def is_line(self) -> bool:
        """There are enough of them for a line of their own."""
        return len(self) >= FEWEST

    @property
    def span(self) -> tuple[Where, Where]:
        """Places of the newest and the oldest change."""
        return place_of(self.newest), place_of(self.oldest)

    def add(self, older: Fold) -> None:
        """Take in what follows directly; what a person opened stays open."""
        self.stop, self.oldest = older.stop, older.oldest
        self.created += older.created
        self.deleted += older.deleted
        self.moved += older.moved
        self.files |= older.files
        self.folder = _common(self.folder, older.folder)
        self.reviewed += older.reviewed
        self.restored += older.restored
        self.is_open = (self.is_open and self.is_line) or (older.is_open and older.is_line)


def _common(one: bytes, other: bytes) -> bytes:
    if one == other:
        return one
    try:
        return os.path.commonpath((one, other))
    except ValueError:  # two disks of Windows
        return b""
