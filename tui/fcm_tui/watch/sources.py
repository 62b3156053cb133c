"""Which source of hints to use."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

from fcm_tui.watch.hints import Hints, Source


class NoSource:
    """No events at all: every root is polled."""

    name = "poll"

    def __init__(self, roots: Sequence[bytes]) -> None:
        self.unwatched = dict.fromkeys(roots, "")
        self._ready = asyncio.Event()

    @property
    def sources(self) -> dict[bytes, str]:
        return dict.fromkeys(self.unwatched, "poll")

    def start(self) -> None:
        """Nothing to begin."""

    def close(self) -> None:
        """Nothing to end."""

    def arm(self, folder: bytes) -> None:
        """Nothing to watch with."""

    def rearm(self) -> None:
        """Nothing to watch with."""

    async def armed(self) -> None:
        """At once: folders are watched by the scan that lists them."""

    async def wait(self) -> None:
        await self._ready.wait()

    def wake(self) -> None:
        self._ready.set()

    async def settled(self) -> None:
        """At once: there is nothing to come."""

    def take(self) -> Hints:
        self._ready.clear()
        return Hints()


def make_source(wanted: str, roots: Sequence[bytes]) -> Source:
    """The source for the configuration's word: `auto`, `fanotify`, `inotify`, `watchfiles` or `poll`.

    `auto` is on Linux fanotify where this process may use it, as it needs no watch a folder and tells who did what;
    else inotify read directly, as the portable source leaves folders unwatched after bursts. On Windows it is
    ReadDirectoryChangesW read directly, as watchfiles does not tell when events were dropped; and watchfiles elsewhere.
    """
    if wanted == "poll":
        return NoSource(roots)
    if sys.platform == "linux" and wanted in ("auto", "fanotify", "inotify"):
        from fcm_tui.watch.inotify import InotifySource

        if wanted == "inotify":
            return InotifySource(roots)
        from fcm_tui.watch.fanotify import FanotifySource
        from fcm_tui.watch.fanotify_calls import why_not

        try:
            return FanotifySource(roots)
        except OSError as error:
            return InotifySource(roots, instead=why_not(error))
    if sys.platform == "win32" and wanted != "watchfiles":
        from fcm_tui.watch.portable import WindowsSource

        return WindowsSource(roots)
    from fcm_tui.watch.portable import WatchfilesSource

    return WatchfilesSource(roots)
