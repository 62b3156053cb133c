"""Linux' fanotify as its calls have it: marks on whole file systems, events that name folder, file and process.

`man 7 fanotify`, `fanotify_init`, `fanotify_mark`, `open_by_handle_at`. An event names the folder by a file handle,
which needs no descriptor and no watch of its own, so one mark serves a file system of any size. What it asks for:
CAP_SYS_ADMIN and CAP_DAC_READ_SEARCH, and Linux 5.17 (FAN_REPORT_TARGET_FID tells a new or deleted folder's own handle).
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys
from collections.abc import Callable, Iterator
from typing import NamedTuple

assert sys.platform == "linux"  # who chooses a source looks at the platform first

MODIFY, ATTRIB, CLOSE_WRITE = 0x2, 0x4, 0x8
MOVED_FROM, MOVED_TO, CREATE, DELETE = 0x40, 0x80, 0x100, 0x200
Q_OVERFLOW, ONDIR = 0x4000, 0x40000000

_CLOEXEC, _NONBLOCK, _UNLIMITED_QUEUE = 0x1, 0x2, 0x10
_REPORT_FID, _REPORT_DIR_FID, _REPORT_NAME, _REPORT_TARGET_FID = 0x200, 0x400, 0x800, 0x1000
_MARK_ADD, _MARK_FILESYSTEM = 0x1, 0x100
_MASK = MODIFY | ATTRIB | CLOSE_WRITE | MOVED_FROM | MOVED_TO | CREATE | DELETE | ONDIR

_EVENT = struct.Struct("=IBBHQii")
_INFO = struct.Struct("=BBH")
_INFO_FID, _INFO_DFID_NAME = 1, 2
_FSID = _INFO.size
_HANDLE = _FSID + 8
"""Where the file handle begins in a piece of information: its length, its type, itself."""
_HANDLE_BODY = _HANDLE + 8

_libc = ctypes.CDLL(None, use_errno=True)
_libc.fanotify_mark.argtypes = (ctypes.c_int, ctypes.c_uint, ctypes.c_uint64, ctypes.c_int, ctypes.c_char_p)
_libc.open_by_handle_at.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int)
_libc.name_to_handle_at.argtypes = (
    ctypes.c_int, ctypes.c_char_p, ctypes.c_char_p, ctypes.POINTER(ctypes.c_int), ctypes.c_int,
)  # fmt: skip


class Event(NamedTuple):
    """One event. Those of one process about one name may have been merged by the kernel: the mask has all of them."""

    mask: int
    pid: int
    """0 where the process is in no namespace of ours."""
    folder: bytes
    """File system and handle of the folder that the name is in; empty where the kernel tells none."""
    name: bytes
    child: bytes
    """File system and handle of what has that name; empty where it is not told."""


def open_queue(*, unlimited: bool = True) -> int:
    """A descriptor that events are read from.

    Raises:
        OSError: EPERM without the privilege, EINVAL before Linux 5.17.
    """
    flags = (
        _CLOEXEC | _NONBLOCK | _REPORT_FID | _REPORT_DIR_FID | _REPORT_NAME | _REPORT_TARGET_FID
        | (_UNLIMITED_QUEUE if unlimited else 0)
    )  # fmt: skip
    queue: int = _libc.fanotify_init(flags, os.O_RDONLY)
    if queue < 0:
        raise _error("fanotify_init")
    return queue


def mark(queue: int, path: bytes) -> None:
    """Have events of the whole file system that a path is on.

    Raises:
        OSError: ENODEV, EXDEV or EOPNOTSUPP where it cannot tell its files by handles.
    """
    if _libc.fanotify_mark(queue, _MARK_ADD | _MARK_FILESYSTEM, _MASK, -100, path) < 0:
        raise _error("fanotify_mark")


def check_handles(path: bytes, mount: int) -> None:
    """Whether a folder can be found again by its handle, as the paths of events are.

    Raises:
        OSError: it cannot; EPERM without CAP_DAC_READ_SEARCH.
    """
    handle = ctypes.create_string_buffer(struct.pack("=Ii", 128, 0), 8 + 128)
    if _libc.name_to_handle_at(-100, path, handle, ctypes.byref(ctypes.c_int()), 0) < 0:
        raise _error("name_to_handle_at")
    os.close(_open(mount, handle.raw))


def path_of(key: bytes, mount: int) -> bytes:
    """Where a folder is now, as seen from the mount that a descriptor is of.

    Raises:
        OSError: ESTALE where it is gone.
    """
    found = _open(mount, key[8:])
    try:
        return os.readlink(b"/proc/self/fd/%d" % found)
    finally:
        os.close(found)


def _open(mount: int, handle: bytes) -> int:
    found: int = _libc.open_by_handle_at(mount, handle, os.O_PATH | os.O_CLOEXEC)
    if found < 0:
        raise _error("open_by_handle_at")
    return found


def _error(call: str) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number), call)


def events(
    data: bytes, passed_over: Callable[[bytes], bool] = lambda folder: False
) -> Iterator[Event | None]:
    """The events in what was read of a queue; None for each in a folder that is to be passed over.

    Keys begin with the 8 bytes of the file system's id.
    """
    at, end = 0, len(data)
    while at < end:
        length, _, _, head, mask, _, pid = _EVENT.unpack_from(data, at)
        folder = name = child = b""
        info, at = at + head, at + length
        # The folder comes first where there is one; what is told of a folder in it is of use in any case.
        is_plain = length > head and data[info] == _INFO_DFID_NAME and not mask & ONDIR
        if is_plain and passed_over(data[info + _FSID : info + _HANDLE_BODY + data[info + _HANDLE]]):
            yield None
            continue
        while info < at:
            kind, _, size = _INFO.unpack_from(data, info)
            if kind in (_INFO_FID, _INFO_DFID_NAME):
                body = info + _HANDLE_BODY + data[info + _HANDLE]
                if kind == _INFO_FID:
                    child = data[info + _FSID : body]
                else:
                    folder, name = data[info + _FSID : body], data[body : info + size].rstrip(b"\0")
            info += size
        yield Event(mask, pid, folder, name, child)


WHY_NOT = {
    errno.EPERM: "it takes CAP_SYS_ADMIN and CAP_DAC_READ_SEARCH: run it as root, or give these to the service",
    errno.EINVAL: "it takes Linux 5.17 or later",
    errno.ENOSYS: "this kernel has no fanotify",
    errno.EXDEV: "its file system has several ids, as a subvolume of btrfs",
    errno.ENODEV: "its file system has no id",
    errno.EOPNOTSUPP: "its file system cannot tell files by handles",
    errno.ESTALE: "its file system does not find folders by their handles",
}
"""Errors of these calls in words."""


def why_not(error: OSError) -> str:
    """Why fanotify cannot be used, for a person."""
    return WHY_NOT.get(error.errno or 0, error.strerror or "it is refused")
