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

    Raises:
        OSError: it cannot be opened, or is a symbolic link, or no file: what root does to /dev/null, all suffer.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | OPEN_FLAGS, 0o600)
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
