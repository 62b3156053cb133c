"""Blame: each line of a version beside the change that brought it."""

from __future__ import annotations

import time

from rich.segment import Segment
from textual import work
from textual.app import ComposeResult
from textual.message import Message
from textual.screen import Screen
from textual.strip import Strip

from fcm_tui.errors import FcmError
from fcm_tui.model import Change
from fcm_tui.review import keys, wording
from fcm_tui.review.acts.subject import Subject
from fcm_tui.review.look.theme import Palette
from fcm_tui.review.parts.cursor_view import CursorView
from fcm_tui.review.parts.pane import Pane
from fcm_tui.review.parts.said import Hints
from fcm_tui.review.source import Source, reader_of
from fcm_tui.safetext import visible
from fcm_tui.store.reading.blaming import Blame, Cancelled, blame

_TAB = 4
_LONG = 2_000
"""Characters of a line that are looked at: no screen is wider."""

_HINTS = (
    ("blame.jump", "go to the change"), ("file.restore", "restore"), ("file.copy", "copy"), ("file.edit", "edit"),
    ("blame.back", "back"), ("help", "help"),
)  # fmt: skip


class BlameView(CursorView):
    """A line a row. A change is named where its stretch of lines begins."""

    BINDINGS = keys.bindings(keys.LIST)

    class Moved(Message):
        """The cursor is on another line."""

    class Opened(Message):
        """The change of the line is wanted."""

    def __init__(self, palette: Palette) -> None:
        super().__init__(palette, id="blame")
        self.blame: Blame | None = None
        self.said = ""
        self._now = time.time()

    @property
    def total(self) -> int:
        return len(self.blame.lines) if self.blame is not None else 0

    @property
    def change(self) -> Change | None:
        """The change that brought the line under the cursor."""
        return self._change(self.cursor)

    def _change(self, row: int) -> Change | None:
        if self.blame is None or not 0 <= row < len(self.blame.owners):
            return None
        owner = self.blame.owners[row]
        return None if owner is None else self.blame.changes.get(owner)

    def empty(self) -> list[str]:
        return [self.said] if self.said else []

    def opened(self) -> None:
        self.post_message(self.Opened())

    def show(self, found: Blame, row: int) -> None:
        """Show a blame with the cursor on a row."""
        self.blame = found
        self.said = "" if found.lines else "The version is empty."
        self.cursor = max(0, min(row, self.total - 1))
        self.rows_changed()
        self.reveal()
        self.post_message(self.Moved())

    def cursor_moved(self) -> None:
        self.post_message(self.Moved())

    def draw(self, row: int, width: int, *, cursor: str | None) -> Strip:
        assert self.blame is not None
        over = () if cursor is None else (cursor,)
        change = self._change(row)
        begins = row == 0 or self.blame.owners[row] != self.blame.owners[row - 1] or cursor is not None
        number, age, who = "", "", ""
        if begins and change is not None:
            number, age = f"#{change.sequence}", self._age(change)
            who = visible(change.process or change.owner or "")
        elif begins:
            age = "older"
        digits = len(str(self.total))
        line = self.blame.lines[row][: 4 * _LONG].decode("utf-8", "replace").rstrip("\r\n")[:_LONG]
        segments = [
            Segment(f" {number:>7} ", self.palette("accent", *over)),
            Segment(f"{age:>8} ", self.palette("muted", *over)),
            Segment(f"{wording.fit(who, 10)} " if width >= 70 else "", self.palette("text", *over)),
            Segment(f"{row + 1:>{digits}} │ ", self.palette("muted" if over else "line-number", *over)),
            Segment(visible(line.expandtabs(_TAB)), self.palette("text", *over)),
        ]
        strip, room = Strip(segments), width - 1  # the bar has the last column
        if strip.cell_length > room:
            strip = Strip.join(
                [strip.crop(0, room - 1), Strip([Segment("›", self.palette("muted", *over))], 1)]
            )
        return strip.adjust_cell_length(width, self.palette(*over))

    def _age(self, change: Change) -> str:
        seconds = max(0.0, self._now - change.time_ns / 1e9)
        for length, unit in ((86400 * 365, "y"), (86400, "d"), (3600, "h"), (60, "min")):
            if seconds >= length:
                return f"{int(seconds // length)} {unit}"
        return f"{int(seconds)} s"


class BlameScreen(Screen["Change | None"]):
    """Dismissed with the change to go to, or None."""

    BINDINGS = keys.bindings(keys.BLAME)

    def __init__(self, palette: Palette, source: Source, change: Change, line: int) -> None:
        super().__init__()
        self._palette = palette
        self._source = source
        self._of = change
        self._line = line
        self._left = False
        self.view = BlameView(palette)
        self._pane = Pane(palette, "Blame", self.view)

    def compose(self) -> ComposeResult:
        yield self._pane
        yield Hints(self._palette, _HINTS)

    def on_mount(self) -> None:
        self.view.focus()
        self.view.said = "Walking back through the versions…"
        self._read()

    def on_unmount(self) -> None:
        self._left = True

    def subject(self) -> Subject | None:
        change = self.view.change
        return None if change is None else Subject(change.path, change)

    @work(group="blame", exit_on_error=False)
    async def _read(self) -> None:
        try:
            found = await self._source.call(
                lambda record: blame(reader_of(record), self._of, is_cancelled=lambda: self._left)
            )
        except Cancelled:
            return
        except FcmError as error:
            self.view.said = visible(str(error))
            self.view.refresh()
            return
        self.view.show(found, self._line - 1)

    def on_blame_view_moved(self) -> None:
        found, change = self.view.blame, self.view.change
        if found is None:
            return
        at = f"line {wording.number(self.view.cursor + 1)} of {wording.number(self.view.total)}"
        if change is not None:
            what = f"#{change.sequence} {change.kind.value} {wording.moment(change.time_ns)}"
        else:
            what = f"this line was there {found.reached}"
        name = wording.relative_path(self._of.path, self._of.root, with_root=False)
        self._pane.title.say(f"{name} after {wording.number_of(self._of)}", f"{what}  {at}")

    def on_blame_view_opened(self) -> None:
        self.action_jump()

    def action_jump(self) -> None:
        if self.view.change is not None:
            self.dismiss(self.view.change)

    def action_back(self) -> None:
        self.dismiss(None)
