"""Where a filter looks for text, what the index of changed lines offers instead of all changes."""

from __future__ import annotations

import heapq
import sqlite3
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from fcm_tui.store.reading.filters import Filters
from fcm_tui.store.reading.text_index import TRIGRAM, Reached, index_of, reached
from fcm_tui.store.sealing.sealer import keys_of


class IndexUnusable(Exception):
    """The index is damaged: the record has to be asked by itself."""


FEW = 20_000
"""Differences with a text that still are looked at all at once."""
_FIRST_BATCH, _LAST_BATCH = 256, 1 << 15
LAST = (1 << 63) - 1
"""Beyond every sequence."""


class Span(NamedTuple):
    """Sequences between which changes are wanted, both included, and in which order."""

    low: int = 0
    high: int = LAST
    reverse: bool = False
    """The oldest first."""


class TextSearch:
    """The index of one record, for one thread. It is opened when first needed."""

    def __init__(self, database: Path, record: sqlite3.Connection) -> None:
        """`record` reads the record at `database`."""
        self._path = index_of(database)
        self._record = record
        self._index: sqlite3.Connection | None = None

    def close(self) -> None:
        index, self._index = self._index, None
        if index is not None:
            index.close()

    def offer(self, filters: Filters) -> Candidates | None:
        """What the index says; None where it says nothing, and every change has to be looked at."""
        queries = {query for part in texts(filters) if (query := _query(part))}
        if not queries or keys_of(self._record):
            return None
        try:
            index = self._opened()
            at = reached(index, self._record) if index else None
            if index is None or at is None or self._recorders() != 1:
                return None
            # Each text may be in another difference of the change: one of them has to do, the rarest.
            offers = [Candidates(index, at, query) for query in queries]
            return min(offers, key=Candidates.number) if len(offers) > 1 else offers[0]
        except (sqlite3.Error, IndexUnusable):
            self.close()
            return None

    def indexed(self) -> int:
        """The last change that is in the index, 0 where there is none."""
        if keys_of(self._record):
            return 0
        try:
            index = self._opened()
            at = reached(index, self._record) if index else None
        except sqlite3.Error:
            self.close()
            return 0
        return at.sequence if at else 0

    def _recorders(self) -> int:
        return int(self._record.execute("SELECT count(*) FROM recorders").fetchone()[0])

    def _opened(self) -> sqlite3.Connection | None:
        if self._index is None and self._path.exists():
            self._index = sqlite3.connect(
                f"{self._path.absolute().as_uri()}?mode=ro",
                uri=True, isolation_level=None, check_same_thread=False, timeout=1.0,
            )  # fmt: skip
        return self._index


class Candidates:
    """The changes up to `reached` that may have the text; of those behind it the index knows nothing."""

    def __init__(self, index: sqlite3.Connection, at: Reached, query: str) -> None:
        self._index = index
        self._query = query
        self.reached = at

    def is_few(self) -> bool:
        """Whether so few differences may have the text that all of them can be looked at.

        Raises:
            IndexUnusable: it is damaged.
        """
        return self.number() <= FEW

    def number(self) -> int:
        """How many differences may have the text; where they are many, only that they are.

        Raises:
            IndexUnusable: it is damaged.
        """
        sql = "SELECT count(*) FROM (SELECT 1 FROM trigrams WHERE trigrams MATCH ? LIMIT ?)"
        try:
            return int(self._index.execute(sql, (self._query, FEW + 1)).fetchone()[0])
        except sqlite3.Error as error:
            raise IndexUnusable from error

    def batches(self, span: Span) -> Iterator[list[int]]:
        """The sequences in order, in lists that become longer.

        Raises:
            IndexUnusable: it is damaged.
        """
        try:
            yield from self._batches(span)
        except sqlite3.Error as error:
            raise IndexUnusable from error

    def _batches(self, span: Span) -> Iterator[list[int]]:
        span = Span(max(0, span.low), min(span.high, self.reached.sequence), span.reverse)
        merged = heapq.merge(self._firsts(span), self._repeats(span), reverse=not span.reverse)
        size, last = _FIRST_BATCH, -1
        while batch := list(islice(merged, size)):
            unlike = dict.fromkeys(batch)
            unlike.pop(last, None)
            last = batch[-1]
            if unlike:
                yield list(unlike)
            size = min(size * 2, _LAST_BATCH)

    def _firsts(self, span: Span) -> Iterator[int]:
        """Of differences that are in one change only, or where they came first. Their rows are in the order of changes."""
        order = "ASC" if span.reverse else "DESC"
        found = self._index.execute(
            "SELECT CAST(f.sequence AS INTEGER) FROM trigrams t CROSS JOIN firsts f ON f.difference = t.rowid"
            f" WHERE t.trigrams MATCH ? AND t.rowid BETWEEN ? AND ? ORDER BY t.rowid {order}",
            (self._query, self._row_from(span.low), self._row_from(span.high + 1) - 1),
        )
        return (sequence for (sequence,) in found)

    def _repeats(self, span: Span) -> Iterator[int]:
        """Of differences that were there before. All of them, where the text is in too many differences."""
        inside = "sequence BETWEEN ? AND ?"
        if not self._index.execute(
            f"SELECT 1 FROM repeats WHERE {inside} LIMIT 1", (span.low, span.high)
        ).fetchone():
            return iter(())
        values: tuple[object, ...] = (span.low, span.high)
        if self.is_few():
            inside += " AND difference IN (SELECT rowid FROM trigrams WHERE trigrams MATCH ?)"
            values += (self._query,)
        found = self._index.execute(
            f"SELECT DISTINCT CAST(sequence AS INTEGER) FROM repeats WHERE {inside}"
            f" ORDER BY sequence {'ASC' if span.reverse else 'DESC'}",
            values,
        )
        return (sequence for (sequence,) in found)

    def _row_from(self, sequence: int) -> int:
        """The row of the first difference of a change or those behind it. Both count up, with holes in the rows."""
        low, high = 0, self.reached.difference + 1
        while low < high:
            middle = (low + high) // 2
            (found,) = self._index.execute(
                "SELECT CAST(sequence AS INTEGER) FROM firsts WHERE difference >= ? ORDER BY difference LIMIT 1",
                (middle,),
            ).fetchone() or (LAST,)
            if found >= sequence:
                high = middle
            else:
                low = middle + 1
        return low


def texts(filters: Filters) -> list[str]:
    """What a change must have in its lines to get through, as far as that can be told."""
    found = [] if filters.text is None else [filters.text]
    if filters.terms:
        from fcm_tui.query import terms  # 9 ms, which most starts need not spend

        found += terms.texts(filters.terms)
    return found


def _query(part: str) -> str:
    """All trigrams of a text, for FTS5; empty where it has none."""
    found = {part[at : at + TRIGRAM] for at in range(len(part) - TRIGRAM + 1)}
    usable = [trigram for trigram in found if not any(_is_left_out(letter) for letter in trigram)]
    return " AND ".join('"' + trigram.replace('"', '""') + '"' for trigram in sorted(usable))


def _is_left_out(letter: str) -> bool:
    return letter == "\0" or "\ud800" <= letter <= "\udfff"
