"""Which directories are watched: asked before a recorder starts, so little is imported for it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from fcm_tui.store.database import open_reader
from fcm_tui.store.reading.dialect import Connection
from fcm_tui.store.values import RowTypes, reading

_PATH = RowTypes("b")


def active_roots(connection: Connection) -> list[bytes]:
    """The directories that the latest run watched, by path; known at once.

    Raises:
        TypeError: a path is none.
    """
    rows = connection.execute("SELECT path FROM roots WHERE active ORDER BY path").fetchall()
    for row in rows:
        _PATH.check(row)
    return [path for (path,) in rows]


def active_roots_at(database: Path) -> list[bytes]:
    """Those of the record at a path.

    Raises:
        StoreError: there is none, or it cannot be read.
    """
    with reading(database), closing(open_reader(database)) as connection:
        return active_roots(connection)
