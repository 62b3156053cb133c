"""The first run in an empty place: offer to record the current directory, and say what to press."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from rich.segment import Segment
from textual.app import ComposeResult
from textual.strip import Strip
from textual.widget import Widget

from fcm_tui.review import keys, wording
from fcm_tui.review.look import terminal
from fcm_tui.review.look.display import PatientApp
from fcm_tui.review.look.theme import Palette, Theme, css_color
from fcm_tui.safetext import visible_path

Line = list[tuple[str, str]]


def lines(path: Path, width: int) -> list[Line]:
    """What the offer says in `width` cells: texts, each with the name of its style."""
    warning = _warning(path)
    said: list[Line] = [
        [("fcm-tui records every change to the files below a directory:", "text")],
        [("what changed, when and where, with every earlier version.", "text")],
        [("Nothing is recorded here yet.", "text")],
        [],
        [("Record this directory?", "accent")],
        [],
        [("  " + wording.fit_path(visible_path(os.fsencode(path)), max(8, width - 2)).rstrip(), "key")],
    ]
    if warning:
        said += [[("  " + warning, "warning")]]
    said.append([])
    said += [
        [(wording.fit(f"  {key.shown}", 18), "key"), (key.description, "text")]
        for key in keys.KEYMAP
        if key.context == keys.OFFER
    ]
    said += [
        [],
        [("Other directories: ", "muted"), ("fcm-tui FOLDER…", "text")],
        [("Lasting settings:  ", "muted"), ("fcm-tui config init", "text")],
    ]
    return said


def _warning(path: Path) -> str:
    if path == Path(path.anchor):
        return "This is the whole disk. You may rather want to name a folder."
    if path == Path.home():
        return "This is your whole home directory. You may rather want to name a folder."
    return ""


class Offer(Widget, can_focus=True):
    """The text, in the middle of the screen."""

    ALLOW_SELECT = False

    def __init__(self, palette: Palette, path: Path) -> None:
        super().__init__()
        self.palette = palette
        self._path = path

    def render_line(self, y: int) -> Strip:
        width, height = self.size
        margin = max(2, min((width - 64) // 2, 40))
        said = lines(self._path, width - 2 * margin)
        row = y - max(0, (height - len(said)) // 3)
        line = said[row] if 0 <= row < len(said) else []
        left = " " * margin
        segments = [
            Segment(left, self.palette()),
            *(Segment(text, self.palette(style)) for text, style in line),
        ]
        return Strip(segments).adjust_cell_length(width, self.palette())


class OfferApp(PatientApp[bool]):
    """Asks, and is gone."""

    TITLE = "fcm-tui"
    CSS = "Screen { background: $fcm-background; } Offer { height: 1fr; }"
    BINDINGS = keys.bindings(keys.OFFER)

    def __init__(self, palette: Palette, path: Path) -> None:
        self.palette = palette
        super().__init__(ansi_color=palette.theme.native)
        self._path = path

    def get_css_variables(self) -> dict[str, str]:
        return {**super().get_css_variables(), "fcm-background": css_color(self.palette.base.bgcolor)}

    def compose(self) -> ComposeResult:
        yield Offer(self.palette, self._path)

    def action_answer(self, record: bool) -> None:
        self.exit(record)


def offer_current_directory(path: Path, *, theme: Theme) -> bool:
    """Whether the person wants `path` to be recorded.

    Raises:
        UsageError: the terminal cannot show it.
    """
    terminal.check()

    async def ask() -> bool:
        app = OfferApp(Palette(theme), path)
        terminal.end_on_signals(lambda: app.exit(False))
        return bool(await app.run_async())

    return asyncio.run(ask())
