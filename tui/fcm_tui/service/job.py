"""What is to run by itself, and when; the same for every system's service manager."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fcm_tui.errors import UsageError

NAME = "fcm-tui"
"""Of a service that is given no other name."""
LONGEST = 31 * 24 * 60
"""Minutes between two runs, at the most: what every one of the managers takes."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", re.ASCII)
_EVERY = re.compile(r"(\d{1,6})\s*(m|min|h|d)?", re.ASCII)
_MINUTES = {None: 1, "m": 1, "min": 1, "h": 60, "d": 24 * 60}
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Schedule:
    """When `record --once` runs; one of the two."""

    every: int | None = None
    """Minutes from one run to the next."""
    daily: tuple[tuple[int, int], ...] = ()
    """Hours and minutes of each day, local time."""


@dataclass(frozen=True, slots=True)
class Job:
    """A recorder that runs by itself."""

    name: str
    command: tuple[str, ...]
    """The program and its arguments; it runs without a terminal."""
    schedule: Schedule | None = None
    """None for one that records all the time."""
    is_system: bool = False
    """For the whole machine, by its administrator; else for the user who asks."""
    from_start: bool = False
    """From the start of the machine on, and beyond log-off; else while the user is logged on."""


def checked_name(name: str) -> str:
    """`name`, where every service manager can carry it.

    Raises:
        UsageError: it cannot.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name[:80]}: no name for a service: write up to 64 letters, digits, and . _ - between them"
        )
    return name


def minutes(text: str) -> int:
    """`15`, `15m`, `2h` or `1d` in minutes.

    Raises:
        UsageError: it is no such stretch of time, or out of bounds.
    """
    match = _EVERY.fullmatch(text.strip())
    found = int(match[1]) * _MINUTES[match[2]] if match else 0
    if not 1 <= found <= LONGEST:
        raise UsageError(f"{text[:40]}: no time between two runs: write 15m, 2h or 1d; from 1m to 31d")
    return found


def moment(text: str) -> tuple[int, int]:
    """`HH:MM` as hour and minute.

    Raises:
        UsageError: it is no time of day.
    """
    match = _TIME.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"{text[:40]}: no time of day: write it as 02:30")
    return int(match[1]), int(match[2])
