"""Leaving the settings with changes that are not written: nothing is dropped that nobody said is to be dropped."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from textual.pilot import Pilot

from fcm_tui.review.app import ReviewApp
from tests.review.builder import RecordBuilder
from tests.review.configured import FILE, app_over, at, written
from tests.review.screens import shows, text


@asynccontextmanager
async def changed(record: RecordBuilder, file: Path) -> AsyncIterator[tuple[ReviewApp, Pilot[int]]]:
    """The settings, with a change that is not written, when somebody wants to leave them."""
    app = app_over(record, file)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "line ten")
        await pilot.press(*at("Ignored"))
        await shows(app, "[x] on")
        await pilot.press("enter")
        await shows(app, "[ ] off")
        await pilot.press("escape")
        await shows(app, "drop them, and leave")
        yield app, pilot


async def test_esc_again_goes_back_to_them(record: RecordBuilder, tmp_path: Path) -> None:
    file = written(tmp_path)
    async with changed(record, file) as (app, pilot):
        await pilot.press("escape")
        await shows(app, lambda screen: "drop them" not in screen and "[ ] off" in screen)
        await pilot.press("q")
        await shows(app, "drop them, and leave")
        await pilot.press("s")
        await shows(app, lambda screen: "drop them" not in screen and "[ ] off" in screen)
    assert file.read_text() == FILE


async def test_they_are_dropped_when_one_says_so(record: RecordBuilder, tmp_path: Path) -> None:
    file = written(tmp_path)
    async with changed(record, file) as (app, pilot):
        await pilot.press("d")
        await shows(app, "Directories")
        assert "Not written" not in text(app)
    assert file.read_text() == FILE


async def test_they_are_seen_and_written_and_then_one_has_left(record: RecordBuilder, tmp_path: Path) -> None:
    file = written(tmp_path)
    async with changed(record, file) as (app, pilot):
        await pilot.press("w")
        await shows(app, "+ defaults = false")
        await pilot.press("escape")
        await shows(app, lambda screen: "+ defaults = false" not in screen and "[ ] off" in screen)
        await pilot.press("escape", "w")
        await shows(app, "+ defaults = false")
        assert file.read_text() == FILE
        await pilot.press("enter")
        await shows(app, lambda screen: "Directories" in screen and "Written." in screen)
    assert "defaults = false" in file.read_text()


async def test_what_cannot_be_written_is_not_left(record: RecordBuilder, tmp_path: Path) -> None:
    file = written(tmp_path)
    async with changed(record, file) as (app, pilot):
        file.write_text(FILE + "# theirs\n")
        await pilot.press("w")
        await shows(app, "+ defaults = false")
        await pilot.press("enter")
        await shows(app, "Somebody else changed the file meanwhile")
        await shows(app, "[ ] off")
    assert file.read_text() == FILE + "# theirs\n"
