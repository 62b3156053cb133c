"""Other changes come in while one selects, writes or reads: what one is at stays as it is."""

from __future__ import annotations

import pytest

from fcm_tui.model import Kind
from tests.review.builder import START_NS, RecordBuilder
from tests.review.fake_engine import FakeEngine
from tests.review.screens import shows, text
from tests.review.test_inbox import Make, rows
from tests.waiting import eventually


def another_comes(record: RecordBuilder, engine: FakeEngine) -> None:
    record.change("/home/ann/project/fresh.txt", b"new\n", Kind.CREATED)
    engine.committed(9, 9)


def burst(record: RecordBuilder) -> None:
    """30 changes that are one line."""
    with record.transaction():
        for number in range(30):
            record.change(f"/home/ann/project/{number}", b"", Kind.CREATED, time_ns=START_NS)


def burst_goes_on(record: RecordBuilder, engine: FakeEngine) -> None:
    record.change("/home/ann/project/late", b"", Kind.CREATED, time_ns=START_NS)
    engine.committed(31, 31)


async def test_what_comes_after_v_is_not_in_the_range(record: RecordBuilder, make_app: Make) -> None:
    engine = FakeEngine()
    app = make_app(record, engine)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "line ten")
        await eventually(lambda: engine.started)
        await pilot.press("v")
        await shows(app, "1 change selected")
        another_comes(record, engine)
        await eventually(lambda: app.log_view.total == 9)
        assert "1 change selected" in text(app)
        await pilot.press("space")
        await eventually(lambda: rows(record) == [(8, None)])


async def test_a_burst_that_goes_on_brings_nothing_into_the_range(
    empty: RecordBuilder, make_app: Make
) -> None:
    burst(empty)
    engine = FakeEngine()
    app = make_app(empty, engine)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "30 files")
        await eventually(lambda: engine.started)
        await pilot.press("v")
        await shows(app, "30 changes selected")
        burst_goes_on(empty, engine)
        await shows(app, "31 files")
        assert "30 changes selected" in text(app)
        await pilot.press("space")
        await eventually(lambda: [sequence for sequence, _ in rows(empty)] == list(range(1, 31)))


@pytest.mark.parametrize(
    ("to_write", "asks"), [(("N",), "note:"), (("3", "slash"), " / ")], ids=["note", "search"]
)
async def test_what_one_writes_about_stays_in_sight(
    record: RecordBuilder, make_app: Make, to_write: tuple[str, ...], asks: str
) -> None:
    engine = FakeEngine()
    app = make_app(record, engine)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "line ten")
        await eventually(lambda: engine.started)
        await pilot.press(*to_write)
        await shows(app, asks)
        another_comes(record, engine)
        await eventually(lambda: app.log_view.total == 9)
        assert app.log_view.selected is not None and app.log_view.selected.sequence == 8
        await pilot.press("t", "e", "n")
        await shows(app, lambda screen: "2 of 9" in screen and "line ten" in screen)


async def test_what_one_reads_of_a_burst_stays_in_sight_as_it_goes_on(
    empty: RecordBuilder, make_app: Make
) -> None:
    burst(empty)
    engine = FakeEngine()
    app = make_app(empty, engine)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "Diff  30 files in project")
        await eventually(lambda: engine.started)
        await pilot.press("3", "G")
        await eventually(lambda: app.diff_view.scroll_offset.y > 0)
        top = app.diff_view.scroll_offset.y
        burst_goes_on(empty, engine)
        await shows(app, "Diff  31 files in project")
        assert app.log_view.burst is not None and app.diff_view.scroll_offset.y == top
        await pilot.press("o")
        await eventually(lambda: len(rows(empty)) == 31)


async def test_the_log_follows_while_its_filter_is_written(record: RecordBuilder, make_app: Make) -> None:
    engine = FakeEngine()
    app = make_app(record, engine)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "line ten")
        await eventually(lambda: engine.started)
        await pilot.press("slash")
        await shows(app, "Tab")
        another_comes(record, engine)
        await shows(app, "9  ● live")


async def test_a_menu_over_the_diff_leaves_its_change_in_sight(record: RecordBuilder, make_app: Make) -> None:
    engine = FakeEngine()
    app = make_app(record, engine)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "line ten")
        await pilot.press("3", "y")
        await eventually(lambda: len(app.screen_stack) == 2)
        another_comes(record, engine)
        await eventually(lambda: app.log_view.total == 9)
        assert app.log_view.selected is not None and app.log_view.selected.sequence == 8
        await pilot.press("escape")
        await shows(app, lambda screen: "2 of 9" in screen and "line ten" in screen)
