"""The screen: three panes over one record, and the recorder in the same event loop."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.driver import Driver
from textual.events import DescendantFocus, Event, Key

from fcm_tui.review import keys
from fcm_tui.review.diff import title as diff_title
from fcm_tui.review.diff.reader import ChangeView
from fcm_tui.review.engine import Engine
from fcm_tui.review.files.tree import DirectoryTree
from fcm_tui.review.following import Following
from fcm_tui.review.layout import BREAKPOINTS, CSS
from fcm_tui.review.log import gaps as log_gaps
from fcm_tui.review.log.feed import LogFeed
from fcm_tui.review.log.inbox import Inbox
from fcm_tui.review.log.pane import LogPane
from fcm_tui.review.log.reading import LogReading
from fcm_tui.review.log.sending import Sending
from fcm_tui.review.log.view import EventLog
from fcm_tui.review.look.theme import Themes
from fcm_tui.review.parts.notices import READ, STANDS, Notices
from fcm_tui.review.parts.pane import Pane
from fcm_tui.review.parts.panes import Panes
from fcm_tui.review.parts.said import Refused, Said
from fcm_tui.review.source import Source
from fcm_tui.review.status import Part, Status, StatusLine
from fcm_tui.settings.config import Settings
from fcm_tui.settings.database import Server
from fcm_tui.store.reading.engine import Place

if TYPE_CHECKING:
    from fcm_tui.restore import Recording

TICK = 0.25
"""Seconds between looks at the recorder's state."""
_FIRST_PAINT = 0.1
"""Seconds after which the screen is shown, whether the record is open by then or not."""
_LATEST_BEGIN = 0.3
"""Seconds after which recording begins, whether what is recorded is counted by then or not."""


class ReviewApp(Following):
    """Wires the panes to the record; holds no state of its own beyond what is selected."""

    TITLE = "fcm-tui"
    BINDINGS = [  # noqa: RUF012 - Textual's own way
        *keys.bindings(keys.EVERYWHERE, keys.FILE),
        *keys.bindings(keys.SHOWN, through="app.in_diff"),
    ]
    CSS = CSS
    HORIZONTAL_BREAKPOINTS = BREAKPOINTS

    _is_begun = False
    """It records, if it is to."""

    def __init__(
        self,
        *,
        database: Place,
        engine: Engine | None,
        themes: Themes,
        who: Callable[[], str] | None = None,
        notice: str = "",
        recordings: Callable[[], Recording] | None = None,
        pausing: Callable[[bool], str] | None = None,
        settings: Settings | None = None,
        configuration: Path | None = None,
        own_paths: Sequence[bytes] = (),
    ) -> None:
        """`engine` None makes it a viewer of what another process records.

        Args:
            who: tells, now and then, who records; may read files.
            notice: shown while nothing is more urgent.
            recordings: makes what records a restore; None where nothing can be restored from here.
            pausing: has whoever records go on, or pause if that is certain (see `ProgramKeys`); may take a while.
            settings: what is a secret, and saved filters.
            configuration: the file of the settings, which is followed; None for none.
            own_paths: what is never recorded.
        """
        super().__init__(themes)
        palette = self.palette
        self.database, self.recordings, self._restored = database, recordings, []
        self.pausing = pausing
        self.settings = settings or Settings()
        self.configuration, self.own_paths = configuration, own_paths
        self._engine = engine
        self._who = who
        self.notices = Notices(notice)
        self._source = Source(database)
        self.versions = Source(database)
        # A server that is there may be long at a question: whether it is there is asked beside that.
        self._pulse = Source(database) if isinstance(database, Server) else self._source
        self._recorded = asyncio.Event()
        self._status = Status(engine.state if engine is not None else None, notice)
        self._told: Part | None = None
        self._changed = asyncio.Event()
        self._sending = Sending(database if isinstance(database, Path) else None)
        self.tree_view = DirectoryTree(palette, self._source, id="tree")
        self.log_view = Inbox(palette, LogReading(database), id="log")
        self.log_pane = LogPane(palette, self.log_view, self.settings.filters)
        self.diff_view = ChangeView(palette, self.versions, self.settings, id="diff")
        self.diff_view.reader.within = self._folder_in_sight
        self.diff_view.hint = "What the selected change did to its file stands here."
        self.panes = Panes(
            palette,
            Pane(palette, "Directories", self.tree_view),
            self.log_pane,
            Pane(palette, "Diff", self.diff_view),
        )
        self.status_line = StatusLine(palette, self._status, id="status")

    def compose(self) -> ComposeResult:
        yield self.panes
        yield self.status_line

    def on_mount(self) -> None:
        self.log_view.focus()
        self.set_interval(TICK, self._tick)
        if self._engine is None:
            self._recorded.set()
            self._follow_record()
            if isinstance(self.database, Server):
                self._follow_hosts()
        if self._who is not None:
            self._follow_recording_process(self._who)
        self._keep_counts()
        self._let_go()
        self.watch_theme()
        if self.configuration is not None:
            self.follow_settings(self.configuration)
        self.hold()
        self.set_timer(_FIRST_PAINT, self.let_paint)
        self.set_timer(_LATEST_BEGIN, self.begin)
        self._open_record()

    def begin(self) -> None:
        """Record, and look for alerts, which takes imports and the disk: once there is something to look at."""
        if not self._is_begun:
            self._is_begun = True
            self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        gc.freeze()  # what the program is made of need not be looked through again
        gc.enable()
        self.follow_alerts()
        if self._engine is not None:
            self._record(self._engine)
            self._follow_recorder(self._engine)

    # --- titles and status

    def tell(self, what: str) -> None:
        self.notices.tell(what)
        self._say_status(self._status)

    def tell_wrong(self, where: str, what: str) -> None:
        was = self.notices.wrong_in(where)
        if what != was:
            self.notices.say_wrong(where, what)
            self.unsay(was)
            self._say_status(self._status)
            if what:
                self.say(what, "warning", stays=True)

    async def on_event(self, event: Event) -> None:
        if isinstance(event, Key):
            self.notices.forget(READ)
            if event.is_forwarded:  # its turn has come; letters of what is written stay where they are
                self.take_back_pause(event.key)
                self.log_view.take_back(event.key)
                self.pass_over()
            if keys.ends_at_once(event.key):
                self.end()
                return
        await super().on_event(event)

    def _tick(self) -> None:
        self.notices.forget(STANDS)
        self._say_status(self._status)

    def _say_status(self, status: Status) -> None:
        self.log_view.say_phase(self._engine.state.phase if self._engine is not None else None)
        self._status = Status(
            self._engine.state if self._engine is not None else None,
            self.notices.text,
            self._ended,
            self._stopping,
            self.notices.wrong,
            status.gap,
            self.log_view.gap,
            status.sizes,
            self.unread,
            self._unreadable,
            self._silent,
        )
        self.status_line.say(self._status)
        self.log_pane.say_readable(not self._unreadable)
        self._say_in_full()

    def _say_in_full(self) -> None:
        """Once, what the status line tells and has no room for."""
        told = self.status_line.told
        if told == self._told or len(self.screen_stack) > 1 or not self.status_line.size.width:
            return
        if self._told is not None:
            self.unsay(self._told[0])
        if told is not None and not self.status_line.tells_all:
            if self.screen.query(Said):
                return  # the answer to a key: what comes by itself has its turn after that
            self.say(*told)
        self._told = told

    def _say_titles(self) -> None:
        tree, diff = self.tree_view.parent, self.diff_view.parent
        if not (isinstance(tree, Pane) and isinstance(diff, Pane)):
            return  # the screen is being taken down
        tree.title.say("", self.tree_view.columns)
        self.log_pane.say_title()
        diff.title.say(*diff_title.title(self.diff_view, with_root=self.tree_view.root_count > 1))

    def on_log_feed_counted(self) -> None:
        self.diff_view.mark_found(self.log_view.filters.terms)
        self._say_titles()

    def on_directory_tree_resized(self) -> None:
        self._say_titles()

    def on_diff_view_moved(self) -> None:
        self._say_titles()

    # --- selection

    def on_event_log_selected(self, message: EventLog.Selected) -> None:
        if message.mark is None:
            self.diff_view.reader.select(message.change, message.burst)
        else:
            self.diff_view.reader.tell(log_gaps.told(message.mark))

    def on_refused(self, message: Refused) -> None:
        self.say(message.why, "warning")

    def on_directory_tree_chosen(self, message: DirectoryTree.Chosen) -> None:
        self.log_pane.on = message.on
        self.log_view.narrow(path=message.path, host=message.host or None)
        self.log_pane.wait()

    def _folder_in_sight(self) -> bytes | None:
        """The one under the cursor where the directories have the keyboard, else the one that the log shows."""
        node = self.tree_view.selected
        if self.tree_view.has_focus and node is not None and node.is_folder:
            return node.path
        return self.tree_view.chosen

    def on_inbox_reviewed(self) -> None:
        self._changed.set()
        self.diff_view.reader.reviewed()

    def on_log_feed_failed(self, message: LogFeed.Failed) -> None:
        self._unreadable = message.why

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        if len(self.screen_stack) == 1:  # a menu over the diff leaves its change in sight
            self.log_view.pinned = self.is_about_change(event.widget)
        self._say_titles()

    @on(Driver.SignalResume)
    def _continued(self) -> None:
        """The process had been stopped."""
        if self._engine is not None:
            self._engine.continued()

    # --- the end

    @property
    def recorded_folders(self) -> int:
        """How many this process records, or recorded; a viewer none."""
        return len(self._engine.roots) if self._engine is not None else 0

    @property
    def is_recording(self) -> bool:
        """Whether recording ends when this process does."""
        return self._engine is not None and not (self._stopping or self._recorded.is_set())

    def end(self) -> None:
        """Stop the recorder, wait until all is committed, and leave. Once is enough."""
        if self._stopping:
            return
        self._stopping = True
        self._tick()
        self.begin()
        if self._engine is not None:
            self._engine.stop()
        self._leave()

    @work(group="end", exit_on_error=False)
    async def _leave(self) -> None:
        await self._recorded.wait()
        self.exit(0)

    async def close_record(self) -> None:
        """After the screen: end the reader threads."""
        await self._source.close()
        await self._pulse.close()
        await self.log_view.close()
        await self.versions.close()
