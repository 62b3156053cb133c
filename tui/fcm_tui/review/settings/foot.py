"""The line under the fields in which a value is written."""

from __future__ import annotations

from rich.segment import Segment
from textual.message import Message
from textual.strip import Strip

from fcm_tui.review.look.theme import Palette
from fcm_tui.review.parts.entry_line import EntryLine


class ValueLine(EntryLine):
    """The line in which a value is written. `mistake` marks it as one that cannot be."""

    DEFAULT_CSS = "ValueLine { height: 1; }"

    class Written(Message):
        """There is another letter in it."""

    def __init__(self, palette: Palette) -> None:
        super().__init__(palette)
        self.is_wrong = False
        self.prompt = ""
        self.display = False

    def written(self) -> None:
        self.refresh()
        self.post_message(self.Written())

    def render_line(self, y: int) -> Strip:
        style = self.palette("title", "bad") if self.is_wrong else self.palette("title", "text")
        prompt = Segment(f" {self.prompt}: ", self.palette("title", "key"))
        return self.drawn(prompt, style, self.palette("title"))
