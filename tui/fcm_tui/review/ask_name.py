"""Asks for a file's name, in a line at the foot of the screen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from textual import work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from fcm_tui.errors import FcmError
from fcm_tui.review import keys
from fcm_tui.review.exporting import Exists
from fcm_tui.review.pane import PaneTitle
from fcm_tui.review.theme import Palette
from fcm_tui.safetext import visible

Writer = Callable[[Path, bool], None]
"""Writes the file; whether it may replace one is the second argument. For a thread."""


class AskName(ModalScreen["Path | None"]):
    """Dismissed with the file that was written, or None. A file that is there is replaced at a second Enter."""

    BINDINGS = keys.bindings(keys.NAME)
    CSS = """
    AskName { background: $fcm-background 0%; }
    #ask-name { dock: bottom; height: 2; background: $fcm-background; }
    #ask-name Input, #ask-name Input:focus { border: none; height: 1; padding: 0 1; background: $fcm-background; }
    """

    def __init__(self, palette: Palette, heading: str, name: str, write: Writer) -> None:
        super().__init__()
        self._title = PaneTitle(palette, heading)
        self._title.focused = True
        self._input = Input(name, id="name")
        self._write = write
        self._over = ""
        """The name for which replacing was offered."""
        self._say("Enter writes it, Esc leaves it")

    def compose(self) -> ComposeResult:
        yield Vertical(self._title, self._input, id="ask-name")

    def on_mount(self) -> None:
        self._input.focus()

    def _say(self, text: str) -> None:
        self._title.say(visible(text))

    def on_input_submitted(self) -> None:
        name = self._input.value.strip()
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
