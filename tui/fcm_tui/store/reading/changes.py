"""The changes of a record in the log's order, a page or one at a time: all, or those that a filter lets through."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from fcm_tui.model import Capture, Change, Kind, Origin
from fcm_tui.store.reading.filters import Filters, prepared
from fcm_tui.store.reading.text_search import LAST, Candidates, IndexUnusable, Span, TextSearch
from fcm_tui.store.reviews import IS_REVIEWED, NOTE
from fcm_tui.store.values import RowTypes

Key = tuple[int, bytes]
"""Where a change stands in the log: sequence, recorder id."""

CAPTURE = (
    "CASE WHEN c.capture = 'stored' AND EXISTS (SELECT 1 FROM thinned t WHERE t.digest = c.after_digest) AND NOT EXISTS"
    " (SELECT 1 FROM contents k WHERE k.digest = c.after_digest AND k.chunk = 0) THEN 'quota' ELSE c.capture END"
)
"""SQL: what is kept of a change's version now. Its row, which is hashed, goes on saying what was kept then."""

_COLUMNS = (
    "c.recorder_id, h.host, c.sequence, c.time_ns, c.kind, r.path, c.file_id, c.path, c.previous_path,"
    f" c.before_digest, c.after_digest, c.size, c.mode, c.mtime_ns, c.owner, c.process, {CAPTURE}, c.origin,"
    " c.group_sequence, c.inserted, c.updated, c.deleted, c.encoding, c.newline,"
    f" {IS_REVIEWED}, c.attributes, c.previous_attributes, {NOTE}"
)
_FROM = " FROM changes c LEFT JOIN roots r ON r.root_id = c.root_id LEFT JOIN recorders h ON h.recorder_id = c.recorder_id"
_ORDER = " ORDER BY c.recorder_id {0}, c.sequence {0} LIMIT ?"
_CHANGE = RowTypes("b s? i i s b? b b b? b? b? i? i? i? s? s? s s i? i? i? i? s? s? i b? b? s?")

_BEHIND = "c.recorder_id = ? AND c.sequence > ?"
_BEFORE = "c.recorder_id = ? AND c.sequence < ?"
_OFFERED = "c.recorder_id = ? AND c.sequence IN (SELECT value FROM json_each(?))"


def key_of(change: Change) -> Key:
    """The place of a change in the log."""
    return change.sequence, change.recorder_id


class ChangeLog:
    """Reads the changes of one record, in one thread."""

    def __init__(self, database: Path, connection: sqlite3.Connection) -> None:
        """`connection` reads the record at `database`."""
        self._connection = connection
        self._texts = TextSearch(database, connection)

    def close(self) -> None:
        self._texts.close()

    def indexed(self) -> int:
        """As `TextSearch.indexed`."""
        return self._texts.indexed()

    def one(self, sequence: int, recorder_id: bytes | None) -> Change | None:
        """One change of this recorder, or of the one named."""
        where, values = ["c.sequence = ?"], [sequence]
        if recorder_id is not None:
            where.append("c.recorder_id = ?")
            values.append(recorder_id)  # type: ignore[arg-type]
        row = self._connection.execute(f"SELECT {_COLUMNS}{_from(where)} LIMIT 1", values).fetchone()
        return None if row is None else _change(row)

    def iterate(
        self, filters: Filters, *, limit: int | None, before: Key | None, after: Key | None, reverse: bool
    ) -> Iterator[Change]:
        """Changes, newest first (oldest first if `reverse`), within the keys given, both exclusive.

        Raises:
            ContentSealed: lines are looked for that are encrypted, and the key is not there.
        """
        where, values = prepared(self._connection, filters)
        for key, sign in ((before, "<"), (after, ">")):
            if key is not None:
                where.append(f"(c.sequence, c.recorder_id) {sign} (?, ?)")
                values.extend(key)
        offer = self._texts.offer(filters)
        if offer is None:
            yield from self._rows(where, values, reverse, limit)
            return
        span = Span(after[0] if after else 0, before[0] if before else LAST, reverse)
        yield from islice(self._offered(offer, span, where, values), limit)

    def found(self, filters: Filters) -> int:
        """How many changes a filter lets through."""
        where, values = prepared(self._connection, filters)
        offer = self._texts.offer(filters)
        try:
            if offer is None or not offer.is_few():
                return self._count(where, values)
            end = offer.reached.recorder_id, offer.reached.sequence
            behind = self._count([_BEHIND, *where], [*end, *values])
            return behind + sum(
                self._count([_OFFERED, *where], [offer.reached.recorder_id, json.dumps(batch), *values])
                for batch in offer.batches(Span())
            )
        except IndexUnusable:
            return self._count(where, values)

    def pick(self, filters: Filters, table: str) -> None:
        """Put the keys of those that a filter lets through into a table of recorder and sequence.

        Raises:
            ContentSealed: lines are looked for that are encrypted, and the key is not there.
        """
        where, values = prepared(self._connection, filters)
        offer = self._texts.offer(filters)
        into = f"INSERT OR IGNORE INTO {table} SELECT c.recorder_id, c.sequence"
        if offer is not None and offer.is_few():
            recorder, end = offer.reached.recorder_id, offer.reached.sequence
            self._connection.execute(f"{into}{_from([_BEHIND, *where])}", [recorder, end, *values])
            with suppress(IndexUnusable):
                for batch in offer.batches(Span()):
                    self._connection.execute(
                        f"{into}{_from([_OFFERED, *where])}", [recorder, json.dumps(batch), *values]
                    )
                return
        self._connection.execute(f"{into}{_from(where)}", values)

    def _offered(
        self, offer: Candidates, span: Span, where: list[str], values: list[Any]
    ) -> Iterator[Change]:
        """Those that the index leads to, and those behind its end, in their order."""
        recorder, end, reverse = offer.reached.recorder_id, offer.reached.sequence, span.reverse
        if not reverse:
            yield from self._rows([_BEHIND, *where], [recorder, end, *values], reverse)
        last = 0 if reverse else end + 1
        try:
            for batch in offer.batches(span):
                yield from self._rows([_OFFERED, *where], [recorder, json.dumps(batch), *values], reverse)
                last = batch[-1]
        except IndexUnusable:
            end = last if reverse else end
            if not reverse:
                yield from self._rows([_BEFORE, *where], [recorder, last, *values], reverse)
        if reverse:
            yield from self._rows([_BEHIND, *where], [recorder, end, *values], reverse)

    def _rows(
        self, where: Sequence[str], values: Sequence[Any], reverse: bool, limit: int | None = None
    ) -> Iterator[Change]:
        sql = f"SELECT {_COLUMNS}{_from(where)}{_ORDER.format('ASC' if reverse else 'DESC')}"
        for row in self._connection.execute(sql, [*values, -1 if limit is None else limit]):
            yield _change(row)

    def _count(self, where: Sequence[str], values: Sequence[Any]) -> int:
        return int(self._connection.execute(f"SELECT count(*){_from(where)}", values).fetchone()[0])


def _from(where: Sequence[str]) -> str:
    return _FROM + (" WHERE " + " AND ".join(where) if where else "")


def _change(row: tuple[Any, ...]) -> Change:
    _CHANGE.check(row)
    recorder_id, host, sequence, time_ns, kind, root, file_id, path, previous_path = row[:9]
    before, after, size, mode, mtime_ns, owner, process, capture, origin = row[9:18]
    group, inserted, updated, deleted, encoding, newline, reviewed, *rest = row[18:]
    return Change(
        recorder_id, host or "", sequence, time_ns, Kind(kind), root or b"", file_id, path, previous_path,
        before, after, size, mode, mtime_ns, owner, process, Capture(capture), Origin(origin),
        group, inserted, updated, deleted, encoding, newline, bool(reviewed), *rest,
    )  # fmt: skip
