"""A small menu at the foot of the screen: each entry has a letter, as vim's keys after a first one."""

from __future__ import annotations

from dataclasses import dataclass

from rich.segment import Segment
from textual import events
from textual.app import ComposeResult
from textual.message import Message
from textual.screen import ModalScreen
from textual.strip import Strip

from fcm_tui.review import keys, wording
from fcm_tui.review.look.theme import Palette
from fcm_tui.review.parts.cursor_view import CursorView
from fcm_tui.review.parts.pane import Pane


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to choose."""

    letter: str
    label: str
    """Safe to show."""
    value: str


_MOVES = {"j": 1, "k": -1}
"""Where they are no letters of choices."""


class MenuView(CursorView):
    """The entries, one a row."""

    class Opened(Message):
        """The entry under the cursor is taken."""

    def __init__(self, palette: Palette, entries: list[Choice]) -> None:
        super().__init__(palette, id="menu")
        self.entries = entries

    @property
    def total(self) -> int:
        return len(self.entries)

    def opened(self) -> None:
        self.post_message(self.Opened())

    def draw(self, row: int, width: int, *, cursor: str | None) -> Strip:
        over = () if cursor is None else (cursor,)
        entry = self.entries[row]
        return Strip(
            [
                Segment(f"  {entry.letter}  ", self.palette("key", *over)),
                Segment(wording.fit(entry.label, max(1, width - 5)), self.palette("text", *over)),
            ]
        ).adjust_cell_length(width, self.palette(*over))


class Menu(ModalScreen[str]):
    """Dismissed with the value of what was chosen, or with None."""

    BINDINGS = keys.bindings(keys.MENU)
    CSS = """
    Menu { background: transparent; }
    #menu-pane { dock: bottom; }
    """

    def __init__(self, palette: Palette, title: str, detail: str, entries: list[Choice]) -> None:
        super().__init__()
        self._view = MenuView(palette, entries)
        self._pane = Pane(palette, title, self._view)
        self._pane.title.say(detail, f"{keys.shown('menu.close')} leaves it")

    def label_of(self, value: str) -> str:
        """What an entry says."""
        return next(entry.label for entry in self._view.entries if entry.value == value)

    def compose(self) -> ComposeResult:
        self._pane.styles.height = min(len(self._view.entries) + 1, max(4, self.app.size.height - 4))
        yield self._pane

    def on_mount(self) -> None:
        self._view.focus()

    def on_key(self, event: events.Key) -> None:
        for entry in self._view.entries:
            if event.character == entry.letter:
                event.stop()
                self.dismiss(entry.value)
                return
        if event.key in _MOVES:
            event.stop()
            self.action_move(_MOVES[event.key])

    def action_move(self, rows: int) -> None:
        self._view.go(self._view.cursor + rows)

    def action_choose(self) -> None:
        self.dismiss(self._view.entries[self._view.cursor].value)

    def on_menu_view_opened(self) -> None:
        self.action_choose()

    def action_close(self) -> None:
        self.dismiss(None)
