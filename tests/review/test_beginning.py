"""The first tenths of a second: what is read is shown at once, and recording begins behind it, whatever reading takes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from fcm_tui.errors import StoreError
from fcm_tui.review.app import ReviewApp
from fcm_tui.review.log.inbox import Inbox
from tests.review.builder import RecordBuilder
from tests.review.fake_engine import FakeEngine
from tests.review.screens import shows
from tests.waiting import eventually

Make = Callable[..., ReviewApp]


async def test_recording_begins_and_the_screen_is_shown_while_the_record_is_still_being_read(
    record: RecordBuilder, make_app: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    load, may_load = Inbox.load, asyncio.Event()

    async def slowly(self: Inbox) -> None:
        await may_load.wait()
        await load(self)

    monkeypatch.setattr(Inbox, "load", slowly)
    engine = FakeEngine()
    app = make_app(record, engine)
    async with app.run_test(size=(120, 40)):
        await shows(app, "q quit")
        await eventually(lambda: engine.started)
        assert not app.is_held and not app.log_view.is_loaded
        may_load.set()
        await shows(app, "line ten")


async def test_recording_begins_where_the_record_is_not_there_yet(
    record: RecordBuilder, make_app: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    load, engine = Inbox.load, FakeEngine()

    async def once_it_is_made(self: Inbox) -> None:
        if not engine.started:
            raise StoreError("there is no record here")
        await load(self)

    monkeypatch.setattr(Inbox, "load", once_it_is_made)
    app = make_app(record, engine)
    async with app.run_test(size=(120, 40)):
        await shows(app, "line ten")
        assert engine.started


async def test_who_leaves_before_it_begins_ends_it_as_cleanly(
    record: RecordBuilder, make_app: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fcm_tui.review.app._LATEST_BEGIN", 3600.0)
    never = asyncio.Event()

    async def not_to_be_read(self: Inbox) -> None:
        await never.wait()

    monkeypatch.setattr(Inbox, "load", not_to_be_read)
    engine = FakeEngine()
    app = make_app(record, engine)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "q quit")
        assert not engine.started
        await pilot.press("ctrl+c")
        await eventually(lambda: engine.ended)
        await eventually(lambda: app.return_value == 0)
    assert engine.stops == 1
