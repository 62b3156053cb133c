"""The lock that makes a process the one recorder of a data directory, and what it tells of itself in the same file."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Sequence
from pathlib import Path

from fcm_tui import file_lock
from fcm_tui.file_lock import PAUSE, FileLock
from fcm_tui.model import Pause, Shipping, Standing

_NOTE_BYTES = 12288
"""Of the lock file. They are there from the start, and written over in place: that needs no room on a full disk."""
_TROUBLE_LENGTH = 600
"""Characters, each of which JSON may write as six bytes."""
_SOURCES_LENGTH = 400
"""Likewise."""
_ATTEMPTS = 6


class Lock(FileLock):
    """The right to record into a data directory; the operating system ends it with the process."""

    def __init__(self, path: Path, descriptor: int) -> None:
        super().__init__(path, descriptor)
        self._also: Lock | None = None

    def keep(self, other: Lock) -> None:
        """Let another right go with this one."""
        self._also = other

    def sign(self) -> None:
        """Write whose lock it is.

        Raises:
            OSError: it cannot be written.
        """
        assert self._descriptor is not None
        _write_note(self._descriptor)

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
        super().release()
        if self._also is not None:
            self._also.release()


def take(path: Path) -> Lock | None:
    """Lock the file at a path, which is made if it is missing; None while another process holds it.

    Takes up to 30 ms to say None, because `holder` elsewhere holds the lock for a moment to test it.

    Raises:
        OSError: the file cannot be written.
    """
    with contextlib.ExitStack() as undo:
        lock = file_lock.take(path, Lock)
        if lock is not None:
            undo.callback(lock.release)
            lock.sign()
        undo.pop_all()
    return lock


def holder(path: Path) -> int | None:
    """The process id of who holds the lock (0 where it cannot be read), or None while nobody does."""
    note = file_lock.held(path, 32)
    if note is None:
        return None
    text = note.partition(b"\n")[0].strip()
    return int(text) if text.isdigit() else 0


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
            time.sleep(PAUSE)
    return None


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
