"""What the clocks tell from one moment to the next: that the machine slept, this program stood still, the time was set."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass

STALL = 3.0
"""Seconds beyond the expected after which the program was stopped, or starved, and events may be lost."""
JUMP = 30.0
"""Seconds by which the time of day may differ from the other clocks: below it is being adjusted, above it was set."""


@dataclass(frozen=True, slots=True)
class Moment:
    """All clocks at once, in nanoseconds."""

    wall_ns: int
    awake_ns: int
    """Does not go on while the machine sleeps, where the system has such a clock."""
    elapsed_ns: int
    """Goes on while the machine sleeps, where the system has such a clock."""


def now() -> Moment:
    """This moment."""
    awake = time.monotonic_ns()
    elapsed = awake
    if sys.platform == "linux":
        elapsed = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    return Moment(time.time_ns(), awake, elapsed)


def jump(before: Moment, after: Moment) -> str:
    """Why events between two moments may be lost, or be told in another order, however long the work between them took."""
    awake, elapsed, wall = _seconds_between(before, after)
    if elapsed - awake > STALL:
        return f"the machine was suspended for {elapsed - awake:.0f} s"
    if wall - elapsed < -JUMP:
        return f"the clock was set back by {elapsed - wall:.0f} s"
    if wall - elapsed > JUMP:
        return f"the machine was suspended, or its clock set forward, by {wall - elapsed:.0f} s"
    return ""


def standstill(before: Moment, after: Moment, expected: float) -> str:
    """As `jump`, for a wait: also that this program stood still in it.

    Args:
        expected: seconds after which the second moment was to come.
    """
    _, elapsed, _ = _seconds_between(before, after)
    said = jump(before, after)
    if not said and elapsed - expected > STALL:
        said = f"the program stood still for {elapsed - expected:.0f} s"
    return said


def _seconds_between(before: Moment, after: Moment) -> tuple[float, float, float]:
    """Awake, elapsed, and by the time of day."""
    return (
        (after.awake_ns - before.awake_ns) / 1e9,
        (after.elapsed_ns - before.elapsed_ns) / 1e9,
        (after.wall_ns - before.wall_ns) / 1e9,
    )


def log_ns() -> int:
    """The time as the log tells it, in whole microseconds: a moment read there names the same change."""
    return time.time_ns() // 1000 * 1000
