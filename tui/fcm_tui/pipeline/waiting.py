"""What a pass could not settle: vanished files that may turn up elsewhere, files that keep changing."""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field

from fcm_tui.model import Origin

GRACE = 0.15
"""Seconds for which a vanished file may turn up under another name before it counts as deleted."""
RETRY = 0.025
"""Seconds until a file that was just written is looked at again, at the least."""
PATIENCE = 1.0
"""Seconds after which a file that keeps changing is captured as it is, and again after as long."""
HELD_LOOK = 0.5
"""Seconds, at the most, between two looks at a file that another program keeps for itself."""
HELD_TOLD = 0.5
"""Seconds after which it is told that such a file waits; scanners for viruses hold each for a moment."""
HELD_PATIENCE = 30.0
"""Seconds after which such a file counts as unreadable; it is looked at further, and recorded once it is let go."""
_BYTES_PER_SECOND = 50 << 20
"""How fast a file that keeps changing may be read again and again: a tenth of what a core hashes."""


@dataclass(slots=True)
class _Moving:
    since: float
    next_look: float


@dataclass(slots=True)
class Waiting:
    """Paths with the moments (monotonic, seconds) that decide when to look again."""

    vanished: dict[bytes, float] = field(default_factory=dict)
    """Recorded files whose path is empty, with the moment that was noticed."""
    scan_origin: dict[bytes, Origin] = field(default_factory=dict)
    """How the change at a path was noticed, where it was not by an event."""
    groups: dict[Hashable, int] = field(default_factory=dict)
    """First sequence of each group of changes that is still being recorded."""
    _moving: dict[bytes, _Moving] = field(default_factory=dict)
    _held: dict[bytes, None] = field(default_factory=dict)
    _gone_folders: set[bytes] = field(default_factory=set)

    def due(self, patient: bool) -> list[bytes]:
        """Files that were not settled when last read, and whose time has come; without patience all of them."""
        now = time.monotonic()
        return [path for path, moving in self._moving.items() if not patient or moving.next_look <= now]

    def may_read(self, path: bytes) -> bool:
        """Not while a large file that keeps changing has been read a moment ago; it stays due."""
        moving = self._moving.get(path)
        return moving is None or moving.next_look <= time.monotonic()

    def unsettled(self, path: bytes, size: int) -> bool:
        """Note that a file changed while it was read. True once it has done so for long."""
        now = time.monotonic()
        moving = self._moving.setdefault(path, _Moving(now, now))
        moving.next_look = now + max(RETRY, size / _BYTES_PER_SECOND)
        return now - moving.since >= PATIENCE

    def look_again(self, path: bytes) -> None:
        """Another thing was there a moment ago: the next pass is to read what is there then."""
        now = time.monotonic()
        self._moving.setdefault(path, _Moving(now, now))

    def held(self, path: bytes) -> bool:
        """Note that another program keeps a file for itself. True once it has done so for long."""
        now = time.monotonic()
        moving = self._moving.setdefault(path, _Moving(now, now))
        moving.next_look = now + min(max(RETRY, (now - moving.since) / 4), HELD_LOOK)
        self._held[path] = None
        return now - moving.since >= HELD_PATIENCE

    def held_now(self) -> list[bytes]:
        """Files that other programs have kept for themselves for more than a moment, oldest first."""
        before = time.monotonic() - HELD_TOLD
        return [path for path in self._held if path in self._moving and self._moving[path].since <= before]

    def captured(self, path: bytes) -> None:
        """It was captured as it is, and may go on changing."""
        if path in self._moving:
            self._moving[path].since = time.monotonic()

    def settled(self, path: bytes) -> None:
        """It was read as one version, or is gone."""
        self._moving.pop(path, None)
        self._held.pop(path, None)

    def gone_folders(self, folders: Iterable[bytes]) -> set[bytes]:
        """Folders that vanished in this pass or in those whose files still wait."""
        self._gone_folders.update(folders)
        return self._gone_folders

    def forget_groups(self, restored: Iterable[Hashable]) -> None:
        """Once nothing waits for them, vanished folders and their groups are history; those `restored` go on."""
        if not self.vanished:
            self._gone_folders.clear()
            going_on = self.groups.keys() & set(restored)
            self.groups = {group: self.groups[group] for group in going_on}

    def gone_for_good(self, path: bytes, looked: float) -> bool:
        """Whether a vanished file's grace was over at a moment; it begins with the first question.

        `looked` is when this pass began, which may take long: where the file is now may be among the hints that
        came meanwhile.
        """
        return looked - self.vanished.setdefault(path, time.monotonic()) >= GRACE

    def returned(self, path: bytes) -> None:
        """Something stands at the path again, or its vanishing is recorded."""
        self.vanished.pop(path, None)

    def next_in(self) -> float | None:
        """Seconds until something here is worth a pass; None while nothing is."""
        waits = [moving.next_look for moving in self._moving.values()]
        if self.vanished:
            waits.append(min(self.vanished.values()) + GRACE)
        return max(0.001, min(waits) - time.monotonic()) if waits else None
