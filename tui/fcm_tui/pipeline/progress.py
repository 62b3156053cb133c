"""How far a first look is, and what came of it: what those know of it who only show it."""

from __future__ import annotations

from typing import NamedTuple


class Progress(NamedTuple):
    """How far a baseline is."""

    files_done: int
    files_total: int
    """0 while the folders are still being listed."""
    bytes_done: int
    seconds: float
    bytes_total: int = 0
    """0: not known, as files are not looked at before they are read."""

    @property
    def seconds_left(self) -> float | None:
        """At the pace so far; None before there is one."""
        if not self.files_done or not self.files_total:
            return None
        return self.seconds / self.files_done * (self.files_total - self.files_done)


class Ready(NamedTuple):
    """The baseline stands."""

    roots: int
    files: int
    changes: int
    """Found by the scan at the start: what happened while nothing recorded."""


class Cancelled(Exception):
    """The baseline was asked to stop; what is stored of it stays, and the next start goes on."""
