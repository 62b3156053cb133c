"""Which changes are exported, read a page at a time: nothing stays open in the record meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fcm_tui.model import Change
from fcm_tui.store.reading.filters import Filters
from fcm_tui.store.reading.queries import Reader

if TYPE_CHECKING:
    from fcm_tui.query.terms import Term

_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Selection:
    """Changes from a moment on, before another one, that a filter lets through."""

    since_ns: int | None = None
    until_ns: int | None = None
    terms: tuple[Term, ...] = ()

    def changes(self, reader: Reader, recorder_id: bytes, last: int, after: int = 0) -> Iterator[Change]:
        """Those behind `after` and up to `last` that pass, oldest first; the first moment is the caller's to look at.

        They end at the first change of the last moment, for a clock may have been set back.
        """
        for change in pages(reader, Filters(terms=self.terms), recorder_id, after):
            if change.sequence > last or (self.until_ns is not None and change.time_ns >= self.until_ns):
                return
            yield change


def pages(reader: Reader, filters: Filters, recorder_id: bytes, after: int) -> Iterator[Change]:
    """A recorder's changes behind a sequence, oldest first, each page a read of its own."""
    key = (after, recorder_id)
    while True:
        page = reader.log(filters, limit=_PAGE, after=key, reverse=True)
        yield from (change for change in page if change.recorder_id == recorder_id)
        if len(page) < _PAGE:
            return
        key = (page[-1].sequence, page[-1].recorder_id)
