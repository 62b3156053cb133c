"""Writing a file whole or not at all, and never over one that somebody else made meanwhile."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import stat
import sys
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

_READING = 2.0
"""Seconds for which others may read a file that is to be replaced."""


def state_of(path: Path) -> tuple[int, int, int] | None:
    """What is another once the file was written again; None where there is none, or nobody can say."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def write_whole(
    path: Path, data: bytes, *, over: bool, mode: int = 0o666, like: os.stat_result | None = None
) -> None:
    """Write a file; whoever reads it finds all of it.

    Args:
        over: replace a file that is there.
        mode: permissions of the new file, less the umask.
        like: a file whose owner and permissions it gets instead, and its group where that can be; not on Windows, where
            the folder decides.

    Raises:
        FileExistsError: it is there, and `over` does not say to replace it.
        OSError: it cannot be written.
    """
    with whole(path, over=over, mode=mode) as file:
        if like is not None:
            _make_like(file.fileno(), like)
        file.write(data)


def put(path: Path, told: object) -> None:
    """Write JSON for another process of the user: nobody else can read it, and whoever reads it finds all of it.

    Raises:
        OSError: the folder cannot be written.
    """
    import json  # not needed at every start

    write_whole(path, json.dumps(told).encode("ascii"), over=True, mode=0o600)


def _make_like(descriptor: int, like: os.stat_result) -> None:
    if sys.platform == "win32":
        return
    made = os.fstat(descriptor)
    if (made.st_uid, made.st_gid) != (like.st_uid, like.st_gid):
        try:
            os.fchown(descriptor, like.st_uid, like.st_gid)
        except PermissionError:  # of a group that one is not in any more
            os.fchown(descriptor, like.st_uid, -1)
    os.fchmod(descriptor, stat.S_IMODE(like.st_mode))


@contextmanager
def whole(path: Path, *, over: bool, mode: int = 0o666) -> Iterator[BinaryIO]:
    """As `write_whole`, of what is written to the file inside; nothing where an error leaves it."""
    if not over and os.path.lexists(path):
        raise FileExistsError(0, "it is there already", path)
    # which no recorder takes for a change
    temporary = path.with_name(f"{_begun(path)}{secrets.token_hex(4)}.swp")
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        with open(os.open(temporary, flags, mode), "wb") as file:
            yield file
        if over:
            _replace(temporary, path)
        else:
            _publish(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def remove_left(path: Path) -> None:
    """Remove what was left of writing a file where the process was killed meanwhile, as far as the system lets us.

    For those who write the file in turn: nobody else is writing it now.
    """
    left = re.compile(re.escape(_begun(path)) + r"[0-9a-f]{8}\.swp")
    with contextlib.suppress(OSError):
        for name in os.listdir(path.parent):
            if left.fullmatch(name):
                path.with_name(name).unlink(missing_ok=True)


def _begun(path: Path) -> str:
    """How the names begin under which a file is written: the same for the same file, and short whatever it is called."""
    return f".fcm-tui-{zlib.crc32(os.fsencode(path.name)):08x}"


def _replace(temporary: Path, path: Path) -> None:
    """Windows refuses for as long as somebody reads the file that is there: for a moment that is waited for."""
    deadline = time.monotonic() + _READING
    while True:
        try:
            os.replace(temporary, path)
            return
        except PermissionError:
            if sys.platform != "win32" or time.monotonic() > deadline:
                raise
        time.sleep(0.01)


def _publish(temporary: Path, path: Path) -> None:
    """Give it its name, unless something came to stand there meanwhile."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if os.path.lexists(path):
            raise FileExistsError(0, "it is there already", path) from None
        os.rename(temporary, path)
