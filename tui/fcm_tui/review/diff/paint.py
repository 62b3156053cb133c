"""Drawing one row of a diff: signs, line numbers, source text with its colours and marks."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from itertools import pairwise

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from fcm_tui.review import wording
from fcm_tui.review.diff.marks import WordMarks
from fcm_tui.review.diff.rows import ADDED, FILE, FOLD, REMOVED, SAME, Rows
from fcm_tui.review.diff.syntax import Colours
from fcm_tui.review.diff.wrap import LONG, breaks
from fcm_tui.review.documents.document import Document, Side
from fcm_tui.review.look.theme import SYNTAX, Palette

_TINTS = {SAME: (), ADDED: ("added",), REMOVED: ("removed",)}
_WORDS = {ADDED: ("added-word",), REMOVED: ("removed-word",)}
_SIGNS: dict[int, tuple[str, tuple[str, ...]]] = {
    SAME: (" ", ("line-number",)),
    ADDED: ("+", ("added", "added-sign")),
    REMOVED: ("-", ("removed", "removed-sign")),
}
_POINTER = "▌"
"""In front of the lines of the hunk that is meant."""
_GOES_ON = "↪"
"""In place of the number of a line that goes on from the line of the screen above."""
_MOVED: dict[int, tuple[str, tuple[str, ...]]] = {ADDED: (">", ("moved",)), REMOVED: ("<", ("moved",))}
"""Signs of lines that stand elsewhere on the other side: readable without any colour."""
_FOUND, _AT_FOUND = Style(reverse=True), Style(reverse=True, bold=True, underline=True)
"""Over what is looked for: no colours of their own, so as readable as the text is in each theme."""
_REACH = 1000
"""Letters around those in sight in which something that is looked for may begin or end."""
_KEPT = 1000
"""Lines of the screen that are kept as drawn."""


class Painter:
    """Draws the rows of one document in one layout. Each line is drawn when it is seen, and kept."""

    def __init__(self, palette: Palette, document: Document, colours: Sequence[Colours]) -> None:
        self.palette = palette
        self._document = document
        self._sides = (document.old, document.new)
        self._colours = colours
        self._marks = WordMarks(document)
        files = document.files
        self._starts = [file.old_start for file in files], [file.new_start for file in files]
        self._numbered = not document.hex
        self._digits = len(str(max(len(document.old.lines), len(document.new.lines), 1)))
        self._drawn: OrderedDict[tuple[int, int, int], Strip] = OrderedDict()
        self._theme = palette.theme
        self._rows: Rows | None = None
        self._width = 0
        self._wrap = False
        self._found: re.Pattern[str] | None = None
        self._at_found: int | None = None
        self._pointed = range(0)
        """The rows of the hunk that is meant."""
        self._row = 0
        """The one that is being drawn."""
        self.ahead = 0
        """Lines below one that is drawn whose colours will be wanted too."""

    def lay_out(self, shown: Rows, width: int, *, wrap: bool) -> None:
        """Draw these rows from now on, in so many cells."""
        self._rows, self._width, self._wrap = shown, width, wrap
        self._pointed = range(0)
        self._drawn.clear()

    def widths(self, width: int, *, split: bool) -> tuple[int, int]:
        """The cells for the text of each side."""
        if split:
            half = (width - 1) // 2
            gutter = self._digits + 4 if self._numbered else 3
            return max(1, half - gutter), max(1, width - 1 - half - gutter)
        gutter = 3 + (self._digits + 1) * sum(bool(side.lines) for side in self._sides if self._numbered)
        return max(1, width - gutter), max(1, width - gutter)

    def forget(self, side: int, first: int, last: int) -> None:
        """Lines got other colours."""
        if self._rows is not None:
            numbers = self._rows.new if side else self._rows.old
            for key in [key for key in self._drawn if first <= numbers[key[0]] < last]:
                del self._drawn[key]

    def mark(self, found: re.Pattern[str] | None, row: int | None) -> None:
        """Mark what is looked for wherever it stands, more so in the row one went to."""
        if (found, row) != (self._found, self._at_found):
            rows = None if found != self._found else (row, self._at_found)
            self._found, self._at_found = found, row
            for key in [key for key in self._drawn if rows is None or key[0] in rows]:
                del self._drawn[key]

    def point(self, rows: range) -> bool:
        """Mark the rows of the hunk that is meant; whether they are others."""
        before, self._pointed = self._pointed, rows
        return before != rows

    def first_mark(self, row: int) -> tuple[int, int, int] | None:
        """Where the first words that differ stand in a row: the side, and from which letter to which."""
        shown = self._rows
        if shown is None or shown.old[row] < 0 or shown.new[row] < 0:
            return None
        gone, came = self._marks.of(shown.old[row], shown.new[row])
        if gone:
            return (0, *gone[0])
        if came:  # in a row of the old line alone, the place at which they came
            return (1, *came[0]) if shown.split else (0, came[0][0], came[0][0])
        return None

    def line(self, row: int, part: int, shift: int) -> Strip:
        """One line of the screen: a row, or the part of it that fits where long lines wrap."""
        if self._theme is not self.palette.theme:
            self._theme = self.palette.theme
            self._drawn.clear()
        key = (row, part, shift)
        strip = self._drawn.get(key)
        if strip is None:
            strip = self._drawn[key] = self._draw(*key)
            if len(self._drawn) > _KEPT:
                self._drawn.popitem(last=False)
        return self._with_pointer(strip) if row in self._pointed else strip

    def _with_pointer(self, strip: Strip) -> Strip:
        behind = next(iter(strip)).style or Style()
        pointer = Segment(_POINTER, behind + Style(color=self.palette("accent").color))
        return Strip.join([Strip([pointer], 1), strip.crop(1)])

    def _draw(self, row: int, part: int, shift: int) -> Strip:
        assert self._rows is not None
        self._row = row
        shown, width = self._rows, self._width
        kind, old, new = shown.kinds[row], shown.old[row], shown.new[row]
        if kind == FOLD:
            words = f"   ⋯ {wording.plural(old, 'line' if self._numbered else 'row')} unchanged"
            return Strip([Segment(wording.fit(words, width), self.palette("fold"))], width)
        if kind == FILE:
            title = f"━━ {self._document.files[shown.heads[row]].title} "
            title += "━" * (width - wording.cells(title))
            return Strip([Segment(wording.fit(title, width), self.palette("accent"))], width)
        if shown.split:
            half = (width - 1) // 2
            changed = kind != SAME
            left = self._half(0, old, REMOVED if changed else SAME, new, half, part, shift)
            right = self._half(1, new, ADDED if changed else SAME, old, width - 1 - half, part, shift)
            return Strip.join([left, Strip([Segment("│", self.palette("rule"))], 1), right])
        side, line, partner = (0, old, new) if kind == REMOVED else (1, new, old)
        sign, sign_style = self._sign(side, line, kind)
        digits, numbers = self._digits, []
        if self._document.old.lines and self._numbered:
            numbers.append(self._number(0, old, part) if kind != ADDED else " " * digits)
        if self._document.new.lines and self._numbered:
            numbers.append(self._number(1, new, part) if kind != REMOVED else " " * digits)
        style = self.palette(*sign_style)
        text = "".join(f" {number}" for number in [*numbers, sign]) + " "
        gutter = Strip([Segment(text, style)], len(numbers) * (digits + 1) + 3)
        return Strip.join(
            [gutter, self._code(side, line, kind, partner, max(1, width - gutter.cell_length), part, shift)]
        )

    def _half(
        self, side: int, line: int, kind: int, partner: int, width: int, part: int, shift: int
    ) -> Strip:
        if line < 0:
            return Strip.blank(width, self.palette("fold"))
        sign, sign_style = self._sign(side, line, kind)
        text = f" {self._number(side, line, part)} {sign} " if self._numbered else f" {sign} "
        gutter = Strip([Segment(text, self.palette(*sign_style))], len(text))
        return Strip.join(
            [gutter, self._code(side, line, kind, partner, max(1, width - gutter.cell_length), part, shift)]
        )

    def _sign(self, side: int, line: int, kind: int) -> tuple[str, tuple[str, ...]]:
        return (_MOVED if kind != SAME and line in self._document.moved[side] else _SIGNS)[kind]

    def _number(self, side: int, line: int, part: int) -> str:
        return f"{_GOES_ON if part else self._counted(side, line):>{self._digits}}"

    def _counted(self, side: int, line: int) -> int:
        """The number of a line in its own file, from 1."""
        starts = self._starts[side]
        return line + 1 - (starts[bisect_right(starts, line) - 1] if starts else 0)

    def _code(
        self, side: int, line: int, kind: int, partner: int, width: int, part: int, shift: int
    ) -> Strip:
        """A line of source in exactly `width` cells: from the column shifted to, or a part of it."""
        shown = self._sides[side]
        text = shown.lines[line] if kind == SAME else shown.drawn(line)
        start, stop, crop = self._range(text, width, part, shift)
        last = stop >= len(text)
        there = self._document.moved[side].get(line) if kind != SAME else None
        tint, word = _TINTS[kind if there is None else SAME], _WORDS.get(kind, ())
        found = self._where_found(text, start, stop)
        over = _AT_FOUND if self._row == self._at_found else _FOUND
        strip = Strip(
            [
                Segment(
                    text[a:b],
                    self.palette(*tint, SYNTAX[style], *(word if hot else ())) + (over if is_found else None),
                )
                for a, b, style, hot, is_found in _pieces(
                    self._spans(side, line), self._marked(side, line, kind, partner), found, start, stop
                )
            ]
        )
        if crop:
            strip = strip.crop(min(shift, strip.cell_length), strip.cell_length)
        if last and shown.ends_open and line == len(shown.lines) - 1 and strip.cell_length < width:
            strip = self._without_line_break(strip, tint, start, stop)
        elif there is not None and last and self._document.moved[side].get(line - 1) != there - 1:
            words = f"  (moved {'from' if side else 'to'} line {self._counted(1 - side, there)})"
            strip = Strip.join([strip, Strip([Segment(words, self.palette("moved"))])])
        is_cut = strip.cell_length > width or (not last and strip.cell_length == width)
        if is_cut and not self._wrap:
            more = Strip([Segment("›", self.palette(*tint, "muted"))], 1)
            strip = Strip.join([strip.crop(0, width - 1), more])
        return strip.adjust_cell_length(width, self.palette(*tint))

    def _range(self, text: str, width: int, part: int, shift: int) -> tuple[int, int, bool]:
        """The characters to draw, and whether cells are still to be cropped from their left."""
        if self._wrap:
            at = breaks(text, width)
            return (at[part], at[part + 1], False) if part + 1 < len(at) else (len(text), len(text), False)
        if text.isascii():
            return shift, min(len(text), shift + width), False
        return 0, min(len(text), LONG), shift > 0

    def _without_line_break(self, strip: Strip, tint: tuple[str, ...], start: int, stop: int) -> Strip:
        if self._wrap and start == stop > 0:
            return strip
        said = Segment(" (no line break at the end)", self.palette(*tint, "muted"))
        return Strip.join([strip, Strip([said])])

    def _spans(self, side: int, line: int) -> Sequence[int]:
        if not self._colours:
            return ()
        colours = self._colours[side]
        colours.want(max(0, line - 5), line + self.ahead)
        return colours.spans(line)

    def _where_found(self, text: str, start: int, stop: int) -> list[tuple[int, int]]:
        if self._found is None:
            return []
        begin, end = max(0, start - _REACH), min(len(text), stop + _REACH)
        return [match.span() for match in self._found.finditer(text, begin, end)]

    def _marked(self, side: int, line: int, kind: int, partner: int) -> list[tuple[int, int]]:
        if kind == SAME or partner < 0 or line in self._document.moved[side]:
            return []
        return self._marks.of(partner, line)[1] if side else self._marks.of(line, partner)[0]

    def part_of(self, text: str, at: int, width: int) -> int:
        """On which of its lines a letter of a text stands, where long lines wrap."""
        return max(0, bisect_right(breaks(text, width)[:-1], at) - 1) if self._wrap and text else 0

    def longest(self, first: int, last: int) -> int:
        """The cells of the longest line in some rows."""
        assert self._rows is not None
        longest = 0
        for row in range(max(0, first), min(len(self._rows), last)):
            if self._rows.kinds[row] == FOLD:
                continue
            for side, line in zip(self._sides, (self._rows.old[row], self._rows.new[row]), strict=True):
                if line >= 0:
                    longest = max(longest, _cells(side, line))
        return longest


def _cells(side: Side, line: int) -> int:
    text = side.lines[line]
    return len(text) if text.isascii() else cell_len(text[:LONG])


def _pieces(
    spans: Sequence[int],
    marks: list[tuple[int, int]],
    found: list[tuple[int, int]],
    start: int,
    stop: int,
) -> list[tuple[int, int, int, bool, bool]]:
    """Cut `start..stop` where the syntax, the marks or what is found change: (from, to, style, marked, found)."""
    coloured = [(spans[i], spans[i + 1], spans[i + 2]) for i in range(0, len(spans), 3)]
    coloured = [(a, b, s) for a, b, s in coloured if a < stop and b > start]
    cuts = {start, stop}
    for a, b, _ in coloured:
        cuts.update((max(a, start), min(b, stop)))
    for a, b in (*marks, *found):
        if a < stop and b > start:
            cuts.update((max(a, start), min(b, stop)))
    ordered = sorted(cuts)
    pieces = []
    at = 0
    for a, b in pairwise(ordered):
        while at < len(coloured) and coloured[at][1] <= a:
            at += 1
        style = coloured[at][2] if at < len(coloured) and coloured[at][0] <= a else 0
        pieces.append((a, b, style, any(x <= a < y for x, y in marks), any(x <= a < y for x, y in found)))
    return pieces
