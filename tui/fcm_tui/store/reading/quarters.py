"""Hours and weekdays of this place's clocks, told by quarters of an hour: every zone's offset is a whole number of them."""

from __future__ import annotations

import sqlite3
import time
from functools import lru_cache

from fcm_tui.query import clocks

QUARTER_NS = 900 * 10**9
"""Nanoseconds of a quarter; the quarter of a moment is the whole number of them since the Unix epoch."""


@lru_cache(65536)
def local(quarter: int) -> time.struct_time | None:
    """What the clocks here show when a quarter begins; None where no calendar reaches."""
    return clocks.local(quarter * 900)


def register(connection: sqlite3.Connection) -> None:
    """Give SQL `local_hour(quarter)`, 0 to 23, and `local_weekday(quarter)`, 0 for a Monday."""

    def hour(quarter: int) -> int | None:
        return clocks.shown("hour", local(quarter))

    def weekday(quarter: int) -> int | None:
        return clocks.shown("weekday", local(quarter))

    connection.create_function("local_hour", 1, hour, deterministic=True)
    connection.create_function("local_weekday", 1, weekday, deterministic=True)
