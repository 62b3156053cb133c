"""What a source of events tells: where to look. Never what happened; that is for the disk to say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(slots=True)
class Hints:
    """Folders (absolute) in which something may differ from the record."""

    folders: set[bytes] = field(default_factory=set)
    """To be listed."""
    deep: set[bytes] = field(default_factory=set)
    """New here: to be listed with everything below, and watched."""
    lost: str = ""
    """Why events were lost, if they were: everything is to be scanned."""
    burst: bool = False
    """So much happened that this source may have missed some: scan everything once it is quiet."""

    def __bool__(self) -> bool:
        return bool(self.folders or self.deep or self.lost or self.burst)

    def add(self, other: Hints) -> None:
        """Take in what another batch says."""
        self.folders |= other.folders
        self.deep |= other.deep
        self.lost = self.lost or other.lost
        self.burst = self.burst or other.burst


class Source(Protocol):
    """Where hints come from. Made and read in the event loop; `arm` is called from the engine's thread."""

    name: str

    def start(self) -> None:
        """Begin; hints gather until they are taken."""

    async def armed(self) -> None:
        """Return once later changes give hints, in trees that are watched whole."""

    async def wait(self) -> None:
        """Return once there are hints to take."""

    def wake(self) -> None:
        """Let `wait` return, hints or none."""

    async def settled(self) -> None:
        """Return once what happened before this call is among the hints, as far as the system lets that be known."""

    def take(self) -> Hints:
        """The hints gathered since the last call."""

    def arm(self, folder: bytes) -> None:
        """Watch a folder (and, where the system watches trees, all below it)."""

    def rearm(self) -> None:
        """A root came back: watch the roots anew."""

    def close(self) -> None:
        """End; free what the system lent."""

    @property
    def sources(self) -> dict[bytes, str]:
        """What watches each root, in words."""

    @property
    def unwatched(self) -> dict[bytes, str]:
        """Roots that this source cannot watch, with the reason and the remedy: they are polled."""
