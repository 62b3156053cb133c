"""The figures against what a walk through the whole log counts, and each against the filter that leads to its changes."""

from __future__ import annotations

import os
import re
import time
from collections import Counter

import pytest

from fcm_tui.model import Change
from fcm_tui.paths import is_inside
from fcm_tui.query.parse import parse
from fcm_tui.report import drill
from fcm_tui.report.statistics import Asked, Statistics, measure
from fcm_tui.report.tables import tables
from fcm_tui.store.reading.patience import Abandoned
from fcm_tui.store.reading.queries import Reader
from tests.review.builder import START_NS, RecordBuilder, native

DAY = 86400 * 10**9
ASKED = [
    Asked(),
    Asked(since_ns=START_NS + 3 * DAY, until_ns=START_NS + 9 * DAY),
    Asked(since_ns=START_NS + DAY),
    Asked(path=native("/srv/shop/src")),
    Asked(expression="*.txt !is:secret by:vim", terms=parse("*.txt !is:secret by:vim")),
    Asked(expression="text:line", terms=parse("text:line")),
    Asked(expression="nothing.of.it", terms=parse("nothing.of.it")),
]


def read(reader: Reader, asked: Asked) -> tuple[Statistics, list[Change]]:
    return measure(reader, asked, most=1000), list(reader.iterate(asked.filters))


def programs(process: str | None) -> set[str | None]:
    """Of `vim[4], git[7]`: both."""
    return {re.sub(r"\[\d+\].*", "", part) for part in process.split(", ")} if process else {None}


def places(change: Change) -> set[bytes]:
    return {path for path in (change.path, change.previous_path) if path is not None}


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: asked.expression or str(asked.path))
def test_every_figure_is_what_a_walk_through_the_log_counts(
    record: RecordBuilder, asked: Asked, in_utc: None
) -> None:
    with Reader(record.database) as reader:
        figures, changes = read(reader, asked)
    counted = figures.changes
    assert counted.changes == len(changes)
    assert counted.files == len({change.file_id for change in changes})
    assert counted.unreviewed == sum(not change.reviewed for change in changes)
    assert counted.inserted == sum(change.inserted or 0 for change in changes)
    assert counted.deleted == sum(change.deleted or 0 for change in changes)
    assert figures.kinds == Counter(change.kind.value for change in changes)
    assert counted.captures == Counter(change.capture.value for change in changes)
    assert counted.origins == Counter(change.origin.value for change in changes)
    assert counted.owners == Counter(change.owner for change in changes)
    assert counted.processes == Counter(program for change in changes for program in programs(change.process))
    clocks = [time.gmtime(change.time_ns // 10**9) for change in changes]
    hours = Counter((clock.tm_wday, clock.tm_hour) for clock in clocks)
    assert {(d, h): n for d, row in enumerate(figures.hours) for h, n in enumerate(row) if n} == hours
    assert {str(day): kinds.total() for day, kinds in figures.days.items()} == Counter(
        time.strftime("%Y-%m-%d", clock) for clock in clocks
    )
    files = Counter(path for change in changes for path in places(change))
    assert {path: count for count, path in counted.busy_files} == files
    for count, folder in counted.busy_folders:
        inside = [change for change in changes if any(is_inside(path, folder) for path in places(change))]
        assert count == len(inside), folder
    found = {folder for _, folder in counted.busy_folders}
    for folder in {os.path.dirname(path) for change in changes for path in places(change)}:
        if folder not in found:  # one folder in it has all of it
            inside = [change for change in changes if any(is_inside(path, folder) for path in places(change))]
            assert any(
                is_inside(other, folder) and count == len(inside) for count, other in counted.busy_folders
            )


def test_each_row_leads_to_exactly_its_changes(record: RecordBuilder, in_utc: None) -> None:
    looked = Counter[str]()
    with Reader(record.database) as reader:
        for asked in ASKED[:5:2]:
            figures = measure(reader, asked, most=1000)
            for table in tables(figures):
                if "changes" not in [column.name for column in table.columns]:
                    continue
                at = [column.name for column in table.columns].index("changes")
                for row in table.rows:
                    way = drill.of_row(table, row)
                    if way is not None and (asked.path is None or way.path is None):
                        looked[table.name] += 1
                        assert found(reader, asked, way) == row[at], (table.name, row, way)
            for burst in figures.changes.largest_bursts:
                looked["burst"] += 1
                assert found(reader, asked, drill.of_burst(burst)) == burst.burst.changes
    assert set(looked) == {
        "hours", "days", "kind", "capture", "origin", "owner", "process", "folder", "file", "burst",
    }  # fmt: skip


def found(reader: Reader, asked: Asked, way: drill.Drill) -> int:
    terms = (*asked.terms, *parse(way.words))
    return reader.found(asked.filters._replace(path=way.path or asked.path, terms=terms))


def test_a_burst_is_found_with_its_folder_and_a_gap_with_its_length(record: RecordBuilder) -> None:
    with Reader(record.database) as reader:
        figures = measure(reader, Asked())
    burst = figures.changes.largest_bursts[0]
    assert (burst.burst.changes, burst.folder) == (25, native("/srv/shop/build"))
    assert (figures.changes.bursts, figures.changes.burst_changes) == (1, 25)
    assert figures.gap_seconds == 10 and [gap.changes_found for gap in figures.gaps] == [3]


def test_the_store_is_counted_with_and_without_what_it_has_twice(record: RecordBuilder) -> None:
    with Reader(record.database) as reader:
        figures = measure(reader, Asked(path=native("/srv/nowhere")))
        rows = reader.connection.execute("SELECT digest, size FROM backup_paths").fetchall()
    store = figures.store
    assert store.versions == len(rows) > store.contents == len(dict(rows)) > 1
    assert (
        store.version_bytes == sum(size for _, size in rows) > store.content_bytes == sum(dict(rows).values())
    )
    assert sum(grown.versions for grown in figures.growth) == store.versions
    assert sum(grown.new_bytes for grown in figures.growth) == store.content_bytes


def test_counting_ends_when_nobody_wants_it_any_more(record: RecordBuilder) -> None:
    record.many("/srv/shop", 60_000)
    with Reader(record.database) as reader:
        with pytest.raises(Abandoned), reader.until(lambda: True):
            measure(reader, Asked())
        assert measure(reader, Asked()).changes.changes == 60_326
