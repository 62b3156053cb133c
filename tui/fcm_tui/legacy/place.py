"""Where what is brought in goes: a data directory of its own, all of it or nothing."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from fcm_tui.datadir import DataDir, default_data_dir, open_data_dir
from fcm_tui.errors import DataDirError
from fcm_tui.store.record import Record


def folder_for(argument: str | None, data_dir: str | None) -> Path:
    """The folder asked for, else one beside the data directory."""
    if argument is not None:
        return Path(os.path.abspath(os.path.expanduser(argument)))
    named = data_dir or os.environ.get("FCM_DATA_DIR")
    beside = Path(os.path.abspath(os.path.expanduser(named))) if named else default_data_dir(os.environ)
    return beside.with_name(f"{beside.name}-first-version")


def refuse_used(folder: Path) -> None:
    """Raises:
    DataDirError: there is a record already.
    """
    if (folder / "record.db").exists():
        raise DataDirError(f"{folder}: a record is there already: name another folder with --to")


@contextmanager
def new_record(folder: Path) -> Iterator[Record]:
    """A record in a folder of its own; where its making fails, nothing of it is left.

    Raises:
        DataDirError: the folder cannot be used, or has a record.
    """
    refuse_used(folder)
    is_new = not folder.exists()
    data_dir = open_data_dir(str(folder))
    lock = data_dir.try_lock()
    if lock is None:
        raise DataDirError(f"{folder}: another fcm-tui is at work there: name another folder with --to")
    try:
        with lock, closing(Record(data_dir.database)) as record, record.transaction():
            yield record
    except BaseException:
        _remove(data_dir, is_new)
        raise


def _remove(data_dir: DataDir, with_folder: bool) -> None:
    for name in ("", "-wal", "-shm", "-journal"):
        Path(f"{data_dir.database}{name}").unlink(missing_ok=True)
    if with_folder:
        with contextlib.suppress(OSError):
            data_dir.lock_file.unlink()
            data_dir.path.rmdir()
