"""Who a process is, out of Linux' /proc. Bytes as they stand there: the names in them are anybody's to choose."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from typing import NamedTuple

from fcm_tui.model import Process

_COMMAND_BYTES = 4096
"""Of a command line that are looked at."""
_NOBODY = 4294967295
"""What /proc/PID/loginuid says of a process that nobody logged in for."""
_TICK_NS = 10**7
"""A tick of the times in /proc, whatever the kernel's own are."""
_LOOKS = 3

Image = tuple[bytes, ...]
"""Where in memory a program and its stack begin: of each start of a program its own, which its forks share, and which
stays where a process gives itself another name. `proc_pid_stat(5)`: startcode, endcode, startstack.
"""
NO_IMAGE: Image = (b"0", b"0", b"0")
"""Of a process that has ended, or that this one may not look into."""


class Seen(NamedTuple):
    """A process, and which start of a program it was."""

    process: Process
    image: Image

    @property
    def is_being_replaced(self) -> bool:
        """Whether another program was just taking the place of what it ran: there already, but for its memory."""
        return self.image == NO_IMAGE and bool(self.process.program)


def read(pid: int) -> Process | None:
    """A process that lives, or has ended and is not waited for yet; None where there is none."""
    seen = _seen(pid)
    return None if seen is None else seen.process


def look(pid: int) -> Seen | None:
    """As `read`, all of it of one program, though it begins to run another one meanwhile."""
    seen = None
    for _ in range(_LOOKS):
        seen = _seen(pid)
        if seen is None or image(pid) in (seen.image, None):
            break
    return seen


def image(pid: int) -> Image | None:
    """Which start of a program a process is; None where there is no process, or it has ended."""
    try:
        found = _stat(pid)
    except (OSError, ValueError, IndexError):
        return None
    return None if found.state in (b"Z", b"X") else found.image


def _seen(pid: int) -> Seen | None:
    try:
        found = _stat(pid)  # first what goes with its end
        command = _bytes(b"/proc/%d/cmdline" % pid, _COMMAND_BYTES)
        uid = _uid(pid)
    except (OSError, ValueError, IndexError):
        return None
    parent_name = program = b""
    login: int | None = None
    with contextlib.suppress(OSError, ValueError, IndexError):
        program = os.readlink(b"/proc/%d/exe" % pid)
    with contextlib.suppress(OSError, ValueError, IndexError):
        login = int(_bytes(b"/proc/%d/loginuid" % pid, 16))
    with contextlib.suppress(OSError, ValueError, IndexError):
        parent_name = _stat(found.parent).name
    login = None if login == _NOBODY else login
    process = Process(pid, found.started, found.name, command, program, uid, found.parent, parent_name, login)
    return Seen(process, found.image)


def same(pid: int, known: Seen) -> bool:
    """Whether a process is still the one that was known, with the same program and user; also where it has ended."""
    try:
        found, uid = _stat(pid), _uid(pid)
    except (OSError, ValueError, IndexError):
        return True
    then = known.process
    is_same = (found.name, found.started, uid) == (then.name, then.started, then.uid)
    return is_same and found.image in (known.image, NO_IMAGE)


def started_before(process: Process, boottime_ns: int) -> bool:
    """Whether it surely had begun at a moment of the clock that goes on while the machine sleeps."""
    return (process.started + 1) * _TICK_NS <= boottime_ns


def now_ns() -> int:
    """This moment of that clock."""
    if sys.platform == "linux":
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    return time.monotonic_ns()


class _Stat(NamedTuple):
    """What /proc/PID/stat says; times in ticks since the machine started."""

    name: bytes
    state: bytes
    parent: int
    started: int
    image: Image


def _stat(pid: int) -> _Stat:
    head, _, rest = _bytes(b"/proc/%d/stat" % pid, 4096).rpartition(
        b") "
    )  # blanks and brackets may be in the name
    fields = rest.split()
    return _Stat(head.partition(b" (")[2], fields[0], int(fields[1]), int(fields[19]), tuple(fields[23:26]))


def _uid(pid: int) -> int:
    """The user who started it, whatever rights its program has."""
    status = _bytes(b"/proc/%d/status" % pid, 4096)
    return int(status.partition(b"\nUid:")[2].split(None, 1)[0])


def _bytes(path: bytes, most: int) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    try:
        return os.read(descriptor, most)
    finally:
        os.close(descriptor)
