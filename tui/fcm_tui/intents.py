"""What a restore is about to do, told to the recorder so that it can say where the change came from.

One small file a restore, in a folder beside the database; whoever records looks there when it commits.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from fcm_tui.whole_file import write_whole

INTENTS = "intents"
"""Folder beside the database in which a restore announces itself."""
LIFE = 600.0
"""Seconds for which an announcement holds that is not withdrawn."""
_SETTLED_NS = 100_000_000
"""A folder changed less long ago could change again without its time showing it."""

Intent = tuple[bytes, bytes | None]
"""Path and the digest it will have; None for a removal."""


class _Announcement(NamedTuple):
    """What one restore told."""

    until: float
    """As `time.time`."""
    paths: Mapping[Intent, str | None]
    """With the name of their group."""


class Intents:
    """Announces, and tells what is announced."""

    def __init__(self, folder: Path) -> None:
        """`folder` need not exist before something is announced."""
        self._folder = folder
        self._read_at_ns: int | None = None
        self._known: dict[str, _Announcement] = {}
        self._own: list[Path] = []

    def announce(self, intents: Iterable[Intent], *, together: bool = False) -> None:
        """Tell what will be done, before it is; `together` makes one group of it.

        Raises:
            OSError: the folder cannot be written.
        """
        self._folder.mkdir(mode=0o700, exist_ok=True)
        name = f"{os.getpid()}-{secrets.token_hex(8)}"
        paths = [[path.hex(), None if digest is None else digest.hex()] for path, digest in intents]
        final = self._folder / f"{name}.json"
        put(final, {"until": time.time() + LIFE, "paths": paths, "together": together})
        self._own.append(final)

    def withdraw(self) -> None:
        """Take back what this object announced: it is done and recorded, or will not be done."""
        while self._own:
            with contextlib.suppress(OSError):
                self._own.pop().unlink()

    def announced(self) -> Mapping[Intent, str | None]:
        """What restores announced that holds now, each with its group's name, if it has one.

        Cheap: a `stat` while nothing is announced.
        """
        self._refresh()
        now = time.time()
        hold = [told.paths for told in self._known.values() if told.until > now]
        return (
            hold[0]
            if len(hold) == 1
            else {intent: group for paths in hold for intent, group in paths.items()}
        )

    def _refresh(self) -> None:
        try:
            changed_ns = os.stat(self._folder).st_mtime_ns
            if changed_ns == self._read_at_ns:
                return
            names = [name for name in os.listdir(self._folder) if name.endswith(".json")]
        except OSError:
            self._known.clear()
            return
        young = abs(time.time_ns() - changed_ns) < _SETTLED_NS
        self._read_at_ns = None if young else changed_ns
        self._known = {name: self._known.get(name) or self._read(name) for name in names}

    def _read(self, name: str) -> _Announcement:
        file = self._folder / name
        try:
            told = json.loads(file.read_bytes())
            until = float(told["until"])
            group = name if told.get("together") is True else None
            paths = {
                (bytes.fromhex(path), None if digest is None else bytes.fromhex(digest)): group
                for path, digest in told["paths"]
            }
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return _Announcement(0.0, {})  # gone already, or not ours: it announces nothing
        if until < time.time():
            with contextlib.suppress(OSError):
                file.unlink()
        return _Announcement(until, paths)


def put(path: Path, told: object) -> None:
    """Write JSON for another process of the user: nobody else can read it, and whoever reads it finds all of it.

    Raises:
        OSError: the folder cannot be written.
    """
    write_whole(path, json.dumps(told).encode("ascii"), over=True, mode=0o600)
