"""The statistics screen: every figure leads to exactly its changes, and nobody waits for it."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable
from unittest.mock import patch

import pytest

from fcm_tui.report import statistics
from fcm_tui.report.statistics import Asked, measure
from fcm_tui.review.app import ReviewApp
from fcm_tui.review.look.theme import Themes
from fcm_tui.review.statistics.blocks import SHADES, arranged
from fcm_tui.review.statistics.pieces import cells, nearest, places
from fcm_tui.review.statistics.screen import StatisticsScreen
from fcm_tui.review.statistics.view import StatisticsView
from fcm_tui.store.reading.queries import Reader
from tests.report.conftest import record
from tests.review.builder import RecordBuilder
from tests.review.screens import shows, text
from tests.waiting import eventually

__all__ = ["record"]
Make = Callable[..., ReviewApp]


def told(app: ReviewApp) -> str:
    """What the line at the foot says of the figure under the cursor."""
    return text(app).splitlines()[-2].strip()


async def go_to(app: ReviewApp, wanted: str) -> int:
    """Put the cursor on a figure; how many changes it says."""
    view = app.screen.query_one(StatisticsView)
    view._go(next(at for at, place in enumerate(view._places) if place.figure.told.startswith(wanted)))
    await eventually(lambda: told(app).startswith(wanted.replace(os.sep, "/")))  # as `text` has it
    found = re.search(r"([\d,]+) changes?", told(app))
    assert found is not None, told(app)
    return int(found[1].replace(",", ""))


@pytest.mark.parametrize(
    ("wanted", "expression"),
    [
        ("Mon 1", "weekday:mon hour:1"),
        (f"{os.sep}srv{os.sep}shop{os.sep}src{os.sep}api:", ""),
        ("not known:", "!owner:*"),
    ],
)
async def test_enter_on_a_figure_shows_exactly_its_changes(
    record: RecordBuilder, make_app: Make, wanted: str, expression: str, in_utc: None
) -> None:
    app = make_app(record)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "changes ")
        await pilot.press("S")
        await shows(app, "not reviewed")
        count = await go_to(app, wanted)
        await pilot.press("enter")
        await eventually(lambda: app.log_view.complete and app.log_view.rows == count)
        assert app.log_pane.bar.entry.text.startswith(expression)
        await pilot.press("escape", "escape")
        await eventually(lambda: app.log_view.rows == record.sequence or not app.log_view.complete)
    await app.close_record()


async def test_it_counts_what_the_log_shows_and_arrows_go_where_they_point(
    record: RecordBuilder, make_app: Make, in_utc: None
) -> None:
    app = make_app(record)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "changes ")
        await pilot.press("slash", *"kind:moved", "enter")
        await shows(app, "34 found")
        await pilot.press("S")
        await shows(app, "34 changes")
        assert "kind:moved" in text(app).splitlines()[0]
        while not re.match(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun) 2026-", told(app)):
            await pilot.press("down")
        day = told(app)
        await pilot.press("right")
        await eventually(lambda: told(app) != day)
        await pilot.press("left")
        await eventually(lambda: told(app) == day)
        await pilot.press("G")
        await shows(app, lambda screen: "34 changes" not in screen)
        await pilot.press("g")
        await shows(app, "34 changes")
        await pilot.press("escape")
        await shows(app, "▌Log")
        assert app.log_pane.bar.entry.text == "kind:moved"
    await app.close_record()


async def test_esc_ends_the_counting(record: RecordBuilder, make_app: Make) -> None:
    begun, ended = threading.Event(), threading.Event()

    def slow(reader: Reader, asked: Asked) -> statistics.Statistics:
        begun.set()
        try:
            while True:
                reader.connection.execute(
                    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)"
                    " SELECT sum(i) FROM n"
                ).fetchone()
        finally:
            ended.set()

    app = make_app(record)
    with patch("fcm_tui.review.statistics.screen.measure", slow):
        async with app.run_test(size=(80, 24)) as pilot:
            await shows(app, "changes ")
            await pilot.press("S")
            await shows(app, "Counting…")
            await eventually(begun.is_set)
            await pilot.press("escape")
            await shows(app, "▌Log")
            await eventually(ended.is_set)
            assert not isinstance(app.screen, StatisticsScreen)
    await app.close_record()


@pytest.mark.parametrize("width", [40, 78, 80, 100, 120, 160, 200, 300])
def test_every_line_fits_and_every_figure_can_be_reached(
    record: RecordBuilder, width: int, in_utc: None
) -> None:
    with Reader(record.database) as reader:
        lines = arranged(measure(reader, Asked()), width)
    assert max(map(cells, lines)) <= max(width, 56)
    among = places(lines)
    reached, new = {among[0]}, [among[0]]
    while new:
        here = new.pop()
        for rows, columns in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            found = nearest(among, here, rows, columns)
            if found is not None and found not in reached:
                reached.add(found)
                new.append(found)
    missing = [place.figure.told for place in among if place not in reached]
    assert not missing


async def test_without_colours_the_shades_are_characters(
    record: RecordBuilder, make_app: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = make_app(record, themes=Themes("sixteen", colours="16"))
    async with app.run_test(size=(80, 40)) as pilot:
        await shows(app, "changes ")
        await pilot.press("S")
        await shows(app, "not reviewed")
        assert all(shade in text(app) for shade in SHADES)
    await app.close_record()
