"""The diff of the selected change on the line API: one below the other, or side by side."""

from __future__ import annotations

import asyncio
import textwrap
from collections.abc import Callable, Sequence
from functools import partial

from rich.segment import Segment
from textual import work
from textual.message import Message
from textual.strip import Strip

from fcm_tui.model import Change, Hunk
from fcm_tui.review import keys, wording
from fcm_tui.review.diff.paint import Painter
from fcm_tui.review.diff.rows import Place, rows
from fcm_tui.review.diff.shape import BYTES_SIDE_BY_SIDE, CONTEXT, SIDE_BY_SIDE, Shape
from fcm_tui.review.diff.syntax import Colours, Lexing, Part
from fcm_tui.review.diff.wrap import Lines, heights
from fcm_tui.review.documents.document import Document, Listed
from fcm_tui.review.look.scrolling import RowsView
from fcm_tui.review.look.theme import Palette
from fcm_tui.review.parts.said import Refused


class DiffView(RowsView, can_focus=True):
    """Shows one `Document`. Each row is drawn when it is seen, and kept."""

    ALLOW_SELECT = False
    BINDINGS = keys.bindings(keys.DIFF, keys.SHOWN)

    class Moved(Message):
        """Another part, or another layout, is in sight."""

    def __init__(self, palette: Palette, *, id: str) -> None:
        super().__init__(id=id)
        self.palette = palette
        self.shape = Shape()
        self._document: Document | None = None
        self._painter: Painter | None = None
        self._rows = rows([], 0, 0, context=CONTEXT, split=False)
        self._quiet: list[Hunk] | None = None
        """The hunks in which whitespace does not count, where that is asked for and they are known."""
        self.vanished = 0
        """How many hunks are not shown as they are whitespace only."""
        self._lines = Lines(0)
        self._head: list[Listed] = []
        """Lines above the diff."""
        self._above = 0
        self._shift = 0
        self._held: tuple[int, Place] | None = None
        """The place that was kept last, and where the screen stood then: going back and forth does not drift."""
        self._gone_to: tuple[int, int] | None = None
        """Where the screen stood when a row was gone to, and that row: near the ends it cannot stand at the top."""
        self._lexing: Lexing | None = None
        self.hint = ""
        """What brings something here, for as long as there is nothing. Safe to show."""
        self._said: list[str] = []
        """What stands here instead of a change."""

    @property
    def document(self) -> Document | None:
        return self._document

    def _moved(self) -> None:
        """Something else is in sight, or may be."""
        self.post_message(self.Moved())

    def on_mount(self) -> None:
        self._lexing = Lexing()

    def on_unmount(self) -> None:
        if self._lexing is not None:
            self._lexing.close()

    # --- what is shown

    def show(self, document: Document | None) -> None:
        """Show a change, from its beginning; a burst that went on, from where one is. Nothing for None."""
        burst, before = (None if shown is None else shown.burst for shown in (document, self._document))
        top = self.scroll_offset.y if burst is not None and burst.goes_on(before) else 0
        self._document = document
        self._said = []
        self._painter = None
        self._shift = 0
        self._held = self._quiet = None
        self.vanished = 0
        self.shape.whole = False
        if document is not None:
            colours = self._begin_colours(document, self._lexing) if self._lexing is not None else []
            self._painter = Painter(self.palette, document, colours)
        self._lay_out()
        self.scroll_to(y=top, animate=False)
        self._moved()
        if self.shape.blind:
            self._ignore_whitespace()

    def tell(self, said: Sequence[str]) -> None:
        """Lines that stand here for as long as no change is shown; safe to show."""
        self._said = list(said)
        self.refresh()

    def _begin_colours(self, document: Document, lexing: Lexing) -> list[Colours]:
        """Those of each side: of one text, or of the files in it.

        The versions after the change come first: they have most of the lines in sight.
        """
        sides = (document.old.lines, document.new.lines)
        files = list(document.texts())
        parts = [
            Part(file.name, sides[side][lines[side]], partial(self._coloured, side, lines[side].start))
            for side in (1, 0)
            for file, *lines in files
        ]
        texts = lexing.open(parts)
        old, new = ([lines[side].start for _, *lines in files] for side in (0, 1))
        return [Colours(texts[len(files) :], old), Colours(texts[: len(files)], new)]

    def say_reviews(self, change: Change, reviews: Sequence[str]) -> None:
        """What reviewers have to say to a change, if it is the one that is shown; nothing moves but what they say."""
        document = self._document
        if document is None or document.change is not change or list(reviews) == list(document.reviews):
            return
        self._document = document._replace(reviews=reviews)
        self._shaped()

    def _lay_out(self) -> None:
        self._gone_to = None
        document, painter = self._document, self._painter
        if document is None or painter is None:
            self._rows, self._above = rows([], 0, 0, context=CONTEXT, split=False), 0
            self._lines = Lines(0)
        else:
            old, new = document.old.lines, document.new.lines
            # a file that is new or gone has one side: two halves would show half a screen of nothing
            split = self.shape.is_split(self.size.width, self._needed) and bool(old) and bool(new)
            self._rows = shown = rows(
                document.hunks if self._quiet is None else self._quiet,
                len(old),
                len(new),
                context=0 if document.partial else None if self.shape.whole else self.shape.context,
                split=split,
                files=[(file.old_start, file.new_start) for file in document.files],
            )
            self._head = [Listed([(fact, "muted")]) for fact in document.facts]
            for note, style in (
                *((said, "good") for said in document.reviews),
                *((said, "accent") for said in document.notes),
            ):
                wrapped_note = textwrap.wrap(note, max(20, self.room - 2))
                self._head += [Listed([(line, style)]) for line in wrapped_note]
            self._head += document.listed
            self._above = len(self._head) + 1
            painter.lay_out(shown, self.room, wrap=self.shape.wrap)
            widths = painter.widths(self.room, split=split)
            wrapped = (lambda: heights(shown, old, new, widths)) if self.shape.wrap else None
            self._lines = Lines(len(shown), wrapped)
        self.say_rows(self._above + self._lines.total)
        self.refresh()

    @property
    def _needed(self) -> int:
        """Cells of width from which this document stands side by side by itself."""
        return BYTES_SIDE_BY_SIDE if self._document is not None and self._document.hex else SIDE_BY_SIDE

    def on_resize(self) -> None:
        self._shaped()

    def _keeping_place(self, change: Callable[[], None]) -> None:
        """Whatever stands at the top of the screen stays there."""
        top = self.scroll_offset.y
        place = None
        if self._held is not None and self._held[0] == top:
            place = self._held[1]
        elif len(self._rows) and top >= self._above:
            place = self._rows.place(self._row_at(top))
        change()
        if place is not None and len(self._rows):
            self.scroll_to(y=self._above + self._lines.start(self._rows.row_of(place)), animate=False)
            self._held = self.scroll_offset.y, place

    @work(group="whitespace", exclusive=True, exit_on_error=False)
    async def _ignore_whitespace(self) -> None:
        document = self._document
        if document is None or not document.hunks or document.hex or document.partial:
            return

        def compare() -> tuple[list[Hunk], int]:
            from fcm_tui.diff.whitespace import diff_without_whitespace, vanished  # in the thread

            quiet = [
                hunk.shifted(old.start, new.start)
                for _, old, new in document.texts()
                for hunk in diff_without_whitespace(document.old.lines[old], document.new.lines[new])
            ]
            return quiet, vanished(document.hunks, quiet)

        quiet, hidden = await asyncio.to_thread(compare)
        if document is self._document and self.shape.blind:
            self._quiet, self.vanished = quiet, hidden
            self._shaped()

    def _row_at(self, y: int) -> int:
        """The row that stands in a line of the whole; the first or last one beyond them."""
        if not self._lines.total:
            return 0
        return self._lines.row(max(0, min(self._lines.total - 1, y - self._above)))[0]

    def _shaped(self) -> None:
        """Another layout was asked for."""
        self._keeping_place(self._lay_out)
        self._moved()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._moved()

    def _coloured(self, side: int, start: int, first: int, last: int) -> None:
        """Lines of a text that begins at `start` got their colours: draw those in sight again."""
        first, last = start + first, start + last
        numbers = self._rows.new if side else self._rows.old
        if self._painter is not None:
            self._painter.forget(side, first, last)
        if any(first <= numbers[row] < last for row in self._in_sight()):
            self.refresh()

    def _in_sight(self) -> range:
        """The rows of which something stands on the screen."""
        if not len(self._rows):
            return range(0)
        top = self.scroll_offset.y
        return range(self._row_at(top), self._row_at(top + self.size.height) + 1)

    # --- drawing

    def render_line(self, y: int) -> Strip:
        width, y = self.room, y + self.scroll_offset.y
        document, painter = self._document, self._painter
        if document is None and self._said:
            lines = wording.wrapped(self._said, width - 4)
            said = lines[y - 1] if 0 < y <= len(lines) else ""
            return Strip([Segment(wording.fit(f"  {said}", width), self.palette("text"))], width)
        if document is None and y == 1 and self.hint:
            return Strip([Segment(wording.fit(f"  {self.hint}", width), self.palette("muted"))], width)
        if document is None or painter is None or y >= self._above + self._lines.total:
            return Strip.blank(width, self.palette())
        if y < len(self._head):
            return self._above_it(self._head[y], width)
        if y < self._above:
            return Strip.blank(width, self.palette())
        row, part = self._lines.row(y - self._above)
        painter.ahead = self.size.height
        return painter.line(row, part, self._shift)

    def _above_it(self, line: Listed, width: int) -> Strip:
        """A line of what stands above the diff, or in place of it."""
        segments, room = [], width
        for text, style in [(" ", line.begun[0][1]), *line.begun] if line.begun else []:
            shown = wording.fit(text, min(wording.cells(text), room))
            segments.append(Segment(shown, self.palette(style)))
            room -= wording.cells(shown)
        style = line.style if line.path or not line.begun else line.begun[-1][1]
        segments.append(Segment(wording.fit_path(line.path, room), self.palette(style)))
        return Strip(segments, width)

    # --- keys

    def _scroll(self, y: float) -> None:
        self.scroll_to(y=y, animate=False)
        self._gone_to = None
        self._moved()

    def action_line(self, lines: int) -> None:
        self._scroll(self.scroll_offset.y + lines)

    def action_page(self, pages: int) -> None:
        self.action_line(pages * max(1, self.size.height - 2))

    def action_first(self) -> None:
        self._scroll(0)

    def action_last(self) -> None:
        self._scroll(self.max_scroll_y)

    def action_sideways(self, cells: int) -> None:
        if self.shape.wrap or self._painter is None:
            return
        seen = self._in_sight()
        longest = self._painter.longest(seen.start, seen.stop) if cells > 0 else 0
        shift = max(0, self._shift + cells)
        if cells < 0 or shift < longest:
            self._shift = shift
            self.refresh()

    @property
    def is_list(self) -> bool:
        """Whether files stand there by name, and no lines that have something."""
        return self._document is not None and bool(self._document.listed)

    def _has_no_lines(self) -> bool:
        """Whether it is a list of files, which is said."""
        if self.is_list:
            key = keys.shown("log.diff")
            self.post_message(
                Refused(
                    f"This is a list of files, not a diff: {key} in the log opens the burst; then choose a change."
                )
            )
        return self.is_list

    def action_side_by_side(self) -> None:
        if self._has_no_lines():
            return
        self.shape.turn(self.size.width, self._needed)
        self._shaped()

    def action_whole(self) -> None:
        if not self._has_no_more("the whole file"):
            self.shape.whole = not self.shape.whole
            self._shaped()

    def action_context(self, step: int) -> None:
        if not self._has_no_more("other context"):
            self.shape.widen(step)
            self._shaped()

    def _has_no_more(self, wanted: str) -> bool:
        """Whether there is nothing around the changed lines, which is said."""
        if self._has_no_lines():
            return True
        is_partial = self._document is not None and self._document.partial
        if is_partial:
            self.post_message(
                Refused(f"Of a file this large only the changed lines are read: there is not {wanted}.")
            )
        return is_partial

    def action_whitespace(self) -> None:
        if self._has_no_lines():
            return
        self.shape.blind = not self.shape.blind
        self._quiet, self.vanished = None, 0
        if self.shape.blind:
            self._ignore_whitespace()
        self._shaped()

    def action_wrap(self) -> None:
        if self._has_no_lines():
            return
        self.shape.wrap = not self.shape.wrap
        self._shift = 0
        self._shaped()
