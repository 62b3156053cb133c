"""Hints from watchfiles, which speaks to ReadDirectoryChangesW, FSEvents and inotify.

Its events are hints and no more: measured, it misses files in bursts, reports a moved folder by its
top alone, and on Linux dies of a name that is not UTF-8. So a batch with a folder or with many paths
in it asks for a scan once it is quiet, and a failure is told as events lost.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence

from fcm_tui.watch.hints import Hints

_DEBOUNCE_MS = 50
_STEP_MS = 20
_MANY = 1000
_TIMEOUT_MS = 300
_RESTART_AFTER = 0.1


class WatchfilesSource:
    """Watches the roots that exist; `rearm` looks again which those are."""

    name = "watchfiles"

    def __init__(self, roots: Sequence[bytes]) -> None:
        self._roots = list(roots)
        self._hints = Hints()
        self._ready = asyncio.Event()
        self._stop = asyncio.Event()
        self._armed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closing = False
        from watchfiles import awatch  # 60 ms, so only where this source is used

        self._awatch = awatch

    @property
    def unwatched(self) -> dict[bytes, str]:
        return {}

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run(), name="watchfiles")

    def close(self) -> None:
        self._closing = True
        self._stop.set()

    async def armed(self) -> None:
        await self._armed.wait()

    async def wait(self) -> None:
        await self._ready.wait()

    def wake(self) -> None:
        self._ready.set()

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
                else:
                    self._armed.set()
                    await self._stop.wait()
            except Exception as error:  # its own error type is not exported on every platform
                self._tell(Hints(lost=f"the watcher failed ({error})"))
                await asyncio.sleep(_RESTART_AFTER)

    async def _follow(self, roots: list[str]) -> None:
        """Watch until told to stop; the first batch, events or none, shows that the watch stands."""
        begun = False
        async for batch in self._awatch(
            *roots,
            watch_filter=None,
            debounce=_DEBOUNCE_MS,
            step=_STEP_MS,
            rust_timeout=_TIMEOUT_MS,
            yield_on_timeout=True,
            stop_event=self._stop,
            recursive=True,
            ignore_permission_denied=True,
        ):
            if not begun:
                begun = True
                if self._armed.is_set():
                    self._tell(Hints(burst=True))  # what happened before the watch stood again
                self._armed.set()
            if batch:
                await self._digest([path for _, path in batch])

    async def _digest(self, paths: list[str]) -> None:
        hints = await asyncio.to_thread(_hints_of, paths)
        self._tell(hints)

    def _tell(self, hints: Hints) -> None:
        self._hints.add(hints)
        if self._hints:
            self._ready.set()


def _existing(roots: Sequence[bytes]) -> list[str]:
    return [os.fsdecode(root) for root in roots if os.path.isdir(root)]


def _hints_of(paths: list[str]) -> Hints:
    hints = Hints(burst=len(paths) >= _MANY)
    for path in paths:
        name = os.fsencode(path)
        hints.folders.add(os.path.dirname(name))
        if os.path.isdir(name) and not os.path.islink(name):
            hints.deep.add(name)
            hints.burst = True
    return hints
