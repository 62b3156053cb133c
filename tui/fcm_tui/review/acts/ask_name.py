"""Asks for a file's name, or a moment, in a line at the foot of the screen."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from rich.segment import Segment
from textual import work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.worker import Worker, WorkerError

from fcm_tui.errors import Exists, FcmError
from fcm_tui.review import keys, wording
from fcm_tui.review.look.keys_in_turn import KeysInTurn
from fcm_tui.review.look.theme import Palette
from fcm_tui.review.parts.entry_line import EntryLine
from fcm_tui.review.parts.pane import PaneTitle
from fcm_tui.review.parts.told import Told
from fcm_tui.safetext import visible
from fcm_tui.times import parse_moment

R = TypeVar("R")

Writer = Callable[[Path, bool], None]
"""Writes the file; whether it may replace one is the second argument. For a thread."""


_MOMENTS = "14:05, yesterday 14:00, 2h (ago), 2026-03-01 14:05: Enter shows what differs since, Esc leaves it"


async def _ended(worker: Worker[None]) -> None:
    with contextlib.suppress(WorkerError):
        await worker.wait()


class NameLine(EntryLine):
    """The line in which the name is written."""

    DEFAULT_CSS = "NameLine { height: 1; }"

    def render_line(self, y: int) -> Strip:
        text = self.palette("text")
        return self.drawn(Segment(" ", text), text, text)


class AskLine(ModalScreen[R]):
    """Asks until what is written will do; dismissed with what came of it, or with None."""

    BINDINGS = keys.bindings(keys.NAME)
    CSS = """
    AskName, AskMoment, AskFilterName { background: transparent; }
    #ask-line { dock: bottom; height: 4; background: $fcm-background; }
    #ask-told { height: 2; }
    """

    def __init__(self, palette: Palette, heading: str, text: str, hint: str) -> None:
        """`hint` stands below the line until there is something to say to what was written."""
        super().__init__()
        self._title = PaneTitle(palette, heading)
        self._title.focused = True
        self._line = NameLine(palette, text)
        self._told = Told(palette, id="ask-told")
        self._over: str | None = None
        """What was written when replacing was offered."""
        self._say(hint)

    def compose(self) -> ComposeResult:
        yield Vertical(self._title, self._line, self._told, id="ask-line")

    def on_mount(self) -> None:
        self._line.focus()

    def _say(self, text: str) -> None:
        self._told.say(visible(text))

    def action_write(self) -> None:
        """Keys pressed behind the one for this wait until it will do, or why it does not is told; Esc does not."""
        assert isinstance(self.app, KeysInTurn)
        self.app.opens(_ended(self._take(self._line.entry.text.strip())), "ask-line")

    async def take(self, text: str, *, over: bool) -> R | None:
        """What comes of what is written; None where that was said. `over` is whether it may replace something.

        Raises:
            Exists: it would replace something, which is offered.
            FcmError, OSError, ValueError, RuntimeError: it will not do, and why.
        """
        raise NotImplementedError

    @work(group="ask-line", exclusive=True, exit_on_error=False)
    async def _take(self, text: str) -> None:
        over, self._over = self._over == text, None
        try:
            found = await self.take(text, over=over)
        except Exists as there:
            self._over = text
            self._say(f"{there}: Enter again replaces it")
        except (FcmError, OSError, ValueError, RuntimeError) as error:
            if isinstance(error, FcmError):
                self._told.say(wording.why(error))
            else:
                self._say(str(getattr(error, "strerror", None) or error))
        else:
            if found is not None:
                self.dismiss(found)

    def action_close(self) -> None:
        self.dismiss(None)


class AskName(AskLine["Path | None"]):
    """Dismissed with the file that was written. A file that is there is replaced at a second Enter."""

    def __init__(self, palette: Palette, heading: str, name: str, write: Writer) -> None:
        super().__init__(palette, heading, name, "Enter writes it, Esc leaves it")
        self._write = write

    async def take(self, text: str, *, over: bool) -> Path | None:
        if not text:
            self._say("a file needs a name")
            return None
        self._say("writing…")

        def write() -> Path:
            path = Path(text).expanduser().absolute()
            self._write(path, over)
            return path

        return await asyncio.to_thread(write)


class AskMoment(AskLine["int | None"]):
    """Dismissed with a moment (ns) at which there is something to go back to."""

    def __init__(self, palette: Palette, heading: str, look: Callable[[int], Awaitable[object]]) -> None:
        """`look` raises what speaks against a moment."""
        super().__init__(
            palette,
            heading,
            "",
            _MOMENTS,
        )
        self._look = look

    async def take(self, text: str, *, over: bool) -> int | None:
        at_ns = parse_moment(text)
        self._say("looking…")
        await self._look(at_ns)
        return at_ns
