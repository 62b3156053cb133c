"""A hash in each row of the small tables that say who recorded, where, and when events may have been missed.

The chain covers changes alone. These rows are renewed as they go, so each carries a hash of itself:

    row_hash = SHA-256( JSON of [table, first letters of the types, columns...] )

written as the chain writes its columns. `recorders.last_seen_ns` is left out: it is a pulse, renewed with
every commit.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence

from fcm_tui.store.chain import encode
from fcm_tui.store.reading.dialect import Connection

COLUMNS = {
    "recorders": ("recorder_id", "host", "user", "platform", "version", "first_seen_ns"),
    "roots": ("root_id", "recorder_id", "path", "active", "baseline_ns", "device"),
    "gaps": ("recorder_id", "gap", "root_id", "from_ns", "to_ns", "reason", "changes_found"),
}
_KEYS = {"recorders": 1, "roots": 1, "gaps": 2}
"""How many columns, from the first on, are the row's key."""


def renew(
    connection: sqlite3.Connection, table: str, where: str = "1", values: Sequence[object] = ()
) -> None:
    """Write the hashes of rows that were just written, in the same transaction."""
    keys = COLUMNS[table][: _KEYS[table]]
    rows = connection.execute(
        f"SELECT {', '.join(COLUMNS[table])} FROM {table} WHERE {where}", values
    ).fetchall()
    connection.executemany(
        f"UPDATE {table} SET row_hash = ? WHERE {' AND '.join(f'{key} = ?' for key in keys)}",
        [(_hash(table, row), *row[: len(keys)]) for row in rows],
    )


def altered(connection: Connection, table: str) -> Iterator[tuple[object, ...]]:
    """The columns of each row whose hash is not its own."""
    for stored, *columns in connection.execute(f"SELECT row_hash, {', '.join(COLUMNS[table])} FROM {table}"):
        try:
            holds = _hash(table, columns) == stored
        except (TypeError, ValueError):
            holds = False
        if not holds:
            yield tuple(columns)


def _hash(table: str, columns: Sequence[object]) -> bytes:
    types = "".join(type(value).__name__[0] for value in columns)  # b'ab' and 'ab' look alike in JSON
    return hashlib.sha256(encode([table, types, *columns]).encode()).digest()
