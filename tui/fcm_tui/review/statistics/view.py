"""The figures on the line API, with a cursor that goes from one to the next in any direction."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from fcm_tui.report.statistics import Statistics
from fcm_tui.review import keys
from fcm_tui.review.look.scrolling import RowsView
from fcm_tui.review.look.theme import Palette
from fcm_tui.review.statistics.blocks import arranged
from fcm_tui.review.statistics.pieces import Figure, Line, Piece, Place, nearest, places

_HERE = Style(reverse=True)


class StatisticsView(RowsView, can_focus=True):
    """Draws only the rows in sight."""

    ALLOW_SELECT = False
    BINDINGS = keys.bindings(keys.STATISTICS)

    class Moved(Message):
        """The cursor stands on another figure, or on none."""

    class Opened(Message):
        """A figure was clicked that the cursor stood on."""

    def __init__(self, palette: Palette) -> None:
        super().__init__(id="statistics")
        self.palette = palette
        self.said = ""
        """What stands there as long as there are no figures."""
        self._figures: Statistics | None = None
        self._lines: list[Line] = []
        self._places: list[Place] = []
        self._at = 0

    @property
    def figure(self) -> Figure | None:
        """Under the cursor."""
        return self._places[self._at].figure if self._places else None

    def show(self, figures: Statistics) -> None:
        """Draw other figures."""
        self._figures = figures
        self._arrange()

    def say(self, text: str) -> None:
        """Say something instead of figures."""
        self._figures, self.said = None, text
        self._arrange()

    def on_resize(self) -> None:
        self._arrange()

    def _arrange(self) -> None:
        width = self.size.width
        if not width:
            return
        self._lines = (
            arranged(self._figures, width)
            if self._figures is not None
            else [[], [Piece(f"  {self.said}", "muted")]]
        )
        self._places = places(self._lines)
        self._at = min(self._at, max(0, len(self._places) - 1))
        self.say_rows(len(self._lines), width)
        self._reveal()
        self.refresh()
        self.post_message(self.Moved())

    def action_step(self, rows: int, columns: int) -> None:
        """To the nearest figure in a direction."""
        if not self._places:
            return
        found = nearest(self._places, self._places[self._at], rows, columns)
        if found is not None:
            self._go(self._places.index(found))
        elif rows:  # past the outermost figure one still sees what stands there
            self.scroll_to(y=self.scroll_offset.y + 3 * rows, animate=False)

    def action_page(self, pages: int) -> None:
        """To what stands a page on."""
        if not self._places:
            return
        row = self._places[self._at].row + pages * max(1, self.size.height - 2)
        self._go(min(range(len(self._places)), key=lambda at: abs(self._places[at].row - row)))

    def action_end(self, last: bool) -> None:
        """To the first figure, or the last."""
        if self._places:
            self._go(len(self._places) - 1 if last else 0)

    def _go(self, at: int) -> None:
        if at != self._at:
            self._at = at
            self._reveal()
            self.refresh()
            self.post_message(self.Moved())

    def _reveal(self) -> None:
        if self._places:
            row = self._places[self._at].row
            above = 2 if self._at else row
            self.scroll_to_region(Region(0, max(0, row - above), 1, above + 2), animate=False, force=True)

    def on_click(self, event: events.Click) -> None:
        row, column = event.y + self.scroll_offset.y, event.x
        for piece_figure in self._figures_in(row, column):
            at = next(at for at, place in enumerate(self._places) if place.figure is piece_figure)
            if at == self._at:
                self.post_message(self.Opened())
            self._go(at)

    def _figures_in(self, row: int, column: int) -> list[Figure]:
        """What stands in a cell of the screen."""
        if not 0 <= row < len(self._lines):
            return []
        for piece in self._lines[row]:
            column -= Strip([Segment(piece.text)]).cell_length
            if column < 0:
                return [piece.figure] if piece.figure is not None else []
        return []

    def render_line(self, y: int) -> Strip:
        row = y + self.scroll_offset.y
        line = self._lines[row] if row < len(self._lines) else []
        at = self.figure
        segments = []
        for piece in line:
            is_here = at is not None and piece.figure is at
            style = self.palette(piece.style)
            segments.append(Segment(piece.text, style + _HERE if is_here else style))
        return Strip(segments).adjust_cell_length(self.size.width, self.palette())
