"""The alerts, one a row, and under them all that the one under the cursor says."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from rich.segment import Segment
from textual import work
from textual.app import ComposeResult
from textual.message import Message
from textual.screen import Screen
from textual.strip import Strip

from fcm_tui.alerts.alert import Alert
from fcm_tui.alerts.entries import Entry
from fcm_tui.review import keys, wording
from fcm_tui.review.alerts import journal
from fcm_tui.review.look.scrolling import RowsView
from fcm_tui.review.look.theme import Palette
from fcm_tui.review.parts.cursor_view import CursorView
from fcm_tui.review.parts.pane import Pane
from fcm_tui.review.parts.said import Hints
from fcm_tui.safetext import visible

STYLES = {"critical": "bad", "warning": "warning", "notice": "accent", "info": "muted"}
_HINTS = (("alerts.read", "go to its changes"), ("alerts.back", "back"), ("help", "help"))


class AlertsView(CursorView):
    """The newest first."""

    BINDINGS = keys.bindings(keys.LIST)

    class Moved(Message):
        """The cursor is on another alert."""

    class Opened(Message):
        """The changes of the alert are wanted."""

    def __init__(self, palette: Palette) -> None:
        super().__init__(palette, id="alerts")
        self.entries: list[Entry] = []
        self.said = "Reading…"
        self._today = wording.day(time.time_ns())

    @property
    def total(self) -> int:
        return len(self.entries)

    @property
    def entry(self) -> Entry | None:
        """The one under the cursor."""
        return self.entries[self.cursor] if self.entries else None

    def empty(self) -> list[str]:
        return [self.said]

    def opened(self) -> None:
        self.post_message(self.Opened())

    def cursor_moved(self) -> None:
        self.post_message(self.Moved())

    def draw(self, row: int, width: int, *, cursor: str | None) -> Strip:
        over = () if cursor is None else (cursor,)
        entry = self.entries[row]
        alert = entry.alert
        segments = [
            Segment(" " if entry.is_read else "●", self.palette("accent", *over)),
            Segment(f" {wording.since(alert.time_ns, self._today):>12} ", self.palette("muted", *over)),
            Segment(f"{alert.severity:8} ", self.palette(STYLES.get(alert.severity, "text"), *over)),
            Segment(visible(alert.title), self.palette("muted" if entry.is_read else "text", *over)),
        ]
        return Strip(segments).adjust_cell_length(width, self.palette(*over))


class AlertView(RowsView):
    """All of one alert."""

    ALLOW_SELECT = False

    class Scrolled(Message):
        """Other lines are in sight."""

    def __init__(self, palette: Palette) -> None:
        super().__init__(id="alert")
        self.palette = palette
        self._lines: list[str] = []
        self._wrapped: list[str] = []

    @property
    def left(self) -> int:
        """Lines below those in sight."""
        return max(0, len(self._wrapped) - self.scroll_offset.y - self.size.height)

    @property
    def is_longer(self) -> bool:
        """Not all of it is in sight."""
        return len(self._wrapped) > self.size.height > 0

    def show(self, entry: Entry | None) -> None:
        """From its first line on; the one that is shown stays where it is."""
        made = [] if entry is None else lines(entry)
        if made != self._lines:
            self._lines = made
            self.scroll_to(y=0, animate=False)
            self._wrap()

    def on_resize(self) -> None:
        self._wrap()

    def _wrap(self) -> None:
        self._wrapped = wording.wrapped(self._lines, self.room - 2)
        self.say_rows(len(self._wrapped))
        self.refresh()
        self.post_message(self.Scrolled())

    def watch_scroll_y(self, old: float, new: float) -> None:
        super().watch_scroll_y(old, new)
        self.post_message(self.Scrolled())

    def render_line(self, y: int) -> Strip:
        row = y + self.scroll_offset.y
        line = self._wrapped[row] if row < len(self._wrapped) else ""
        return Strip([Segment(f"  {line}", self.palette())]).adjust_cell_length(self.room, self.palette())


def lines(entry: Entry) -> list[str]:
    """An alert in full, and what became of its messages; safe to show."""
    made = [visible(line) for line in entry.alert.text().split("\n")[2:-2]]
    for sent in entry.sent:
        tries = f", {wording.plural(sent.tries, 'try').replace('trys', 'tries')}" if sent.tries > 1 else ""
        why = f": {visible(sent.error)}" if sent.error else ""
        made.append(f"to {sent.target}: {sent.state}{tries}{why}")
    return made


class AlertsScreen(Screen[Alert | None]):
    """Dismissed with the alert to whose changes to go, or None. What was listed counts as read, where `marks` says so."""

    BINDINGS = keys.bindings(keys.ALERTS)
    CSS = """
    #alerts-pane { height: 6fr; min-height: 4; }
    #alert-pane { height: 4fr; }
    """

    def __init__(self, palette: Palette, database: Path, *, marks: bool = True) -> None:
        super().__init__()
        self._palette, self._database, self._marks = palette, database, marks
        self.view, self._detail = AlertsView(palette), AlertView(palette)
        self._pane = Pane(palette, "Alerts", self.view)
        self._of = Pane(palette, "Alert", self._detail)

    def compose(self) -> ComposeResult:
        yield self._pane
        yield self._of
        yield Hints(self._palette, _HINTS)

    def on_mount(self) -> None:
        self.view.focus()
        self._read()

    @work(group="alerts", exit_on_error=False)
    async def _read(self) -> None:
        self.view.entries = await asyncio.to_thread(journal.entries, self._database)
        self.view.said = "No alerts yet. `fcm-tui alert test` tries where they are sent."
        self._pane.styles.max_height = max(4, self.view.total + 1)  # the rest is the alert's
        self.view.rows_changed()
        self.on_alerts_view_moved()
        unread = [entry.number for entry in self.view.entries if not entry.is_read]
        self._pane.title.say("", f"{wording.number(len(unread))} new of {wording.number(self.view.total)}")
        if unread and self._marks:
            await asyncio.to_thread(journal.mark_read, self._database, unread)

    def on_alerts_view_moved(self) -> None:
        self._detail.show(self.view.entry)
        self._say_detail()

    def on_alert_view_scrolled(self) -> None:
        self._say_detail()

    def _say_detail(self, said: str = "") -> None:
        """Which alert it is, and how much of it stands below."""
        entry, detail = self.view.entry, self._detail
        if entry is not None:
            turn = (
                f"{keys.shown('alerts.down')} {keys.shown('alerts.up')} turn it" if detail.is_longer else ""
            )
            below = f"{wording.plural(detail.left, 'line')} below, " if detail.left else ""
            self._of.title.say(said or visible(entry.alert.title), below + turn)

    def action_line(self, lines: int) -> None:
        self._detail.scroll_rows(lines)

    def on_alerts_view_opened(self) -> None:
        self.action_read()

    def action_read(self) -> None:
        entry = self.view.entry
        if entry is None:
            return
        if entry.alert.first_sequence is None:
            self._say_detail("it is about no change")
            return
        self.dismiss(entry.alert)

    def action_back(self) -> None:
        self.dismiss(None)
