"""A sentence at the foot of the screen, for a while: what came of a key."""

from __future__ import annotations

from textwrap import wrap

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from fcm_tui.review import wording
from fcm_tui.review.theme import Palette

SECONDS = 12.0
_LINES = 4


class Said(Widget):
    """Stands over the last lines of a screen. Its text is safe to show."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "Said { dock: bottom; height: 1; }"

    def __init__(self, palette: Palette, text: str, style: str, width: int) -> None:
        super().__init__()
        self.palette = palette
        self._style = style
        self._lines = wrap(text, max(10, width - 2))[:_LINES] or [""]
        self.styles.height = len(self._lines)

    def on_mount(self) -> None:
        self.set_timer(SECONDS, self.remove)

    def render_line(self, y: int) -> Strip:
        line = self._lines[y] if y < len(self._lines) else ""
        width = self.size.width
        return Strip(
            [Segment(wording.fit(f" {line}", width), self.palette("title-focused", self._style))], width
        )
