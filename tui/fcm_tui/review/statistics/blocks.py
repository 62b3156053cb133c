"""The figures as blocks of text: shades and bars are characters, so that they can be read without any colour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta

from fcm_tui.model import Kind
from fcm_tui.report import drill
from fcm_tui.report.drill import Drill
from fcm_tui.report.statistics import Statistics
from fcm_tui.report.tables import WEEKDAYS
from fcm_tui.report.wording import UNKNOWN
from fcm_tui.review import wording
from fcm_tui.review.statistics.pieces import Block, Figure, Line, Piece, beside
from fcm_tui.safetext import visible, visible_path

SHADES = "·░▒▓█"
_TALL = " ▁▂▃▄▅▆▇█"
_LONG = " ▏▎▍▌▋▊▉█"
_HEIGHT = 6
"""Rows of a chart of days."""
_ROWS = 10
"""Of a list."""
_DAY = timedelta(days=1)
_SPANS = (1, 7, 28, 91, 364, 3640)
"""Days that one bar may stand for."""


def summary(figures: Statistics, width: int) -> list[Line]:
    """The sums, in as many lines as they take."""
    changes = figures.changes
    gaps = f"{wording.plural(len(figures.gaps), 'gap')}, {wording.duration(figures.gap_seconds)}"
    words: list[Line] = [
        [_figure(wording.plural(changes.changes, "change"), "all changes", Drill(), "accent")],
        [Piece(f"to {wording.plural(changes.files, 'file')}")],
        [
            Piece("lines ", "muted"),
            Piece(f"+{wording.number(changes.inserted)} ", "created"),
            Piece(f"~{wording.number(changes.updated)} ", "modified"),
            Piece(f"-{wording.number(changes.deleted)}", "deleted"),
        ],
        [
            _figure(
                f"{wording.number(changes.unreviewed)} not reviewed",
                "changes that nobody has reviewed",
                Drill("is:unreviewed"),
                "warning" if changes.unreviewed else "good",
            )
        ],
        [
            Piece(
                f"{wording.plural(changes.bursts, 'burst')} with {wording.plural(changes.burst_changes, 'change')}"
            )
        ],
        [
            _figure(gaps, "times in which changes may have been missed", Drill("is:gap"), "warning")
            if figures.gaps
            else Piece("no gap", "good")
        ],
    ]
    lines: list[Line] = [[]]
    used = 0
    for word in words:
        length = sum(wording.cells(piece.text) for piece in word)
        if used and used + 3 + length > width:
            lines.append([])
            used = 0
        if used:
            lines[-1].append(Piece("   "))
            used += 3
        lines[-1] += word
        used += length
    return lines


def _figure(text: str, told: str, way: Drill, style: str) -> Piece:
    return Piece(text, style, Figure(f"{text}: {told}", way))


def hours(figures: Statistics, width: int) -> Block:
    """A row for each weekday, a cell for each hour, the darker the more changed."""
    cell = max(2, min(4, (width - 5) // 24))
    top = max(max(row) for row in figures.hours)
    head: Line = [Piece("     ")]
    for hour in range(0, 24, 3):
        head.append(Piece(f"{hour:02}".ljust(3 * cell), "muted"))
    lines = [head]
    for weekday, row in enumerate(figures.hours):
        line: Line = [Piece(f"{WEEKDAYS[weekday]}  ", "muted")]
        for hour, count in enumerate(row):
            told = f"{WEEKDAYS[weekday]} {hour:02}:00 to {hour:02}:59: {wording.plural(count, 'change')}"
            figure = Figure(told, drill.of_hour(weekday, hour) if count else None)
            shade = SHADES[0 if not count else min(4, 1 + int(4 * (count / top) ** 0.5))]
            text = shade if not count else shade * (cell - 1)
            line.append(Piece(text.ljust(cell), "accent" if count else "muted", figure))
        lines.append(line)
    key = [Piece("     none ", "muted"), Piece(SHADES[0], "muted")]
    for shade in SHADES[1:]:
        key.append(Piece(f" {shade * 2}", "accent"))
    lines.append([*key, Piece(f" {wording.short(top)} in an hour of the week", "muted")])
    return Block("Hours of the week", lines)


def days(figures: Statistics, width: int) -> Block:
    """A bar for each day, or for as many as it takes for all to have room."""
    known = sorted(figures.days)
    counts = {day: kinds.total() for day, kinds in figures.days.items()}
    return _bars("Changes by day", known[0], known[-1], counts, width, _changes_told, drill_of_span)


def growth(figures: Statistics, width: int) -> Block | None:
    """What was new to the store on each day."""
    if not figures.growth:
        return None
    counts = Counter({grown.day: grown.new_bytes for grown in figures.growth})
    came = Counter({grown.day: grown.bytes for grown in figures.growth})

    def told(what: str, count: int, first: date, span: int) -> str:
        versions = sum(came[first + step * _DAY] for step in range(span))
        return f"{what}: {wording.size(count)} new to the store, of {wording.size(versions)} of versions"

    block = _bars(
        "Growth of the store by day", figures.growth[0].day, figures.growth[-1].day, counts, width, told, lambda *_: None,
        wording.size,
    )  # fmt: skip
    store, sizes = figures.store, figures.sizes
    twice = store.version_bytes - store.content_bytes
    block.lines += [
        [Piece(wording.fit(f"{wording.size(sizes.database_bytes)} on the disk, with the log", width))],
        [
            Piece(wording.fit(
                f"{wording.plural(store.versions, 'version')} of {wording.size(store.version_bytes)};"
                f" {wording.size(twice)} of it twice, kept once", width), "muted")
        ],
    ]  # fmt: skip
    return block


def drill_of_span(first: date, span: int) -> Drill:
    """So many days."""
    return Drill(f"since:{first} until:{first + span * _DAY}")


def _changes_told(what: str, count: int, first: date, span: int) -> str:
    return f"{what}: {wording.plural(count, 'change')}"


def _bars(
    title: str,
    first: date,
    last: date,
    counts: Counter[date] | dict[date, int],
    width: int,
    told: Callable[[str, int, date, int], str],
    way: Callable[[date, int], Drill | None],
    amount: Callable[[int], str] = wording.short,
) -> Block:
    room = width - 8
    length = (last - first).days + 1
    span = next((span for span in _SPANS if -(-length // span) <= room), _SPANS[-1])
    if span > 1:
        first -= first.weekday() * _DAY
    bars = -(-((last - first).days + 1) // span)
    sums = [0] * bars
    for day, count in counts.items():
        sums[(day - first).days // span] += count
    cell = max(1, min(4, room // bars))
    top = max(sums) or 1
    figures = []
    for at, count in enumerate(sums):
        begin = first + at * span * _DAY
        what = f"{WEEKDAYS[begin.weekday()]} {begin}" if span == 1 else f"{span} days from {begin}"
        figures.append(Figure(told(what, count, begin, span), way(begin, span) if count else None))
    lines: list[Line] = []
    for row in range(_HEIGHT - 1, -1, -1):
        label = amount(top) if row == _HEIGHT - 1 else "0" if row == 0 else ""
        line: Line = [Piece(f"{label:>7} ", "muted")]
        for count, figure in zip(sums, figures, strict=True):
            eighths = max(1, round(count / top * 8 * _HEIGHT)) if count else 0
            block = _TALL[max(0, min(8, eighths - 8 * row))]
            if not row and not count:
                block = SHADES[0]
            text = (block * max(1, cell - 1)).ljust(cell)
            line.append(Piece(text, "accent" if count else "muted", figure))
        lines.append(line)
    ends = f"{first}"
    right = str(last)
    if bars * cell >= len(ends) + len(right) + 2:
        ends += right.rjust(bars * cell - len(ends))
    lines.append([Piece(f"{'':8}{ends}", "muted")])
    return Block(title if span == 1 else f"{title.removesuffix('day')}{span} days", lines)


def lists(figures: Statistics, width: int) -> Iterable[Block]:
    """The lists, those first that are looked for most."""
    changes = figures.changes
    folders = [(visible_path(path), count, Drill(path=path)) for count, path in changes.busy_folders]
    files = [(visible_path(path), count, Drill(path=path)) for count, path in changes.busy_files]
    yield _list("Busiest folders", folders, width, is_path=True)
    yield _list("Busiest files", files, width, is_path=True)
    yield _list("Kinds", _named("kind", figures.kinds.items()), width, styles=[*Kind])
    yield _list("People", _named("owner", changes.owners.items()), width)
    yield _list("Programs", _named("process", changes.processes.items()), width)
    yield _list("Capture statuses", _named("capture", changes.captures.items()), width)
    yield _list("How changes were noticed", _named("origin", changes.origins.items()), width)
    bursts = [
        (
            f"{wording.moment(at.burst.from_ns)[:16]}  {visible_path(at.folder)}",
            at.burst.changes,
            drill.of_burst(at),
        )
        for at in changes.largest_bursts
    ]
    if bursts:
        yield _list("Largest bursts", bursts, width)
    if figures.gaps:
        yield _gaps(figures, width)


def _named(what: str, counts: Iterable[tuple[str | None, int]]) -> list[tuple[str, int, Drill | None]]:
    rows = sorted(counts, key=lambda pair: (-pair[1], pair[0] or ""))
    return [
        (UNKNOWN if name is None else visible(name), count, drill.of_name(what, name)) for name, count in rows
    ]


def _list(
    title: str,
    rows: Sequence[tuple[str, int, Drill | None]],
    width: int,
    *,
    is_path: bool = False,
    styles: Sequence[str] = (),
) -> Block:
    """Name, bar and count."""
    top = max((count for _, count, _ in rows), default=1)
    long = max(4, min(16, width // 4))
    room = max(8, width - long - 8)
    lines: list[Line] = []
    for name, count, way in rows[:_ROWS]:
        figure = Figure(f"{name}: {wording.plural(count, 'change')}", way)
        label = wording.fit_path(name, room) if is_path else wording.fit(name, room)
        style = name if name in styles else "text"
        lines.append(
            [
                Piece(f"{label} ", style, figure),
                Piece(_bar(count / top, long), style if style != "text" else "accent", figure),
                Piece(f"{wording.short(count):>6} ", "text", figure),
            ]
        )
    if len(rows) > _ROWS:
        lines.append([Piece(wording.fit(f"… and {wording.number(len(rows) - _ROWS)} more", width), "muted")])
    return Block(title, lines or [[Piece("none", "muted")]])


def _bar(share: float, width: int) -> str:
    eighths = max(1, round(share * width * 8))
    return ("█" * (eighths // 8) + _LONG[eighths % 8].strip()).ljust(width)


def _gaps(figures: Statistics, width: int) -> Block:
    lines: list[Line] = []
    for gap in figures.gaps[:_ROWS]:
        end = figures.made_ns if gap.to_ns is None else gap.to_ns
        length = wording.duration((end - gap.from_ns) / 1e9)
        found = wording.plural(gap.changes_found or 0, "change")
        begin = wording.moment(gap.from_ns)[:16]
        why = f"{visible(gap.whose)}: {visible(gap.reason)}" if gap.has_others else visible(gap.reason)
        told = f"{begin}, {length}: {found} found by scan ({why})"
        text = f"{begin}  {length:<11} {why}"
        lines.append([Piece(wording.fit(text, width), "warning", Figure(told, drill.of_gap(gap)))])
    if len(figures.gaps) > _ROWS:
        lines.append([Piece(f"… and {wording.number(len(figures.gaps) - _ROWS)} more", "muted")])
    return Block("Gaps", lines)


def arranged(figures: Statistics, width: int) -> list[Line]:
    """All of it for a width: one column, two or three."""
    inner = width - 2
    if not figures.changes.changes:
        return _indented([[], [Piece("No change is as the filter wants it.")]])
    made: list[Line] = [*summary(figures, inner), []]
    if inner >= 150:
        apart = 4
        left = 5 + 24 * 3
        right = inner - left - apart
        hour, day = hours(figures, left), days(figures, right)
        made += beside([_titled(hour), _titled(day)], [left, right], apart)
    else:
        made += [*_titled(days(figures, inner)), [], *_titled(hours(figures, inner))]
    made.append([])
    columns = 3 if inner >= 150 else 2 if inner >= 96 else 1
    column = (inner - 4 * (columns - 1)) // columns
    stacks: list[list[Line]] = [[] for _ in range(columns)]
    blocks = [*lists(figures, column)]
    grown = growth(figures, column)
    for block in [*blocks, grown] if grown is not None else blocks:
        stack = min(stacks, key=len)
        stack += [*([[]] if stack else []), *_titled(block)]
    return _indented([*made, *beside(stacks, [column] * columns, 4)])


def _titled(block: Block) -> list[Line]:
    return [[Piece(block.title, "key")], *block.lines]


def _indented(lines: list[Line]) -> list[Line]:
    return [[Piece(" "), *line] for line in lines]
