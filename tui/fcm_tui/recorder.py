"""The recorder: the pipeline in an event loop, supervised. It knows no screen.

Hints come from a source in the loop; the engine works in a thread of its own, so the loop is never
blocked; what it committed is told to subscribers. An error of the disk or the database is shown in the
state and tried again, with a scan of everything once it is over.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from fcm_tui import __version__
from fcm_tui.errors import FcmError, Unrecorded
from fcm_tui.intents import INTENTS
from fcm_tui.model import ANEW, NOT_RUNNING, Notice, Standing
from fcm_tui.pipeline.pausing import LOOK, Pausing
from fcm_tui.pipeline.progress import Cancelled, Progress, Ready
from fcm_tui.pipeline.standing import REFUSALS, LiveState, RecorderState, unwatched_by, watched_by
from fcm_tui.safetext import visible_path
from fcm_tui.settings.config import Settings
from fcm_tui.store.filling import discard_half_filled
from fcm_tui.watch.hints import Source
from fcm_tui.watch.sources import make_source

if TYPE_CHECKING:  # what works takes 50 ms to import: `_new_session` does, in its thread
    from fcm_tui.alerts.at_work import AlertsAtWork
    from fcm_tui.pipeline.schedule import Schedule
    from fcm_tui.pipeline.session import Session
    from fcm_tui.ship.at_work import ShippingAtWork

DEBOUNCE = 0.022
"""Seconds from the first hint to the look: what was just written is then old enough to be read once."""
RETRY = 2.0
"""Seconds until work that failed is tried again."""

_log = logging.getLogger(__name__)
_log.addHandler(logging.NullHandler())  # where nobody has started a log, nothing is written anywhere

T = TypeVar("T")


class Recorder:
    """Records some directories into a data directory's database until told to stop."""

    def __init__(
        self,
        database: Path,
        settings: Settings,
        roots: Sequence[bytes],
        *,
        own_paths: Sequence[bytes] = (),
        on_progress: Callable[[Progress], None] | None = None,
        say: Callable[[Standing], None] = lambda standing: None,
        shipping: ShippingAtWork | None = None,
        alerts: AlertsAtWork | None = None,
    ) -> None:
        """`roots` are absolute paths, none twice. Who makes a recorder holds the data directory's lock.

        `own_paths` are never recorded. `on_progress` is called in the event loop while a baseline is taken,
        `say` in a thread when it stands otherwise than before, for other processes. `shipping` sends the record away,
        `alerts` tells of what in it deserves it.
        """
        self._database = database
        self._settings = settings
        self._roots = list(roots)
        self._own_paths = list(own_paths)
        self._on_progress = on_progress
        self._live = LiveState(len(self._roots))
        self._say = say
        self._shipping = shipping
        self._alerts = alerts
        self._is_stopping = False
        self._stopping = asyncio.Event()
        self._wanted: tuple[Settings, list[bytes]] | None = None
        """Other settings and roots, to begin anew with."""
        self._has_taken_up = asyncio.Event()
        self._was_stopped = False
        self._is_ready = asyncio.Event()
        self._ready = Ready(0, 0, 0)
        self._queues: list[asyncio.Queue[Notice]] = []
        self._thread = ThreadPoolExecutor(1, "fcm-record")
        self._pool = ThreadPoolExecutor(2, "fcm-work")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._source: Source | None = None
        self._session: Session | None = None
        self._pausing = Pausing(database.parent / INTENTS)

    @property
    def state(self) -> RecorderState:
        """What it is at now; a new object after each change."""
        return self._live.now

    def subscribe(self) -> asyncio.Queue[Notice]:
        """A queue that gets a notice after each commit."""
        queue: asyncio.Queue[Notice] = asyncio.Queue()
        self._queues.append(queue)
        return queue

    def stop(self) -> None:
        """End soon, and cleanly: what was hinted at is still recorded. For the loop's thread."""
        self._is_stopping = True
        self._stopping.set()
        self._wake()

    def take_up(self, settings: Settings, roots: Sequence[bytes]) -> None:
        """Go on with other settings and roots, soon. Key and database stay those of the start. For the loop's thread."""
        kept = replace(settings, encryption=self._settings.encryption, database=self._settings.database)
        self._wanted = (kept, list(roots))
        if self._live.now.phase != "paused":  # who waits would wait for somebody else
            self._has_taken_up.clear()
        self._wake()

    def take_up_alerts(self, settings: Settings) -> None:
        """Go on with the rules and targets of these settings, without interrupting recording. Waits until they hold.

        Raises:
            ConfigError: a rule's filter has no meaning; nothing changes.
        """
        if self._alerts is not None:
            self._alerts.take_up(settings)

    async def has_taken_up(self) -> None:
        """Wait until what `take_up` was told holds for all that changes from now on, or recording has ended."""
        await self._has_taken_up.wait()

    @property
    def roots(self) -> list[bytes]:
        """What it records, or is about to."""
        return list(self._roots if self._wanted is None else self._wanted[1])

    def continued(self) -> None:
        """The process had been stopped, and goes on: events may be lost. For the loop's thread."""
        self._was_stopped = True
        self._wake()

    def _wake(self) -> None:
        if self._source is not None:
            self._source.wake()

    async def ready(self) -> Ready:
        """Wait until the baseline stands and every later change counts. Never returns where `run` fails first."""
        await self._is_ready.wait()
        return self._ready

    async def run(self) -> None:
        """Record until `stop`.

        Raises:
            FcmError: what keeps it from recording at all.
            Unrecorded: not all that changed could be recorded before the end.
        """
        self._loop = asyncio.get_running_loop()
        roots = ", ".join(map(visible_path, self._roots))
        _log.info("version %s on %s records %s", __version__, sys.platform, roots)
        try:
            with contextlib.suppress(Cancelled):
                if self._alerts is not None:
                    await self._in_thread(self._alerts.prepare)
                await self._run(NOT_RUNNING)
                while not self._is_stopping:
                    await self._run(ANEW)
            self._live.set(phase="stopped", progress=None)
        except FcmError as error:
            _log.error("ended: %s", error)
            self._live.set(phase="failed", message=str(error))
            raise
        finally:
            self._has_taken_up.set()
            if self._source is not None:
                self._source.close()
            if self._shipping is not None:
                await self._shipping.end()
            if self._alerts is not None:
                await asyncio.to_thread(self._alerts.end)
            await self._close()

    async def _run(self, why: str) -> None:
        """Record until `stop` or other settings; `why` changes may have been missed before it."""
        if self._wanted is not None:
            (self._settings, self._roots), self._wanted = self._wanted, None
            self._live.set(roots=len(self._roots), phase="scanning")
        self._source = await self._in_thread(lambda: make_source(self._settings.watch_source, self._roots))
        self._source.start()
        await self._open_patiently(self._source, why)
        if self._shipping is not None and why == NOT_RUNNING:
            self._shipping.start(self._tell_shipping)
        if self._alerts is not None and why == NOT_RUNNING:
            self._alerts.start()
        await self._watch(self._source)
        if not self._is_stopping:
            self._source.close()
            await self._close_session(all_recorded=self._is_all_recorded)

    async def _open_patiently(self, source: Source, missed: str) -> None:
        """Open the record; where the disk refuses, again and again until it does not, or until `stop`."""
        while True:
            began = time.monotonic()
            try:
                await self._open(source, missed)
                return
            except REFUSALS as error:
                retry = max(RETRY, time.monotonic() - began)
                why = self._live.stand_still(error, retry)
            await self._close_session(all_recorded=False)
            with contextlib.suppress(OSError):
                await self._in_thread(lambda: discard_half_filled(self._database))
            await self._tell()
            await self._stopped_within(retry)
            if self._is_stopping:
                raise Unrecorded(
                    f"recording ended before its first look was complete: {why}: the next start goes on"
                )

    async def _open(self, source: Source, missed: str) -> None:
        """Open the record and bring it up to date; from here on every change counts."""
        session = await self._from_record(lambda: self._new_session(source))
        self._session = session
        await self._in_thread(session.pruning.load)
        if self._wanted is None:
            self._has_taken_up.set()
        await source.armed()
        has_baseline = all(root.baseline for root in session.engine.roots)
        self._live.set(phase="scanning" if has_baseline else "baseline")
        await self._tell()
        self._ready = await self._from_record(
            lambda: session.catch_up(
                patient=True,
                on_progress=self._progress,
                is_cancelled=lambda: self._is_stopping,
                missed=missed,
            )
        )
        session.indexing.start()
        self._live.goes_on()
        self._live.set(phase="recording", progress=None)
        await self._tell_state()
        if self._is_ready.is_set():  # other roots are there now
            self._notify(Notice(1, 0))
        self._is_ready.set()

    def _new_session(self, source: Source) -> Session:
        """For a thread, as this imports what works."""
        import fcm_tui.pipeline.schedule  # noqa: F401 - for `_watch`, which is in the loop
        from fcm_tui.pipeline.session import Session

        return Session(
            self._database, self._settings, self._roots, self._pool,
            own_paths=self._own_paths, source=source, on_commit=self._committed,
        )  # fmt: skip

    async def _watch(self, source: Source) -> None:
        """Look where the source hints, and at the times that the schedule names."""
        from fcm_tui.pipeline.schedule import Schedule

        assert self._session is not None
        schedule = Schedule(session := self._session, source)
        while not self._is_stopping and self._wanted is None:
            is_hinted = False
            wait = min(schedule.seconds_to_wait(), session.pruning.seconds_to_wait())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await source.wait()
                    is_hinted = True
            if schedule.is_over() or is_hinted:
                await self._look(schedule, source)
            if not self._is_stopping:
                await self._in_thread(session.prune)
                await self._obey(session, schedule, source)
        if self._pausing.now is not None:
            return  # what changed meanwhile is for the next start
        await source.settled()
        schedule.add(source.take())
        try:
            await self._in_thread(schedule.last_look)
        except Exception as error:
            why = self._live.stand_still(error, RETRY)
            if not self._is_stopping:
                return  # the next look, which begins with a scan of everything, makes up for it
            raise Unrecorded(
                f"recording ended with changes that are not recorded: {why}: the next start finds them"
            ) from error
        self._live.goes_on()
        await self._tell_state()

    async def _obey(self, session: Session, schedule: Schedule, source: Source) -> None:
        """Do what other processes ask for; a pause lasts until they, its time or `stop` end it."""
        while not self._is_stopping:
            with contextlib.suppress(*REFUSALS):  # who asked was told
                await self._in_thread(lambda: self._pausing.obey(session, schedule))
            if self._pausing.is_to_end:
                self.stop()
            if self._pausing.now is None:
                break
            self._live.set(phase="paused", paused=self._pausing.now)
            await self._tell()
            await self._stopped_within(LOOK)
            source.take()
            await self._in_thread(session.prune)
        if self._live.now.phase == "paused" and not self._is_stopping:
            self._live.set(phase="recording", paused=None)
            await self._look(schedule, source)

    async def _stopped_within(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    async def _tell(self) -> None:
        """Tell other processes, if there is anything new."""
        standing = self._live.news()
        if standing is not None:
            await self._in_thread(lambda: self._say(standing))

    async def _tell_shipping(self) -> None:
        if self._shipping is not None:
            self._live.set(shipping=self._shipping.state)
        await self._tell()

    async def _look(self, schedule: Schedule, source: Source) -> None:
        if not self._is_stopping and not schedule.is_due():
            await asyncio.sleep(DEBOUNCE)
        if self._was_stopped:
            self._was_stopped = False
            schedule.lost("the process was stopped")
        schedule.add(source.take())
        try:
            await self._in_thread(schedule.look)
            if not schedule.is_behind:
                self._live.goes_on()
        except Exception as error:  # whatever it is, only going on can record what happens from now on
            schedule.failed(f"recording stood still: {self._live.stand_still(error, RETRY)}", RETRY)
        await self._tell_state()

    async def _tell_state(self) -> None:
        session, source = self._session, self._source
        if session is None or source is None:
            return
        files, last_gap = await self._in_thread(lambda: (session.files(), session.engine.ledger.last))
        alerts = self._alerts.trouble if self._alerts is not None else ""
        troubles = [self._live.trouble, *unwatched_by(source), session.trouble, alerts]
        message = "; ".join(filter(None, troubles))
        sources = watched_by(source, session.engine.roots)
        self._live.set(
            files=files, last_gap=last_gap, message=message, pending=session.is_waiting, sources=sources
        )
        await self._tell()

    @property
    def _is_all_recorded(self) -> bool:
        return not self._live.now.standing_still and self._pausing.now is None

    async def _close_session(self, *, all_recorded: bool) -> None:
        session, self._session = self._session, None
        if session is not None:
            with contextlib.suppress(*REFUSALS):
                await self._in_thread(
                    lambda: session.close(all_recorded=all_recorded, goes_on=not self._is_stopping)
                )

    async def _close(self) -> None:
        await self._close_session(all_recorded=self._is_all_recorded)
        await self._tell()
        self._thread.shutdown(wait=False)
        self._pool.shutdown(wait=False)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def _from_record(self, work: Callable[[], T]) -> T:
        """As `_in_thread`, where a damaged record is the end; raises as that of `LiveState`."""
        return await self._in_thread(lambda: self._live.from_record(self._database, work))

    def _committed(self, first: int, last: int) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._notify, Notice(first, last))

    def _notify(self, notice: Notice) -> None:
        if self._shipping is not None:
            self._shipping.wake()
        if self._alerts is not None:
            self._alerts.wake()
        for queue in self._queues:
            queue.put_nowait(notice)

    def _progress(self, progress: Progress) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._show_progress, progress)

    def _show_progress(self, progress: Progress) -> None:
        self._live.set(progress=progress, files=progress.files_done)
        if self._on_progress is not None:
            self._on_progress(progress)
