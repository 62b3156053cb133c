"""How the writer's journal is run: left out for a first look, and a write-ahead log that does not stay long."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from fcm_tui.store.database import BUSY_MS

LONG_BYTES = 1 << 20
"""Of a write-ahead log that is emptied when nothing is recorded."""


def set_mode(connection: sqlite3.Connection, mode: str) -> str:
    """Set the journal's mode; the mode that holds then."""
    return str(connection.execute(f"PRAGMA journal_mode={mode}").fetchone()[0])


def leave_out(connection: sqlite3.Connection) -> bool:
    """Have none from here on; not where somebody, such as the screen, has begun to read already."""
    with without_waiting(connection):
        try:
            return set_mode(connection, "OFF") == "off"
        except sqlite3.OperationalError:
            return False


def checkpoint(connection: sqlite3.Connection) -> None:
    """Move the write-ahead log into the database file, all of it on disk."""
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def empty_if_long(connection: sqlite3.Connection, database: Path) -> None:
    """`checkpoint`, where that is worth it, and as far as nobody reads an older state."""
    with contextlib.suppress(FileNotFoundError):
        if os.stat(f"{database}-wal").st_size > LONG_BYTES:
            with without_waiting(connection):
                checkpoint(connection)


@contextlib.contextmanager
def without_waiting(connection: sqlite3.Connection) -> Iterator[None]:
    """What others hold is not waited for."""
    connection.execute("PRAGMA busy_timeout=0")
    try:
        yield
    finally:
        connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")
