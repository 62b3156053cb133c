"""The report as Markdown: tables that every reader of it draws, with nothing in a name that means anything in one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from fcm_tui.report.statistics import Asked, Statistics, measure
from fcm_tui.report.tables import WEEKDAYS, Table, tables
from fcm_tui.report.wording import moment, range_text, shown
from fcm_tui.safetext import visible, visible_path
from fcm_tui.store.reading.queries import Reader

_FIGURES = ("summary", "store")
_SPECIAL = re.compile(
    r"([\\`*_{}\[\]<>#!|~&$@]|(?<=http):|(?<=https):|(?<=ftp):|(?<=www)\.|^[-+=](?= |$|=|-))", re.IGNORECASE
)
"""What begins something in CommonMark, in GitHub's tables, links and mentions, or a list."""


def write(out: BinaryIO, reader: Reader, asked: Asked) -> int:
    """Write the figures."""
    figures = measure(reader, asked)
    for line in lines(figures):
        out.write(f"{line}\n".encode())
    return figures.changes.changes


def lines(figures: Statistics) -> Iterator[str]:
    """The document."""
    asked, changes = figures.asked, figures.changes
    yield f"# What changed on {escaped(visible(figures.host))}" if figures.host else "# What changed"
    yield ""
    yield f"- Range: {escaped(range_text(asked, changes.first_ns, changes.last_ns))}"
    if asked.path is not None:
        yield f"- Below: {escaped(visible_path(asked.path))}"
    if asked.expression:
        yield f"- Filter: {escaped(visible(asked.expression))}"
    yield f"- Time zone: {escaped(figures.zone)}"
    yield f"- Made: {escaped(moment(figures.made_ns))}"
    yield ""
    if not changes.changes:
        yield "No change is in this range."
        yield ""
    for table in tables(figures)[1:]:
        if table.rows:
            yield f"## {escaped(table.title)}"
            yield ""
            yield from _hours(figures) if table.name == "hours" else _table(table)
            if table.note:
                yield ""
                yield escaped(table.note)
            yield ""


def escaped(text: str) -> str:
    """Text that stands for itself wherever Markdown has text, in a table's cell too."""
    return _SPECIAL.sub(r"\\\1", text)


def _table(table: Table) -> Iterator[str]:
    if table.name in _FIGURES:  # one row of many columns
        yield "| Figure | Value |"
        yield "| --- | ---: |"
        for column, value in zip(table.columns, table.rows[0], strict=True):
            yield f"| {escaped(column.title)} | {escaped(shown(value, column))} |"
        return
    yield f"| {' | '.join(escaped(column.title) for column in table.columns)} |"
    yield f"| {' | '.join('---:' if c.meaning in ('count', 'bytes') else '---' for c in table.columns)} |"
    for row in table.rows:
        cells = (escaped(shown(value, column)) for value, column in zip(row, table.columns, strict=True))
        yield f"| {' | '.join(cells)} |"


def _hours(figures: Statistics) -> Iterator[str]:
    """A row for each weekday."""
    yield f"| | {' | '.join(map(str, range(24)))} |"
    yield f"| --- |{' ---: |' * 24}"
    for day, counts in zip(WEEKDAYS, figures.hours, strict=True):
        yield f"| {day} | {' | '.join(f'{count:,}' if count else '' for count in counts)} |"
