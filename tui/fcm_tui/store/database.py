"""Opening the local SQLite file, as the recorder (one writer) and as a reader."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from fcm_tui.datadir import make_private
from fcm_tui.errors import StoreError
from fcm_tui.store import schema
from fcm_tui.store.filling import discard_half_filled

PAGE_SIZE = 16384
"""16 KiB pages read and write small blobs fastest (measured with blobs of 1 KiB to 1 MiB)."""

CHECKPOINT_PAGES = 4000
"""Pages of the write-ahead log (64 MB) after which they are moved into the file: an index page that every
commit changes is so written there once for many of them."""

CACHE_KIB = 65536
"""Of pages, for the writer: the indexes' leaves that every burst changes, of some 100,000 changes."""


def open_writer(path: Path) -> sqlite3.Connection:
    """The one writing connection: WAL, every commit on disk before it counts (`synchronous=FULL`).

    The file is created (0600) if needed and brought to the newest schema. The connection may be used
    from whichever thread its owner works in, by one at a time.

    Raises:
        StoreError: the file is not ours, is newer than this program, or is damaged.
    """
    try:
        discard_half_filled(path)
        make_private(path)
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
        connection.execute(f"PRAGMA page_size={PAGE_SIZE}")
        if not path.stat().st_size:  # an older one needs a VACUUM; on one that has it, this would write
            connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
        schema.check(connection)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        connection.execute("PRAGMA temp_store=MEMORY")
        connection.execute(f"PRAGMA journal_size_limit={64 << 20}")
        connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
        schema.upgrade(connection)
    except (sqlite3.Error, OSError) as error:
        raise unusable(path, error) from error
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """A connection that can only read.

    Raises:
        StoreError: there is no record yet, or it cannot be read.
    """
    if not path.exists():
        raise StoreError(f"{os.fspath(path)}: no record here yet: start one with `fcm-tui record FOLDER`")
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            timeout=30,
        )
        connection.execute("PRAGMA cache_size=-8192")
        steps = schema.check(connection)
        if steps == 0:
            raise StoreError(f"{os.fspath(path)}: no record here yet: start one with `fcm-tui record FOLDER`")
        schema.stand_in(connection, steps)
    except sqlite3.Error as error:
        raise unusable(path, error) from error
    return connection


def unusable(path: Path, error: Exception) -> StoreError:
    """What a person is told where SQLite refuses a file."""
    return StoreError(
        f"{os.fspath(path)}: {error}: check its permissions and the disk, or use another --data-dir"
    )
