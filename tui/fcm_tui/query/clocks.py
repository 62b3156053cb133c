"""What the clocks of this place show."""

from __future__ import annotations

import time
from typing import Literal

Shown = Literal["hour", "weekday"]
"""0 to 23, and 0 for a Monday."""


def local(seconds: int) -> time.struct_time | None:
    """At so many seconds of the Unix epoch; None where no calendar reaches."""
    try:
        return time.localtime(seconds)
    except (OverflowError, ValueError, OSError):
        return None


def shown(what: Shown, here: time.struct_time | None) -> int | None:
    """One of it."""
    if here is None:
        return None
    return here.tm_hour if what == "hour" else here.tm_wday
