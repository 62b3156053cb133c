"""Amounts in words: bytes, seconds, counts."""

from __future__ import annotations


def size(count: int | None) -> str:
    """Bytes in powers of 1000: `12.1 kB`."""
    if count is None:
        return "?"
    if count < 1000:
        return f"{count} B"
    value = float(count)
    for unit in ("kB", "MB", "GB"):
        value /= 1000
        if value < 999.5:
            return f"{value:.1f} {unit}" if value < 99.95 else f"{value:.0f} {unit}"
    return f"{value / 1000:.1f} TB"


def duration(seconds: float) -> str:
    """`8 s`, `3 min`, `2 h 5 min`, `9 days`."""
    whole = max(0, round(seconds))
    if whole >= 3 * 86400:
        return f"{whole // 86400} days"
    if whole < 90:
        return f"{whole} s"
    minutes = round(whole / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def plural(count: int, noun: str) -> str:
    """`1 file`, `12,345 files`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
