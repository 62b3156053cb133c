"""Changes as they come into the record, each with which of some filters let it through: one statement for a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from fcm_tui.model import Gap
from fcm_tui.query.terms import Term, reads_lines
from fcm_tui.store.reading import term_sql
from fcm_tui.store.reading.dialect import Connection
from fcm_tui.store.sealing.sealer import keys_of

_COLUMNS = (
    "c.sequence, c.time_ns, c.mtime_ns, c.kind, c.path, c.previous_path, c.before_digest, c.after_digest, c.size,"
    " c.previous_size, c.encoding, c.capture, c.origin, c.process, c.process_info"
)
_FROM = (
    " FROM changes c LEFT JOIN roots r ON r.root_id = c.root_id LEFT JOIN recorders h ON h.recorder_id = c.recorder_id"
    " WHERE c.recorder_id = ? AND c.sequence > ? AND c.sequence <= ? ORDER BY c.sequence LIMIT ?"
)
_COLUMN_COUNT = 15

Filter = tuple[tuple[Term, ...], ...]
"""The terms of some expressions, one of which has to hold; none: every change is let through."""


class Seen(NamedTuple):
    """What is known of a change at a glance."""

    sequence: int
    time_ns: int
    mtime_ns: int | None
    kind: str
    path: bytes
    previous_path: bytes | None
    before: bytes | None
    after: bytes | None
    size: int | None
    previous_size: int | None
    encoding: str | None
    capture: str
    origin: str
    process: str | None = None
    process_info: str | None = None


class Watched:
    """Reads one recorder's changes in their order. For one thread at a time."""

    def __init__(self, connection: Connection, filters: Sequence[Filter]) -> None:
        """`connection` reads the record.

        Raises:
            ContentSealed: lines are looked for that are encrypted, and the key is not there.
        """
        self._connection = connection
        term_sql.register(connection)
        reads = any(reads_lines(terms) for expressions in filters for terms in expressions)
        sealed = reads and bool(keys_of(connection))
        if sealed:
            term_sql.open_lines(connection)
        self._values: list[Any] = []
        columns = [self._column(expressions, sealed) for expressions in filters]
        self._select = f"SELECT {', '.join([_COLUMNS, *columns])}{_FROM}"

    def _column(self, expressions: Filter, sealed: bool) -> str:
        """SQL: whether one of the expressions holds."""
        alternatives = []
        for terms in expressions:
            parts = [term_sql.condition(term, sealed) for term in terms]
            self._values += [value for _, values in parts for value in values]
            alternatives.append(" AND ".join(sql for sql, _ in parts) or "TRUE")
        return f"({' OR '.join(f'({sql})' for sql in alternatives) or 'TRUE'}) IS TRUE"

    def batch(
        self, recorder_id: bytes, after: int, limit: int, until: int = (1 << 63) - 1
    ) -> list[tuple[Seen, tuple[int, ...]]]:
        """The changes that follow `after`, up to `until`; each with 1 for every filter that lets it through, else 0."""
        rows = self._connection.execute(self._select, (*self._values, recorder_id, after, until, limit))
        return [(Seen(*row[:_COLUMN_COUNT]), row[_COLUMN_COUNT:]) for row in rows]

    def since(self, recorder_id: bytes, time_ns: int, before: int, at_most: int) -> int:
        """The sequence from which on the last `at_most` changes up to `before` are not older than a moment.

        By the times alone: looking at each change until one is older takes ten seconds where ten million are not.
        """
        row = self._connection.execute(
            "SELECT min(sequence) FROM changes INDEXED BY changes_time WHERE time_ns >= ? AND recorder_id = ?"
            " AND sequence BETWEEN ? AND ?",
            (time_ns, recorder_id, before - at_most + 1, before),
        ).fetchone()
        return before + 1 if row[0] is None else int(row[0])

    def gaps(self, recorder_id: bytes, after: int) -> list[Gap]:
        """The entries of the gap ledger that follow one."""
        rows = self._connection.execute(
            "SELECT g.gap, r.path, g.from_ns, g.to_ns, g.reason, g.changes_found FROM gaps g"
            " LEFT JOIN roots r ON r.root_id = g.root_id WHERE g.recorder_id = ? AND g.gap > ? ORDER BY g.gap",
            (recorder_id, after),
        )
        return [Gap(*row) for row in rows]
