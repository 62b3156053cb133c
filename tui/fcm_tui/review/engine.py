"""What the screen knows of the recorder that runs in its event loop; `recorder.Recorder` is one.

Declared here so that the screen can be drawn before the recorder's modules are imported, and be
tested without them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from fcm_tui.model import Gap, Notice, Pause, Shipping
from fcm_tui.settings.config import Settings


class Progress(Protocol):
    """How far a baseline has come. `files_total` is 0 while the folders are still being listed."""

    @property
    def files_done(self) -> int: ...
    @property
    def files_total(self) -> int: ...
    @property
    def bytes_done(self) -> int: ...
    @property
    def seconds(self) -> float: ...


class State(Protocol):
    """What the recorder is at."""

    @property
    def phase(self) -> str:
        """`starting`, `baseline`, `recording`, `paused`, `stopped` or `failed`."""

    @property
    def files(self) -> int: ...
    @property
    def roots(self) -> int: ...
    @property
    def standing_still(self) -> bool:
        """Nothing can be recorded now, for the reason in `message`."""

    @property
    def message(self) -> str:
        """What is wrong, or empty."""

    @property
    def progress(self) -> Progress | None: ...
    @property
    def last_gap(self) -> Gap | None: ...
    @property
    def shipping(self) -> Shipping | None: ...
    @property
    def paused(self) -> Pause | None:
        """While the phase is `paused`."""


class Engine(Protocol):
    """Records until told to stop."""

    async def run(self) -> None: ...
    def stop(self) -> None: ...
    def continued(self) -> None:
        """The process had been stopped, and goes on."""

    def subscribe(self) -> asyncio.Queue[Notice]: ...
    def take_up_alerts(self, settings: Settings) -> None:
        """As `Recorder.take_up_alerts`."""

    def take_up(self, settings: Settings, roots: Sequence[bytes]) -> None:
        """Go on with other settings and roots, soon."""

    async def has_taken_up(self) -> None: ...

    @property
    def roots(self) -> list[bytes]: ...
    @property
    def state(self) -> State: ...
