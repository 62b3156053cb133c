"""What every screen of ours does on the way to the terminal: never wait for it, and never trust text."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TypeVar

from rich.console import RenderableType
from rich.segment import Segment
from textual.app import App
from textual.color import Color
from textual.filter import LineFilter
from textual.screen import Screen

from fcm_tui.safetext import visible

_log = logging.getLogger(__name__)
R = TypeVar("R")

BEHIND = 6
"""Queued writes at which the terminal counts as not being read; Textual blocks the loop at 30."""
RETRY = 0.05


class Backstop(LineFilter):
    """The last look at text before it is written: what was not made safe at its entry is made so here."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        for text, _, control in segments:
            if not control and not text.isprintable():
                return [
                    Segment(visible(s.text), s.style, s.control) if not s.control else s for s in segments
                ]
        return segments


class PatientApp(App[R]):
    """A Textual app whose event loop never waits for a terminal that is not read.

    Textual's writer thread has a queue of 30 writes and then blocks the loop, and with it the
    recorder that runs there. Here a frame is left out while the terminal is behind, and the whole
    screen drawn once it has caught up. Uses `_display` and the writer's queue of Textual 8.2.
    """

    ENABLE_COMMAND_PALETTE = False

    def __init__(self, *, ansi_color: bool | None = None) -> None:
        super().__init__(ansi_color=ansi_color)
        self.animation_level = "none"
        self._backstop = Backstop()
        self._frames_left_out = False
        self.is_lent = False
        """The terminal belongs to another program: nothing is drawn."""
        self.crash: str | None = None
        """What went wrong in the screen itself, in one line."""

    def _fatal_error(self) -> None:
        """An error of ours: the log has its traceback, the person gets a line, never a page of source."""
        import sys

        error = sys.exc_info()[1]
        _log.exception("the screen failed")
        self.crash = f"{type(error).__name__}: {visible(str(error))}"
        self._close_messages_no_wait()

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [*super().get_line_filters(), self._backstop]

    def _queued_writes(self) -> int:
        writer = getattr(self._driver, "_writer_thread", None)
        return 0 if writer is None else writer._queue.qsize()

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        if self.is_lent:
            self.post_display_hook()
            return
        if self._queued_writes() < BEHIND and not self._frames_left_out:
            super()._display(screen, renderable)
            return
        if renderable is not None and not self._batch_count and not self._frames_left_out:
            self._frames_left_out = True
            self.set_timer(RETRY, self._try_again)
        self.post_display_hook()

    def _try_again(self) -> None:
        if self._queued_writes():
            self.set_timer(RETRY, self._try_again)
            return
        self._frames_left_out = False
        self.screen.refresh(layout=True)
