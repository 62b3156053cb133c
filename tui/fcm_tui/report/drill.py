"""From a figure to its changes: the filter that lets exactly those through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from fcm_tui.model import Gap
from fcm_tui.query.parse import ANY, WEEKDAYS
from fcm_tui.query.words import quoted
from fcm_tui.report.tables import Table, Value
from fcm_tui.safetext import visible
from fcm_tui.store.reading.tallies import BurstAt
from fcm_tui.times import utc_text


@dataclass(frozen=True, slots=True)
class Drill:
    """What is added to the filter that the figures were counted with."""

    words: str = ""
    """Of the filter language."""
    path: bytes | None = None
    """A file, or a folder with all that is below it."""


def of_hour(weekday: int, hour: int) -> Drill:
    """An hour of the week, from Monday (0) on."""
    return Drill(f"weekday:{WEEKDAYS[weekday]} hour:{hour}")


def of_day(day: date) -> Drill:
    """A day by this place's clocks."""
    return Drill(f"since:{day} until:{day + timedelta(days=1)}")


def of_name(what: str, name: str | None) -> Drill | None:
    """A `kind`, `capture`, `origin`, `owner` or `process`; None where no filter can name it."""
    match what, name:
        case "owner" | "process", None:
            return Drill(f"!{what}:{ANY}")
        case "origin", "event":
            return Drill("!is:scan !is:restore")
        case "origin", str(origin):
            return Drill(f"is:{origin}")
        case _, str(text) if text and text.isprintable() and visible(text) == text != ANY:
            return Drill(f"{what}:{quoted(text)}")
    return None


def of_burst(at: BurstAt) -> Drill:
    """All changes of a root from the first to the last of a burst."""
    return Drill(f"since:{_exact(at.burst.from_ns)} until:{_exact(at.burst.to_ns + 1)}", at.root or None)


def of_gap(gap: Gap) -> Drill:
    """The gap itself, in the log between the changes."""
    until = "" if gap.to_ns is None else f" until:{_exact(gap.from_ns + 1)}"
    return Drill(f"is:gap since:{_exact(gap.from_ns)}{until}", gap.root)


def of_row(table: Table, row: Sequence[Value]) -> Drill | None:
    """A row of a table, where its changes can be told by what stands in it."""
    match table.name, row:
        case "hours", (str(weekday), int(hour), _):
            return of_hour(WEEKDAYS.index(weekday.lower()), hour)
        case "days", (date() as day, *_):
            return of_day(day)
        case (("folder" | "file"), (bytes(path), _)):
            return Drill(path=path)
        case ("kind" | "capture" | "origin" | "owner" | "process") as what, (None | str() as name, _):
            return of_name(what, name)
    return None


def _exact(time_ns: int) -> str:
    """A moment to the nanosecond."""
    return f"{utc_text(time_ns)[:-7]}{time_ns % 10**9:09d}Z"
