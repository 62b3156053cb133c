"""Records that were brought in from the first version's database: marked as such, and for reading only."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from fcm_tui.errors import StoreError
from fcm_tui.store import row_hashes

_VERSION = "first version"
"""What `recorders.version` says of them."""


def mark(connection: sqlite3.Connection, host: str, user: str) -> None:
    """Say where the record's changes come from: a user's database on a host. Part of a transaction."""
    connection.execute(
        "UPDATE recorders SET host = ?, user = ?, platform = 'unknown', version = ?", (host, user, _VERSION)
    )
    row_hashes.renew(connection, "recorders")


def refuse_imported(connection: sqlite3.Connection, database: Path) -> None:
    """Whoever wants to write to such a record is told.

    Raises:
        StoreError: it is one.
    """
    if connection.execute("SELECT 1 FROM recorders WHERE version = ?", (_VERSION,)).fetchone():
        raise StoreError(
            f"{database}: what is here was brought in from the first version, and nothing is added to it:"
            " to record, or to restore, name another --data-dir (`fcm-tui cat` writes any version out)"
        )
