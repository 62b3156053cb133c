"""A few lines of text that say what something is for, or what is wrong with it."""

from __future__ import annotations

from textwrap import wrap

from rich.segment import Segment
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from fcm_tui.review import wording
from fcm_tui.review.look.theme import Palette


class Told(Widget):
    """A few lines of text, safe to show."""

    ALLOW_SELECT = False

    def __init__(self, palette: Palette, *, id: str) -> None:
        super().__init__(id=id)
        self.palette = palette
        self._text, self._style = "", "muted"

    def say(self, text: str, style: str = "muted") -> None:
        """Show another text."""
        if (text, style) != (self._text, self._style):
            self._text, self._style = text, style
            self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Lines that the text needs, where a style lets it be so high."""
        return len(self._lines(width))

    def _lines(self, width: int) -> list[str]:
        return wrap(self._text, max(10, width - 2))

    def render_line(self, y: int) -> Strip:
        width, height = self.size
        lines = self._lines(width)
        if len(lines) > height and height:
            lines[height - 1] = wording.fit(" ".join(lines[height - 1 :]), width - 2)
        text = lines[y] if y < min(height, len(lines)) else ""
        return Strip([Segment(f" {text}", self.palette(self._style))]).adjust_cell_length(
            width, self.palette()
        )
