"""A burst is told as a whole, however many pages it goes on for, and nothing is done to a part of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from fcm_tui.model import Change
from fcm_tui.query.parse import parse
from fcm_tui.review.app import ReviewApp
from fcm_tui.review.log.pages import PAGE
from fcm_tui.review.log.reading import LogReading
from fcm_tui.store.reading.filters import Filters
from tests.review.builder import START_NS, RecordBuilder
from tests.review.screens import lines, shows
from tests.waiting import eventually

Make = Callable[..., ReviewApp]
COUNT = 3 * PAGE + 40


def filled(builder: RecordBuilder, newer: int) -> None:
    """Some changes a minute apart, a burst of many pages, and some changes a minute apart."""
    at = "/home/ann/project"
    second = 10**9
    with builder.transaction():
        for number in range(5):
            builder.change(f"{at}/old{number}.py", b"o\n", time_ns=START_NS + 60 * number * second)
        for number in range(COUNT):
            builder.change(
                f"{at}/src/b{number}.py", b"b\n", time_ns=START_NS + 600 * second + number * second // 10
            )
        for number in range(newer):
            builder.change(f"{at}/new{number}.py", b"n\n", time_ns=START_NS + (3600 + 60 * number) * second)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
@pytest.mark.parametrize("newer", [0, 3, 26])
async def test_it_is_counted_to_its_end_with_a_filter_and_without(
    empty: RecordBuilder, make_app: Make, size: tuple[int, int], newer: int
) -> None:
    filled(empty, newer)
    app = make_app(empty)
    async with app.run_test(size=size) as pilot:
        await eventually(lambda: app.log_view.is_loaded)
        await pilot.press(*["j"] * newer)
        await eventually(lambda: any(f"▸ {COUNT} files" in line for line in lines(app.log_view)))
        app.log_view.narrow(terms=parse("*.py !by:nobody"))
        await app.log_view.narrowed()
        await pilot.press(*["j"] * newer)
        await eventually(lambda: any(f"▸ {COUNT} files" in line for line in lines(app.log_view)))
        await eventually(lambda: app.log_view.total == newer + 1 + 5)
        app.log_view.narrow(terms=())
        await app.log_view.narrowed()
        await eventually(lambda: any(f"▸ {COUNT} files" in line for line in lines(app.log_view)))


async def test_nothing_is_done_to_a_part_of_it(
    empty: RecordBuilder, make_app: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(empty, 0)
    may_go_on, older = asyncio.Event(), LogReading.older

    async def late(self: LogReading, *parts: object) -> list[Change] | None:
        await may_go_on.wait()
        return await older(self, *parts)  # type: ignore[arg-type]

    monkeypatch.setattr(LogReading, "older", late)
    app = make_app(empty)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, f"▸ {PAGE} files")
        for key in ("space", "R", "N", "x"):
            await pilot.press(key)
            await shows(app, "All of this burst is still being read: press that key again in a moment.")
            assert len(app.screen_stack) == 1
            await pilot.press("escape")
        may_go_on.set()
        await shows(app, f"▸ {COUNT} files")
        await pilot.press("space")
        await shows(app, f"{COUNT} changes reviewed")


async def test_a_change_in_the_midst_of_it_is_gone_to(empty: RecordBuilder, make_app: Make) -> None:
    filled(empty, 0)
    app = make_app(empty)
    async with app.run_test(size=(120, 40)):
        await eventually(lambda: app.log_view.is_loaded)
        wanted = next(change for change in app.log_view.known())._replace(sequence=2 * PAGE)
        assert await app.log_view.go_to((wanted.sequence, wanted.recorder_id))
        await eventually(lambda: app.log_view.selected is not None)
        assert app.log_view.selected is not None and app.log_view.selected.sequence == wanted.sequence
        assert app.log_view.filters == Filters()
        await shows(app, f"Diff  src/b{wanted.sequence - 6}.py")
