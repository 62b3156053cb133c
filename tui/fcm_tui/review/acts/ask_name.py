"""Asks for a file's name, in a line at the foot of the screen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from rich.segment import Segment
from textual import work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.strip import Strip

from fcm_tui.errors import FcmError
from fcm_tui.review import keys
from fcm_tui.review.acts.exporting import Exists
from fcm_tui.review.look.theme import Palette
from fcm_tui.review.parts.entry_line import EntryLine
from fcm_tui.review.parts.pane import PaneTitle
from fcm_tui.safetext import visible

Writer = Callable[[Path, bool], None]
"""Writes the file; whether it may replace one is the second argument. For a thread."""


class NameLine(EntryLine):
    """The line in which the name is written."""

    DEFAULT_CSS = "NameLine { height: 1; }"

    def render_line(self, y: int) -> Strip:
        text = self.palette("text")
        return self.drawn(Segment(" ", text), text, text)


class AskName(ModalScreen["Path | None"]):
    """Dismissed with the file that was written, or None. A file that is there is replaced at a second Enter."""

    BINDINGS = keys.bindings(keys.NAME)
    CSS = """
    AskName { background: $fcm-background 0%; }
    #ask-name { dock: bottom; height: 2; background: $fcm-background; }
    """

    def __init__(self, palette: Palette, heading: str, name: str, write: Writer) -> None:
        super().__init__()
        self._title = PaneTitle(palette, heading)
        self._title.focused = True
        self._line = NameLine(palette, name)
        self._write = write
        self._over = ""
        """The name for which replacing was offered."""
        self._say("Enter writes it, Esc leaves it")

    def compose(self) -> ComposeResult:
        yield Vertical(self._title, self._line, id="ask-name")

    def on_mount(self) -> None:
        self._line.focus()

    def _say(self, text: str) -> None:
        self._title.say(visible(text))

    def action_write(self) -> None:
        name = self._line.entry.text.strip()
        if not name:
            self._say("a file needs a name")
            return
        self._try(name)

    @work(group="name", exclusive=True, exit_on_error=False)
    async def _try(self, name: str) -> None:
        self._say("writing…")
        over = self._over == name

        def write() -> Path:
            path = Path(name).expanduser().absolute()
            self._write(path, over)
            return path

        try:
            path = await asyncio.to_thread(write)
        except Exists as there:
            self._over = name
            self._say(f"{there}: Enter again replaces it")
        except (FcmError, OSError, ValueError, RuntimeError) as error:
            self._say(str(getattr(error, "strerror", None) or error))
        else:
            self.dismiss(path)

    def action_close(self) -> None:
        self.dismiss(None)
