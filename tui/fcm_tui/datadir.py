"""The data directory: where the record lives, for its owner's eyes only, and who is writing to it."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from fcm_tui.errors import DataDirError
from fcm_tui.model import Pause, Shipping, Standing

DATABASE_NAME: Final = "record.db"
LOCK_NAME: Final = "recorder.lock"
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
_NOTE_BYTES = 12288
"""Of the lock file. They are there from the start, and written over in place: that needs no room on a full disk."""
_TROUBLE_LENGTH = 600
"""Characters, each of which JSON may write as six bytes."""
_SOURCES_LENGTH = 400
"""Likewise."""
_ATTEMPTS = 6
_PAUSE = 0.005
_FLAGS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)

if sys.platform == "win32":
    import msvcrt

    from fcm_tui.windows_acl import make_private_folder

    # A locked range cannot be read, so it lies far behind the holder's number.
    _LOCKED_BYTE = 1 << 30

    def _lock(descriptor: int) -> bool:
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:  # what else it says of a held lock differs between systems; the file itself is open
            return False
        return True

    def _is_locked(descriptor: int) -> bool:
        # There is no shared lock here, so another test may be what we met: that one is over in a moment.
        for _ in range(2):
            if _lock(descriptor):
                return False
            time.sleep(_PAUSE)
        return True

else:
    import fcntl

    def _lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _is_locked(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


class Lock:
    """The right to record into a data directory; the operating system ends it with the process."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    def say(self, standing: Standing) -> None:
        """Tell other processes how the recorder does; what cannot be written is not told.

        For one thread at a time.
        """
        import json  # not needed at every start

        told: dict[str, object] = {
            "phase": standing.phase,
            "trouble": standing.trouble[:_TROUBLE_LENGTH],
            "since": standing.since_ns,
        }
        told["sources"] = _cut(standing.sources)
        if standing.shipping is not None:
            short = {"server": standing.shipping.server[:200], "reason": standing.shipping.reason[:300]}
            told["shipping"] = asdict(standing.shipping) | short
        if standing.paused is not None:
            told["paused"] = asdict(standing.paused)
        if self._descriptor is not None:
            with contextlib.suppress(OSError):
                _write_note(self._descriptor, json.dumps(told))

    def release(self) -> None:
        """Let another process record. Further calls do nothing."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


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

    def try_lock(self) -> Lock | None:
        """Become the one recorder of this directory, or None while another process is.

        Takes up to 30 ms to say None, because `lock_holder` elsewhere holds the lock for a moment to test it.

        Raises:
            DataDirError: the lock file cannot be written.
        """
        try:
            for _ in range(_ATTEMPTS):
                descriptor = self._take()
                if descriptor is not None:
                    _write_note(descriptor)
                    return Lock(descriptor)
                time.sleep(_PAUSE)
        except OSError as error:
            raise _unusable(self.lock_file, error) from None
        return None

    def lock_holder(self) -> int | None:
        """The process id of the recorder at work (0 where it cannot be read), or None while there is none."""
        try:
            descriptor = os.open(self.lock_file, os.O_RDONLY | _FLAGS)
        except OSError:
            return None
        try:
            if not _is_locked(descriptor):
                return None
            os.lseek(descriptor, 0, os.SEEK_SET)
            text = os.read(descriptor, 32).partition(b"\n")[0].strip()
            return int(text) if text.isdigit() else 0
        except OSError:
            return None
        finally:
            os.close(descriptor)

    def standing(self) -> Standing | None:
        """What the recorder at work, or the last one, said of itself; None where it said nothing."""
        import json

        for _ in range(_ATTEMPTS):  # it may be writing just now
            try:
                told = json.loads(self.lock_file.read_bytes().partition(b"\n")[2])
                shipping, paused = told.get("shipping"), told.get("paused")
                return Standing(
                    told["phase"],
                    told["trouble"],
                    told["since"],
                    Shipping(**shipping) if shipping else None,
                    Pause(**paused) if paused else None,
                    tuple((path, words) for path, words in told.get("sources", ())),
                )
            except OSError:
                return None
            except (ValueError, KeyError, TypeError):
                time.sleep(_PAUSE)
        return None

    def _take(self) -> int | None:
        descriptor = open_private(self.lock_file)
        with contextlib.ExitStack() as undo:
            undo.callback(os.close, descriptor)
            if not _lock(descriptor):
                return None
            # A file that was deleted and made anew under this name could be locked by two.
            if not _is_file_at(self.lock_file, descriptor):
                return None
            undo.pop_all()
        return descriptor


def _cut(sources: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """As many of them as there is room for in a note."""
    told, room = [], _SOURCES_LENGTH
    for path, words in sources:
        room -= len(path) + len(words)
        if room >= 0:
            told.append((path, words))
    return told


def _write_note(descriptor: int, told: str = "") -> None:
    # The number stands in a line as long as any before it, so that a reader never sees two mixed.
    note = b"%-20d\n%s" % (os.getpid(), told.encode("ascii"))
    os.lseek(descriptor, 0, os.SEEK_SET)
    os.write(descriptor, note.ljust(_NOTE_BYTES - 1) + b"\n")


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


def open_private(path: Path) -> int:
    """A descriptor for reading and writing the file at `path`, made if missing, 0600 under any umask.

    Raises:
        OSError: it cannot be opened, or is a symbolic link, or no file: what root does to /dev/null, all suffer.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | _FLAGS, 0o600)
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "it is not a file", str(path))
        if sys.platform != "win32" and stat.S_IMODE(mode) != 0o600:
            os.fchmod(descriptor, 0o600)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def make_private(path: Path) -> None:
    """Have a file at `path` that only its owner can read and write; what it holds stays.

    Raises:
        DataDirError: it cannot be made.
    """
    try:
        os.close(open_private(path))
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


def _is_file_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.lstat(path))
    except FileNotFoundError:
        return False


def _unusable(path: Path, error: Exception) -> DataDirError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return DataDirError(f"{path} cannot be used ({reason}): mend that, or name another --data-dir")
