"""What a restore is about to do, told to the recorder so that it can say where the change came from.

Small files of each restore, in a folder beside the database; whoever records looks there when it commits. Beside them lies
one that the restore keeps locked, so that what it announced does not outlive it.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from fcm_tui import file_lock
from fcm_tui.private_file import read_small
from fcm_tui.whole_file import put

INTENTS = "intents"
"""Folder beside the database in which a restore announces itself, and others leave what they wish of the recorder."""
LIFE = 600.0
"""Seconds for which an announcement holds that was left behind for a recorder that lags."""
GRACE = 10.0
"""Seconds for which one holds whose restore was killed, once all was looked at: something may wait for another look."""
LARGEST = 16 << 20
"""Bytes of a file that is read."""
_PART = 30_000
"""Paths in one file: they are of 4 KiB at the most, and mostly of 100 bytes."""
_PART_BYTES = LARGEST // 4
"""Of the paths in one file, which stand there as twice as many characters."""
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


class Intents:
    """Announces a restore."""

    def __init__(self, folder: Path) -> None:
        """`folder` need not exist before something is announced."""
        self._folder = folder
        self._own: list[Path] = []
        self._lock: file_lock.FileLock | None = None

    def announce(self, intents: Iterable[Intent], *, together: bool = False) -> None:
        """Tell what will be done, before it is; `together` makes one group of it.

        Raises:
            OSError: the folder cannot be written.
        """
        self.withdraw()
        self._folder.mkdir(mode=0o700, exist_ok=True)
        stem = f"{os.getpid()}-{secrets.token_hex(8)}"
        alive = self._folder / f"{stem}{_ALIVE}"
        self._lock = file_lock.take(alive)
        if self._lock is None:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), os.fspath(alive))
        told = {"since_ns": time.time_ns(), "group": stem if together else None}
        for number, paths in enumerate(_parts(intents)):
            final = self._folder / f"{stem}.{number}{_TOLD}"
            self._own.append(final)
            put(final, {**told, "paths": paths})

    def withdraw(self) -> None:
        """Take back what this object announced: it is done and recorded, or will not be done."""
        while self._own:
            with contextlib.suppress(OSError):
                self._own.pop().unlink()
        if self._lock is not None:
            self._lock.remove()
            self._lock = None

    def leave(self) -> None:
        """Let it hold for a while without this object: it is done, and will be recorded by a recorder that lags."""
        for path in self._own:
            with contextlib.suppress(OSError):
                os.utime(path)  # since then it is left
                path.rename(path.with_name(f"{path.name.removesuffix(_TOLD)}{_LEFT}"))
        self._own.clear()
        self.withdraw()


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


@dataclass(slots=True)
class _File:
    """What one file told."""

    paths: list[Intent]
    since_ns: int
    group: RestoreGroup | None
    until: float
    """As `time.time`, of one that was left behind."""


@dataclass(slots=True)
class _Restore:
    """What the files of one restore told."""

    seen: float
    """When (`monotonic`) it was last alive, or its announcement was read."""
    files: dict[str, _File] = field(default_factory=dict)
    is_gone: bool = False
    """It was when this pass began."""
    until: float | None = None
    """Until when (`monotonic`) it holds: all was looked at since it is gone."""


class Announcements:
    """Tells what is announced, by restores that are at work, were left behind, or were killed just now.

    Who records says when it begins to look at all that was hinted at, and when it is through with that.
    """

    def __init__(self, folder: Path) -> None:
        """`folder` need not exist before something is announced."""
        self._folder = folder
        self._read_at_ns: int | None = None
        self._files: dict[str, _File | None] = {}
        """By name; None for what is none of ours."""
        self._restores: dict[str, _Restore] = {}
        self._ended = time.monotonic()
        self._now: dict[Intent, RestoreGroup | None] | None = None

    def now(self) -> Mapping[Intent, RestoreGroup | None]:
        """What restores announced that holds, each with its group, if it has one; of several the newest.

        Cheap: a `stat` while nothing new is announced.
        """
        self._refresh()
        if self._now is None:
            self._now = {}
            files = [file for restore in self._restores.values() for file in restore.files.values()]
            for file in sorted(files, key=lambda file: file.since_ns):
                self._now.update(dict.fromkeys(file.paths, file.group))
        return self._now

    def groups(self) -> set[RestoreGroup]:
        """Those that go on."""
        self._refresh()
        files = [file for restore in self._restores.values() for file in restore.files.values()]
        return {file.group for file in files if file.group is not None}

    def begin(self) -> None:
        """All that was hinted at is looked at from now on. What does not hold any more is taken away."""
        self._refresh()
        for stem, restore in list(self._restores.items()):
            for name, file in list(restore.files.items()):
                if name.endswith(_LEFT):
                    if file.until <= time.time():
                        self._take_away(stem, [name])
                elif self._is_over(stem, restore):
                    self._take_away(stem, list(restore.files))
                    break

    def end(self) -> None:
        """All of it was looked at."""
        self._ended = time.monotonic()
        for restore in self._restores.values():
            if restore.is_gone and restore.until is None:
                restore.until = self._ended + GRACE

    def _is_over(self, stem: str, restore: _Restore) -> bool:
        now = time.monotonic()
        if file_lock.is_held(self._folder / f"{stem}{_ALIVE}"):
            restore.seen, restore.is_gone, restore.until = now, False, None
            return False
        restore.is_gone = True
        if restore.until is not None:
            return now > restore.until
        return now - max(restore.seen, self._ended) > GRACE  # nobody had anything to look at since

    def _take_away(self, stem: str, names: Iterable[str]) -> None:
        restore = self._restores[stem]
        for name in names:
            with contextlib.suppress(OSError):
                (self._folder / name).unlink()
            self._files.pop(name, None)
            restore.files.pop(name, None)
        if not restore.files:
            del self._restores[stem]
        self._now = None

    def _refresh(self) -> None:
        try:
            changed_ns = os.stat(self._folder).st_mtime_ns
            if changed_ns == self._read_at_ns:
                return
            there = set(os.listdir(self._folder))
        except OSError:
            there, changed_ns = set(), 0
        is_young = abs(time.time_ns() - changed_ns) < _SETTLED_NS
        self._read_at_ns = None if is_young or not changed_ns else changed_ns
        names = {name for name in there if name.endswith(_TOLD)}
        if names != self._files.keys():
            self._read(names)
        for name in there:
            if name.endswith(_ALIVE) and _stem(name) not in self._restores:
                self._sweep(self._folder / name)

    def _read(self, names: set[str]) -> None:
        """Read what came, and forget what went."""
        self._files = {name: file for name, file in self._files.items() if name in names}
        for name in names - self._files.keys():
            try:
                self._files[name] = _read(self._folder / name)
            except FileNotFoundError:
                continue  # it is withdrawn
            except OSError:
                self._read_at_ns = None  # it cannot be read just now
        before, self._restores, self._now = self._restores, {}, None
        for name, file in self._files.items():
            if file is not None:
                stem = _stem(name)
                known = before.get(stem)
                made = _Restore(time.monotonic()) if known is None else known
                if stem not in self._restores:
                    made.files = {}
                self._restores.setdefault(stem, made).files[name] = file

    def _sweep(self, path: Path) -> None:
        """Take away what a restore left that had announced nothing yet, unless it is just about to."""
        with contextlib.suppress(OSError):
            lock = file_lock.take(path) if not file_lock.is_held(path) else None
            if lock is not None:
                lock.remove()


def _read(path: Path) -> _File | None:
    """What an announcement says; None for what is none of ours.

    Raises:
        OSError: it cannot be read just now.
    """
    try:
        told = json.loads(read_small(path, LARGEST))
        since_ns, named = int(told["since_ns"]), told["group"]
        paths = [
            (bytes.fromhex(path), None if digest is None else bytes.fromhex(digest))
            for path, digest in told["paths"]
        ]
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError, MemoryError):
        return None
    group = RestoreGroup(str(named), since_ns) if named is not None else None
    return _File(paths, since_ns, group, os.stat(path).st_mtime + LIFE)


def _stem(name: str) -> str:
    return name.partition(".")[0]
