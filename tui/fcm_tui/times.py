"""Moments as people write them: RFC 3339, dates, times of day, and how long ago."""

from __future__ import annotations

import re
import time
from datetime import datetime, timedelta

from fcm_tui.errors import UsageError

_AGO = re.compile(r"(\d{1,9})\s*(s|m|h|d|w)(?: ago)?")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_DAYS = {"today": 0, "yesterday": 1}


def parse_moment(text: str, now_ns: int | None = None) -> int:
    """A moment in nanoseconds since the epoch; without a zone it is local time.

    Raises:
        UsageError: it is no moment.
    """
    now_ns = time.time_ns() if now_ns is None else now_ns
    words = text.strip().lower()
    if words == "now":
        return now_ns
    if ago := _AGO.fullmatch(words):
        return now_ns - int(ago[1]) * _SECONDS[ago[2]] * 1_000_000_000
    try:
        return _nanoseconds(_calendar(text.strip(), datetime.fromtimestamp(now_ns / 1e9)))
    except (ValueError, OverflowError, OSError):
        raise UsageError(
            f"{text}: not a moment: write 2026-11-23T14:00:00Z, 2026-11-23 14:00, 14:00, yesterday, or 2h for two hours ago"
        ) from None


def _calendar(text: str, now: datetime) -> datetime:
    day, _, clock = text.lower().partition(" ")
    if day in _DAYS:
        date = (now - timedelta(days=_DAYS[day])).strftime("%Y-%m-%d")
        return datetime.fromisoformat(f"{date} {clock}" if clock else date)
    if re.fullmatch(r"\d{1,2}:\d{2}(:\d{2})?", text):
        return datetime.fromisoformat(f"{now:%Y-%m-%d} {text.zfill(5) if len(text) < 6 else text.zfill(8)}")
    return datetime.fromisoformat(text)


def _nanoseconds(moment: datetime) -> int:
    whole = moment.replace(microsecond=0)
    return int(whole.timestamp()) * 1_000_000_000 + moment.microsecond * 1000
