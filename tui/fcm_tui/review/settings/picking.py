"""Choosing a folder: by writing its path, which is completed, and by going through folders with the arrows."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

from rich.segment import Segment
from textual import work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.strip import Strip

from fcm_tui.review import keys, wording
from fcm_tui.review.look.theme import Palette
from fcm_tui.review.parts.cursor_view import CursorView
from fcm_tui.review.parts.entry import Entry
from fcm_tui.review.parts.entry_line import EntryLine
from fcm_tui.review.parts.pane import PaneTitle
from fcm_tui.safetext import visible

_HOME = f"~{os.sep}"
_MOST = 2000
"""Folders that are listed."""


def _native(written: str) -> str:
    """What was written as this system spells it: Windows takes slashes too."""
    path = os.path.expanduser(written)
    return path.replace(os.altsep, os.sep) if os.altsep else path


def folders_at(written: str) -> tuple[list[str], str]:
    """The folders that what was written leads to, and what is wrong, if anything. For a thread.

    The first is the folder itself where there is one; then those in it, or those whose names begin so.
    """
    path = _native(written)
    above, name = os.path.split(path)
    above = above or os.curdir
    found: list[str] = []
    try:
        with os.scandir(above) as listing:
            found = sorted(
                entry.name
                for entry in listing
                if entry.name.lower().startswith(name.lower())
                and (not entry.name.startswith(".") or name.startswith("."))
                and entry.is_dir()
            )
    except (OSError, ValueError) as error:
        return [], f"{visible(above)}: {getattr(error, 'strerror', None) or error}"
    listed = [os.path.join(above, inner) for inner in found[:_MOST]]
    if os.path.isdir(path) and path not in listed:
        listed.insert(0, path.rstrip(os.sep) or os.sep)
    return listed, "" if listed else "no folder begins so"


class PathLine(EntryLine):
    """Where the path is written. Arrows to the side go through folders while the cursor is at the end."""

    DEFAULT_CSS = "PathLine { height: 1; }"

    def press(self, key: str) -> bool:
        is_at_end = self.entry.at == len(self.entry.text)
        return not (is_at_end and key in ("left", "right")) and super().press(key)

    def __init__(self, palette: Palette, begin: str) -> None:
        super().__init__(palette, begin)
        self._begin = begin

    def written(self) -> None:
        rest = self.entry.text.removeprefix(self._begin)
        if self._begin == _HOME != rest and (rest.startswith((os.sep, _HOME)) or os.path.isabs(rest)):
            self.entry = Entry(rest.strip())  # it is a whole path: it does not go on from where one began
        self.refresh()
        screen = self.screen
        assert isinstance(screen, PickScreen)
        screen.look()

    def render_line(self, y: int) -> Strip:
        text = self.palette("text")
        return self.drawn(Segment("> ", self.palette("key")), text, text)


class FolderList(CursorView):
    """The folders. The keyboard stays with the line."""

    can_focus = False

    def __init__(self, palette: Palette) -> None:
        super().__init__(palette, id="folders")
        self.folders: list[str] = []
        self.wrong = ""

    @property
    def total(self) -> int:
        return len(self.folders)

    def empty(self) -> list[str]:
        return [self.wrong]

    def draw(self, row: int, width: int, *, cursor: str | None) -> Strip:
        over = () if cursor is None else ("cursor",)
        text = wording.fit_path(visible(self.folders[row]), max(4, width - 2))
        return Strip([Segment(f"  {text}", self.palette("text", *over))]).adjust_cell_length(
            width, self.palette(*over)
        )


class PickScreen(ModalScreen[str]):
    """Dismissed with the path of a folder, or None."""

    BINDINGS = keys.bindings(keys.PICK)
    CSS = """
    PickScreen { background: transparent; }
    #pick { dock: bottom; background: $fcm-background; }
    """

    def __init__(self, palette: Palette, begin: str, listed: Callable[[str], tuple[list[str], str]]) -> None:
        """`listed` tells what folders there are; for a thread."""
        super().__init__()
        self._listed = listed
        self._title = PaneTitle(palette, "Record a folder")
        self._title.focused = True
        self._line = PathLine(palette, begin)
        self._view = FolderList(palette)
        self._shown: str | None = None
        """What the folders in sight are of."""
        self._hint()

    def _hint(self) -> None:
        hints = (
            ("pick.take", "preview"),
            ("pick.into", "into"),
            ("pick.out", "above"),
            ("pick.close", "leave"),
        )
        self._title.say("", "  ".join(f"{keys.shown(key)} {word}" for key, word in hints))

    def compose(self) -> ComposeResult:
        yield Vertical(self._title, self._line, self._view, id="pick")

    def on_mount(self) -> None:
        self.query_one("#pick").styles.height = max(8, self.app.size.height - 4)
        self._line.focus()
        self.look()

    @work(group="pick", exclusive=True, exit_on_error=False)
    async def look(self) -> None:
        """Show the folders that what is written leads to."""
        await self._selected()

    async def _selected(self) -> str | None:
        """The folder under the cursor, of those that what is written by now leads to."""
        while self._shown != (written := self._line.entry.text):
            folders, wrong = await asyncio.to_thread(self._listed, written)
            self._view.folders, self._view.wrong, self._shown = folders, wrong, written
            self._view.cursor = 0
            self._hint()
            self._view.rows_changed(top=0)
        return self._view.folders[self._view.cursor] if self._view.folders else None

    def _common(self) -> str:
        """What all folders in sight begin with, where that is more than what is written and there are several."""
        path = _native(self._line.entry.text)
        folders = self._view.folders
        common = os.path.commonprefix(folders) if len(folders) > 1 else ""  # noqa: RUF071 - names in part too
        is_more = len(common) > len(path) and os.path.normcase(common).startswith(os.path.normcase(path))
        return common if is_more and not path.endswith(os.sep) and not self._view.cursor else ""

    def _write(self, path: str) -> None:
        self._line.entry = Entry(path)
        self._line.written()

    def action_move(self, rows: int) -> None:
        self._hint()
        self._view.go(self._view.cursor + rows)

    def action_page(self, pages: int) -> None:
        self._view.action_page(pages)

    @work(group="pick", exclusive=True, exit_on_error=False)
    async def action_into(self) -> None:
        selected = await self._selected()
        if (common := self._common()) and visible(common) == common:
            self._line.entry = Entry(common)
            self._line.refresh()
            await self._selected()
        elif selected is not None:
            entry = Entry(selected.rstrip(os.sep) + os.sep)
            if entry.text.rstrip(os.sep) != selected.rstrip(os.sep):
                self._title.say("such a name cannot be written here", f"{keys.shown('pick.take')} takes it")
                return
            self._line.entry = entry
            self._line.refresh()
            await self._selected()

    def action_out(self) -> None:
        above = os.path.dirname(_native(self._line.entry.text).rstrip(os.sep))
        self._write(above.rstrip(os.sep) + os.sep)

    @work(group="pick", exclusive=True, exit_on_error=False)
    async def action_take(self) -> None:
        selected = await self._selected()
        if selected is not None:
            self.dismiss(selected)

    def action_close(self) -> None:
        self.dismiss(None)
