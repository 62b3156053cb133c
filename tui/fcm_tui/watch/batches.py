"""What a watcher of whole trees tells at a time."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Batch:
    """Paths that something happened to; none where it was quiet."""

    paths: list[str]
    lost: str = ""
    """Why events were dropped, if they were."""
