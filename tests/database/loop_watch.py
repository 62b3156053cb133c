"""How long an event loop is kept from going on: by its own work, and by whatever else there is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

GOAL = 0.020
"""Seconds for which the loop may stand still while changes are sent."""
_EVERY = 0.001


class LoopWatch:
    """Longest stretches so far, in seconds."""

    def __init__(self) -> None:
        self.worked = 0.0
        """Processor time of the loop's thread without a pause: what sending itself takes."""
        self.stood_still = 0.0
        """By the clock: with the threads that want the interpreter, and all others on the machine."""
        self.late = 0
        """How often it stood still for longer than `GOAL`."""
        self.looks = 0

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Look at the running loop meanwhile."""
        task = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            task.cancel()

    async def _watch(self) -> None:
        while True:
            worked, clock = time.thread_time(), time.monotonic()
            await asyncio.sleep(_EVERY)
            self.worked = max(self.worked, time.thread_time() - worked)
            still = time.monotonic() - clock - _EVERY
            self.stood_still = max(self.stood_still, still)
            self.late += still > GOAL
            self.looks += 1

    def __str__(self) -> str:
        verdict = "met" if self.worked < GOAL else "MISSED"
        return (
            f"the loop worked for {self.worked * 1000:.1f} ms at a stretch at most (goal: under {GOAL * 1000:.0f}: {verdict});"
            f" by the clock, with all else on the machine, it stood still for {self.stood_still * 1000:.0f} ms at most,"
            f" {self.late} of {self.looks} times for more than {GOAL * 1000:.0f}"
        )
