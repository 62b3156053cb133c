"""A sentence at the foot of the screen, for a while: what came of a key."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import Protocol, runtime_checkable

from rich.segment import Segment
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from fcm_tui.review import keys, wording
from fcm_tui.review.look.theme import Palette

SECONDS = 12.0
_LINES = 4


class Refused(Message):
    """A key did nothing here, and why; safe to show."""

    def __init__(self, why: str) -> None:
        super().__init__()
        self.why = why


class Said(Widget):
    """Stands over the last lines of a screen. Its text is safe to show."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "Said { dock: bottom; height: 1; }"

    def __init__(self, palette: Palette, text: str, style: str, width: int) -> None:
        super().__init__()
        self.palette = palette
        self.text = text
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


@runtime_checkable
class Listing(Protocol):
    """An app that knows which keys do something here."""

    def listed(self) -> list[keys.Key]: ...


class Hints(Widget):
    """The keys that lead on, in the last line of a screen that has no status line."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "Hints { dock: bottom; height: 1; }"

    def __init__(self, palette: Palette, hints: Sequence[tuple[str, str]]) -> None:
        """`hints` are names of actions in the key map, each with a word for what it does."""
        super().__init__()
        self.palette = palette
        self._hints = hints

    def on_mount(self) -> None:
        if isinstance(self.app, Listing):  # what does something else here is not as its word says
            usual = {key.id for key in self.app.listed() if key in keys.KEYMAP}
            self._hints = [(identity, word) for identity, word in self._hints if identity in usual]

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        segments: list[Segment] = []
        used = 0
        for identity, word in self._hints:
            key = keys.shown(identity)
            if (used := used + wording.cells(key) + len(word) + 3) > width:
                break
            segments += [Segment(f" {key} ", self.palette("key")), Segment(f"{word} ", self.palette("muted"))]
        return Strip(segments).adjust_cell_length(width, self.palette())
