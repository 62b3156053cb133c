"""Files for their owner alone: made so, and those with passwords, keys and tokens read only where they are so."""

from __future__ import annotations

import errno
import os
import stat
import sys
from pathlib import Path
from typing import Final

OPEN_FLAGS: Final = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""For `os.open` of such a file: no symbolic link is followed, no pipe waited for, and on Windows no line end changed."""


class OthersCanRead(Exception):
    """A file that is to be its owner's alone is not; never on Windows, where its folder decides."""


def read_private(path: str | os.PathLike[str], most: int) -> bytes:
    """The first `most` bytes of a file.

    Raises:
        OSError: it cannot be read.
        OthersCanRead: its mode lets others at it.
    """
    with open(path, "rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        content = file.read(most)
    if sys.platform != "win32" and stat.S_IMODE(mode) & 0o077:
        raise OthersCanRead
    return content


def read_small(path: Path, most: int) -> bytes:
    """All of a file that others may have put there.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no file, or has more than `most` bytes.
    """
    descriptor = os.open(path, os.O_RDONLY | OPEN_FLAGS)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > most:
            raise ValueError(f"no file of at most {most} bytes")
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(most)
    finally:
        os.close(descriptor)


def open_private(path: Path) -> int:
    """A descriptor for reading and writing the file at `path`, made if missing, 0600 under any umask.

    Not for what SQLite has open: closing any descriptor of a file ends all POSIX locks that the process has on it
    (`man 2 fcntl`), so that others take the record for one that nobody uses. `make_private` is for that.

    Raises:
        OSError: it cannot be opened, or is a symbolic link, or no file: what root does to /dev/null, all suffer.
    """
    return _opened(path, 0)


def make_private(path: Path) -> None:
    """Have a file at `path` that can be read and written, made if missing, 0600 under any umask.

    One that is there is not opened: the folder is its owner's alone, so it is the one that is looked at.

    Raises:
        OSError: as `open_private`.
    """
    try:
        os.close(_opened(path, os.O_EXCL))
    except FileExistsError:
        bits = _bits(path, os.lstat(path))
        if sys.platform != "win32" and bits != 0o600:
            os.chmod(path, 0o600)
        if not os.access(path, os.R_OK | os.W_OK):
            number = errno.EROFS if _is_read_only(path) else errno.EACCES
            raise OSError(number, os.strerror(number), str(path)) from None


def _opened(path: Path, more: int) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | OPEN_FLAGS | more, 0o600)
    try:
        bits = _bits(path, os.fstat(descriptor))
        if sys.platform != "win32" and bits != 0o600:
            os.fchmod(descriptor, 0o600)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _bits(path: Path, status: os.stat_result) -> int:
    """Who may read and write a file.

    Raises:
        OSError: it is no file.
    """
    if stat.S_ISLNK(status.st_mode):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is not a file", str(path))
    return stat.S_IMODE(status.st_mode)


def _is_read_only(path: Path) -> bool:
    return sys.platform != "win32" and bool(os.statvfs(path).f_flag & os.ST_RDONLY)
