"""The figures as tables: what every format writes, each in its own way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from fcm_tui.model import Kind
from fcm_tui.report.statistics import MOST, Statistics
from fcm_tui.safetext import path_text
from fcm_tui.times import utc_text

Value = str | int | float | bytes | date | None
Meaning = Literal["text", "path", "count", "bytes", "time", "date", "seconds"]
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, slots=True)
class Column:
    """A column: the name that JSON gives it, what it says above it, and what its values mean.

    Times are in nanoseconds since the Unix epoch, paths and sizes in bytes.
    """

    name: str
    title: str
    meaning: Meaning


@dataclass(frozen=True, slots=True)
class Table:
    """One figure."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Value]]
    note: str = ""
    """What else is to be known of it."""

    def records(self) -> list[dict[str, object]]:
        """The rows as JSON has them: times in RFC 3339 in UTC, paths as text with escaped surrogates."""
        return [
            {column.name: _plain(value, column) for column, value in zip(self.columns, row, strict=True)}
            for row in self.rows
        ]


def _plain(value: Value, column: Column) -> object:
    if isinstance(value, bytes):
        return path_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if column.meaning == "time" and isinstance(value, int):
        return utc_text(value)
    return value


_CHANGES = Column("changes", "Changes", "count")
_KINDS = tuple(Column(kind.value, kind.value.capitalize(), "count") for kind in Kind)


def tables(figures: Statistics) -> list[Table]:
    """All of them, in the order in which a person reads them."""
    changes = figures.changes
    asked = figures.asked
    about = Table(
        "report",
        "What this report is about",
        (
            Column("host", "Host", "text"),
            Column("since", "Since", "time"),
            Column("until", "Until", "time"),
            Column("path", "Below", "path"),
            Column("filter", "Filter", "text"),
            Column("zone", "Time zone", "text"),
            Column("made", "Made", "time"),
        ),
        [
            (
                figures.host, asked.since_ns, asked.until_ns, asked.path, asked.expression or None, figures.zone,
                figures.made_ns,
            )
        ],
    )  # fmt: skip
    return [about, *_sums(figures), *_times(figures), *_shares(figures), *_places(figures), _bursts(figures),
            *_store(figures), _gaps(figures)] if changes.changes else [about, *_sums(figures), *_store(figures),
            _gaps(figures)]  # fmt: skip


def _sums(figures: Statistics) -> Iterable[Table]:
    changes = figures.changes
    yield Table(
        "summary",
        "Summary",
        (
            _CHANGES,
            Column("files", "Files", "count"),
            Column("inserted", "Lines inserted", "count"),
            Column("updated", "Lines updated", "count"),
            Column("deleted", "Lines deleted", "count"),
            Column("unreviewed", "Not reviewed", "count"),
            Column("bursts", "Bursts", "count"),
            Column("burst_changes", "Changes in bursts", "count"),
            Column("gaps", "Gaps", "count"),
            Column("gap_seconds", "Length of gaps", "seconds"),
            Column("first", "First change", "time"),
            Column("last", "Last change", "time"),
        ),
        [
            (
                changes.changes, changes.files, changes.inserted, changes.updated, changes.deleted, changes.unreviewed,
                changes.bursts, changes.burst_changes, len(figures.gaps), figures.gap_seconds,
                changes.first_ns or None, changes.last_ns or None,
            )
        ],
    )  # fmt: skip


def _times(figures: Statistics) -> Iterable[Table]:
    yield Table(
        "hours",
        "Hours of the week",
        (Column("weekday", "Weekday", "text"), Column("hour", "Hour", "count"), _CHANGES),
        [
            (WEEKDAYS[day], hour, count)
            for day, row in enumerate(figures.hours)
            for hour, count in enumerate(row)
        ],
        f"Time zone: {figures.zone}.",
    )
    yield Table(
        "days",
        "Days",
        (Column("date", "Day", "date"), _CHANGES, *_KINDS),
        [(day, kinds.total(), *(kinds[kind] for kind in Kind)) for day, kinds in figures.days.items()],
        f"Days with changes only. Time zone: {figures.zone}.",
    )


def _shares(figures: Statistics) -> Iterable[Table]:
    changes = figures.changes

    def listed(
        name: str, title: str, column: str, counts: Iterable[tuple[str | None, int]], note: str = ""
    ) -> Table:
        rows = sorted(counts, key=lambda pair: (-pair[1], pair[0] or ""))
        most = f"The {MOST} with the most changes, of {len(rows):,}." if len(rows) > MOST else ""
        notes = " ".join(filter(None, [most, note]))
        return Table(name, title, (Column(name, column, "text"), _CHANGES), rows[:MOST], notes)

    yield listed("kind", "Kinds", "Kind", figures.kinds.items())
    yield listed("capture", "Capture statuses", "Status", changes.captures.items())
    yield listed("origin", "How changes were noticed", "Origin", changes.origins.items())
    yield listed("owner", "People", "Owner of the file", changes.owners.items())
    yield listed(
        "process",
        "Programs",
        "Program",
        changes.processes.items(),
        "A change that several had a part in counts for each.",
    )


def _places(figures: Statistics) -> Iterable[Table]:
    yield Table(
        "folder",
        "Busiest folders",
        (Column("folder", "Folder", "path"), _CHANGES),
        [(path, count) for count, path in figures.changes.busy_folders],
        "With all that is below. A folder all of whose changes are in one folder inside it is left out for that one.",
    )
    yield Table(
        "file",
        "Busiest files",
        (Column("file", "File", "path"), _CHANGES),
        [(path, count) for count, path in figures.changes.busy_files],
    )


def _bursts(figures: Statistics) -> Table:
    return Table(
        "burst",
        "Largest bursts",
        (
            Column("folder", "Folder", "path"),
            _CHANGES,
            Column("from", "From", "time"),
            Column("to", "To", "time"),
            Column("first", "First change", "count"),
            Column("last", "Last change", "count"),
        ),
        [
            (at.folder, at.burst.changes, at.burst.from_ns, at.burst.to_ns, at.burst.first, at.burst.last)
            for at in figures.changes.largest_bursts
        ],
        "20 or more changes, each at most a second after the one before, or one recorded group.",
    )


def _store(figures: Statistics) -> Iterable[Table]:
    store, sizes = figures.store, figures.sizes
    yield Table(
        "store",
        "The store",
        (
            Column("versions", "Versions", "count"),
            Column("version_bytes", "Size of all versions", "bytes"),
            Column("contents", "Different contents", "count"),
            Column("content_bytes", "Size of these", "bytes"),
            Column("database_bytes", "On the disk", "bytes"),
            Column("free_bytes", "Of it free", "bytes"),
        ),
        [
            (
                store.versions, store.version_bytes, store.contents, store.content_bytes, sizes.database_bytes,
                sizes.free_bytes,
            )
        ],
        "Of the whole record, whatever range and filter say; on the disk with the log, compressed, thinned.",
    )  # fmt: skip
    yield Table(
        "growth",
        "Growth of the store",
        (
            Column("date", "Day", "date"),
            Column("versions", "Versions", "count"),
            Column("bytes", "Their size", "bytes"),
            Column("new_bytes", "New to the store", "bytes"),
        ),
        [(grown.day, grown.versions, grown.bytes, grown.new_bytes) for grown in figures.growth],
        "Of the whole record, before it is compressed.",
    )


def _gaps(figures: Statistics) -> Table:
    return Table(
        "gap",
        "Times in which changes may have been missed",
        (
            Column("from", "From", "time"),
            Column("to", "To", "time"),
            Column("root", "Root", "path"),
            Column("reason", "Reason", "text"),
            Column("changes_found", "Found by scan", "count"),
        ),
        [(gap.from_ns, gap.to_ns, gap.root, gap.reason, gap.changes_found) for gap in figures.gaps],
    )
