"""Which processes have files open for writing: a guess at who changed them, where nobody tells.

Of Linux' /proc it sees the user's own processes, as root everybody's. What closed the file a moment ago is not seen.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Sequence

from fcm_tui.model import Draft, Kind, Process
from fcm_tui.watch import processes

_SHARE = 20
"""Looking may take one part in this many of the time."""
_LONGEST_S = 0.05
"""Seconds after which a look is broken off."""
_WRITING = os.O_WRONLY | os.O_RDWR


class OpenFiles:
    """Looks into /proc, within a budget of time. For one thread."""

    def __init__(self) -> None:
        self._next_look = 0.0
        self._is_there = os.path.isdir("/proc/self/fd")

    def __call__(self, drafts: Sequence[Draft]) -> dict[bytes, list[Process]]:
        """The processes that have the files of these drafts open for writing, by path; none while there is no time."""
        wanted = {draft.path for draft in drafts if draft.kind is not Kind.DELETED}
        began = time.monotonic()
        if not wanted or not self._is_there or began < self._next_look:
            return {}
        found: dict[bytes, list[Process]] = {}
        for pid in _pids():
            for path in _written_by(pid, wanted):
                process = processes.read(pid)
                if process is not None:
                    found.setdefault(path, []).append(process)
            if time.monotonic() - began > _LONGEST_S:
                break
        ended = time.monotonic()
        self._next_look = ended + (ended - began) * _SHARE
        return found


def _pids() -> list[int]:
    with contextlib.suppress(OSError):
        own = os.getpid()
        return sorted((int(n) for n in os.listdir("/proc") if n.isdigit() and int(n) != own), reverse=True)
    return []


def _written_by(pid: int, wanted: set[bytes]) -> set[bytes]:
    """Of these paths, those that a process has open for writing."""
    found = set()
    with contextlib.suppress(OSError):
        for number in os.listdir(b"/proc/%d/fd" % pid):
            with contextlib.suppress(OSError):
                path = os.readlink(b"/proc/%d/fd/%b" % (pid, number))
                if path in wanted and path not in found and _is_writing(pid, number):
                    found.add(path)
    return found


def _is_writing(pid: int, number: bytes) -> bool:
    with open(b"/proc/%d/fdinfo/%b" % (pid, number), "rb") as file:
        flags = file.read().partition(b"flags:")[2].split(None, 1)
    return bool(flags) and bool(int(flags[0], 8) & _WRITING)
