"""Files with passwords, keys and tokens: read only where nobody but their owner can."""

from __future__ import annotations

import os
import stat
import sys


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
