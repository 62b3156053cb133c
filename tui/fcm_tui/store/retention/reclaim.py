"""Space that a prune freed goes back to the file system, also in a database that was made without a way to do that."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import suppress

from fcm_tui.errors import StoreError
from fcm_tui.store.record import Record
from fcm_tui.store.retention.apply import GivingBack, can_give_back
from fcm_tui.store.retention.plan import used_bytes

_ROOM = 2.5
"""Times what the database holds: it is written anew beside itself, and then through its log."""


def reclaim(record: Record) -> None:
    """Give back all that is free. For a command that records nothing meanwhile.

    Raises:
        StoreError: the space cannot be given back, and why; the database goes on using it.
        sqlite3.Error: the disk refuses.
    """
    if can_give_back(record.connection):
        giving_back = GivingBack(record.connection)
        while giving_back.step(1.0):
            pass
    else:
        _rewrite(record)
    with suppress(sqlite3.OperationalError):  # a reader is at it: the next checkpoint makes the file shorter
        record.checkpoint()


def _rewrite(record: Record) -> None:
    """Write the database anew, once, so that from then on space can be given back bit by bit."""
    needed = round(used_bytes(record.connection) * _ROOM)
    free = shutil.disk_usage(record.database.parent).free
    if free < needed:
        raise StoreError(
            f"the freed space stays in {record.database} and is used again: to give it back, the database has to be"
            f" written anew once, which takes {needed:,} bytes on the disk, and {free:,} are free"
        )
    connection = record.connection
    try:
        connection.execute("PRAGMA temp_store=FILE")
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
        connection.execute("VACUUM")
    except sqlite3.OperationalError as error:
        raise StoreError(
            f"the freed space stays in {record.database} and is used again ({error}): close what reads the record,"
            " see whether there is room in the folder for temporary files, and prune again"
        ) from error
