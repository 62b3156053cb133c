"""Which processes began to run a program, as Linux' process connector tells it (`linux/cn_proc.h`, CAP_NET_ADMIN).

A command such as `rm FILE` may have ended before its event is read. That it began was told a moment earlier.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
import struct
import sys
from collections.abc import Iterator

_CONNECTOR = 11
_PROCESSES = 1
_LISTEN = 1
_EXEC = 2
_HEAD = 16
"""Bytes of `nlmsghdr`."""
_WHAT = _HEAD + 20
"""Where `proc_event.what` stands, behind `cn_msg`."""
_PID = _WHAT + 20
"""Where an exec's `process_tgid` stands, behind the processor, the time and the thread's number."""
_FILTER = 26
"""SO_ATTACH_FILTER"""
_AT_ONCE = 4096


class Execs:
    """Tells them from now on; nothing where this process may not know."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        if sys.platform == "linux":
            with contextlib.suppress(OSError):
                self._socket = _listening()

    def fileno(self) -> int:
        """What to wait for; -1 where nothing is told."""
        return -1 if self._socket is None else self._socket.fileno()

    def begun(self) -> Iterator[int]:
        """Numbers of processes that ran a program since the last call; some may be missing."""
        if self._socket is None:
            return
        for _ in range(_AT_ONCE):
            try:
                message = self._socket.recv(256)
            except BlockingIOError:
                return
            except OSError:  # more came than there was room for
                continue
            if len(message) >= _PID + 4 and struct.unpack_from("=I", message, _WHAT)[0] == _EXEC:
                yield struct.unpack_from("=i", message, _PID)[0]


if sys.platform == "linux":

    def _listening() -> socket.socket:
        """A socket that is told of each process that runs another program, and of nothing else.

        Raises:
            OSError: this process may not, or the kernel does not tell.
        """
        kind = socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC
        found = socket.socket(socket.AF_NETLINK, kind, _CONNECTOR)
        try:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
            steps, code = _only_execs()  # the kernel copies it
            found.setsockopt(socket.SOL_SOCKET, _FILTER, struct.pack("@HP", steps, ctypes.addressof(code)))
            found.bind((0, _PROCESSES))
            wanted = struct.pack("=IIIIHHI", _PROCESSES, 1, 0, 0, 4, 0, _LISTEN)
            found.send(struct.pack("=IHHII", _HEAD + len(wanted), 3, 0, 0, os.getpid()) + wanted)
        except OSError:
            found.close()
            raise
        return found


def _only_execs() -> tuple[int, ctypes.Array[ctypes.c_char]]:
    """A filter (`linux/filter.h`) that lets through what has `_EXEC` at `_WHAT`; it reads numbers big-endian."""
    word = int.from_bytes(struct.pack("=I", _EXEC), "big")
    steps = ((0x20, 0, 0, _WHAT), (0x15, 0, 1, word), (0x06, 0, 0, 0xFFFFFFFF), (0x06, 0, 0, 0))
    code = b"".join(struct.pack("=HBBI", *step) for step in steps)
    return len(steps), ctypes.create_string_buffer(code)
