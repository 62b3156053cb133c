"""Locks that the operating system ends with the process: whoever holds one is alive."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from fcm_tui.private_file import OPEN_FLAGS, open_private

_ATTEMPTS = 6
PAUSE = 0.005
"""Seconds between two attempts at what another process does for a moment."""

if sys.platform == "win32":
    import msvcrt

    # A locked range cannot be read, so it lies far behind what the file holds.
    _LOCKED_BYTE = 1 << 30

    def _lock(descriptor: int) -> bool:
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:  # what else it says of a held lock differs between systems; the file itself is open
            return False
        return True

    def _is_locked(descriptor: int) -> bool:
        """Whether another holds the lock of an open file."""
        # There is no shared lock here, so another test may be what we met: that one is over in a moment.
        for _ in range(2):
            if _lock(descriptor):
                return False
            time.sleep(PAUSE)
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
        """Whether another holds the lock of an open file."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


class FileLock:
    """A file that is locked as long as this is held."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor: int | None = descriptor

    def release(self) -> None:
        """Let another have it. Further calls do nothing."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def remove(self) -> None:
        """As `release`, and take the file away where the system lets us: who waits for it makes it anew."""
        with contextlib.suppress(OSError):
            if sys.platform == "win32":  # no open file can be taken away there
                self.release()
            self._path.unlink()
        self.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


L = TypeVar("L", bound=FileLock)


def take(path: Path, kind: Callable[[Path, int], L] = FileLock) -> L | None:  # type: ignore[assignment]
    """Lock the file at a path, which is made if it is missing; None while another process holds it.

    Takes up to 30 ms to say None, because `is_held` elsewhere holds the lock for a moment to test it.

    Raises:
        OSError: the file cannot be opened.
    """
    for _ in range(_ATTEMPTS):
        descriptor = open_private(path)
        with contextlib.ExitStack() as undo:
            undo.callback(os.close, descriptor)
            # A file that was deleted and made anew under this name could be locked by two.
            if _lock(descriptor) and _is_file_at(path, descriptor):
                undo.pop_all()
                return kind(path, descriptor)
        time.sleep(PAUSE)
    return None


def held(path: Path, length: int = 0) -> bytes | None:
    """The first bytes of the file at a path while somebody holds its lock; None while nobody does, or none can tell."""
    try:
        descriptor = os.open(path, os.O_RDONLY | OPEN_FLAGS)
    except OSError:
        return None
    try:
        if not _is_locked(descriptor):
            return None
        os.lseek(descriptor, 0, os.SEEK_SET)
        return os.read(descriptor, length)
    except OSError:
        return None
    finally:
        os.close(descriptor)


def is_held(path: Path) -> bool:
    """Whether anybody holds the lock of the file at a path."""
    return held(path) is not None


@contextmanager
def turn(path: Path, seconds: float) -> Iterator[None]:
    """Wait for one's turn at what the lock file at `path` stands for, which is there no longer than that.

    Raises:
        OSError: somebody else has been at it for so many seconds, or the file cannot be made.
    """
    deadline = time.monotonic() + seconds
    while (lock := take(path)) is None:
        if time.monotonic() > deadline:
            raise OSError(errno.EBUSY, "another fcm-tui is at it: try again", os.fspath(path))
    try:
        yield
    finally:
        lock.remove()


def _is_file_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.lstat(path))
    except FileNotFoundError:
        return False
