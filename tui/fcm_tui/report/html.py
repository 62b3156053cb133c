"""The report as one HTML page: nothing in it is asked of anybody, and nothing that it shows can run.

Every script and style stands in the page, is named by its hash in the content security policy, and is the same in every
page; what was recorded stands only in text and in a block of JSON.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from html import escape
from importlib.resources import files
from typing import BinaryIO

from fcm_tui.amounts import duration, plural, size
from fcm_tui.model import Kind
from fcm_tui.report.matters import Matter, Matters, matters
from fcm_tui.report.statistics import Asked, Statistics, measure
from fcm_tui.report.tables import WEEKDAYS, Column, Table, Value, tables
from fcm_tui.report.wording import moment, range_text, shown
from fcm_tui.safetext import visible, visible_path
from fcm_tui.store.reading.queries import Reader
from fcm_tui.times import utc_text

_MOST_DAYS = 4000
"""Days that a chart has room for."""
_BESIDE = (("kind", "capture", "origin", "owner", "process"), ("folder", "file"))
"""Tables that stand beside one another, as far as there is room."""
_LONG = 8
"""Rows from which on a table can be filtered."""


def write(out: BinaryIO, reader: Reader, asked: Asked) -> int:
    """Write the page."""
    figures = measure(reader, asked)
    told = matters(reader, asked)
    for part in page(figures, told):
        out.write(part.encode("utf-8"))
    return figures.changes.changes


def page(figures: Statistics, told: Matters) -> Iterator[str]:
    """The page in its parts."""
    style = _asset("uPlot.min.css") + _asset("page.css")
    scripts = [_asset("uPlot.iife.min.js"), _asset("page.js")]
    policy = (
        f"default-src 'none'; script-src {' '.join(map(_hash, scripts))}; style-src {_hash(style)};"
        " base-uri 'none'; form-action 'none'"
    )
    changes = figures.changes
    title = f"What changed on {visible(figures.host)}" if figures.host else "What changed"
    yield (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n"
    )
    yield f"<header>\n<h1>{escape(title)}</h1>\n{_about(figures)}</header>\n<main>\n"
    found = {table.name: table for table in tables(figures)}
    yield _tiles(figures)
    if changes.changes:
        yield _section(
            "days", "Changes by day", _chart("days", "Changes by day and kind") + _details(found["days"])
        )
        yield _section("hours", "Hours of the week", _heat(figures))
        for names in _BESIDE:
            yield f'<div class="columns of-{len(names)}">\n'
            for name in names:
                yield _section(name, found[name].title, _table(found[name], bars=True))
            yield "</div>\n"
        if found["burst"].rows:
            yield _section("burst", found["burst"].title, _table(found["burst"], bars=True))
        yield from _matters(told)
    else:
        yield '<p class="empty">No change is in this range.</p>\n'
    if found["gap"].rows:
        yield _section("gap", found["gap"].title, _table(found["gap"]))
    if figures.growth:
        yield _section("growth", "Growth of the store", _chart("growth", "Bytes in the store by day")
                       + _details(found["growth"]) + _table(found["store"]))  # fmt: skip
    yield "</main>\n<footer>Written by fcm-tui; charts by uPlot (MIT licence).</footer>\n"
    yield f'<div class="paper" hidden></div>\n<script type="application/json" id="data">{_data(figures)}</script>\n'
    yield "".join(f"<script>{script}</script>\n" for script in scripts) + "</body>\n</html>\n"


def _asset(name: str) -> str:
    return files("fcm_tui.report").joinpath("assets", name).read_text("utf-8").replace("\r\n", "\n")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def embedded(value: object) -> str:
    """JSON that can stand in a script element: it ends none, and has no line break of its own."""
    text = json.dumps(value, separators=(",", ":"))  # ASCII: U+2028 and lone surrogates come escaped
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


# --- the head


def _about(figures: Statistics) -> str:
    asked, changes = figures.asked, figures.changes
    parts = [escape(range_text(asked, changes.first_ns, changes.last_ns))]
    if asked.path is not None:
        parts.append(f"below <code>{escape(visible_path(asked.path))}</code>")
    if asked.expression:
        parts.append(f"filter <code>{escape(visible(asked.expression))}</code>")
    return (
        f'<p class="range">{", ".join(parts)}</p>\n<p class="muted">Time zone: {escape(figures.zone)}.'
        f" Made {_time(figures.made_ns)}.</p>\n"
    )


def _time(time_ns: int) -> str:
    return f'<time datetime="{utc_text(time_ns)}">{escape(moment(time_ns))}</time>'


def _tiles(figures: Statistics) -> str:
    changes, store = figures.changes, figures.store
    twice = store.version_bytes - store.content_bytes
    saved = f", {size(twice)} of it twice" if twice else ""
    lines = (
        f'<b class="created">+{changes.inserted:,}</b> <b class="modified">~{changes.updated:,}</b>'
        f' <b class="deleted">−{changes.deleted:,}</b>'
    )
    tiles = [
        ("Changes", f"{changes.changes:,}", f"to {plural(changes.files, 'file')}"),
        ("Lines inserted, updated, deleted", lines, ""),
        ("Not reviewed", f"{changes.unreviewed:,}",
         f"{changes.unreviewed / changes.changes:.0%} of all" if changes.changes else ""),
        ("Bursts", f"{changes.bursts:,}", f"with {plural(changes.burst_changes, 'change')}"),
        ("Gaps", f"{len(figures.gaps):,}",
         f"{duration(figures.gap_seconds)} in all" if figures.gaps else "none: all was seen"),
        ("Store", size(figures.sizes.database_bytes),
         f"for {size(store.version_bytes)} of versions{saved}"),
    ]  # fmt: skip
    made = "".join(
        f'<div class="tile"><dt>{name}</dt><dd class="number">{number}</dd><dd class="muted">{escape(rest)}</dd></div>\n'
        for name, number, rest in tiles
    )
    return f'<dl class="tiles">\n{made}</dl>\n'


# --- sections


def _section(name: str, title: str, body: str) -> str:
    head = f'<h2 id="{name}-title">{escape(title)}</h2>'
    return f'<section id="{name}" aria-labelledby="{name}-title">\n{head}\n{body}</section>\n'


def _chart(name: str, label: str) -> str:
    return (
        f'<div class="chart" id="{name}-chart" role="img" aria-label="{label}; the table below has the numbers"></div>\n'
        "<noscript><p>Charts need scripts; the table has the same numbers.</p></noscript>\n"
    )


def _details(table: Table) -> str:
    return f"<details><summary>As a table</summary>\n{_table(table)}</details>\n"


def _heat(figures: Statistics) -> str:
    top = max(max(row) for row in figures.hours)
    head = "".join(f'<th scope="col">{hour}</th>' for hour in range(24))
    rows = []
    for day, counts in zip(WEEKDAYS, figures.hours, strict=True):
        cells = "".join(
            f'<td class="h{_shade(count, top)}" title="{day} {hour}:00 to {hour}:59: {plural(count, "change")}">'
            f"{_short(count)}</td>"
            for hour, count in enumerate(counts)
        )
        rows.append(f'<tr><th scope="row">{day}</th>{cells}</tr>\n')
    return (
        f'<div class="scroll"><table class="heat"><caption>Changes by weekday and hour, {escape(figures.zone)}</caption>\n'
        f"<thead><tr><td></td>{head}</tr></thead>\n<tbody>\n{''.join(rows)}</tbody></table></div>\n"
    )


def _shade(count: int, top: int) -> int:
    """0 for none, 1 to 6 by the share of the busiest hour; by its root, so that quiet hours can be told apart."""
    return min(6, 1 + int(6 * (count / top) ** 0.5)) if count else 0


def _short(count: int) -> str:
    if count < 10_000:
        return str(count or "")
    return f"{count / 1000:.0f}k" if count < 1_000_000 else f"{count / 1e6:.1f}M"


def _table(table: Table, *, bars: bool = False) -> str:
    """A table; with bars beside the changes where they are to be compared."""
    if not table.rows:
        return '<p class="muted">None.</p>\n'
    names = [column.name for column in table.columns]
    counts = [row[names.index("changes")] for row in table.rows] if bars else []
    top = max((count for count in counts if isinstance(count, int)), default=0)
    head = "".join(
        f'<th scope="col"{_class(column)}><button type="button">{escape(column.title)}</button></th>'
        for column in table.columns
    )
    head += '<td class="bar"></td>' if bars else ""
    made = []
    for at, row in enumerate(table.rows):
        cells = "".join(_cell(value, column) for value, column in zip(row, table.columns, strict=True))
        if bars:
            cells += (
                f'<td class="bar"><meter max="{top}" value="{counts[at]!s}" aria-hidden="true"></meter></td>'
            )
        made.append(f"<tr>{cells}</tr>\n")
    note = f'<p class="muted">{escape(table.note)}</p>\n' if table.note else ""
    find = '<input type="search" class="find" placeholder="Find…" aria-label="Find in this table">\n'
    return (
        f'{find if len(table.rows) > _LONG else ""}<div class="scroll"><table class="sortable">'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{''.join(made)}</tbody></table></div>\n{note}"
    )


def _class(column: Column) -> str:
    return ' class="number"' if column.meaning in ("count", "bytes", "seconds") else ""


def _cell(value: Value, column: Column) -> str:
    text = escape(shown(value, column))
    if column.meaning == "path":
        return f'<td class="path"><bdi>{text}</bdi></td>'
    if isinstance(value, int) and column.meaning in ("count", "bytes", "seconds", "time"):
        if column.meaning == "time":
            return f'<td data-value="{value}">{_time(value)}</td>'
        return f'<td class="number" data-value="{value}">{text}</td>'
    unknown = ' class="muted"' if value is None else ""
    return f"<td{unknown}>{text}</td>"


# --- what matters


def _matters(told: Matters) -> Iterator[str]:
    sorts = (
        ("largest", "Largest changes", "Those with the most lines.", told.largest),
        ("unreviewed", "Not reviewed yet", "The newest that nobody has looked at.", told.unreviewed),
        (
            "secret",
            "Secrets touched",
            "Files that may hold secrets: their content was not kept.",
            told.secret,
        ),
    )
    for name, title, note, found in sorts:
        if found:
            body = "".join(map(_matter, found))
            yield _section(name, title, f'<p class="muted">{note}</p>\n{body}')


def _matter(matter: Matter) -> str:
    change = matter.change
    counts = ""
    if change.inserted is not None:
        counts = (
            f' <b class="created">+{change.inserted:,}</b> <b class="modified">~{change.updated or 0:,}</b>'
            f' <b class="deleted">−{change.deleted or 0:,}</b>'
        )
    path = f"<bdi>{escape(visible_path(change.path))}</bdi>"
    if change.previous_path is not None:
        path += f' <span class="muted">from <bdi>{escape(visible_path(change.previous_path))}</bdi></span>'
    who = ", ".join(escape(visible(name)) for name in (change.owner, change.process) if name)
    head = (
        f'<span class="badge {change.kind}">{change.kind}</span> <span class="path">{path}</span>{counts}'
        f' <span class="muted">#{change.sequence} {_time(change.time_ns)} {who}</span>'
    )
    if not matter.lines:
        return f'<div class="matter">{head} <span class="muted">{escape(matter.note)}</span></div>\n'
    classes = {"+": "ins", "-": "del", "@": "at"}
    lines = "".join(
        f'<span class="{classes[line.sign]}">{line.sign} {escape(line.text)}\n</span>'
        for line in matter.lines
    )
    return f'<details class="matter"><summary>{head}</summary><pre tabindex="0">{lines}</pre></details>\n'


# --- the charts' data


def _data(figures: Statistics) -> str:
    counts = {day: [kinds[kind] for kind in Kind] for day, kinds in figures.days.items()}
    days = _every_day(list(counts))
    none = [0] * len(Kind)
    growth, sums = [], Counter[str]()
    for grown in figures.growth:
        sums["all"] += grown.bytes
        sums["new"] += grown.new_bytes
        growth.append((_seconds(grown.day), sums["all"], sums["new"]))
    return embedded(
        {
            "kinds": list(Kind),
            "days": [[_seconds(day), *counts.get(day, none)] for day in days],
            "growth": growth,
        }
    )


def _every_day(days: list[date]) -> list[date]:
    """With those between that have none, as far as there is room."""
    if not days or (days[-1] - days[0]).days >= _MOST_DAYS:
        return days
    return [days[0] + timedelta(days=step) for step in range((days[-1] - days[0]).days + 1)]


def _seconds(day: date) -> int:
    """A day's beginning as if in UTC, which the charts show."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
