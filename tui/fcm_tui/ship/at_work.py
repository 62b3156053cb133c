"""The shipper as the recorder has it: begun once all is recorded, woken by commits, ended with the recording."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from fcm_tui.model import Shipping
from fcm_tui.settings.database import Server
from fcm_tui.ship.troubles import Troubles

if TYPE_CHECKING:
    from fcm_tui.ship.shipper import Shipper

FAREWELL = 5.0
"""Seconds that the last changes have to get there when recording ends; the rest goes with the next start."""
_COALESCED = 0.1
"""Seconds within which states are told as one."""


class ShippingAtWork:
    """Sends one record while it is being recorded. For the loop's thread."""

    def __init__(self, database: Path, server: Server, dead: Path) -> None:
        self._database = database
        self._server = server
        self._dead = dead
        self._changed = asyncio.Event()
        self._troubles = Troubles(database)
        self._shipper: Shipper | None = None
        self._task: asyncio.Task[None] | None = None
        self.state = Shipping(server.address)
        """What it is at."""

    async def once(self) -> Shipping:
        """Send what there is, with one try; how it went."""
        self._shipper = self._make()
        self._shipper.stop(with_files=True)
        await self._shipper.run()
        await self._note()
        return self.state

    def start(self, tell: Callable[[], Awaitable[None]]) -> None:
        """Begin; `tell` is awaited after each change of the state, those close together as one."""
        self._task = asyncio.create_task(self._run(tell), name="shipping")

    def wake(self) -> None:
        """Something was committed."""
        if self._shipper is not None:
            self._shipper.wake()

    async def end(self) -> None:
        """Send what is left if that is quickly done, and stop."""
        task, self._task = self._task, None
        if task is None:
            return
        if self._shipper is not None:
            self._shipper.stop()
        _, late = await asyncio.wait([task], timeout=FAREWELL if self.state.state == "connected" else 0.5)
        if late:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    async def _run(self, tell: Callable[[], Awaitable[None]]) -> None:
        loop = asyncio.get_running_loop()
        self._shipper = shipper = await loop.run_in_executor(None, self._make)
        sending = asyncio.create_task(shipper.run(), name="sending")
        try:
            while not sending.done():
                changed = asyncio.ensure_future(self._changed.wait())
                await asyncio.wait([sending, changed], return_when=asyncio.FIRST_COMPLETED)
                changed.cancel()
                self._changed.clear()
                await self._note()
                await tell()
                await asyncio.wait([sending], timeout=_COALESCED)
        finally:
            sending.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sending
            await self._note()
            await tell()

    async def _note(self) -> None:
        await asyncio.to_thread(self._troubles.see, self.state, time.time_ns())

    def _make(self) -> Shipper:
        """In a thread: what it imports takes a tenth of a second."""
        from fcm_tui.ship.shipper import Shipper

        return Shipper(self._database, self._server, self._dead, on_state=self._told)

    def _told(self, state: Shipping) -> None:
        self.state = state
        self._changed.set()
