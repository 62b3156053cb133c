"""What the app does by itself while one looks: it records, reads what is committed, counts anew, and tells who records."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable

from textual import work
from textual.worker import Worker

from fcm_tui.errors import FcmError, StoreError
from fcm_tui.model import BEGINNING
from fcm_tui.review.engine import Engine
from fcm_tui.review.log import gaps as log_gaps
from fcm_tui.review.log.sending import Sending
from fcm_tui.review.pane_keys import PaneKeys
from fcm_tui.review.source import Source
from fcm_tui.review.status import Status
from fcm_tui.safetext import visible
from fcm_tui.settings.database import Server
from fcm_tui.ship import wording as shipping_wording

_log = logging.getLogger(__name__)

POLL = 0.1
"""Seconds between a viewer's looks at the record's data version."""
SERVER_POLL = 0.5
"""The same of one on the team's database, and at what others have reviewed there."""
HOSTS = 10.0
"""Seconds between two looks at when each recorder told of itself last."""
QUIET = 0.05
"""Seconds that notices are gathered before the log takes them in."""


class Following(PaneKeys):
    """The part of the app that works without any key."""

    _source: Source
    _pulse: Source
    """Which is asked whether anything was written, and nothing that takes long."""
    _seen: object = None
    """The version that the log shows."""
    """Which is asked whether anything was written, and nothing that takes long."""
    _sending: Sending
    _ended: str = ""
    """Why recording does not go on; safe to show."""
    _unreadable: str = ""
    """Why what is recorded cannot be read just now; safe to show."""
    _silent: str = ""
    """Which recorders have told the team's database nothing for a while."""
    ended_by: FcmError | None = None
    """What ended recording, where it was not the person."""
    _stopping: bool = False
    _recorded: asyncio.Event
    """Recording has ended, or nothing is recorded from here."""
    _changed: asyncio.Event
    """There is something to be counted anew."""
    _version: object = None

    def _tick(self) -> None:
        raise NotImplementedError

    def _say_status(self, status: Status) -> None:
        raise NotImplementedError

    def _say_titles(self) -> None:
        raise NotImplementedError

    def begin(self) -> None:
        raise NotImplementedError

    @work(group="recorder", exit_on_error=False)
    async def _record(self, engine: Engine) -> None:
        """The supervisor: whatever ends the recorder, the screen stays and says so."""
        try:
            await engine.run()
            if not self._stopping:
                self._ended = "recording ended"
        except FcmError as error:
            self.ended_by = error
        except Exception as error:
            await asyncio.to_thread(_log.error, "the recorder failed", exc_info=error)
            self.ended_by = FcmError(f"recording failed: {type(error).__name__}: {error}")
        finally:
            self._recorded.set()
        if self.ended_by is not None:
            self._ended = visible(str(self.ended_by))

    @work(group="live", exit_on_error=False)
    async def _follow_recorder(self, engine: Engine) -> None:
        notices = engine.subscribe()
        while True:
            await notices.get()
            await asyncio.sleep(QUIET)
            while not notices.empty():
                notices.get_nowait()
            await self._catch_up()

    @work(group="live", exit_on_error=False)
    async def _follow_record(self) -> None:
        taking: Worker[None] | None = (
            None  # which may take long, and whether the server is there is asked meanwhile
        )
        pause = SERVER_POLL if isinstance(self.database, Server) else POLL
        while True:
            await asyncio.sleep(pause)
            if not self.log_view.is_loaded:
                continue  # what is read then is what there is
            try:
                version = await self._pulse.call(lambda record: record.data_version())
            except StoreError as error:
                if isinstance(self.database, Server):
                    self._unreadable, self._seen = visible(str(error)), object()
                continue
            if (version != self._seen or self._unreadable) and (taking is None or taking.is_finished):
                taking = self.run_worker(self._show_version(version), group="live", exit_on_error=False)

    async def _show_version(self, version: object) -> None:
        if await self._catch_up():
            await self._see_reviews()
            self._seen = version

    @work(group="live", exit_on_error=False)
    async def _follow_hosts(self) -> None:
        """Whether all recorders still tell of themselves: that nothing comes may mean that nothing is sent."""
        while True:
            with contextlib.suppress(StoreError):  # that is told elsewhere
                known = await self._source.call(lambda record: record.recorders())
                self._silent = shipping_wording.silent(known, time.time_ns())
            await asyncio.sleep(HOSTS)

    async def _see_reviews(self) -> None:  # at once: what else is counted may take a server its time
        with contextlib.suppress(StoreError):
            if await self.log_view.follow_reviews():
                self.diff_view.reader.reviewed()

    @work(group="live", exit_on_error=False)
    async def _follow_recording_process(self, who: Callable[[], str]) -> None:
        while True:
            said = visible(await asyncio.to_thread(who))
            self.notices.stand(said)
            self._tick()
            await asyncio.sleep(1.0)

    async def _catch_up(self) -> bool:
        """Take in what is new; whether the record could be read."""
        try:
            await self.log_view.catch_up()
        except StoreError as error:
            self._unreadable = visible(str(error))
            return False
        finally:
            self._changed.set()
        if self.log_view.is_narrowed():
            self._unreadable = ""
        return True

    @work(group="open", exit_on_error=False)
    async def _open_record(self) -> None:
        """Read the first page; a recorder that has just started may not have made the record yet."""
        while True:
            try:
                await self.log_view.load()
            except StoreError as error:
                self.let_paint()
                self.begin()
                state = None if self._engine is None else self._engine.state
                if state is None or state.phase == "recording":
                    self._unreadable = visible(str(error))
                is_being_made = state is not None and state.phase in BEGINNING and not state.standing_still
                self.log_view.say_unread("" if is_being_made else visible(str(error)))
                self.tree_view.say_unread(not is_being_made)
                await asyncio.sleep(POLL)
                continue
            self._unreadable = ""
            self._changed.set()
            self.let_paint()
            return

    @work(group="let-go", exit_on_error=False)
    async def _let_go(self) -> None:
        """Close what began anew; for itself, as a reader does so only after what it is reading."""
        while True:
            await asyncio.sleep(1.0)
            if self._engine is None or self._engine.state.phase not in ("recording", "paused"):
                for reader in (self._source, self.versions, self.log_view):
                    await reader.let_go()

    @work(group="counts", exit_on_error=False)
    async def _keep_counts(self) -> None:
        """Tree and sizes after changes; the longer reading them takes, the less often."""
        phase = None
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), 1.0)
            now = self._engine.state.phase if self._engine is not None else None
            if (
                not self._changed.is_set()
                and now == phase
                and now != "baseline"
                and not await self._written()
                and not await asyncio.to_thread(self._sending.has_news)
            ):
                continue
            phase = now
            self._changed.clear()
            started = time.monotonic()
            try:
                await self.tree_view.load()
                sizes = await self._source.call(lambda record: record.sizes())
                gaps = await self._source.call(log_gaps.read)
                marks = await asyncio.to_thread(self._sending.among, gaps)
                if await self.log_view.follow_reviews():
                    self.diff_view.reader.reviewed()
            except StoreError:
                continue
            self.log_view.show_roots(self.tree_view.root_count > 1, self.tree_view.has_namesakes)
            self.log_view.show_gaps(marks)
            self._say_status(Status(None, gap=log_gaps.last(gaps), sizes=sizes))
            self._say_titles()
            self.begin()
            await asyncio.sleep(min(10.0, max(0.3, 10 * (time.monotonic() - started))))

    async def _written(self) -> bool:
        """Whether anybody, a reviewer in another process too, wrote to the record since this was asked last."""
        before = self._version
        with contextlib.suppress(StoreError):
            self._version = await self._source.call(lambda record: record.data_version())
        return self._version != before
