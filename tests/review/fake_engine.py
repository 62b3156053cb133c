"""A recorder that does what a test tells it: states, commits, failures."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from fcm_tui.model import Gap, Notice, Pause, Shipping
from fcm_tui.settings.config import Settings


@dataclass
class FakeProgress:
    files_done: int = 0
    files_total: int = 0
    bytes_done: int = 0
    seconds: float = 0.0


@dataclass
class FakeState:
    phase: str = "recording"
    files: int = 0
    roots: int = 1
    standing_still: bool = False
    message: str = ""
    progress: FakeProgress | None = None
    last_gap: Gap | None = None
    shipping: Shipping | None = None
    paused: Pause | None = None


@dataclass
class FakeEngine:
    """Satisfies `review.engine.Engine`; `stop` waits for `may_stop` before `run` returns."""

    state: FakeState = field(default_factory=FakeState)
    failure: Exception | None = None
    started: bool = False
    ended: bool = False
    stops: int = 0
    roots: list[bytes] = field(default_factory=lambda: [b"/home/ann/project"])
    taken_up: list[Settings] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._stop = asyncio.Event()
        self.may_stop = asyncio.Event()
        self.may_stop.set()
        self._queues: list[asyncio.Queue[Notice]] = []

    async def run(self) -> None:
        self.started = True
        if self.failure is not None:
            raise self.failure
        await self._stop.wait()
        await self.may_stop.wait()
        self.ended = True

    def stop(self) -> None:
        self.stops += 1
        self._stop.set()

    def take_up(self, settings: Settings, roots: Sequence[bytes]) -> None:
        self.taken_up.append(settings)
        self.roots = list(roots)

    def take_up_alerts(self, settings: Settings) -> None:
        self.taken_up.append(settings)

    async def has_taken_up(self) -> None:
        """At once."""

    def subscribe(self) -> asyncio.Queue[Notice]:
        queue: asyncio.Queue[Notice] = asyncio.Queue()
        self._queues.append(queue)
        return queue

    def committed(self, first: int, last: int) -> None:
        """Tell the screen that these changes can be read."""
        for queue in self._queues:
            queue.put_nowait(Notice(first, last))
