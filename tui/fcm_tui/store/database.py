"""Opening the local SQLite file, as the recorder (one writer) and as a reader."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
import stat
import sys
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

BUSY_MS = 30_000
"""For which a lock of another process is waited for."""

CACHE_KIB = 65536
"""Of pages, for the writer: the indexes' leaves that every burst changes, of some 100,000 changes."""


def file_at(path: Path) -> tuple[int, int] | None:
    """Which file stands there: its device and inode; None for none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def open_writer(path: Path) -> sqlite3.Connection:
    """The one writing connection: WAL, every commit on disk before it counts (`synchronous=FULL`).

    The file is created (0600) if needed and brought to the newest schema. The connection may be used
    from whichever thread its owner works in, by one at a time.

    Raises:
        StoreError: the file is not ours, is newer than this program, or is damaged.
    """
    _refuse_other(path)
    try:
        discard_half_filled(path)
        make_private(path)
        connection = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, timeout=BUSY_MS / 1000
        )
        with contextlib.ExitStack() as undo:
            undo.callback(connection.close)
            connection.execute(f"PRAGMA page_size={PAGE_SIZE}")
            if not path.stat().st_size:  # an older one needs a VACUUM; on one that has it, this would write
                connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
            schema.check(connection, path)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
            connection.execute("PRAGMA temp_store=MEMORY")
            connection.execute(f"PRAGMA journal_size_limit={64 << 20}")
            connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
            schema.upgrade(connection, path)
            undo.pop_all()
    except (sqlite3.Error, OSError) as error:
        raise unusable(path, error) from error
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """A connection that can only read.

    Raises:
        StoreError: there is no record yet, or it cannot be read.
    """
    _refuse_other(path)
    if not path.exists():
        raise StoreError(f"{os.fspath(path)}: no record here yet: start one with `fcm-tui record FOLDER`")
    try:
        try:
            return _opened_to_read(path)
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorcode", 0) != sqlite3.SQLITE_READONLY_ROLLBACK:
                raise
            _roll_back(path)
            return _opened_to_read(path)
    except sqlite3.Error as error:
        raise unusable(path, error) from error


def _opened_to_read(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' if _is_frozen(path) else ''}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=BUSY_MS / 1000,
    )
    with contextlib.ExitStack() as undo:
        undo.callback(connection.close)
        connection.execute("PRAGMA cache_size=-8192")
        steps = schema.check(connection, path)
        if steps == 0:
            raise StoreError(f"{os.fspath(path)}: no record here yet: start one with `fcm-tui record FOLDER`")
        schema.stand_in(connection, steps)
        undo.pop_all()
    return connection


def _roll_back(path: Path) -> None:
    """Undo what a writer had begun when it was killed before the write-ahead log was there: who only reads cannot."""
    with contextlib.closing(
        sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=BUSY_MS / 1000)
    ) as connection:
        connection.execute("SELECT 1 FROM sqlite_schema").fetchone()


def _is_frozen(path: Path) -> bool:
    """Whether nobody can write here; SQLite would want to, as readers do while there may be a writer, unless told so.

    With a write-ahead log left behind it is not: what is in the log would be missing.
    """
    folder = path.parent
    if sys.platform == "win32" or os.access(folder, os.W_OK) or Path(f"{path}-wal").exists():
        return False
    return bool(os.statvfs(folder).f_flag & os.ST_RDONLY) or os.stat(folder).st_uid == os.geteuid()


_DISK = frozenset(
    (
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_NOLFS,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_READONLY,
    )
)
_SHARED = 32 << 10
"""Bytes of the file that all who have a record open share, which is the first to be made."""
_HELD = frozenset((sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_INTERRUPT))
_MENDING = "put a copy of it back, or begin anew with another --data-dir"


def may_pass(error: sqlite3.Error) -> bool:
    """Whether what was refused may succeed later: it is for the disk's or another program's sake, not the record's."""
    return code_of(error) in _DISK | _HELD


def may_be_full(error: sqlite3.Error) -> bool:
    """Whether a full disk can be behind it."""
    return code_of(error) in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)


def no_room(folder: Path) -> OSError | None:
    """What the disk says to more, where it is full: SQLite calls that an I/O error where it opens a record."""
    import tempfile  # not needed at every start

    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(_SHARED))
            file.flush()
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return OSError(error.errno, os.strerror(error.errno), os.fspath(folder))
    return None


def code_of(error: Exception) -> int:
    """SQLite's primary result code; without one it is Python that could not make use of what it was given."""
    return int(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)) & 0xFF


def unusable(path: Path | None, error: Exception) -> StoreError:
    """What a person is told where a file, or what it holds, cannot be used."""
    code = code_of(error)
    if isinstance(error, OSError) or code in _DISK:
        what = f"{error}: check its permissions and the disk, or use another --data-dir"
    elif code in _HELD:
        what = f"{error}: another program holds it: end that, and try again"
    elif code == sqlite3.SQLITE_NOTADB:
        what = f"is no record, or its beginning is damaged ({error}): {_MENDING}"
    else:
        what = f"the record is damaged ({error}): `fcm-tui verify` says where; {_MENDING}"
    return StoreError(what if path is None else f"{os.fspath(path)}: {what}")


def _refuse_other(path: Path) -> None:
    """Not everything that has a path is a file; of some, even the opening waits for ever."""
    with contextlib.suppress(OSError):
        mode = os.stat(path).st_mode
        if not stat.S_ISREG(mode):
            what = "a folder" if stat.S_ISDIR(mode) else "something other than a file"
            raise StoreError(f"{os.fspath(path)}: the record is a file, and this is {what}: name another")
