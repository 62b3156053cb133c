"""What is sent: tables with their columns, rows as SQL, and how a row that is there already is dealt with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from fcm_tui.store.chain import CHAINED_COLUMNS, LATER_COLUMNS
from fcm_tui.store.mysql import literals

STATEMENT_BYTES = 1 << 20
"""Of one statement, or one row where that has more."""


class Row(NamedTuple):
    """A row as `VALUES` has it, and its key. Rows are sorted by key, so that two senders never wait for each other."""

    key: tuple[Any, ...]
    sql: bytes
    values: tuple[Any, ...] = ()
    """Of a row that is long, in place of `sql`: it is rather sent as it is."""

    def written(self) -> bytes:
        """The SQL of it."""
        return self.sql or literals.row(self.values)


@dataclass(frozen=True, eq=False)
class Table:
    """A table as it is sent."""

    name: str
    columns: tuple[str, ...]
    keys: int
    """So many of the columns, from the first on, are the key."""
    renewed: tuple[str, ...] = ()
    """What a row that is there already takes over from a new one; without any it must not be there."""
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    """Columns that the local table does not have, and what stands for them there."""
    is_long: bool = False
    """Whether its rows are long: those are not made into SQL as long as they need not be."""

    @property
    def listed(self) -> str:
        return ", ".join(self.elsewhere.get(column, f"{self.name}.{column}") for column in self.columns)

    @property
    def select(self) -> str:
        """The columns, from the local table."""
        return f"SELECT {self.listed} FROM {self.name}"

    def row(self, values: Sequence[Any]) -> Row:
        """A row of these columns."""
        key = tuple(values[: self.keys])
        return Row(key, b"", tuple(values)) if self.is_long else Row(key, literals.row(values))

    def statements(self, rows: Sequence[Row], largest: int = STATEMENT_BYTES) -> Iterator[bytes]:
        """Statements that insert rows, each of about `largest` bytes at most."""
        whole = [row.written() for row in rows]
        if sum(map(len, whole)) + len(whole) <= largest:
            if whole:
                yield self._statement(whole)
            return
        part: list[bytes] = []
        size = 0
        for sql in whole:
            if part and size + len(sql) > largest:
                yield self._statement(part)
                part, size = [], 0
            part.append(sql)
            size += len(sql) + 1
        yield self._statement(part)

    def to_prepare(self, rows: int) -> bytes:
        """The statement that inserts so many rows, to be prepared."""
        places = f"({', '.join('?' * len(self.columns))})".encode()
        return self._statement([places] * rows)

    def _statement(self, rows: list[bytes]) -> bytes:
        into = f"INSERT INTO {self.name} ({', '.join(self.columns)}) VALUES ".encode()
        return b"".join((into, b",".join(rows), self._otherwise()))

    def _otherwise(self) -> bytes:
        renewed = ", ".join(f"{column} = VALUES({column})" for column in self.renewed)
        return f" ON DUPLICATE KEY UPDATE {renewed}".encode() if renewed else b""


RECORDERS = Table(
    "recorders",
    (
        "recorder_id",
        "host",
        "user",
        "platform",
        "version",
        "first_seen_ns",
        "last_seen_ns",
        "row_hash",
        "versions",
    ),
    1,
    ("host", "user", "platform", "version", "last_seen_ns", "row_hash", "versions"),
)
ROOTS = Table(
    "roots",
    ("root_id", "recorder_id", "path", "active", "baseline_ns", "device", "row_hash", "changes"),
    1,
    ("active", "baseline_ns", "device", "row_hash", "changes"),
)
FILES = Table(
    "files",
    ("file_id", "root_id", "path", "present", "first_seen_ns", "changes"),
    1,
    ("root_id", "path", "present", "changes"),
)
VERSIONS = Table(
    "backup_paths",
    ("recorder_id", "file_id", "digest", "original_file", "backup_file", "time_ns", "size", "seen_ns"),
    3,
    ("seen_ns",),
)
CONTENTS = Table("contents", ("digest", "chunk", "codec", "base_digest", "data"), 2, is_long=True)
DIFFERENCES = Table(
    "differences",
    ("digest", "operation", "affected_lines", "replaced_lines", "affected_sealed", "replaced_sealed"),
    1,
    (),
    {
        "affected_lines": "CASE typeof(affected_lines) WHEN 'text' THEN affected_lines END",
        "replaced_lines": "CASE typeof(replaced_lines) WHEN 'text' THEN replaced_lines END",
        "affected_sealed": "CASE typeof(affected_lines) WHEN 'blob' THEN affected_lines END",
        "replaced_sealed": "CASE typeof(replaced_lines) WHEN 'blob' THEN replaced_lines END",
    },
)
LINKS = Table(
    "change_differences",
    (
        "recorder_id",
        "sequence",
        "ordinal",
        "difference_digest",
        "old_start",
        "old_count",
        "new_start",
        "new_count",
    ),
    3,
)
CHANGES = Table("changes", ("recorder_id", *CHAINED_COLUMNS, *LATER_COLUMNS, "chain_hash"), 2)
GAPS = Table(
    "gaps",
    ("recorder_id", "gap", "root_id", "from_ns", "to_ns", "reason", "changes_found", "row_hash"),
    2,
    ("to_ns", "changes_found", "row_hash"),
)
REVIEWS = Table(
    "reviews",
    ("recorder_id", "sequence", "reviewer", "time_ns", "verdict", "note", "seat"),
    3,
    ("time_ns", "verdict", "note"),
    {"seat": "reviews.recorder_id"},
)
PRUNES = Table("prunes", ("recorder_id", "prune", "run", "time_ns", "sequence", "rules", "chain_hash"), 2)
THINNED = Table("thinned", ("digest", "recorder_id", "prune", "size"), 3)
LINE_BLOCKS = Table("line_blocks", ("recorder_id", "bucket", "block", "changes"), 3)
_ALL = (
    RECORDERS, ROOTS, FILES, VERSIONS, CONTENTS, DIFFERENCES, LINKS, CHANGES, GAPS, REVIEWS, PRUNES, THINNED,
)  # fmt: skip
TABLES = {table.name: table for table in _ALL}
