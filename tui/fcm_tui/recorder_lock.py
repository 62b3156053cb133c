"""The lock that makes a process the one recorder of a data directory, and what it tells of itself in the same file."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from fcm_tui.model import Pause, Shipping, Standing
from fcm_tui.private_file import OPEN_FLAGS, open_private

_NOTE_BYTES = 12288
"""Of the lock file. They are there from the start, and written over in place: that needs no room on a full disk."""
_TROUBLE_LENGTH = 600
"""Characters, each of which JSON may write as six bytes."""
_SOURCES_LENGTH = 400
"""Likewise."""
_ATTEMPTS = 6
_PAUSE = 0.005

if sys.platform == "win32":
    import msvcrt

    # A locked range cannot be read, so it lies far behind the holder's number.
    _LOCKED_BYTE = 1 << 30

    def _lock(descriptor: int) -> bool:
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:  # what else it says of a held lock differs between systems; the file itself is open
            return False
        return True

    def _is_locked(descriptor: int) -> bool:
        # There is no shared lock here, so another test may be what we met: that one is over in a moment.
        for _ in range(2):
            if _lock(descriptor):
                return False
            time.sleep(_PAUSE)
        return True

else:
    import fcntl

    def _lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _is_locked(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


class Lock:
    """The right to record into a data directory; the operating system ends it with the process."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor
        self._also: Lock | None = None

    def keep(self, other: Lock) -> None:
        """Let another right go with this one."""
        self._also = other

    def say(self, standing: Standing) -> None:
        """Tell other processes how the recorder does; what cannot be written is not told.

        For one thread at a time.
        """
        import json  # not needed at every start

        told: dict[str, object] = {
            "phase": standing.phase,
            "trouble": standing.trouble[:_TROUBLE_LENGTH],
            "since": standing.since_ns,
        }
        told["sources"] = _cut(standing.sources)
        if standing.shipping is not None:
            short = {"server": standing.shipping.server[:200], "reason": standing.shipping.reason[:300]}
            told["shipping"] = standing.shipping._asdict() | short
        if standing.paused is not None:
            told["paused"] = standing.paused._asdict()
        if self._descriptor is not None:
            with contextlib.suppress(OSError):
                _write_note(self._descriptor, json.dumps(told))

    def release(self) -> None:
        """Let another process record. Further calls do nothing."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)
        if self._also is not None:
            self._also.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def take(path: Path) -> Lock | None:
    """Lock the file at a path, which is made if it is missing; None while another process holds it.

    Takes up to 30 ms to say None, because `holder` elsewhere holds the lock for a moment to test it.

    Raises:
        OSError: the file cannot be written.
    """
    for _ in range(_ATTEMPTS):
        descriptor = _take(path)
        if descriptor is not None:
            _write_note(descriptor)
            return Lock(descriptor)
        time.sleep(_PAUSE)
    return None


def holder(path: Path) -> int | None:
    """The process id of who holds the lock (0 where it cannot be read), or None while nobody does."""
    try:
        descriptor = os.open(path, os.O_RDONLY | OPEN_FLAGS)
    except OSError:
        return None
    try:
        if not _is_locked(descriptor):
            return None
        os.lseek(descriptor, 0, os.SEEK_SET)
        text = os.read(descriptor, 32).partition(b"\n")[0].strip()
        return int(text) if text.isdigit() else 0
    except OSError:
        return None
    finally:
        os.close(descriptor)


def standing(path: Path) -> Standing | None:
    """What the holder, or the last one, said of itself; None where it said nothing."""
    import json

    for _ in range(_ATTEMPTS):  # it may be writing just now
        try:
            told = json.loads(path.read_bytes().partition(b"\n")[2])
            shipping, paused = told.get("shipping"), told.get("paused")
            return Standing(
                told["phase"],
                told["trouble"],
                told["since"],
                Shipping(**shipping) if shipping else None,
                Pause(**paused) if paused else None,
                tuple((root, words) for root, words in told.get("sources", ())),
            )
        except OSError:
            return None
        except (ValueError, KeyError, TypeError):
            time.sleep(_PAUSE)
    return None


def _take(path: Path) -> int | None:
    descriptor = open_private(path)
    with contextlib.ExitStack() as undo:
        undo.callback(os.close, descriptor)
        if not _lock(descriptor):
            return None
        # A file that was deleted and made anew under this name could be locked by two.
        if not _is_file_at(path, descriptor):
            return None
        undo.pop_all()
    return descriptor


def _is_file_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.lstat(path))
    except FileNotFoundError:
        return False


def _cut(sources: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """As many of them as there is room for in a note."""
    told, room = [], _SOURCES_LENGTH
    for path, words in sources:
        room -= len(path) + len(words)
        if room >= 0:
            told.append((path, words))
    return told


def _write_note(descriptor: int, told: str = "") -> None:
    # The number stands in a line as long as any before it, so that a reader never sees two mixed.
    note = b"%-20d\n%s" % (os.getpid(), told.encode("ascii"))
    os.lseek(descriptor, 0, os.SEEK_SET)
    os.write(descriptor, note.ljust(_NOTE_BYTES - 1) + b"\n")
