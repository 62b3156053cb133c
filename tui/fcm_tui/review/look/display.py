"""What every screen of ours does on the way to the terminal: never wait for it, and never trust text."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Sequence
from typing import Any, TypeGuard, TypeVar

from rich.color import ColorSystem
from rich.console import RenderableType
from rich.segment import Segment
from textual import on
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App
from textual.color import Color
from textual.driver import Driver
from textual.events import Event, Idle, InputEvent, Key, Paste, Resize
from textual.filter import LineFilter
from textual.screen import Screen

from fcm_tui.review.look.cells import Cells
from fcm_tui.review.look.compositor import NarrowCompositor
from fcm_tui.review.look.tty import behind
from fcm_tui.safetext import visible

_log = logging.getLogger(__name__)
R = TypeVar("R")

BEHIND = 6
"""Queued writes at which the terminal counts as not being read; where Textual's thread writes, it blocks the loop at 30."""
RETRY = 0.02
"""Seconds until it is looked again whether the terminal took what was written."""
PROMPT = 0.05
"""Seconds after a key in which the first paint counts as its answer."""
_BEGIN, _END = "\x1b[?2026h", "\x1b[?2026l"
"""Around what the terminal is to show at once."""


class Backstop(LineFilter):
    """The last look at text before it is written: what was not made safe at its entry is made so here."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        for text, _, control in segments:
            if not control and not text.isprintable():
                return [
                    Segment(visible(s.text), s.style, s.control) if not s.control else s for s in segments
                ]
        return segments


class PromptScreen(Screen[object]):
    """Paints at once what a key changed, not with the next sixtieth of a second, and nothing before that has been heard.

    Uses `_compositor_refresh`, `_on_idle` and `_on_timer_update` of Textual 8.2.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._compositor = NarrowCompositor()

    def _compositor_refresh(self) -> None:
        app = self.app
        if not (isinstance(app, PatientApp) and app.is_held):
            super()._compositor_refresh()

    async def _on_idle(self, event: Idle) -> None:
        app = self.app
        is_dirty = self._dirty_widgets or self._repaint_required or self._layout_required
        if is_dirty and self.is_current and isinstance(app, PatientApp) and app.is_due():
            event.prevent_default()
            super()._on_timer_update()

    def _on_timer_update(self) -> None:
        app = self.app
        if not (isinstance(app, PatientApp) and app.is_listening):
            super()._on_timer_update()


class PatientApp(App[R]):
    """A Textual app whose event loop never waits for a terminal that is not read.

    Textual's writer thread has a queue of 30 writes and then blocks the loop, and with it the recorder that runs there; on
    Linux we write without one (see `tty`). Here frames are merged while the terminal is behind, and of each only what
    differs from the last is written. Uses `_display`, the compositor's updates and the writer's queue of Textual 8.2.
    """

    ENABLE_COMMAND_PALETTE = False

    def __init__(self, *, ansi_color: bool | None = None) -> None:
        super().__init__(ansi_color=ansi_color)
        self.animation_level = "none"
        self._backstop = Backstop()
        self._cells: Cells | None = None
        self._waits = False
        self._due_since = 0.0
        """When a key was pressed (`monotonic`) that may have no answer on the screen yet; 0 where none is."""
        self._is_unheard = False
        """Nothing has taken that key up yet."""
        self.is_lent = False
        """The terminal belongs to another program: nothing is drawn."""
        self.is_held = False
        """Nothing is painted yet: what is not complete is not worth its time."""
        self.crash: str | None = None
        """What went wrong in the screen itself, in one line."""

    def get_driver_class(self) -> type[Driver]:
        """Ours in place of Textual's for terminals."""
        found = super().get_driver_class()
        if sys.platform != "win32":
            from textual.drivers.linux_driver import LinuxDriver

            from fcm_tui.review.look.driver import PatientDriver

            return PatientDriver if found is LinuxDriver else found
        return found

    def _fatal_error(self) -> None:
        """An error of ours: the log has its traceback, the person gets a line, never a page of source."""
        error = sys.exc_info()[1]
        _log.exception("the screen failed")
        self.crash = f"{type(error).__name__}: {visible(str(error))}"
        self._close_messages_no_wait()

    def hold(self) -> None:
        """Paint nothing until `let_paint`."""
        self.is_held = True

    def let_paint(self) -> None:
        """Paint all of it."""
        if self.is_held:
            self.is_held = False
            self._due_since = (
                time.monotonic()
            )  # as if for a key: at once, when all that is on its way has come
            self.screen.refresh()

    def get_default_screen(self) -> Screen[object]:
        return PromptScreen(id="_default")

    async def on_event(self, event: Event) -> None:
        if isinstance(event, InputEvent | Paste) and not self.screen_stack:
            return  # the screens were closed before it came to its turn
        if not isinstance(event, Key):
            await super().on_event(event)
        elif event.is_forwarded:  # its widget has left it to the bindings
            await super().on_event(event)
            self._is_unheard = False
        else:
            self._due_since, self._is_unheard = time.monotonic(), True
            await super().on_event(event)
            (self.focused or self.screen).call_later(self._passed, event)
        if isinstance(event, Resize):
            # Of several that came at once, the last may be the size from before: the terminal has lost what stood there.
            self._forget()
            self._show()

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [*super().get_line_filters(), self._backstop]

    @property
    def is_listening(self) -> bool:
        """A key is on its way to the widget that it is for: what is left of keys before it can wait so long."""
        return self._is_unheard and time.monotonic() - self._due_since < PROMPT

    def _passed(self, key: Key) -> None:
        """The widget has had the key, and may have kept it."""
        if key._stop_propagation:
            self._is_unheard = False

    def is_due(self) -> bool:
        """Whether a key waits for its answer, which is given with this."""
        if self.is_listening:
            return False
        since, self._due_since = self._due_since, 0.0
        return time.monotonic() - since < PROMPT

    def _queued_writes(self) -> int:
        return behind(getattr(self._driver, "_writer_thread", None))

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        if self.is_lent:
            self.post_display_hook()
        elif self._is_written_by_cell(renderable):
            self._take_in(renderable)
            self._show()
            self.post_display_hook()
        else:
            super()._display(screen, renderable)

    def _is_written_by_cell(self, renderable: RenderableType | None) -> TypeGuard[LayoutUpdate | ChopsUpdate]:
        driver = self._driver
        return (
            isinstance(renderable, LayoutUpdate | ChopsUpdate)
            and not (self._batch_count or self._closed or self.is_headless)
            and self._running
            and driver is not None
            and not driver.is_inline
        )

    def _take_in(self, update: LayoutUpdate | ChopsUpdate) -> None:
        """What is to be shown, as `render_segments` of both writes it."""
        width, height = self.size
        cells = self._cells
        if cells is None or (cells.width, cells.height) != (width, height):
            colours = self.console._color_system or ColorSystem.TRUECOLOR
            cells = self._cells = Cells(width, height, colours)
        if isinstance(update, LayoutUpdate):
            for y, line in enumerate(update.strips, update.region.y):
                cells.put(y, update.region.x, (segment for strip in line for segment in strip))
            return
        for y, left, right in update.spans:
            for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
                if strip is None or x > right or end <= left:
                    continue
                is_whole = left <= x < right and end <= right
                cells.put(y, x, strip if is_whole else strip.crop(0, min(end, right) - x))

    def _show(self) -> None:
        """Write what differs, unless the terminal is behind: then all that has gathered, once it has caught up."""
        driver, cells = self._driver, self._cells
        if self._waits or driver is None or cells is None:
            return
        if self._queued_writes():
            self._waits = True
            self.set_timer(RETRY, self._try_again)
            return
        written = cells.changes()
        if written:
            x, y = self.screen.outer_size.clamp_offset(self.cursor_position)
            written += f"\x1b[{y + 1};{x + 1}H"
            driver.write(f"{_BEGIN}{written}{_END}" if self._sync_available else written)
            driver.flush()

    def _try_again(self) -> None:
        self._waits = False
        self._show()

    def _suspend_signal(self) -> None:
        super()._suspend_signal()
        self._forget()

    @on(Driver.SignalResume)
    def _forget(self) -> None:
        """Another program has written to the terminal."""
        if self._cells is not None:
            self._cells.forget()
