"""One reading for two engines: what is asked of a connection, and where the SQL of SQLite's file and of a server differ.

The queries of this room are written once, in SQL that both understand; what cannot be said in one way is a fragment here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Protocol


class Rows(Protocol):
    """What a query found."""

    def fetchone(self) -> Any: ...
    def fetchall(self) -> list[Any]: ...
    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """What reads a record; `sqlite3.Connection` is one, `store.mysql.reading.ServerConnection` another."""

    def execute(self, sql: str, values: Sequence[Any] = ..., /) -> Rows: ...
    def close(self) -> None: ...


class Dialect(NamedTuple):
    """How one engine says what the other says otherwise."""

    is_server: bool
    capture: str
    """What is kept of the version of a change `c` now. Its row, which is hashed, goes on saying what was kept then."""
    previous_capture: str
    """The same of the version before a deletion `c` without line counts, where that is known."""
    files: str
    """The files as they are now, with the columns of the local table: to be followed by an alias."""
    counted: str
    """The files with `present` and the number of their `changes`, and no more."""
    has_prunes: bool
    """Whether it is on record there what retention thinned out."""
    lines: str = "d.affected_lines, d.replaced_lines"
    """Columns of a difference `d`, of which `sides` makes its two sides."""

    def sides(self, values: Sequence[Any]) -> tuple[Any, Any]:
        """The affected and the replaced lines: text, or bytes where they are encrypted."""
        affected, replaced, *sealed = values
        if sealed and sealed[0] is not None:
            affected, replaced = sealed
        return affected, replaced


_CAPTURE = (
    "CASE WHEN c.capture = 'stored' AND EXISTS (SELECT 1 FROM thinned t WHERE t.digest = c.after_digest) AND NOT"
    " EXISTS (SELECT 1 FROM contents k WHERE k.digest = c.after_digest AND k.chunk = 0) THEN 'quota' ELSE c.capture END"
)

_PREVIOUS_CAPTURE = (
    "CASE WHEN c.kind = 'deleted' AND c.inserted IS NULL THEN coalesce((SELECT b.capture FROM changes b"
    " WHERE b.file_id = c.file_id AND b.sequence < c.sequence ORDER BY b.sequence DESC LIMIT 1), {first_look}) END"
)

SQLITE = Dialect(
    is_server=False,
    capture=_CAPTURE,
    previous_capture=_PREVIOUS_CAPTURE.format(
        first_look="(SELECT f.capture FROM files f WHERE f.file_id = c.file_id)"
    ),
    files="files",
    counted="files",
    has_prunes=True,
)

MYSQL = Dialect(
    is_server=True,
    capture=_CAPTURE,
    previous_capture=_PREVIOUS_CAPTURE.format(
        first_look="(SELECT 'stored' FROM backup_paths p WHERE p.recorder_id = c.recorder_id"
        " AND p.file_id = c.file_id AND p.digest = c.before_digest)"
    ),
    # The recorder's memory of its disk stays with it: the last change says how a file is, or else its one version.
    files="(SELECT g.file_id, g.root_id, g.path, g.present, g.first_seen_ns,"
    " coalesce(n.after_digest, n.before_digest, b.digest) AS digest,"
    " coalesce(n.capture, CASE WHEN b.digest IS NULL THEN 'unreadable' ELSE 'stored' END) AS capture,"
    " coalesce(n.size, n.previous_size, b.size, 0) AS size, coalesce(n.mode, n.previous_mode, 33152) AS mode,"
    " coalesce(n.mtime_ns, n.previous_mtime_ns, g.first_seen_ns) AS mtime_ns, -1 AS uid, -1 AS gid, n.attributes"
    " FROM files g JOIN roots q ON q.root_id = g.root_id LEFT JOIN changes n ON n.recorder_id = q.recorder_id"
    " AND n.sequence = (SELECT max(m.sequence) FROM changes m WHERE m.file_id = g.file_id)"
    " LEFT JOIN backup_paths b ON n.sequence IS NULL AND b.recorder_id = q.recorder_id AND b.file_id = g.file_id)",
    counted="(SELECT g.file_id, g.root_id, g.path, g.present,"
    " coalesce(g.changes, (SELECT count(*) FROM changes m WHERE m.file_id = g.file_id)) AS changes FROM files g)",
    has_prunes=True,
    lines="d.affected_lines, d.replaced_lines, d.affected_sealed, d.replaced_sealed",
)


def dialect_of(connection: Connection) -> Dialect:
    """The dialect that a connection speaks."""
    found: Dialect = getattr(connection, "dialect", SQLITE)
    return found
