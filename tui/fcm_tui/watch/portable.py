"""Hints from watchers of whole trees: watchfiles, which speaks to ReadDirectoryChangesW, FSEvents and inotify.

Its events are hints and no more: measured, it misses files in bursts, reports a moved folder by its
top alone, and on Linux dies of a name that is not UTF-8. So a batch with a folder or with many paths
in it asks for a scan once it is quiet, and a failure is told as events lost. Where it fails at once,
or soon again, the roots are polled for a while, and then it is tried anew.

On Windows it does not tell that events were dropped, so there ReadDirectoryChangesW is read directly.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence

from fcm_tui.safetext import visible
from fcm_tui.watch.batches import Batch
from fcm_tui.watch.deeds import Deeds
from fcm_tui.watch.hints import Hints
from fcm_tui.watch.ignore import IgnoreRules
from fcm_tui.watch.paths import on_disk
from fcm_tui.watch.security_log import SecurityLog

_DEBOUNCE_MS = 50
_STEP_MS = 20
_MANY = 1000
_TIMEOUT_MS = 300
_STEADY = 10.0
"""Seconds that a watch has to have lived for its failure to be a single mishap: it is begun anew at once."""
_POLL_FOR = 30.0
"""Seconds of polling before a watch that keeps failing is tried again."""


class TreesSource:
    """Watches the roots that exist; `rearm` looks again which those are."""

    name = ""
    _else = ""
    """What follows once it was told why it cannot watch."""

    def __init__(self, roots: Sequence[bytes]) -> None:
        self._roots = list(roots)
        self._hints = Hints()
        self._ready = asyncio.Event()
        self._stop = asyncio.Event()
        self._armed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closing = False
        self._begun: float | None = None
        self._unwatched: dict[bytes, str] = {}

    @property
    def sources(self) -> dict[bytes, str]:
        return dict.fromkeys(self._roots, self.name)

    @property
    def unwatched(self) -> dict[bytes, str]:
        return self._unwatched

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run(), name=f"fcm-{self.name}")

    def close(self) -> None:
        self._closing = True
        self._stop.set()

    async def armed(self) -> None:
        await self._armed.wait()

    async def wait(self) -> None:
        await self._ready.wait()

    def wake(self) -> None:
        self._ready.set()

    async def settled(self) -> None:
        """At once: nobody can say what watchfiles has yet to tell."""

    def take(self) -> Hints:
        hints, self._hints = self._hints, Hints()
        self._ready.clear()
        return hints

    def arm(self, folder: bytes) -> None:
        """Nothing to do: trees are watched whole."""

    def rearm(self) -> None:
        self._stop.set()

    async def _run(self) -> None:
        while not self._closing:
            self._stop = asyncio.Event()
            here = await asyncio.to_thread(_existing, self._roots)
            try:
                if here:
                    await self._follow(here)
                    self._begun = None  # it ended as it was told to
                else:
                    self._armed.set()
                    await self._stop.wait()
            except Exception as error:  # its own error type is not exported on every platform
                await self._failed(_reason(error))

    async def _failed(self, why: str) -> None:
        """Return when it is time to begin anew; where that would be in vain, the roots are polled meanwhile."""
        begun, self._begun = self._begun, None
        if begun is not None:
            self._tell(Hints(lost=f"the watcher failed ({why})"))
            if time.monotonic() - begun >= _STEADY:
                return
        self._unwatched = dict.fromkeys(
            self._roots,
            f"{self.name} cannot watch it ({why}){self._else}",
        )
        self._armed.set()
        self._ready.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_POLL_FOR):
                await self._stop.wait()

    async def _follow(self, roots: list[str]) -> None:
        """Watch until told to stop, or other roots exist; the first batch, events or none, shows that the watch stands.

        On Windows a root that was deleted or renamed cannot be made again while it is watched.
        """
        async with contextlib.aclosing(self._batches(roots, self._stop)) as batches:
            async for batch in batches:
                if self._begun is None:
                    self._begun = time.monotonic()
                    self._unwatched = {}
                    if self._armed.is_set():
                        self._tell(Hints(burst=True))  # what happened before the watch stood again
                    self._armed.set()
                if batch.lost:
                    self._tell(Hints(lost=batch.lost))
                if batch.paths:
                    await self._digest(batch.paths)
                if await asyncio.to_thread(_existing, self._roots) != roots:
                    self._stop.set()

    def _batches(self, roots: list[str], stop: asyncio.Event) -> AsyncGenerator[Batch]:
        """What happens, from the moment on at which the roots are watched, until told to stop; often, events or none."""
        raise NotImplementedError

    async def _digest(self, paths: list[str]) -> None:
        hints = await asyncio.to_thread(_hints_of, paths)
        self._tell(hints)

    def _tell(self, hints: Hints) -> None:
        self._hints.add(hints)
        if self._hints:
            self._ready.set()


class WatchfilesSource(TreesSource):
    """Watches by watchfiles."""

    name = "watchfiles"
    _else = ': it is polled instead; on Linux `source = "inotify"` can'

    def __init__(self, roots: Sequence[bytes]) -> None:
        super().__init__(roots)
        from watchfiles import awatch  # 60 ms, so only where this source is used

        self._awatch = awatch

    async def _batches(self, roots: list[str], stop: asyncio.Event) -> AsyncGenerator[Batch]:
        async for batch in self._awatch(
            *roots,
            watch_filter=None,
            debounce=_DEBOUNCE_MS,
            step=_STEP_MS,
            rust_timeout=_TIMEOUT_MS,
            yield_on_timeout=True,
            stop_event=stop,
            recursive=True,
            ignore_permission_denied=True,
        ):
            yield Batch([path for _, path in batch])


if sys.platform == "win32":
    from fcm_tui.watch.directory_changes import directory_changes
    from fcm_tui.watch.windows_events import WindowsEvents

    class WindowsSource(TreesSource):
        """Watches by ReadDirectoryChangesW, and tells when Windows dropped events; the Security log tells who did what."""

        name = "ReadDirectoryChangesW"
        _else = ": it is polled instead"

        def __init__(self, roots: Sequence[bytes]) -> None:
            super().__init__(roots)
            self._log = SecurityLog(roots, WindowsEvents)

        def start(self) -> None:
            super().start()
            self._log.start()

        def close(self) -> None:
            super().close()
            self._log.close()

        @property
        def sources(self) -> dict[bytes, str]:
            return {root: f"{self.name}; {self._log.telling(root)}" for root in self._roots}

        @property
        def deeds(self) -> Deeds:
            """As `deeds.Telling`, like those that follow."""
            return self._log.deeds

        @property
        def why_later_is_not_told(self) -> str:
            return self._log.why_later_is_not_told

        def knows_who(self, path: bytes) -> bool:
            return self._log.knows_who(path)

        def leave_out(self, rules: Mapping[bytes, IgnoreRules]) -> None:
            self._log.leave_out(rules)

        def catch_up(self, seconds: float, paths: Collection[bytes] = ()) -> bool:
            return self._log.catch_up(seconds, paths)

        def _batches(self, roots: list[str], stop: asyncio.Event) -> AsyncGenerator[Batch]:
            return directory_changes(roots, stop)


def _reason(error: Exception) -> str:
    """The innermost error's words: the watcher's own come wrapped in a group."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return visible(str(error))


def _existing(roots: Sequence[bytes]) -> list[str]:
    return [os.fsdecode(root) for root in roots if os.path.isdir(root)]


def _hints_of(paths: list[str]) -> Hints:
    hints = Hints(burst=len(paths) >= _MANY)
    for path in paths:
        name = os.fsencode(path)
        hints.folders.add(os.path.dirname(name))
        if os.path.isdir(on_disk(name)) and not os.path.islink(name):
            hints.deep.add(name)
            hints.burst = True
    return hints
