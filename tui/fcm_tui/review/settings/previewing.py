"""What recording a folder would take, counted while one looks."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

from rich.segment import Segment
from textual import work
from textual.app import ComposeResult
from textual.screen import ModalScreen
from textual.strip import Strip

from fcm_tui.errors import ConfigError
from fcm_tui.review import keys, wording
from fcm_tui.review.look.theme import Palette
from fcm_tui.review.parts.cursor_view import CursorView
from fcm_tui.review.parts.pane import Pane
from fcm_tui.safetext import visible, visible_path
from fcm_tui.settings.draft import Draft
from fcm_tui.watch.preview import Preview, preview

Look = Callable[[Callable[[], bool], Callable[[Preview], None]], Preview]
"""Counts until it is told to stop by the first, telling the second how far it has come. For a thread."""
Line = list[tuple[str, str]]


def look_of(draft: Draft, root: bytes, database: bytes) -> Look:
    """Counts what a folder has with the settings of a draft; never the record itself."""

    def look(is_cancelled: Callable[[], bool], tell: Callable[[Preview], None]) -> Preview:
        settings = draft.settings()
        own_settings = settings.for_root(root)
        return preview(
            root, own_settings.ignore, settings.secrets, own_settings.size_limit,
            skip=[database, os.path.dirname(database)], is_cancelled=is_cancelled, tell=tell,
        )  # fmt: skip

    return look


def lines(found: Preview, root: bytes) -> list[Line]:
    """What was counted, as texts with the names of their styles."""
    said: list[Line] = [
        [
            ("recorded  ", "muted"),
            (f"{wording.plural(found.files, 'file')}, {wording.size(found.size)}", "good"),
        ],
        [("ignored   ", "muted"), (_places(found.ignored), "text")],
    ]
    for count, what in (
        (found.too_large, "above the size limit: their changes are recorded, not their content"),
        (found.secret, "secret by name: their changes are recorded, not their content"),
        (found.unreadable, "folders that cannot be read"),
    ):
        if count:
            said.append([(f"{wording.number(count)} ", "warning"), (what, "text")])
    if found.largest:
        said += [[], [("Largest", "accent")]]
        said += [
            [(f"  {wording.size(size):>8}  ", "text"), (_below(path, root), "text")]
            for size, path in found.largest
        ]
    if found.by_pattern:
        said += [[], [("Ignored by", "accent")]]
        said += [
            [
                ("  " + wording.fit(visible(pattern), 16) + "  ", "key"),
                (", ".join(_below(path, root) for path in paths[:3]), "text"),
                (f" and {len(paths) - 3} more" if len(paths) > 3 else "", "muted"),
            ]
            for pattern, paths in found.by_pattern.items()
        ]
    return said


def _places(count: int) -> str:
    if not count:
        return "nothing"
    return "1 file or folder" if count == 1 else f"{wording.number(count)} files or folders"


def _below(path: bytes, root: bytes) -> str:
    return visible_path(path[len(root) :].lstrip(os.fsencode(os.sep)))


class PreviewView(CursorView):
    """The counts."""

    BINDINGS = keys.bindings(keys.LIST)

    def __init__(self, palette: Palette) -> None:
        super().__init__(palette, id="preview")
        self.lines: list[Line] = []

    @property
    def total(self) -> int:
        return len(self.lines)

    def empty(self) -> list[str]:
        return ["Looking…"]

    def draw(self, row: int, width: int, *, cursor: str | None) -> Strip:
        segments = [Segment("  ", self.palette())]
        segments += [Segment(text, self.palette(style)) for text, style in self.lines[row]]
        return Strip(segments).adjust_cell_length(width, self.palette())


class PreviewScreen(ModalScreen[bool]):
    """Dismissed with whether to add the folder. Leaving it ends the counting."""

    BINDINGS = keys.bindings(keys.WRITE)
    CSS = """
    PreviewScreen { background: transparent; }
    #preview-pane { dock: bottom; }
    """

    def __init__(self, palette: Palette, root: bytes, look: Look, *, is_new: bool) -> None:
        super().__init__()
        self._root, self._look = root, look
        self._is_cancelled = False
        self._does = "adds it  " if is_new else ""
        self._view = PreviewView(palette)
        self._pane = Pane(palette, "Preview", self._view)
        self._say("counting…")

    def _say(self, state: str) -> None:
        yes = f"{keys.shown('write.yes')} {self._does}" if self._does else ""
        self._pane.title.say(visible_path(self._root), f"{state}  {yes}{keys.shown('write.no')} back")

    def compose(self) -> ComposeResult:
        self._pane.styles.height = max(8, self.app.size.height - 4)
        yield self._pane

    def on_mount(self) -> None:
        self._view.focus()
        self._count()

    def on_unmount(self) -> None:
        self._is_cancelled = True

    @work(group="preview", exit_on_error=False)
    async def _count(self) -> None:
        loop = asyncio.get_running_loop()

        def tell(found: Preview) -> None:
            made = lines(found, self._root)
            loop.call_soon_threadsafe(self._show, made, "counting…")

        try:
            found = await asyncio.to_thread(self._look, lambda: self._is_cancelled, tell)
        except ConfigError as error:
            self._show([[(visible(str(error)), "bad")]], "")
            return
        self._show(lines(found, self._root), "all counted")

    def _show(self, made: list[Line], state: str) -> None:
        if not self._is_cancelled:
            self._view.lines = made
            self._view.rows_changed()
            self._say(state)

    def action_yes(self) -> None:
        self.dismiss(bool(self._does))

    def action_no(self) -> None:
        self.dismiss(False)
