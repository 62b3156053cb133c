"""The figures: what the changes of a range and a filter add up to, by this place's clocks."""

from __future__ import annotations

import os
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime

from fcm_tui.model import Gap, Kind
from fcm_tui.query.gaps import lets_through
from fcm_tui.query.terms import Term
from fcm_tui.store.reading import quarters
from fcm_tui.store.reading.filters import Filters, concerns
from fcm_tui.store.reading.queries import Reader
from fcm_tui.store.reading.results import Sizes
from fcm_tui.store.reading.tallies import StoreTallies, Tallies

MOST = 20
"""Folders, files, people, processes and bursts that are listed."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a report is about."""

    since_ns: int | None = None
    until_ns: int | None = None
    path: bytes | None = None
    host: str | None = None
    expression: str = ""
    terms: tuple[Term, ...] = ()
    """Of the expression."""

    @property
    def filters(self) -> Filters:
        return Filters(
            path=self.path, since_ns=self.since_ns, until_ns=self.until_ns, host=self.host, terms=self.terms
        )


@dataclass(frozen=True, slots=True)
class Growth:
    """What came to the store on one day."""

    day: date
    versions: int
    bytes: int
    """Of these versions."""
    new_bytes: int
    """Of those contents among them that the store did not have yet."""


@dataclass(slots=True)
class Statistics:
    """All figures of a report. Hours and days are those of the zone."""

    asked: Asked
    made_ns: int
    zone: str
    host: str
    changes: Tallies
    hours: list[list[int]]
    """Changes by weekday, from Monday on, and hour."""
    days: dict[date, Counter[str]]
    """Changes by day and kind, the oldest first; days without any are not there."""
    gaps: list[Gap]
    """Newest first."""
    store: StoreTallies
    sizes: Sizes
    growth: list[Growth] = field(default_factory=list)

    @property
    def kinds(self) -> dict[str, int]:
        """Changes by kind, in the kinds' own order, those that there are."""
        counts: Counter[str] = Counter()
        for (_, kind), count in self.changes.quarters.items():
            counts[kind] += count
        return {kind.value: counts[kind.value] for kind in Kind if counts[kind.value]}

    @property
    def gap_seconds(self) -> float:
        """How long it may be that changes were missed; gaps of several roots at once count each."""
        return (
            sum((self.made_ns if gap.to_ns is None else gap.to_ns) - gap.from_ns for gap in self.gaps) / 1e9
        )


def measure(reader: Reader, asked: Asked, most: int = MOST) -> Statistics:
    """Read all figures of a record. For a thread; `Reader.until` ends it early.

    Raises:
        ContentSealed: lines are looked for that are encrypted, and the key is not there.
    """
    filters = asked.filters
    changes = reader.tally(filters, most)
    made_ns = time.time_ns()
    recorder = reader.recorder()
    hours = [[0] * 24 for _ in range(7)]
    days: dict[date, Counter[str]] = {}
    for (quarter, kind), count in sorted(changes.quarters.items()):
        here = quarters.local(quarter)
        if here is None:
            continue
        hours[here.tm_wday][here.tm_hour] += count
        days.setdefault(_day(here), Counter())[kind] += count
    gaps = [
        gap
        for gap in reader.gaps(None)
        if concerns(filters, gap) and lets_through(filters.terms, gap) and not gap.is_moot(made_ns)
    ]
    store = reader.tally_store()
    return Statistics(
        asked, made_ns, zone_text(made_ns), recorder.host if recorder else "", changes, hours, days, gaps, store,
        reader.sizes(), _growth(store),
    )  # fmt: skip


def _growth(store: StoreTallies) -> list[Growth]:
    days: dict[date, list[int]] = {}
    for quarter, came in store.growth.items():
        here = quarters.local(quarter)
        if here is not None:
            sums = days.setdefault(_day(here), [0, 0, 0])
            for at, number in enumerate(came):
                sums[at] += number
    return [Growth(day, *sums) for day, sums in sorted(days.items())]


def _day(here: time.struct_time) -> date:
    return date(here.tm_year, here.tm_mon, here.tm_mday)


def zone_text(time_ns: int) -> str:
    """The zone of this place's clocks at a moment: `Europe/Berlin, CET, UTC+01:00`."""
    here = datetime.fromtimestamp(time_ns / 1e9).astimezone()
    offset = f"{here:%z}"
    words = [_zone_name(), here.tzname() or "", f"UTC{offset[:3]}:{offset[3:5]}"]
    if words[1] in ("UTC", "GMT") and offset == "+0000":
        return "UTC"
    return ", ".join(dict.fromkeys(word for word in words if word))


def _zone_name() -> str:
    """As the zone database calls it, where this place says so."""
    name = os.environ.get("TZ", "").lstrip(":")
    if not name:
        try:
            name = os.readlink("/etc/localtime")
        except OSError:
            return ""
    name = name.rpartition("zoneinfo/")[2]
    return name if name.replace("/", "").replace("_", "").replace("-", "").isalnum() and "/" in name else ""
