"""The changes of a record in the log's order, a page or one at a time: all, or those that a filter lets through.

Where one recorder's changes are read they come in the order of their numbers, as it wrote them, whatever its clock
said. Where several share a server they come in the order of time, each recorder's of one moment by their numbers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, NamedTuple

from fcm_tui.errors import NoSuchChange
from fcm_tui.model import Capture, Change, Kind, Origin
from fcm_tui.query import hosts
from fcm_tui.store.reading.dialect import Connection, dialect_of
from fcm_tui.store.reading.filters import Filters, Prepared, prepared
from fcm_tui.store.reading.recorders import apart, newest
from fcm_tui.store.reading.text_search import LAST, Candidates, IndexUnusable, Span, TextSearch
from fcm_tui.store.reviews import IS_REVIEWED, NOTE
from fcm_tui.store.values import RowTypes

Key = tuple[int, bytes]
"""Which change: sequence, recorder id."""


class Where(NamedTuple):
    """Where a change stands in the log: the newer ones are greater."""

    at: int
    """Its time where several recorders are read together, else 0."""
    recorder_id: bytes
    sequence: int

    @property
    def key(self) -> Key:
        return self.sequence, self.recorder_id


_COLUMNS = (
    "c.recorder_id, h.host, c.sequence, c.time_ns, c.kind, r.path, c.file_id, c.path, c.previous_path,"
    " c.before_digest, c.after_digest, c.size, c.mode, c.mtime_ns, c.owner, c.process, {capture}, c.origin,"
    " c.group_sequence, c.inserted, c.updated, c.deleted, c.encoding, c.newline,"
    f" {IS_REVIEWED}, c.attributes, c.previous_attributes, {NOTE}, c.process_info,"
    " {previous_capture}"
)
_WIDTH = 30
_NAMED = " LEFT JOIN roots r ON r.root_id = c.root_id LEFT JOIN recorders h ON h.recorder_id = c.recorder_id"
_JOINED = f" ON c.recorder_id = k.recorder_id AND c.sequence = k.sequence{_NAMED}"
_BY_NUMBER = " ORDER BY c.recorder_id {0}, c.sequence {0} LIMIT ?"
_BY_TIME = " ORDER BY c.time_ns {0}, c.recorder_id {0}, c.sequence {0} LIMIT ?"
_CHANGE = RowTypes("b s? i i s b? b b b? b? b? i? i? i? s? s? s s i? i? i? i? s? s? i b? b? s? s? s?")
_AT_ONCE = 1000
"""Rows that a server is asked for at most at once; the next ones are asked for by the last one's place."""

_BEHIND = "c.recorder_id = ? AND c.sequence > ?"
_BEFORE = "c.recorder_id = ? AND c.sequence < ?"
_OFFERED = "c.recorder_id = ? AND c.sequence IN (SELECT value FROM json_each(?))"


def key_of(change: Change) -> Key:
    """Which change it is."""
    return change.sequence, change.recorder_id


def place_of(change: Change) -> Where:
    """Where a change stands in the log that it was read with."""
    return Where(change.at, change.recorder_id, change.sequence)


@dataclass(slots=True)
class _Question:
    """What is asked for, and in which order it comes."""

    filter: Prepared
    by_time: bool
    reverse: bool
    index: str | None = None
    """Which one a server is to take; None where it may choose."""
    apart: Mapping[bytes, str] = field(default_factory=dict)
    """As `recorders.apart`."""

    @property
    def order(self) -> str:
        return (_BY_TIME if self.by_time else _BY_NUMBER).format("ASC" if self.reverse else "DESC")

    def placed(self, change: Change) -> Change:
        """With its time, and what tells its recorder from the others, where several are read together."""
        if not self.by_time:
            return change
        return change._replace(at=change.time_ns, apart=self.apart.get(change.recorder_id, ""))


class ChangeLog:
    """Reads the changes of one record, in one thread."""

    def __init__(self, connection: Connection, index: TextSearch | None) -> None:
        """`index` is that of the changed lines, where there may be one."""
        self._connection = connection
        self._dialect = dialect_of(connection)
        self._columns = _COLUMNS.format(
            capture=self._dialect.capture, previous_capture=self._dialect.previous_capture
        )
        self._index = index

    def indexed(self) -> int:
        """As `TextSearch.indexed`."""
        return self._index.indexed() if self._index is not None else 0

    def one(self, sequence: int, recorder_id: bytes | None) -> Change | None:
        """One change of this recorder, or of the one named."""
        where, values = ["c.sequence = ?"], [sequence]
        if recorder_id is not None:
            where.append("c.recorder_id = ?")
            values.append(recorder_id)  # type: ignore[arg-type]
        row = self._connection.execute(f"SELECT {self._columns}{_from(where)} LIMIT 1", values).fetchone()
        return None if row is None else _change(row)

    def iterate(
        self,
        filters: Filters,
        *,
        limit: int | None,
        before: Key | None,
        after: Key | None,
        reverse: bool,
        inclusive: bool = False,
    ) -> Iterator[Change]:
        """Changes, newest first (oldest first if `reverse`), within the keys given, both exclusive unless `inclusive`.

        Raises:
            ContentSealed: lines are looked for that are encrypted, and the key is not there.
        """
        question = self._question(filters, reverse)
        if question is None:
            return
        where, values, _ = question.filter
        for key, sign in ((before, "<"), (after, ">")):
            if key is not None:
                condition, more = self._beyond(key, sign, question.by_time, inclusive)
                where.append(condition)
                values += more
        offer = self._index.offer(filters) if self._index is not None else None
        if offer is None:
            yield from self._rows(question, limit)
            return
        edge = 1 if inclusive else 0
        span = Span(after[0] if after else 0, before[0] + edge if before else LAST, reverse)
        yield from islice(self._offered(offer, span, where, values), limit)

    def found(self, filters: Filters) -> int:
        """How many changes a filter lets through."""
        question = self._question(filters, False)
        if question is None:
            return 0
        if question.filter.checks is not None:
            return sum(1 for _ in self._rows(question, None))
        where, values, _ = question.filter
        offer = self._index.offer(filters) if self._index is not None else None
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
        where, values, _ = prepared(self._connection, filters)
        offer = self._index.offer(filters) if self._index is not None else None
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

    def arrived(
        self, filters: Filters, recorder_id: bytes, after: int, last: int, limit: int
    ) -> list[Change]:
        """The first changes of one recorder behind a number, up to another one, in their order."""
        question = self._question(filters, True, narrow=False)
        if question is None:
            return []
        question.filter.where.append("c.recorder_id = ? AND c.sequence > ? AND c.sequence <= ?")
        question.filter.values.extend((recorder_id, after, last))
        by_number = replace(question, by_time=False)
        return [question.placed(change) for change in self._rows(by_number, limit)]

    def _question(self, filters: Filters, reverse: bool, *, narrow: bool = True) -> _Question | None:
        """None where no recorder comes into question. `narrow`: a server is led to what may be wanted."""
        ready = prepared(self._connection, filters)
        if not self._dialect.is_server:
            return _Question(ready, False, reverse)
        known = self._connection.execute("SELECT recorder_id, host FROM recorders").fetchall()
        named = _hosts(filters)
        wanted = [
            recorder_id
            for recorder_id, host in known
            if all(hosts.is_of(name, recorder_id, host) for name in named)
        ]
        if not wanted and named:
            return None
        question = _Question(ready, len(wanted) > 1, reverse, apart=apart(dict(known)))
        if narrow:
            self._narrow(question, filters, wanted)
        if len(wanted) == 1 or named:
            ready.where.insert(0, f"c.recorder_id IN ({', '.join('?' * len(wanted))})")
            ready.values[:0] = wanted
        return question

    def _narrow(self, question: _Question, filters: Filters, recorder_ids: Sequence[bytes]) -> None:
        from fcm_tui.store.reading.narrowing import narrowed  # what a start on the own record need not import

        ends = newest(self._connection)
        found = narrowed(self._connection, filters, {one: ends.get(one, 0) for one in recorder_ids})
        if found is None:
            question.index = "changes_time" if question.by_time else "PRIMARY"
            return
        question.filter.where.extend(found.where)
        question.filter.values.extend(found.values)
        question.index = found.through

    def _beyond(self, key: Key, sign: str, by_time: bool, inclusive: bool) -> tuple[str, list[Any]]:
        """What stands before or behind a change in the order."""
        edge = "=" if inclusive else ""
        if not self._dialect.is_server:
            return f"(c.sequence, c.recorder_id) {sign}{edge} (?, ?)", [*key]
        if not by_time:
            return f"c.sequence {sign}{edge} ?", [key[0]]
        row = self._connection.execute(
            "SELECT time_ns FROM changes WHERE sequence = ? AND recorder_id = ?", key
        ).fetchone()
        if row is None:
            raise NoSuchChange(f"change {key[0]} is not there any more: look again")
        return _beyond_place(Where(row[0], key[1], key[0]), sign, edge)

    def _offered(
        self, offer: Candidates, span: Span, where: list[str], values: list[Any]
    ) -> Iterator[Change]:
        """Those that the index leads to, and those behind its end, in their order."""
        recorder, end, reverse = offer.reached.recorder_id, offer.reached.sequence, span.reverse

        def rows(condition: str, *more: Any) -> Iterator[Change]:
            own = Prepared([condition, *where], [*more, *values])
            return self._rows(_Question(own, False, reverse), None)

        if not reverse:
            yield from rows(_BEHIND, recorder, end)
        last = 0 if reverse else end + 1
        try:
            for batch in offer.batches(span):
                yield from rows(_OFFERED, recorder, json.dumps(batch))
                last = batch[-1]
        except IndexUnusable:
            end = last if reverse else end
            if not reverse:
                yield from rows(_BEFORE, recorder, last)
        if reverse:
            yield from rows(_BEHIND, recorder, end)

    def _rows(self, question: _Question, limit: int | None) -> Iterator[Change]:
        if self._dialect.is_server:
            yield from islice(self._paged(question, limit), limit)
            return
        where, values, _ = question.filter
        sql = f"SELECT {self._columns}{_from(where)}{question.order}"
        for row in self._connection.execute(sql, [*values, -1 if limit is None else limit]):
            yield _change(row)

    def _paged(self, question: _Question, limit: int | None) -> Iterator[Change]:
        """Page after page: an answer as a whole would have to be held as a whole."""
        where, values, checks = question.filter
        extra = checks.columns if checks is not None else []
        columns = ", ".join([self._columns, *(sql for sql, _ in extra)])
        asked = [value for _, more in extra for value in more]
        size = _AT_ONCE if limit is None else min(limit, _AT_ONCE)
        beyond: list[str] = []
        at: list[Any] = []
        while size:
            conditions, those = [*where, *beyond], [*values, *at, size]
            if where:  # few columns of many rows are looked at, and all fetched of those that are wanted
                keys = f"SELECT c.recorder_id, c.sequence{_from(conditions, question.index)}{question.order}"
                sql = f"SELECT {columns} FROM ({keys}) k STRAIGHT_JOIN changes c{_JOINED}{question.order}"
                those.append(size)
            else:
                sql = f"SELECT {columns}{_from(conditions)}{question.order}"
            rows = self._connection.execute(sql, [*asked, *those]).fetchall()
            change = None
            for row in rows:
                change = question.placed(_change(row[:_WIDTH]))
                if checks is None or checks.hold(change, row[_WIDTH:]):
                    yield change
            if change is None or len(rows) < size:
                return
            sign = ">" if question.reverse else "<"
            if question.by_time:
                condition, at = _beyond_place(place_of(change), sign, "")
            else:
                condition, at = f"c.sequence {sign} ?", [change.sequence]
            beyond, size = [condition], min(size * 2, _AT_ONCE)

    def _count(self, where: Sequence[str], values: Sequence[Any]) -> int:
        return int(self._connection.execute(f"SELECT count(*){_from(where)}", values).fetchone()[0])


def _beyond_place(place: Where, sign: str, edge: str) -> tuple[str, list[Any]]:
    """Behind or before a place in the order of time: the first condition is what an index is entered by."""
    time_ns, recorder_id, sequence = place
    return (
        f"c.time_ns {sign}= ? AND (c.time_ns {sign} ? OR (c.recorder_id, c.sequence) {sign}{edge} (?, ?))",
        [time_ns, time_ns, recorder_id, sequence],
    )


def _hosts(filters: Filters) -> set[str]:
    """The hosts that a filter asks for; a recorder has to be of each."""
    named = set() if filters.host is None else {filters.host}
    if filters.terms:
        from fcm_tui.query.terms import Host

        named |= {
            term.condition.name
            for term in filters.terms
            if isinstance(term.condition, Host) and not term.is_negated
        }
    return named


def _from(where: Sequence[str], index: str | None = None) -> str:
    forced = "" if index is None else f" FORCE INDEX ({index})"
    return f" FROM changes c{forced}{_NAMED}" + (" WHERE " + " AND ".join(where) if where else "")


def _change(row: tuple[Any, ...]) -> Change:
    _CHANGE.check(row)
    recorder_id, host, sequence, time_ns, kind, root, file_id, path, previous_path = row[:9]
    before, after, size, mode, mtime_ns, owner, process, capture, origin = row[9:18]
    group, inserted, updated, deleted, encoding, newline, reviewed = row[18:25]
    attributes, previous_attributes, note, process_info, was = row[25:]
    return Change(
        recorder_id, host or "", sequence, time_ns, Kind(kind), root or b"", file_id, path, previous_path,
        before, after, size, mode, mtime_ns, owner, process, Capture(capture), Origin(origin),
        group, inserted, updated, deleted, encoding, newline, bool(reviewed),
        attributes, previous_attributes, note, process_info, 0, None if was is None else Capture(was),
    )  # fmt: skip
