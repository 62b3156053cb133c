"""Which processes began, and which began to run a program or as another user, as Linux' process connector tells it.

A command such as `rm FILE`, or a child of a shell, may have ended before its event is read. That it began was told a
moment earlier: the kernel does so before it lets a new process run. `linux/cn_proc.h`; it takes CAP_NET_ADMIN.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
import struct
import sys
import time
from collections.abc import Iterator

_CONNECTOR = 11
_PROCESSES = 1
_LISTEN = 1
_FORK, _EXEC, _UID = 1, 2, 4
_HEAD = 16
"""Bytes of `nlmsghdr`."""
_WHAT = _HEAD + 20
"""Where `proc_event.what` stands, behind `cn_msg`."""
_WHEN = _WHAT + 8
"""Where its time stands, of the clock that stands still while the machine sleeps."""
_PID = _WHAT + 20
"""Where the `process_tgid` of an exec and of a change of the user stands, and a fork's `parent_tgid`: behind the
processor, the time and the thread."""
_CHILD, _CHILD_PROCESS = _PID + 4, _PID + 8
"""Where a fork's `child_pid` and `child_tgid` stand: the same number where it is no thread of a process."""
_FILTER = 26
"""SO_ATTACH_FILTER"""
_ROOM = 33
"""SO_RCVBUFFORCE: SO_RCVBUF gives no more than `net.core.rmem_max`, which holds some 500 of them."""
_ROOM_BYTES = 1 << 22
"""For some 10,000."""
_AT_ONCE = 4096

PROGRAM, USER = 0, -1
"""Told instead of a parent: that a process runs another program now, or runs as another user."""


class Beginnings:
    """Tells them from now on; nothing where this process may not know."""

    def __init__(self, descriptor: int | None = None) -> None:
        """`descriptor` is of one made before, in this process or that which started it; -1 if it was told nothing."""
        self._socket: socket.socket | None = None
        self._is_empty = False
        self._slept_ns = 0
        self.when_ns = 0
        """When that happened which was told last; of the clock that goes on while the machine sleeps."""
        self.has_told = False
        """Whether it ever told of one: in a namespace of its own the kernel takes the request, and tells none."""
        self.has_lost = False
        """Whether some were not told: since the last call to `told`, or before it and behind what that one left."""
        if sys.platform == "linux" and (descriptor is None or descriptor >= 0):
            with contextlib.suppress(OSError):
                self._socket = _listening() if descriptor is None else socket.socket(fileno=descriptor)
                self._socket.setblocking(False)

    def fileno(self) -> int:
        """What to wait for; -1 where nothing is told."""
        return -1 if self._socket is None else self._socket.fileno()

    def close(self) -> None:
        """Hear no more."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def told(self) -> Iterator[tuple[int, int]]:
        """Since the last call: (number, number of the parent) of each new process, (number, PROGRAM) of each that runs
        another program now, (number, USER) of each that another user runs now.
        """
        if self._socket is None:
            return
        self.has_lost = self.has_lost and not self._is_empty
        self._is_empty = False
        for _ in range(_AT_ONCE):
            try:
                message = self._socket.recv(256)
            except BlockingIOError:
                self._is_empty = True
                return
            except (
                OSError
            ):  # more came than there was room for, and it is said before what there was room for
                self.has_lost = True
                continue
            if len(message) < _CHILD_PROCESS + 4:
                continue
            self.has_told = True
            what, process, child = (
                struct.unpack_from("=I", message, at)[0] for at in (_WHAT, _PID, _CHILD_PROCESS)
            )
            # It is never less than what was found, and may be more where this was held up between its two clocks.
            self._slept_ns = max(self._slept_ns, _slept_ns())
            self.when_ns = struct.unpack_from("=Q", message, _WHEN)[0] + self._slept_ns
            if what == _EXEC:
                yield process, PROGRAM
            elif what == _UID:
                yield process, USER
            elif what == _FORK:
                yield child, process


if sys.platform == "linux":

    def _listening() -> socket.socket:
        """A socket that is told of each process that begins, runs another program or as another user, and of nothing else.

        Raises:
            OSError: this process may not, or the kernel does not tell.
        """
        kind = socket.SOCK_DGRAM | socket.SOCK_CLOEXEC
        found = socket.socket(socket.AF_NETLINK, kind, _CONNECTOR)
        try:
            found.setsockopt(socket.SOL_SOCKET, _ROOM, _ROOM_BYTES)
            steps, code = _filter()  # the kernel copies it
            found.setsockopt(socket.SOL_SOCKET, _FILTER, struct.pack("@HP", steps, ctypes.addressof(code)))
            found.bind((0, _PROCESSES))
            wanted = struct.pack("=IIIIHHI", _PROCESSES, 1, 0, 0, 4, 0, _LISTEN)
            found.send(struct.pack("=IHHII", _HEAD + len(wanted), 3, 0, 0, os.getpid()) + wanted)
        except OSError:
            found.close()
            raise
        return found


def _slept_ns() -> int:
    """How long the machine has slept since it started."""
    if sys.platform != "linux":
        return 0
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) - time.monotonic_ns()


def _filter() -> tuple[int, ctypes.Array[ctypes.c_char]]:
    """A filter (`linux/filter.h`) that lets through each exec and change of the user, and each fork that is no thread's;
    it reads big-endian."""

    def word(number: int) -> int:
        return int.from_bytes(struct.pack("=I", number), "big")

    load, if_equal, if_equals_x, to_x, give = 0x20, 0x15, 0x1D, 0x07, 0x06
    steps = (
        (load, 0, 0, _WHAT),
        (if_equal, 6, 0, word(_EXEC)),
        (if_equal, 5, 0, word(_UID)),
        (if_equal, 0, 5, word(_FORK)),
        (load, 0, 0, _CHILD),
        (to_x, 0, 0, 0),
        (load, 0, 0, _CHILD_PROCESS),
        (if_equals_x, 0, 1, 0),
        (give, 0, 0, 0xFFFFFFFF),
        (give, 0, 0, 0),
    )
    code = b"".join(struct.pack("=HBBI", *step) for step in steps)
    return len(steps), ctypes.create_string_buffer(code)
