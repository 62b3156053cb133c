"""Which versions of a file the rules keep. Pure: a plan asks it, file by file.

The `keep_` rules are those of restic and borg, with versions instead of snapshots: each keeps the last
version of each of so many hours (days, …) that have one, counted back from the newest, so the versions of a
file that seldom changes last longest.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from fcm_tui.settings.config import Retention

_LATEST_SECOND = 32_503_680_000
"""The year 3000: a time beyond it is nobody's, and Python's calendar ends soon after."""


def kept(times_ns: Sequence[int], retention: Retention, now_ns: int) -> list[bool]:
    """For each version of a file, newest first, whether it stays.

    Args:
        times_ns: when the file had each of its contents last, newest first.
        retention: the rules; its size and review are not looked at here.
        now_ns: the present.
    """
    stays = _thinned(times_ns, retention, now_ns) if retention.thin else [True] * len(times_ns)
    if retention.max_age is not None:
        oldest = now_ns - round(retention.max_age * 1e9)
        stays = [stay and time_ns >= oldest for stay, time_ns in zip(stays, times_ns, strict=True)]
    if retention.max_versions is not None:
        left = retention.max_versions
        for place, stay in enumerate(stays):
            stays[place] = stay and left > 0
            left -= stay
    return stays


def _thinned(times_ns: Sequence[int], retention: Retention, now_ns: int) -> list[bool]:
    within = now_ns - round(retention.keep_within * 1e9)
    left = [
        retention.keep_hourly,
        retention.keep_daily,
        retention.keep_weekly,
        retention.keep_monthly,
        retention.keep_yearly,
    ]
    last: list[object] = [None] * len(left)
    stays = []
    for time_ns in times_ns:
        stay = time_ns >= within
        for rule, period in enumerate(_periods(time_ns)):
            if left[rule] and period != last[rule]:
                left[rule] -= 1
                last[rule] = period
                stay = True
        stays.append(stay)
    return stays


def _periods(time_ns: int) -> tuple[object, ...]:
    """Hour, day, week, month and year of a moment, on the clock of whoever reads it."""
    seconds = min(max(time_ns // 1_000_000_000, 0), _LATEST_SECOND)
    moment = datetime.datetime.fromtimestamp(seconds)
    day = (moment.year, moment.month, moment.day)
    return (*day, moment.hour), day, moment.isocalendar()[:2], day[:2], moment.year
