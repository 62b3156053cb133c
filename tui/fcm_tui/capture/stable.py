"""Reading a file so that what is read is one version, never a mixture of two.

A version counts when the path before and the handle after reading say the same size, mtime, ctime and
inode, and the mtime was old enough that a later write could not have left it unchanged. Links are
read as links, FIFOs and devices are never opened for reading, nothing outside is followed.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import sys
import time
from dataclasses import dataclass
from enum import Enum, auto

from fcm_tui.capture.attributes import attributes_of, digest_of
from fcm_tui.capture.opening import is_held, open_to_read
from fcm_tui.model import DiskState
from fcm_tui.watch.paths import on_disk
from fcm_tui.watch.shortage import is_shortage
from fcm_tui.watch.stamp import stamp

YOUNG_NS = 20_000_000
"""Below this age of the mtime, a second write could still get the same one (clock ticks are up to 10 ms)."""

_PIECE = 4 << 20


class Outcome(Enum):
    """How a reading ended."""

    READ = auto()
    """`data` and `digest` are one version."""
    TOO_LARGE = auto()
    """`digest` is one version's; the content is beyond the limit and was not kept."""
    UNSETTLED = auto()
    """The file changed while it was read: look again."""
    GONE = auto()
    """There is no file or link at the path any more."""
    UNREADABLE = auto()
    """The file is there but cannot be read; `error` says why."""
    HELD = auto()
    """Another program keeps the file for itself: look again. It has no stamp, so that any scan finds it again."""


@dataclass(slots=True)
class Reading:
    """What came of reading one path."""

    path: bytes
    outcome: Outcome
    state: DiskState | None = None
    stamp: bytes = b""
    """What the next scan compares; of the moment before reading. Empty, which is like no file's, where the file was
    changed so short a time ago that a change after the reading could have left the same."""
    digest: bytes | None = None
    data: bytes | None = None
    error: OSError | None = None
    attributes: bytes | None = None
    """The set whose digest `state` has, as `capture.attributes` writes it down."""


def read_stable(path: bytes, size_limit: int, *, now_ns: int | None = None, settle: bool = True) -> Reading:
    """Read a file or symbolic link once.

    Args:
        path: absolute, in the file system's bytes.
        size_limit: bytes; above it only the digest is taken.
        now_ns: the current time, to judge the mtime's age; taken afresh if not given.
        settle: whether a file modified less than `YOUNG_NS` ago is to be looked at again.

    Raises:
        OSError: descriptors or memory have run out: nothing can be said about the file.
    """
    try:
        found = os.lstat(on_disk(path))
        if stat.S_ISLNK(found.st_mode):
            return _read_link(path, found, now_ns)
        if not stat.S_ISREG(found.st_mode):
            return Reading(path, Outcome.GONE)
        handle = open_to_read(on_disk(path))
    except OSError as error:
        return _refused(path, error, is_held(error))
    try:
        return _read_open(path, found, handle, size_limit, now_ns, settle)
    except OSError as error:
        return _refused(path, error, is_held(error, reading=True))
    finally:
        os.close(handle)


def _read_open(
    path: bytes, found: os.stat_result, handle: int, size_limit: int, now_ns: int | None, settle: bool
) -> Reading:
    """Read what was just found at the path; that handle and path agree shows in the state afterwards."""
    size = found.st_size
    data: bytes | None
    if size <= size_limit:
        data = os.read(handle, size + 1) if size < _PIECE else _read_all(handle, size)
        length = len(data)
        digest = hashlib.sha256(data).digest()
    else:
        data = None
        length, digest = _digest_of(handle, size)
    attributes = attributes_of(handle)
    last = os.fstat(handle)
    before = stamp(found)
    state = DiskState.of(found, digest_of(attributes))
    young = _is_young(found, now_ns or time.time_ns())
    if length != size or before != stamp(last) or found.st_ino != last.st_ino or (settle and young):
        return Reading(path, Outcome.UNSETTLED, state, before, digest, data, attributes=attributes)
    outcome = Outcome.READ if data is not None else Outcome.TOO_LARGE
    return Reading(path, outcome, state, b"" if young else before, digest, data, attributes=attributes)


def _read_all(handle: int, size: int) -> bytes:
    """Up to one byte more than `size`, so that growth shows."""
    pieces = []
    left = size + 1
    while left and (piece := os.read(handle, min(left, _PIECE))):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def _digest_of(handle: int, size: int) -> tuple[int, bytes]:
    digest = hashlib.sha256()
    length = 0
    while length <= size and (piece := os.read(handle, _PIECE)):
        digest.update(piece)
        length += len(piece)
    return length, digest.digest()


def _read_link(path: bytes, found: os.stat_result, now_ns: int | None) -> Reading:
    target = os.readlink(on_disk(path))
    if stamp(os.lstat(on_disk(path))) != stamp(found):
        return Reading(path, Outcome.UNSETTLED, DiskState.of(found), stamp(found))
    state = DiskState.of(found)._replace(size=len(target))
    kept = b"" if _is_young(found, now_ns or time.time_ns()) else stamp(found)
    return Reading(path, Outcome.READ, state, kept, hashlib.sha256(target).digest(), target)


def _refused(path: bytes, error: OSError, held: bool) -> Reading:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return Reading(path, Outcome.GONE)
    if is_shortage(error):
        raise error
    if error.errno == errno.ELOOP:  # became a link between lstat and open
        return Reading(path, Outcome.UNSETTLED)
    try:
        found = os.lstat(on_disk(path))
    except OSError:
        return Reading(path, Outcome.UNREADABLE, error=error)
    if held:
        return Reading(path, Outcome.HELD, DiskState.of(found), error=error)
    # What is not for lack of rights may be over soon, and leave no trace in the times: every scan looks again.
    seen = stamp(found) if error.errno in (errno.EACCES, errno.EPERM) else b""
    return Reading(path, Outcome.UNREADABLE, DiskState.of(found), seen, error=error)


def _is_young(found: os.stat_result, now_ns: int) -> bool:
    """Changed so short a time ago that another change could leave the same times.

    The kernel's own change time decides where there is one: an mtime can be set to anything. An age
    far below zero is a clock that was set back, not a change to come.
    """
    changed_ns = found.st_mtime_ns if sys.platform == "win32" else found.st_ctime_ns
    return -1_000_000_000 < now_ns - changed_ns < YOUNG_NS
