"""The data directory: where the record lives, for its owner's eyes only, and who is writing to it."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fcm_tui import private_file, recorder_lock
from fcm_tui.errors import DataDirError
from fcm_tui.model import Standing
from fcm_tui.recorder_lock import Lock

if sys.platform == "win32":
    from fcm_tui.windows_acl import make_private_folder

DATABASE_NAME: Final = "record.db"
LOCK_NAME: Final = "recorder.lock"
LOCK_SUFFIX: Final = "-lock"
"""Of the file beside a record outside of any data directory, which its recorder holds locked."""
LOG_NAME: Final = "fcm-tui.log"
DEAD_NAME: Final = "refused.db"
_OURS: Final = frozenset(
    (
        LOCK_NAME,
        LOG_NAME,
        f"{LOG_NAME}.1",
        DEAD_NAME,
        f"{DEAD_NAME}-journal",
        f"{DATABASE_NAME}-unsent.json",
        DATABASE_NAME,
        f"{DATABASE_NAME}-filling",
        f"{DATABASE_NAME}-search",
        f"{DATABASE_NAME}-alerts",
        *(
            f"{DATABASE_NAME}{of}-{suffix}"
            for of in ("", "-search", "-alerts")
            for suffix in ("wal", "shm", "journal")
        ),
    )
)


@dataclass(frozen=True, slots=True)
class DataDir:
    """A data directory that was found fit for use by `open_data_dir`."""

    path: Path
    """Absolute, symbolic links resolved."""

    @property
    def database(self) -> Path:
        """The SQLite file of the record."""
        return self.path / DATABASE_NAME

    @property
    def lock_file(self) -> Path:
        """The file that the recorder holds locked: a line with its process id, a line with its `Standing`."""
        return self.path / LOCK_NAME

    @property
    def log_file(self) -> Path:
        """Where diagnostics go."""
        return self.path / LOG_NAME

    @property
    def dead_letters(self) -> Path:
        """Which rows the team's database refused for good."""
        return self.path / DEAD_NAME

    def try_lock(self, database: Path | None = None) -> Lock | None:
        """Become the one recorder of this directory, or None while another process is.

        Args:
            database: the record that is to be written, which may lie elsewhere.

        Raises:
            DataDirError: the lock file cannot be written, or that record is written from another data directory.
        """
        lock = _take(self.lock_file)
        if lock is None or database is None or os.path.realpath(database.parent) == str(self.path):
            return lock
        with contextlib.ExitStack() as undo:
            undo.callback(lock.release)
            beside = Path(f"{database}{LOCK_SUFFIX}")
            other = _take(beside)
            if other is None:
                holder = recorder_lock.holder(beside)
                raise DataDirError(
                    f"{database}: already being recorded{f' by process {holder}' if holder else ''}, with another"
                    " data directory: name that with --data-dir, or another record with --database"
                )
            lock.keep(other)
            undo.pop_all()
        return lock

    def lock_holder(self) -> int | None:
        """The process id of the recorder at work (0 where it cannot be read), or None while there is none."""
        return recorder_lock.holder(self.lock_file)

    def standing(self) -> Standing | None:
        """What the recorder at work, or the last one, said of itself; None where it said nothing."""
        return recorder_lock.standing(self.lock_file)


def _take(path: Path) -> Lock | None:
    try:
        return recorder_lock.take(path)
    except OSError as error:
        raise _unusable(path, error) from None


def open_data_dir(
    argument: str | None, environ: Mapping[str, str] = os.environ, *, create: bool = True
) -> DataDir:
    """The data directory of `--data-dir`, else FCM_DATA_DIR, else the platform's place for data.

    Made (0700) where it does not exist, unless `create` is false. Files of ours in it that others could
    read are closed to them. On Windows one that is made is open to the user, the system and administrators; one
    that is there keeps its rights, as a folder of the user's profile has them.

    Raises:
        DataDirError: it is no directory, does not exist, is another user's, or others can write to it or exchange it.
    """
    path = data_dir_path(argument, environ)
    try:
        if create:
            _make(path)
        path = Path(os.path.realpath(path))
        status = os.stat(path)
    except FileNotFoundError as error:
        if create:  # what Windows says of a name that cannot be, or of one below a file
            raise _unusable(path, error) from None
        raise DataDirError(f"nothing is recorded in {path} yet: start `fcm-tui record PATH` first") from None
    except (NotADirectoryError, FileExistsError):
        raise DataDirError(f"the data directory {path} is not a directory: name another --data-dir") from None
    except (OSError, ValueError) as error:
        raise _unusable(path, error) from None
    if not stat.S_ISDIR(status.st_mode):
        raise DataDirError(f"the data directory {path} is not a directory: name another --data-dir")
    if sys.platform != "win32":
        _check_owner(path, status)
        _check_parents(path)
        _close_to_others(path, status)
    return DataDir(path)


def data_dir_path(argument: str | None, environ: Mapping[str, str] = os.environ) -> Path:
    """Where `open_data_dir` looks for it.

    Raises:
        DataDirError: the user has no home folder.
    """
    named = argument or environ.get("FCM_DATA_DIR")
    return Path(os.path.abspath(os.path.expanduser(named))) if named else default_data_dir(environ)


def default_data_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """The platform's place for this program's data; it need not exist.

    Raises:
        DataDirError: the user has no home folder.
    """
    if sys.platform in ("win32", "darwin"):
        import platformdirs  # 37 ms, so not where the rule is as short as below

        return platformdirs.user_data_path("fcm-tui", appauthor=False)
    home = environ.get("XDG_DATA_HOME", "")
    base = home if os.path.isabs(home) else os.path.expanduser("~/.local/share")
    if not os.path.isabs(base):
        raise DataDirError("there is no home folder to keep data in: name a --data-dir")
    return Path(base, "fcm-tui")


def make_private(path: Path) -> None:
    """Have a file at `path` that only its owner can read and write; what it holds stays.

    Raises:
        DataDirError: it cannot be made.
    """
    try:
        private_file.make_private(path)
    except OSError as error:
        raise _unusable(path, error) from None


def _make(path: Path) -> None:
    if path.is_dir():
        return
    missing = [path, *path.parents]
    while missing and missing[-1].is_dir():
        missing.pop()
    for folder in reversed(missing):
        with contextlib.suppress(
            FileExistsError
        ):  # another process was faster; or a file, which stat will tell
            if sys.platform == "win32":
                make_private_folder(folder)
            else:
                os.mkdir(folder, 0o700)
                os.chmod(folder, 0o700)  # the umask may have taken our own rights


def _check_owner(path: Path, status: os.stat_result) -> None:
    if sys.platform == "win32":
        return
    if status.st_uid != os.geteuid():
        raise DataDirError(f"the data directory {path} belongs to another user: name another --data-dir")
    if status.st_mode & 0o022:
        raise DataDirError(
            f"others can write to the data directory {path}: `chmod 700` it, or name another --data-dir"
        )


def _check_parents(path: Path) -> None:
    """Who can write to a folder above can put another one in our place, unless its sticky bit forbids that."""
    for parent in path.parents:
        mode = os.stat(parent).st_mode
        if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            raise DataDirError(
                f"others can exchange the data directory {path}, as they can write to {parent}:"
                f" `chmod o-w` that, or name another --data-dir"
            )


def _close_to_others(path: Path, status: os.stat_result) -> None:
    # A folder that holds other things too was made for them as well: only our files in it are closed.
    with contextlib.suppress(OSError):
        names = set(os.listdir(path))
        if status.st_mode & 0o077 and names <= _OURS:
            os.chmod(path, 0o700)
        for name in names & _OURS:
            file = path / name
            found = os.lstat(file)
            if stat.S_ISREG(found.st_mode) and found.st_mode & 0o077:
                os.chmod(file, 0o600)


def _unusable(path: Path, error: Exception) -> DataDirError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return DataDirError(f"{path} cannot be used ({reason}): mend that, or name another --data-dir")
