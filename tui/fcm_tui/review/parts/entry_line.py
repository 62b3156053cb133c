"""The keys of a line that a person writes, whatever it is drawn as."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.strip import Strip
from textual.widget import Widget

from fcm_tui.review import wording
from fcm_tui.review.look.theme import Palette
from fcm_tui.review.parts.entry import Entry


class EntryLine(Widget, can_focus=True):
    """Letters go into the entry, and the keys that move and delete work on it; all others are for who is around."""

    ALLOW_SELECT = False

    def __init__(self, palette: Palette, text: str = "") -> None:
        super().__init__()
        self.palette = palette
        self.entry = Entry(text)

    def written(self) -> None:
        """Called after each key that did something."""
        self.refresh()

    def drawn(self, prompt: Segment, style: Style, over: Style) -> Strip:
        """The prompt and what is written, the cursor in sight; `over` is what nothing stands on."""
        entry, width = self.entry, self.size.width
        start, end = entry.window(max(2, width - wording.cells(prompt.text) - 1))
        at = entry.text[entry.at : entry.at + 1] or " "
        return Strip(
            [
                prompt,
                Segment(entry.text[start : entry.at], style),
                Segment(at, style + Style(reverse=True)),
                Segment(entry.text[entry.at + 1 : end], style),
            ]
        ).adjust_cell_length(width, over)

    def press(self, key: str) -> bool:
        """A key that is no letter; whether it did something here."""
        return self.entry.press(key)

    def check_consume_key(self, key: str, character: str | None) -> bool:
        return character is not None and character.isprintable()

    def on_key(self, event: events.Key) -> None:
        if event.is_printable and event.character is not None:
            self.entry.insert(event.character)
        elif not self.press(event.key):
            return
        event.stop()
        event.prevent_default()
        self.written()

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        self.entry.insert(event.text)
        self.written()
