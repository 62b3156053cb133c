"""Moments as people write them."""

from __future__ import annotations

import re
import time
from datetime import UTC, date, datetime, timedelta, tzinfo
from datetime import time as clock

from fcm_tui.errors import UsageError
from fcm_tui.model import Pause
from fcm_tui.safetext import visible

_EXAMPLES = "2026-03-01, 2026-03-01T14:05:00Z, 14:05, 'yesterday 14:00', 90s, 5m, 2h, 3d, 1w or now"
_AGO = r"(\d{1,9})\s?(s|m|h|d|w)(?:\s+ago)?"
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_CLOCK = r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?"
_MOMENT = (  # compiled when they are asked: most commands are given no moment
    r"(\d{4}-\d{2}-\d{2})"
    r"(?:[Tt ]\s?(\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)\s?([Zz]|[+-]\d{2}:?\d{2})?)?"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = (1 << 63) - 1


def local_text(time_ns: int) -> str:
    """A moment as this place's clocks show it: `2026-03-01 14:05:00`."""
    return f"{datetime.fromtimestamp(time_ns / 1e9):%Y-%m-%d %H:%M:%S}"


def utc_text(time_ns: int) -> str:
    """RFC 3339 in UTC with microseconds."""
    seconds, rest = divmod(time_ns, 1_000_000_000)
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{rest // 1000:06d}Z"


def pause_text(pause: Pause) -> str:
    """`by ann since 2026-03-01 14:05:00 until …: why`; quotes what others wrote."""
    until = f" until {local_text(pause.until_ns)}" if pause.until_ns is not None else ""
    return f"by {pause.by} since {local_text(pause.since_ns)}{until}{f': {pause.reason}' if pause.reason else ''}"


def parse_moment(text: str, now_ns: int | None = None, *, tz: tzinfo | None = None) -> int:
    """The moment that `text` names, in nanoseconds since the Unix epoch.

    RFC 3339 with or without its zone; a date (its first moment); a time of today; `today`,
    `yesterday`, either with a time; `now`; and `90s`, `5m`, `2h`, `3d`, `1w` before now.

    Args:
        text: what was written; case and outer spaces do not matter.
        now_ns: the present, for what is relative to it; taken afresh if not given.
        tz: the zone of times that name none; the machine's own if not given.

    Raises:
        UsageError: it is no moment, with examples of what is.
    """
    now = time.time_ns() if now_ns is None else now_ns
    words = text.strip()
    try:
        found = _relative(words, now)
        if found is None:
            found = _absolute(words, now, tz)
    except (ValueError, OverflowError, OSError):  # a month 13; a year that the platform cannot convert
        found = None
    if found is None or not -_LATEST <= found <= _LATEST:
        raise UsageError(f"{visible(text)[:80]!r} is not a moment: write {_EXAMPLES}")
    return found


def _relative(words: str, now: int) -> int | None:
    if words.lower() == "now":
        return now
    match = re.fullmatch(_AGO, words, re.ASCII | re.IGNORECASE)
    if match is None:
        return None
    return now - int(match[1]) * _SECONDS[match[2].lower()] * 10**9


def _absolute(words: str, now: int, tz: tzinfo | None) -> int | None:
    match = re.fullmatch(_MOMENT, words, re.ASCII)
    if match is not None:
        return _ns(date.fromisoformat(match[1]), match[2], match[3], tz)
    today = (_EPOCH + timedelta(microseconds=now // 1000)).astimezone(tz).date()
    first, _, rest = words.partition(" ")
    match first.lower():
        case "today":
            day, at = today, rest.strip() or None
        case "yesterday":
            day, at = today - timedelta(days=1), rest.strip() or None
        case _:
            day, at = today, words
    return _ns(day, at, None, tz)


def _ns(day: date, at: str | None, zone: str | None, tz: tzinfo | None) -> int | None:
    """Nanoseconds of a time of day, `at` None being its beginning."""
    match = re.fullmatch(_CLOCK, "00:00" if at is None else at, re.ASCII)
    if match is None:
        return None
    hours, minutes, seconds = int(match[1]), int(match[2]), int(match[3] or 0)
    leap = seconds == 60  # RFC 3339 writes a leap second so; the epoch's count has none
    moment = datetime.combine(day, clock(hours, minutes, 59 if leap else seconds))
    if zone is not None:
        moment = moment.replace(tzinfo=UTC) - _offset(zone)
    elif tz is not None:
        moment = moment.replace(tzinfo=tz)
    since = moment.astimezone(UTC) - _EPOCH
    whole = since.days * 86400 + since.seconds + leap
    return whole * 10**9 + int((match[4] or "").ljust(9, "0"))


def _offset(zone: str) -> timedelta:
    if zone in "Zz":
        return timedelta()
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    if hours > 23 or minutes > 59:
        raise ValueError(zone)
    offset = timedelta(hours=hours, minutes=minutes)
    return -offset if zone[0] == "-" else offset
