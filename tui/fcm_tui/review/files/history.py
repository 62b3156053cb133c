"""The history of one file: the timeline of its versions beside what each of them changed."""

from __future__ import annotations

import asyncio

from textual import work
from textual.app import ComposeResult
from textual.containers import Container
from textual.screen import Screen
from textual.widget import Widget

from fcm_tui.errors import StoreError
from fcm_tui.review import keys, wording
from fcm_tui.review.acts.subject import Subject, shown
from fcm_tui.review.diff import matches
from fcm_tui.review.diff import title as diff_title
from fcm_tui.review.diff.reader import ChangeView, Mark
from fcm_tui.review.files.version_search import VersionsPane
from fcm_tui.review.files.versions_view import VersionsView
from fcm_tui.review.look.theme import Palette
from fcm_tui.review.parts.pane import ZOOMED, Pane, show_only
from fcm_tui.review.parts.said import Hints
from fcm_tui.review.source import Source, reader_of
from fcm_tui.safetext import visible, visible_path
from fcm_tui.settings.config import Settings
from fcm_tui.store.reading.histories import FIRST_LOOK, FileKey, key_at

POLL = 0.5
"""Seconds between looks for newer versions."""

_HINTS = (
    ("history.older", "older"), ("history.newer", "newer"), ("file.restore", "restore"), ("file.blame", "blame"),
    ("history.search", "search"), ("file.copy", "copy"), ("history.back", "back"), ("help", "help"),
)  # fmt: skip


class VersionDiff(ChangeView):
    """The diff pane, with the keys that go from version to version."""

    BINDINGS = keys.bindings(keys.VERSION)


class HistoryScreen(Screen[None]):
    """Covers the panes; `subject` is the selected version."""

    BINDINGS = keys.bindings(keys.HISTORY)
    CSS = """
    #history { layout: grid; grid-size: 1 2; grid-rows: 2fr 3fr; height: 1fr; }
    .-vast #history { grid-size: 2 1; grid-columns: 2fr 3fr; grid-rows: 1fr; }
    .-vast #versions-pane { border-right: solid $fcm-rule; }
    #history.-zoomed { grid-size: 1 1; grid-columns: 1fr; grid-rows: 1fr; }
    """

    def __init__(
        self,
        palette: Palette,
        source: Source,
        settings: Settings,
        path: bytes,
        file: FileKey | None,
        at: int | None = None,
        host: str = "",
        on: str = "",
        mark: Mark | None = None,
    ) -> None:
        """`file` None for the one that stands, or stood last, at `path`; `at` is the change to begin with.

        Where several hosts have such a path, `host` tells whose it is, as filters take it, and `on` what that is called.
        What is marked with another screen's `mark` is so in both.
        """
        super().__init__()
        self._source = source
        self._path = path
        self._file = file
        self._host, self._on = host, on
        self._at = at
        self.versions = VersionsView(palette, source, id="versions")
        self.diff = VersionDiff(palette, source, settings, id="version")
        self.diff.reader.mark = mark or Mark()
        self.diff.hint = "What brought the selected version stands here."
        self.pane = VersionsPane(palette, source, self.versions)
        self._palette = palette

    def compose(self) -> ComposeResult:
        yield Container(
            self.pane,
            Pane(self._palette, "Diff", self.diff),
            id="history",
        )
        yield Hints(self._palette, _HINTS)

    def on_mount(self) -> None:
        self.versions.focus()
        self._open()

    def subject(self) -> Subject | None:
        change = self.versions.selected
        if change is None:
            return Subject(self._path) if self.versions.said else None
        if change.sequence == FIRST_LOOK:
            # no change of its own: nothing to review
            return Subject(change.path, first_before=self.versions.oldest)
        return shown(change, self.diff)

    def go_to(self, sequence: int) -> None:
        """Select the version of a change."""
        self.versions.go_to(sequence)

    @work(group="history", exit_on_error=False)
    async def _open(self) -> None:
        while not await self._is_read():
            self._say_titles()
            await asyncio.sleep(POLL)
        self._say_titles()
        while self._file is not None:
            await asyncio.sleep(POLL)
            try:
                await self.versions.catch_up()
            except StoreError:
                continue
            self.pane.search.go_on()
            self._say_titles()

    async def _is_read(self) -> bool:
        """Read it; whether there is no more to be read. Why it could not be is told."""
        try:
            if self._file is None:
                self._file = await self._source.call(
                    lambda record: key_at(reader_of(record).connection, self._path, self._host)
                )
            if self._file is not None:
                await self.versions.open(self._file, self._at)
            else:
                self.versions.said = "The record knows no such file."
                self.versions.refresh()
        except StoreError as error:
            self.versions.said = visible(str(error))
            self.versions.refresh()
            return False
        return True

    def on_versions_view_selected(self, message: VersionsView.Selected) -> None:
        self._say_titles()
        if message.change is not None:
            self.diff.reader.select(message.change)

    def on_versions_view_opened(self) -> None:
        self.action_read()

    def on_diff_view_moved(self) -> None:
        self._say_titles()

    def on_version_search_found(self) -> None:
        sought = self.pane.search.text
        self.diff.give(matches.pattern(sought) if sought else None)
        self._say_titles()

    def _say_titles(self) -> None:
        left, right = self.versions.parent, self.diff.parent
        if not isinstance(left, Pane) or not isinstance(right, Pane):
            return
        change = self.versions.selected
        total = self.versions.total
        at = f"{wording.number(self.versions.cursor + 1)} of " if total else ""
        where = visible_path(self._path)
        if change is not None:
            where = wording.relative_path(change.path, change.root, with_root=False)
        where = wording.on_host(where, self._on)
        left.title.say(
            where, "  ".join(filter(None, [self.pane.search.told(), f"{at}{wording.number(total)}"]))
        )
        right.title.say(*diff_title.title(self.diff, with_root=False))

    # --- keys

    def action_scrub(self, rows: int) -> None:
        """To an older version (1) or a newer one (-1), wherever the keyboard is."""
        self.versions.go(self.versions.cursor + rows)

    def action_other(self) -> None:
        self._to(self.versions if self.diff.has_focus else self.diff)

    def action_read(self) -> None:
        self._to(self.diff)

    def _to(self, view: Widget) -> None:
        if self._panes.has_class(ZOOMED):
            show_only(self._panes, view)  # or it could not take the keyboard
        view.focus()

    def action_search(self) -> None:
        show_only(self._panes, self.versions if self._panes.has_class(ZOOMED) else None)
        self.pane.search.open()

    def action_hit(self, step: int) -> None:
        """To the next version that has what is looked for."""
        search, way = self.pane.search, "older" if step > 0 else "newer"
        say = self.app.say  # type: ignore[attr-defined]
        if not search.text:
            say(f"{keys.shown('history.search')} searches in all versions first.")
        elif not self.versions.hit(step):
            say("Still searching." if search.is_searching else f"No {way} version has it.")

    @property
    def _panes(self) -> Widget:
        return self.query_one("#history")

    def action_zoom(self) -> None:
        show_only(self._panes, None if self._panes.has_class(ZOOMED) else self.focused)

    def action_back(self) -> None:
        if self.diff.has_focus and self.diff.out():
            return
        if self.diff.has_focus:
            show_only(self._panes, None)
            self.versions.focus()
        elif self.pane.search.text:
            self.pane.search.clear()
        else:
            self.dismiss()
