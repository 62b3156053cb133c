"""What a restore is about to write, told to the recorder so that it can say where the change came from.

One small file a restore, in the data directory; whoever records looks there when it commits.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable
from pathlib import Path

LIFE = 60.0
"""Seconds for which an announcement holds."""

Intent = tuple[bytes, bytes | None]
"""Path and the digest it will have; None for a removal."""


class Intents:
    """Announces and answers; asked for a path and digest, says whether a restore announced them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen_ns = -1
        self._known: dict[Intent, float] = {}

    def announce(self, intents: Iterable[Intent]) -> None:
        """Tell before writing."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        name = f"{time.time_ns()}-{os.getpid()}.json"
        content = json.dumps(
            {
                "until": time.time() + LIFE,
                "paths": [[p.hex(), None if d is None else d.hex()] for p, d in intents],
            }
        )
        temporary = self._folder / f".{name}"
        temporary.write_text(content, "ascii")
        temporary.replace(self._folder / name)

    def __call__(self, path: bytes, digest: bytes | None) -> bool:
        try:
            changed_ns = os.stat(self._folder).st_mtime_ns
        except OSError:
            return False
        if changed_ns != self._seen_ns:
            self._seen_ns = changed_ns
            self._read()
        return self._known.get((path, digest), 0.0) > time.time()

    def _read(self) -> None:
        self._known.clear()
        for file in self._folder.glob("*.json"):
            try:
                told = json.loads(file.read_bytes())
                until = float(told["until"])
                if until < time.time():
                    file.unlink()
                    continue
                for path, digest in told["paths"]:
                    self._known[bytes.fromhex(path), None if digest is None else bytes.fromhex(digest)] = (
                        until
                    )
            except (OSError, ValueError, KeyError, TypeError):
                continue  # half written, or not ours: it announces nothing
