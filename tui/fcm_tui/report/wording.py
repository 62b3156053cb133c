"""Values of the figures as people read them, the same in every format."""

from __future__ import annotations

from datetime import date

from fcm_tui.amounts import duration, size
from fcm_tui.report.statistics import Asked
from fcm_tui.report.tables import Column, Value
from fcm_tui.safetext import visible, visible_path
from fcm_tui.times import local_text

UNKNOWN = "not known"


def shown(value: Value, column: Column) -> str:
    """A value of a table as safe text; nothing in it acts on a terminal or misleads an eye."""
    match value, column.meaning:
        case None, "time":
            return "open" if column.name == "to" else ""
        case None, _:
            return UNKNOWN if column.meaning == "text" and column.name in ("owner", "process") else ""
        case int(), "time":
            return moment(value)
        case int(), "bytes":
            return size(value)
        case int() | float(), "seconds":
            return duration(float(value))
        case int(), _:
            return f"{value:,}"
        case bytes(), _:
            return visible_path(value)
        case date(), _:
            return value.isoformat()
    return visible(str(value))


def moment(time_ns: int) -> str:
    """Date and time by this place's clocks."""
    try:
        return local_text(time_ns)
    except (OverflowError, ValueError, OSError):
        return "at an unknown time"


def range_text(asked: Asked, first_ns: int, last_ns: int) -> str:
    """From when to when, in words."""
    if asked.since_ns is not None and asked.until_ns is not None:
        return f"{moment(asked.since_ns)} to {moment(asked.until_ns)}"
    if asked.since_ns is not None:
        return f"since {moment(asked.since_ns)}"
    if asked.until_ns is not None:
        return f"until {moment(asked.until_ns)}"
    return f"{moment(first_ns)} to {moment(last_ns)}" if first_ns else "the whole record"
