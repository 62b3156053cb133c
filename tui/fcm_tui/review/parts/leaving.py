"""The question in one line before recording ends as somebody leaves."""

from __future__ import annotations

from rich.segment import Segment
from textual import events
from textual.app import ComposeResult
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widget import Widget

from fcm_tui.review import keys, wording
from fcm_tui.review.look.theme import Palette

_SMALL = 32
"""Cells below which the keys that answer stand without what they do."""


class _Question(Widget):
    """What ends, and the two keys that answer: these are there however little room there is."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "_Question { dock: bottom; height: 1; }"

    def __init__(self, palette: Palette, question: str) -> None:
        super().__init__()
        self.palette = palette
        self._question = question

    def render_line(self, y: int) -> Strip:
        width, title = self.size.width, "title-focused"
        is_small = width < _SMALL
        answers = [
            Segment(f" {keys.shown('leave.yes')}", self.palette(title, "key")),
            Segment("" if is_small else " leaves", self.palette(title)),
            Segment(f" {keys.shown('leave.no')}", self.palette(title, "key")),
            Segment("" if is_small else " stays", self.palette(title)),
        ]
        room = max(0, width - 2 - sum(wording.cells(answer.text) for answer in answers))
        words = self._question if wording.cells(self._question) <= room else "Leave?"
        question = Segment(f" {wording.fit(words, room).rstrip()} ", self.palette(title, "warning"))
        return Strip([question, *answers]).adjust_cell_length(width, self.palette(title))


class Leaving(ModalScreen[bool]):
    """Dismissed with whether to leave; the key that asked says so a second time."""

    BINDINGS = keys.bindings(keys.LEAVE)
    CSS = "Leaving { background: transparent; }"

    def __init__(self, palette: Palette, folders: int) -> None:
        super().__init__()
        self._palette = palette
        self._question = f"Leaving ends the recording of {wording.plural(folders, 'folder')}."

    def compose(self) -> ComposeResult:
        yield _Question(self._palette, self._question)

    def on_key(self, event: events.Key) -> None:
        if any(key.id == "quit" and event.key in key.keys for key in keys.KEYMAP):
            event.stop()
            event.prevent_default()
            self.action_yes()

    def action_yes(self) -> None:
        self.dismiss(True)

    def action_no(self) -> None:
        self.dismiss(False)
