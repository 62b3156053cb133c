"""A recorder on real files that sends what it records."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fcm_tui.model import Shipping
from fcm_tui.recorder import Recorder
from fcm_tui.settings.config import Settings
from fcm_tui.settings.database import Server
from fcm_tui.ship.at_work import ShippingAtWork
from tests.waiting import eventually


@asynccontextmanager
async def recording(
    root: Path, data: Path, server: Server, settings: Settings | None = None
) -> AsyncIterator[Recorder]:
    """A recorder of one folder that sends what it records."""
    data.mkdir(mode=0o700, exist_ok=True)
    shipping = ShippingAtWork(data / "record.db", server, data / "refused.db")
    recorder = Recorder(
        data / "record.db", settings or Settings(), [bytes(root)], own_paths=[bytes(data)], shipping=shipping
    )
    running = asyncio.create_task(recorder.run())
    try:
        await recorder.ready()
        yield recorder
    finally:
        recorder.stop()
        await running


def shipping_of(recorder: Recorder) -> Shipping:
    """How sending goes."""
    assert recorder.state.shipping is not None
    return recorder.state.shipping


async def abreast(recorder: Recorder, changes: int, seconds: float = 60) -> None:
    """Wait until so many changes are on the server."""

    def are_there() -> bool:
        shipping = recorder.state.shipping
        return (
            shipping is not None
            and shipping.sequence >= changes
            and shipping.is_whole
            and not shipping.behind
        )

    try:
        await eventually(are_there, seconds)
    except AssertionError:
        raise AssertionError(f"{changes} changes are not there: {recorder.state}") from None
