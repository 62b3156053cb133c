"""What stands in the exported tree, change by change: in a file of its own that goes with the process, not in memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

from fcm_tui.model import Capture
from fcm_tui.paths import SEPARATOR
from fcm_tui.store.reading.filters import below

_COLUMNS = "file_id, path, digest, mode, size, capture, sequence"


@dataclass(frozen=True, slots=True)
class Placed:
    """A version of a file, and where it stands."""

    file_id: bytes
    path: bytes
    """Absolute, as recorded."""
    digest: bytes | None
    mode: int | None
    size: int | None
    capture: Capture
    sequence: int
    """Of the change that left it; 0 for what a first look found."""


class Tree:
    """Files by identity and by place."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect("", isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=OFF")
        self._connection.execute(
            "CREATE TABLE placed (file_id BLOB PRIMARY KEY, path BLOB UNIQUE, digest BLOB, mode INTEGER, size INTEGER,"
            " capture TEXT, sequence INTEGER, batch INTEGER) WITHOUT ROWID"
        )
        self._connection.execute("BEGIN")

    def close(self) -> None:
        self._connection.close()

    def get(self, file_id: bytes) -> Placed | None:
        """The file, if it stands in the tree."""
        row = self._connection.execute(
            f"SELECT {_COLUMNS} FROM placed WHERE file_id = ?", (file_id,)
        ).fetchone()
        return None if row is None else _placed(row)

    def take_out(self, file_id: bytes) -> None:
        self._connection.execute("DELETE FROM placed WHERE file_id = ?", (file_id,))

    def put(self, file: Placed, batch: int | None = None) -> None:
        """Put a file in its place; what stood there, above it or below it stands there no longer, as for Git."""
        path = file.path
        parts = path.split(SEPARATOR)
        above = [SEPARATOR.join(parts[:count]) for count in range(2, len(parts))]
        self._connection.execute(
            f"DELETE FROM placed WHERE path IN ({','.join('?' * len(above))}) OR (path >= ? AND path < ?)",
            (*above, *below(path)),
        )
        self._connection.execute(
            f"INSERT OR REPLACE INTO placed ({_COLUMNS}, batch) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (file.file_id, path, file.digest, file.mode, file.size, file.capture, file.sequence, batch),
        )

    def files(self, batch: int | None = None) -> Iterator[Placed]:
        """The files of a batch, or all of them, by path. Nothing may be put meanwhile."""
        where, values = _of(batch)
        rows = self._connection.execute(f"SELECT {_COLUMNS} FROM placed{where} ORDER BY path", values)
        with closing(rows):
            yield from map(_placed, rows)

    def count(self, batch: int | None = None) -> int:
        """How many `files` has."""
        where, values = _of(batch)
        return int(self._connection.execute(f"SELECT count(*) FROM placed{where}", values).fetchone()[0])


def _of(batch: int | None) -> tuple[str, tuple[int, ...]]:
    return ("", ()) if batch is None else (" WHERE batch = ?", (batch,))


def _placed(row: tuple[bytes, bytes, bytes | None, int | None, int | None, str, int]) -> Placed:
    file_id, path, digest, mode, size, capture, sequence = row
    return Placed(file_id, path, digest, mode, size, Capture(capture), sequence)
