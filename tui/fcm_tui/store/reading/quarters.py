"""Hours and weekdays of this place's clocks, told by quarters of an hour: every zone's offset is a whole number of them."""

from __future__ import annotations

import sqlite3
import time
from functools import lru_cache

QUARTER_NS = 900 * 10**9
"""Nanoseconds of a quarter; the quarter of a moment is the whole number of them since the Unix epoch."""


@lru_cache(65536)
def local(quarter: int) -> time.struct_time | None:
    """What the clocks here show when a quarter begins; None where no calendar reaches."""
    try:
        return time.localtime(quarter * 900)
    except (OverflowError, ValueError, OSError):
        return None


def register(connection: sqlite3.Connection) -> None:
    """Give SQL `local_hour(quarter)`, 0 to 23, and `local_weekday(quarter)`, 0 for a Monday."""

    def hour(quarter: int) -> int | None:
        here = local(quarter)
        return None if here is None else here.tm_hour

    def weekday(quarter: int) -> int | None:
        here = local(quarter)
        return None if here is None else here.tm_wday

    connection.create_function("local_hour", 1, hour, deterministic=True)
    connection.create_function("local_weekday", 1, weekday, deterministic=True)
