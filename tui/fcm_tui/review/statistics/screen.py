"""The statistics over the log: counted in a thread of its own, and left with the filter that a figure leads to."""

from __future__ import annotations

from pathlib import Path

from textual import work
from textual.app import ComposeResult
from textual.screen import Screen

from fcm_tui.errors import FcmError
from fcm_tui.report.drill import Drill
from fcm_tui.report.statistics import Asked, Statistics, measure
from fcm_tui.review import keys, wording
from fcm_tui.review.look.theme import Palette
from fcm_tui.review.parts.pane import Pane
from fcm_tui.review.parts.said import Hints
from fcm_tui.review.parts.told import Told
from fcm_tui.review.source import Record, Source, reader_of
from fcm_tui.review.statistics.view import StatisticsView
from fcm_tui.safetext import visible, visible_path
from fcm_tui.settings.database import Server
from fcm_tui.store.reading.patience import Abandoned

_HINTS = (
    ("statistics.open", "its changes"), ("statistics.again", "count again"), ("statistics.back", "back"), ("help", "help"),
)  # fmt: skip


class StatisticsScreen(Screen[Drill]):
    """Dismissed with the way to the changes of a figure, or with None."""

    BINDINGS = keys.bindings(keys.STATISTICS)
    CONTEXT = keys.STATISTICS
    CSS = "#told { height: 1; dock: bottom; margin-bottom: 1; }"

    def __init__(self, palette: Palette, database: Path | Server, asked: Asked) -> None:
        super().__init__()
        self._asked = asked
        self._source = Source(database)
        self._wanted = 0
        """Numbers the counting whose figures are wanted."""
        self._view = StatisticsView(palette)
        self._pane = Pane(palette, "Statistics", self._view)
        self._told = Told(palette, id="told")
        self._hints = Hints(palette, _HINTS)

    def compose(self) -> ComposeResult:
        yield self._pane
        yield self._told
        yield self._hints

    def on_mount(self) -> None:
        self.set_focus(self._view)
        self.action_again()

    async def on_unmount(self) -> None:
        self._wanted += 1
        await self._source.close()

    def action_again(self) -> None:
        """Count once more."""
        self._wanted += 1
        self._view.say("Counting…")
        self._pane.title.say(self._about(), "counting…")
        self._count(self._wanted)

    @work(group="statistics", exit_on_error=False)
    async def _count(self, number: int) -> None:
        def count(record: Record) -> Statistics:
            with record.until(lambda: number != self._wanted):
                return measure(reader_of(record), self._asked)

        try:
            figures = await self._source.call(count)
        except Abandoned:
            return
        except FcmError as error:
            self._view.say(visible(str(error)))
            self._pane.title.say(self._about())
            return
        if number == self._wanted:
            self._view.show(figures)
            self._pane.title.say(self._about(), figures.zone)

    def _about(self) -> str:
        """Which changes are counted."""
        parts = [visible_path(self._asked.path)] if self._asked.path is not None else []
        return "  ".join([*parts, self._asked.expression]) or "all changes"

    def on_statistics_view_moved(self) -> None:
        figure = self._view.figure
        if figure is None:
            self._told.say("")
            return
        way = f"  {keys.shown('statistics.open')} shows them" if figure.drill is not None else ""
        room = self.size.width - wording.cells(way) - 2
        self._told.say(f"{wording.fit(figure.told, room).rstrip()}{way}", "text")

    def on_statistics_view_opened(self) -> None:
        self.action_open()

    def action_open(self) -> None:
        figure = self._view.figure
        if figure is None:
            return
        if figure.drill is None:
            self._told.say("There is nothing to show: nothing changed, or no filter can name it.", "warning")
            return
        self.dismiss(figure.drill)

    def action_back(self) -> None:
        self.dismiss(None)
