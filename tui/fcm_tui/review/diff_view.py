"""The diff of the selected change on the line API: one below the other, or side by side."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Callable, Sequence
from itertools import pairwise

from rich.cells import cell_len
from rich.segment import Segment
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from fcm_tui.review import keys, wording
from fcm_tui.review.diff_rows import ADDED, FOLD, REMOVED, SAME, Rows, rows
from fcm_tui.review.document import Document, Side
from fcm_tui.review.syntax import Lexing, Text
from fcm_tui.review.theme import SYNTAX, Palette

CONTEXT = 3
SIDE_BY_SIDE = 140
"""Cells of width from which both versions stand side by side, unless asked otherwise."""
LONG = 20_000
"""Characters of a line that are drawn where it is not plain ASCII; more would not paint in time."""
MARKED = 2_000
"""Lines longer than this get no marks of the words that differ."""

_TINTS = {SAME: (), ADDED: ("added",), REMOVED: ("removed",)}
_WORDS = {ADDED: ("added-word",), REMOVED: ("removed-word",)}
_SIGNS = {
    SAME: (" ", ("line-number",)),
    ADDED: ("+", ("added", "added-sign")),
    REMOVED: ("-", ("removed", "removed-sign")),
}


class DiffView(ScrollView, can_focus=True):
    """Shows one `Document`. Each row is drawn when it is seen, and kept."""

    ALLOW_SELECT = False
    BINDINGS = keys.bindings(keys.DIFF)

    class Moved(Message):
        """Another part, or another layout, is in sight."""

    def __init__(self, palette: Palette, *, id: str) -> None:
        super().__init__(id=id)
        self.palette = palette
        self._document: Document | None = None
        self._rows = rows([], 0, 0, context=CONTEXT, split=False)
        self._above = 0
        self._wanted_split: bool | None = None
        self._split = False
        self._whole = False
        self._shift = 0
        self._digits = 1
        self._drawn: OrderedDict[tuple[int, int, int], Strip] = OrderedDict()
        self._marks: dict[tuple[int, int], tuple[list[tuple[int, int]], list[tuple[int, int]]]] = {}
        self._lexing: Lexing | None = None
        self._old_colours: Text | None = None
        self._new_colours: Text | None = None

    @property
    def document(self) -> Document | None:
        return self._document

    @property
    def hunk_at(self) -> tuple[int, int]:
        """The hunk in sight, counted from 1, and how many there are; 0 where all are in sight."""
        count = len(self._rows.hunks)
        if not self.max_scroll_y:
            return 0, count
        if self.scroll_offset.y >= self.max_scroll_y:
            return count, count
        return max(1, bisect_right(self._rows.hunks, self.scroll_offset.y + CONTEXT - self._above)), count

    def on_mount(self) -> None:
        self._lexing = Lexing()

    def on_unmount(self) -> None:
        if self._lexing is not None:
            self._lexing.close()

    # --- what is shown

    def show(self, document: Document | None) -> None:
        """Show a change, from its beginning; nothing for None."""
        self._document = document
        self._marks.clear()
        self._shift = 0
        self._whole = False
        self._old_colours = self._new_colours = None
        if document is not None and self._lexing is not None:
            self._old_colours, self._new_colours = self._lexing.open(
                document.name,
                (
                    (document.old.lines, lambda first, last: self._coloured(0, first, last)),
                    (document.new.lines, lambda first, last: self._coloured(1, first, last)),
                ),
            )
        self._lay_out()
        self.scroll_to(y=0, animate=False)
        self.post_message(self.Moved())

    def _lay_out(self) -> None:
        document = self._document
        self._drawn.clear()
        self._split = self.size.width >= SIDE_BY_SIDE if self._wanted_split is None else self._wanted_split
        if document is None:
            self._rows, self._above = rows([], 0, 0, context=CONTEXT, split=False), 0
        else:
            # a file that is new or gone has one side: two halves would show half a screen of nothing
            self._split = self._split and bool(document.old.lines) and bool(document.new.lines)
            self._rows = rows(
                document.hunks,
                len(document.old.lines),
                len(document.new.lines),
                context=None if self._whole else CONTEXT,
                split=self._split,
            )
            self._above = len(document.facts) + len(document.notes) + 1
            self._digits = len(str(max(len(document.old.lines), len(document.new.lines), 1)))
        self.virtual_size = Size(self.size.width, self._above + len(self._rows))
        self.refresh()

    def on_resize(self) -> None:
        self._keeping_place(self._lay_out)

    def _keeping_place(self, change: Callable[[], None]) -> None:
        old = self._line_at(self.scroll_offset.y)
        change()
        if old is not None:
            self.scroll_to(y=self._row_of(old), animate=False)

    def _line_at(self, y: int) -> int | None:
        """The old line that stands in, or next above, a row of the screen's top."""
        for row in range(min(y - self._above, len(self._rows) - 1), -1, -1):
            if self._rows.kinds[row] == FOLD:
                return self._rows.new[row]
            if self._rows.old[row] >= 0:
                return self._rows.old[row]
        return None

    def _row_of(self, line: int) -> int:
        for row in range(len(self._rows)):
            if self._rows.kinds[row] != FOLD and self._rows.old[row] >= line:
                return self._above + row
            if self._rows.kinds[row] == FOLD and self._rows.new[row] + self._rows.old[row] > line:
                return self._above + row
        return self._above + len(self._rows)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self.post_message(self.Moved())

    # --- colours and marks

    def _coloured(self, side: int, first: int, last: int) -> None:
        """Lines got their colours: draw those in sight again."""
        numbers = self._rows.new if side else self._rows.old
        top = max(0, self.scroll_offset.y - self._above)
        seen = range(top, min(len(self._rows), top + self.size.height))
        stale = [key for key in self._drawn if first <= numbers[key[0]] < last]
        for key in stale:
            del self._drawn[key]
        if any(first <= numbers[row] < last for row in seen):
            self.refresh()

    def _marked(self, old: int, new: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        marks = self._marks.get((old, new))
        if marks is None:
            from fcm_tui.diff.words import word_spans  # not before the first paint

            assert self._document is not None
            before, after = self._document.old.lines[old], self._document.new.lines[new]
            marks = ([], [])
            if len(before) <= MARKED and len(after) <= MARKED:
                spans = word_spans(before, after)
                marks = [*spans[0]], [*spans[1]]
                # where almost everything differs, marks say nothing
                if sum(end - start for start, end in marks[0]) > 0.7 * len(before) + 2:
                    marks = ([], [])
            if len(self._marks) > 10_000:
                self._marks.clear()
            self._marks[old, new] = marks
        return marks

    # --- drawing

    def render_line(self, y: int) -> Strip:
        width, y = self.size.width, y + self.scroll_offset.y
        document = self._document
        if document is None or y >= self._above + len(self._rows):
            return Strip.blank(width, self.palette())
        if y < self._above:
            return self._head(document, y, width)
        row = y - self._above
        key = (row, self._shift, width)
        strip = self._drawn.get(key)
        if strip is None:
            strip = self._draw(document, self._rows, row, width)
            self._drawn[key] = strip
            if len(self._drawn) > 1000:
                self._drawn.popitem(last=False)
        return strip

    def _head(self, document: Document, y: int, width: int) -> Strip:
        if y < len(document.facts):
            return Strip([Segment(wording.fit(" " + document.facts[y], width), self.palette("muted"))], width)
        y -= len(document.facts)
        if y < len(document.notes):
            return Strip(
                [Segment(wording.fit(" " + document.notes[y], width), self.palette("accent"))], width
            )
        return Strip.blank(width, self.palette())

    def _draw(self, document: Document, shown: Rows, row: int, width: int) -> Strip:
        kind, old, new = shown.kinds[row], shown.old[row], shown.new[row]
        if kind == FOLD:
            words = f"   ⋯ {wording.plural(old, 'line')} unchanged"
            return Strip([Segment(wording.fit(words, width), self.palette("fold"))], width)
        if self._split:
            half = (width - 1) // 2
            left = self._half(document.old, 0, old, REMOVED if kind != SAME else SAME, new, half)
            right = self._half(document.new, 1, new, ADDED if kind != SAME else SAME, old, width - 1 - half)
            return Strip.join([left, Strip([Segment("│", self.palette("rule"))], 1), right])
        sign, sign_style = _SIGNS[kind]
        digits, numbers = self._digits, []
        if document.old.lines:
            numbers.append(f"{old + 1:>{digits}}" if kind != ADDED else " " * digits)
        if document.new.lines:
            numbers.append(f"{new + 1:>{digits}}" if kind != REMOVED else " " * digits)
        style = self.palette(*sign_style)
        gutter = Strip([Segment(f" {' '.join(numbers)} {sign} ", style)], len(numbers) * (digits + 1) + 3)
        side, line, partner = (1, new, old) if kind == ADDED else (0, old, new)
        if kind == SAME:
            side, line = 1, new
        code = self._code(
            document.new if side else document.old,
            side,
            line,
            kind,
            partner,
            max(1, width - gutter.cell_length),
        )
        return Strip.join([gutter, code])

    def _half(self, side: Side, which: int, line: int, kind: int, partner: int, width: int) -> Strip:
        if line < 0:
            return Strip.blank(width, self.palette("fold"))
        sign, sign_style = _SIGNS[kind]
        gutter = Strip(
            [
                Segment(f" {line + 1:>{self._digits}} ", self.palette(*sign_style)),
                Segment(f"{sign} ", self.palette(*sign_style)),
            ],
            self._digits + 4,
        )
        return Strip.join(
            [gutter, self._code(side, which, line, kind, partner, max(1, width - gutter.cell_length))]
        )

    def _code(self, side: Side, which: int, line: int, kind: int, partner: int, width: int) -> Strip:
        """A line of source in exactly `width` cells, from the column shifted to."""
        text = side.lines[line]
        colours = self._new_colours if which else self._old_colours
        if colours is not None:
            colours.want(max(0, line - 5), line + self.size.height)
        spans: Sequence[int] = colours.spans(line) if colours is not None else ()
        marks: list[tuple[int, int]] = []
        if kind != SAME and partner >= 0:
            marks = self._marked(line, partner)[0] if which == 0 else self._marked(partner, line)[1]
        if text.isascii():
            start, stop, cropped = self._shift, min(len(text), self._shift + width), True
        else:
            start, stop, cropped = 0, min(len(text), LONG), False
        tint, word = _TINTS[kind], _WORDS.get(kind, ())
        strip = Strip(
            [
                Segment(text[a:b], self.palette(*tint, SYNTAX[style], *(word if hot else ())))
                for a, b, style, hot in _pieces(spans, marks, start, stop)
            ]
        )
        if not cropped and self._shift:
            strip = strip.crop(min(self._shift, strip.cell_length), strip.cell_length)
        if side.ends_open and line == len(side.lines) - 1 and strip.cell_length < width:
            strip = Strip.join(
                [strip, Strip([Segment(" (no line break at the end)", self.palette(*tint, "muted"))])]
            )
        if stop < len(text) and strip.cell_length >= width:
            strip = Strip.join(
                [strip.crop(0, width - 1), Strip([Segment("›", self.palette(*tint, "muted"))], 1)]
            )
        return strip.adjust_cell_length(width, self.palette(*tint))

    # --- keys

    def action_line(self, lines: int) -> None:
        self.scroll_to(y=self.scroll_offset.y + lines, animate=False)

    def action_page(self, pages: int) -> None:
        self.action_line(pages * max(1, self.size.height - 2))

    def action_first(self) -> None:
        self.scroll_to(y=0, animate=False)

    def action_last(self) -> None:
        self.scroll_to(y=self.max_scroll_y, animate=False)

    def action_hunk(self, step: int) -> None:
        at = self.scroll_offset.y + CONTEXT - self._above
        hunks = self._rows.hunks
        number = bisect_right(hunks, at) if step > 0 else bisect_left(hunks, at) - 1
        if 0 <= number < len(hunks):
            self.scroll_to(y=max(0, self._above + hunks[number] - CONTEXT), animate=False)
        elif number < 0:
            self.action_first()

    def action_sideways(self, cells: int) -> None:
        longest = self._longest() if cells > 0 else 0
        shift = max(0, self._shift + cells)
        if cells < 0 or shift < longest:
            self._shift = shift
            self.refresh()

    def _longest(self) -> int:
        top = max(0, self.scroll_offset.y - self._above)
        longest = 0
        if self._document is not None:
            for row in range(top, min(len(self._rows), top + self.size.height)):
                if self._rows.kinds[row] == FOLD:
                    continue
                for side, line in (
                    (self._document.old, self._rows.old[row]),
                    (self._document.new, self._rows.new[row]),
                ):
                    if line >= 0:
                        text = side.lines[line]
                        longest = max(longest, len(text) if text.isascii() else cell_len(text[:LONG]))
        return longest

    def action_side_by_side(self) -> None:
        self._wanted_split = not self._split
        self._keeping_place(self._lay_out)
        self.post_message(self.Moved())

    def action_whole(self) -> None:
        self._whole = not self._whole
        self._keeping_place(self._lay_out)
        self.post_message(self.Moved())


def _pieces(
    spans: Sequence[int], marks: list[tuple[int, int]], start: int, stop: int
) -> list[tuple[int, int, int, bool]]:
    """Cut `start..stop` where the syntax or the marks change: (from, to, style, marked)."""
    coloured = [(spans[i], spans[i + 1], spans[i + 2]) for i in range(0, len(spans), 3)]
    coloured = [(a, b, s) for a, b, s in coloured if a < stop and b > start]
    cuts = {start, stop}
    for a, b, _ in coloured:
        cuts.update((max(a, start), min(b, stop)))
    for a, b in marks:
        if a < stop and b > start:
            cuts.update((max(a, start), min(b, stop)))
    ordered = sorted(cuts)
    pieces = []
    at = 0
    for a, b in pairwise(ordered):
        while at < len(coloured) and coloured[at][1] <= a:
            at += 1
        style = coloured[at][2] if at < len(coloured) and coloured[at][0] <= a else 0
        pieces.append((a, b, style, any(x <= a < y for x, y in marks)))
    return pieces
