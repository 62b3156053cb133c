"""A blank record being filled by its first baseline: without a journal, and known as unfinished until all is on disk.

Nothing of a baseline is acknowledged before it stands, so a journal would only write everything twice.
A file beside the database says that it may not hold together; who finds that file begins anew.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path

_BETWEEN_SYNCS = 0.3
"""Seconds. The disk works while the files are read; at the end little is left to wait for."""


class Filling:
    """From the first baseline's begin to its end."""

    def __init__(self, database: Path) -> None:
        """Mark the database as unfinished, on disk, before anything is written to it.

        Raises:
            OSError: the disk refuses.
        """
        self._mark = filling_mark(database)
        self._mark.touch(mode=0o600)
        _sync_folder(database.parent)
        self._handle = os.open(database, os.O_RDWR | getattr(os, "O_CLOEXEC", 0))
        self._over = threading.Event()
        self._error: OSError | None = None
        self._thread = threading.Thread(target=self._keep_syncing, name="fcm-sync", daemon=True)
        self._thread.start()

    def sync(self) -> None:
        """All that was written is on disk. Call it, and `close`, while no transaction is open.

        Closing the handle would end a transaction's locks (`man 2 fcntl`).

        Raises:
            OSError: the disk refused some of it.
        """
        self._stop()
        if self._error is not None:
            raise self._error
        os.fsync(self._handle)

    def whole(self) -> None:
        """The database needs nothing more: later starts trust it. A power cut cannot bring the mark back."""
        self._mark.unlink()
        _sync_folder(self._mark.parent)

    def close(self) -> None:
        """End; a database that is not whole stays marked."""
        self._stop()
        os.close(self._handle)

    def _stop(self) -> None:
        self._over.set()
        self._thread.join()

    def _keep_syncing(self) -> None:
        while not self._over.wait(_BETWEEN_SYNCS):
            try:
                os.fsync(self._handle)
            except OSError as error:  # the system tells it once only
                self._error = error
                return


def filling_mark(database: Path) -> Path:
    """The file that stands beside a database while it is being filled."""
    return database.with_name(f"{database.name}-filling")


def discard_half_filled(database: Path) -> None:
    """Remove what a first baseline left that was killed: nothing of it was acknowledged.

    Raises:
        OSError: it cannot be removed.
    """
    mark = filling_mark(database)
    if mark.exists():
        for suffix in ("-wal", "-shm", "-journal", ""):
            Path(f"{database}{suffix}").unlink(missing_ok=True)
        _sync_folder(database.parent)  # else a power cut could leave the database, and not its mark
        mark.unlink()


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return  # Windows opens no folders, and its file systems keep the order themselves
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
