"""What a scan compares the disk with: read beside the recorder too, so little is imported for it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator


def stamps(connection: sqlite3.Connection, root_id: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Path and stamp of every present file of a root, in the order in which they came into the record.

    Files of a folder mostly came together. Going through the whole table is twice as quick as the way from an index to
    each row.
    """
    return connection.execute(
        "SELECT path, stamp FROM files NOT INDEXED WHERE root_id = ? AND present", (root_id,)
    )


def watched(connection: sqlite3.Connection) -> list[tuple[bytes, bytes]]:
    """Id and path of each root that is watched."""
    return connection.execute("SELECT root_id, path FROM roots WHERE active").fetchall()
