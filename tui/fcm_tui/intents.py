"""What a restore is about to do, told to the recorder so that it can say where the change came from.

Small files of each restore, in a folder beside the database; whoever records looks there when it commits. Beside them lies
one that the restore keeps locked, so that what it announced does not outlive it.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import stat
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from fcm_tui import recorder_lock
from fcm_tui.private_file import OPEN_FLAGS
from fcm_tui.whole_file import write_whole

INTENTS = "intents"
"""Folder beside the database in which a restore announces itself."""
LIFE = 600.0
"""Seconds for which an announcement holds that was left behind for a recorder that lags."""
GRACE = 10.0
"""Seconds for which one holds whose restore was killed: what it had done by then is recorded in that time."""
LARGEST = 16 << 20
"""Bytes of a file that is read."""
_PART = 30_000
"""Paths in one file: they are of 4 KiB at the most, and mostly of 100 bytes."""
_PART_BYTES = LARGEST // 4
"""Of the paths in one file, which stand there as twice as many characters."""
_LOOK = 1.0
"""Seconds after which it is looked again whether a restore is alive."""
_SETTLED_NS = 100_000_000
"""A folder changed less long ago could change again without its time showing it."""
_TOLD, _LEFT, _ALIVE = ".json", ".left.json", ".alive"

Intent = tuple[bytes, bytes | None]
"""Path and the digest it will have; None for a removal."""


class RestoreGroup(NamedTuple):
    """What one restore does, as one group of changes."""

    name: str
    since_ns: int
    """When it was announced."""


@dataclass(slots=True)
class _Announcement:
    """What one file told."""

    paths: Mapping[Intent, RestoreGroup | None]
    since_ns: int
    until: float
    """As `time.time`, of one that was left behind."""
    seen: float
    """When (`monotonic`) who announced it was last alive, or it was read."""
    looked: float = 0.0


class Intents:
    """Announces, and tells what is announced."""

    def __init__(self, folder: Path) -> None:
        """`folder` need not exist before something is announced."""
        self._folder = folder
        self._read_at_ns: int | None = None
        self._known: dict[str, _Announcement | None] = {}
        """By the names of the files; None for what is none of ours."""
        self._own: list[Path] = []
        self._lock: recorder_lock.Lock | None = None

    def announce(self, intents: Iterable[Intent], *, together: bool = False) -> None:
        """Tell what will be done, before it is; `together` makes one group of it.

        Raises:
            OSError: the folder cannot be written.
        """
        self.withdraw()
        self._folder.mkdir(mode=0o700, exist_ok=True)
        stem = f"{os.getpid()}-{secrets.token_hex(8)}"
        self._own.append(self._folder / f"{stem}{_ALIVE}")
        self._lock = recorder_lock.take(self._own[0])
        told = {"until": time.time() + LIFE, "since_ns": time.time_ns(), "group": stem if together else None}
        for number, paths in enumerate(_parts(intents)):
            final = self._folder / f"{stem}.{number}{_TOLD}"
            put(final, {**told, "paths": paths})
            self._own.append(final)

    def withdraw(self) -> None:
        """Take back what this object announced: it is done and recorded, or will not be done."""
        self._release()
        while self._own:
            with contextlib.suppress(OSError):
                self._own.pop().unlink()

    def leave(self) -> None:
        """Let it hold for a while without this object: it is done, and will be recorded by a recorder that lags."""
        for path in self._own:
            if path.name.endswith(_TOLD):
                with contextlib.suppress(OSError):
                    path.rename(path.with_name(f"{path.name.removesuffix(_TOLD)}{_LEFT}"))
        self.withdraw()

    def _release(self) -> None:
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.release()

    def announced(self) -> Mapping[Intent, RestoreGroup | None]:
        """What restores announced that holds now, each with its group, if it has one; of several the newest.

        Cheap: a `stat` while nothing is announced.
        """
        self._refresh()
        hold = [
            told for name, told in list(self._known.items()) if told is not None and self._holds(name, told)
        ]
        if len(hold) == 1:
            return hold[0].paths
        hold.sort(key=lambda told: told.since_ns)
        return {intent: group for told in hold for intent, group in told.paths.items()}

    def _holds(self, name: str, told: _Announcement) -> bool:
        """Whether it does; it is taken away once it does not."""
        if name.endswith(_LEFT):
            is_over = told.until <= time.time()
        else:
            now = time.monotonic()
            if now - told.looked > _LOOK:
                told.looked = now
                if recorder_lock.holder(self._folder / f"{_stem(name)}{_ALIVE}") is not None:
                    told.seen = now
            is_over = now - told.seen > max(GRACE, _LOOK)
        if is_over:
            del self._known[name]
            with contextlib.suppress(OSError):
                (self._folder / name).unlink()
        return not is_over

    def _refresh(self) -> None:
        try:
            changed_ns = os.stat(self._folder).st_mtime_ns
            if changed_ns == self._read_at_ns:
                return
            there = os.listdir(self._folder)
        except OSError:
            self._known.clear()
            return
        young = abs(time.time_ns() - changed_ns) < _SETTLED_NS
        self._read_at_ns = None if young else changed_ns
        names = [name for name in there if name.endswith(_TOLD)]
        self._known = {name: self._known[name] if name in self._known else self._read(name) for name in names}
        announcers = set(map(_stem, names))
        for name in there:
            path = self._folder / name
            if name.endswith(_ALIVE) and _stem(name) not in announcers and recorder_lock.holder(path) is None:
                with contextlib.suppress(OSError):
                    path.unlink()

    def _read(self, name: str) -> _Announcement | None:
        try:
            told = json.loads(read_small(self._folder / name, LARGEST))
            until = min(float(told["until"]), time.time() + LIFE)
            since_ns, named = int(told["since_ns"]), told["group"]
            group = RestoreGroup(str(named), since_ns) if named is not None else None
            paths = {
                (bytes.fromhex(path), None if digest is None else bytes.fromhex(digest)): group
                for path, digest in told["paths"]
            }
        except (OSError, ValueError, KeyError, TypeError, RecursionError, OverflowError, MemoryError):
            return None  # gone already, or not ours: it announces nothing
        return _Announcement(paths, since_ns, until, time.monotonic())


def _parts(intents: Iterable[Intent]) -> Iterator[list[list[str | None]]]:
    """As they stand in the files, none of which is too large to be read."""
    part: list[list[str | None]] = []
    size = 0
    for path, digest in intents:
        part.append([path.hex(), None if digest is None else digest.hex()])
        size += len(path)
        if len(part) >= _PART or size >= _PART_BYTES:
            yield part
            part, size = [], 0
    if part:
        yield part


def _stem(name: str) -> str:
    return name.partition(".")[0]


def read_small(path: Path, most: int) -> bytes:
    """All of a file that others may have put there.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no file, or has more than `most` bytes.
    """
    descriptor = os.open(path, os.O_RDONLY | OPEN_FLAGS)
    with open(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > most:
            raise ValueError("no file of ours")
        return file.read(most)


def put(path: Path, told: object) -> None:
    """Write JSON for another process of the user: nobody else can read it, and whoever reads it finds all of it.

    Raises:
        OSError: the folder cannot be written.
    """
    write_whole(path, json.dumps(told).encode("ascii"), over=True, mode=0o600)
