"""What is recorded here is there soon, once, and the same; whatever happens on the way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fcm_tui.config import Settings
from fcm_tui.model import Shipping
from fcm_tui.recorder import Recorder
from fcm_tui.settings_database import Server
from fcm_tui.ship.at_work import ShippingAtWork
from tests.database.compare import differing
from tests.database.server import MariaDB, needs_mariadb
from tests.waiting import eventually

pytestmark = needs_mariadb


@asynccontextmanager
async def recording(root: Path, data: Path, server: Server) -> AsyncIterator[Recorder]:
    """A recorder of one folder that sends what it records."""
    data.mkdir(mode=0o700, exist_ok=True)
    shipping = ShippingAtWork(data / "record.db", server, data / "shipping.db")
    recorder = Recorder(
        data / "record.db", Settings(), [bytes(root)], own_paths=[bytes(data)], shipping=shipping
    )
    running = asyncio.create_task(recorder.run())
    try:
        await recorder.ready()
        yield recorder
    finally:
        recorder.stop()
        await running


def shipping_of(recorder: Recorder) -> Shipping:
    assert recorder.state.shipping is not None
    return recorder.state.shipping


async def abreast(recorder: Recorder, changes: int) -> None:
    """Wait until so many changes are on the server."""
    await eventually(
        lambda: (
            recorder.state.shipping is not None
            and recorder.state.shipping.sequence >= changes
            and not recorder.state.shipping.behind
        ),
        30,
        f"{changes} changes are there",
    )


async def test_a_change_gets_there(root: Path, tmp_path: Path, database: Server, shared: MariaDB) -> None:
    (root / "a.txt").write_text("one\n")
    async with recording(root, tmp_path / "data", database) as recorder:
        (root / "a.txt").write_text("one\ntwo\n")
        await abreast(recorder, 1)
        assert shipping_of(recorder).state == "connected"
    assert await differing(tmp_path / "data" / "record.db", database) == []
    assert shared.sql("SELECT operation, affected_lines FROM differences", database.name) == [
        ["Insert", "two\\n"]
    ]
