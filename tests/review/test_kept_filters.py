"""A filter is kept under a name, from the log."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from fcm_tui.review.app import ReviewApp
from fcm_tui.review.look.theme import Themes
from fcm_tui.review.settings.keeping import AskFilterName
from fcm_tui.settings.config import Settings, load
from tests.review.builder import RecordBuilder
from tests.review.keyboard import at_once, settled
from tests.review.screens import shows
from tests.waiting import eventually

FILE = '# mine\ntheme = "dark"\n\n[filters]\nold = "*.md"  # stays\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "fcm.toml"


def app_with(record: RecordBuilder, file: Path) -> ReviewApp:
    settings = load(file) if file.exists() else Settings()
    themes = Themes("dark", colours="truecolor")
    return ReviewApp(
        database=record.database, engine=None, themes=themes, settings=settings, configuration=file
    )


async def keep(app: ReviewApp, expression: str, name: str) -> None:
    await shows(app, "line ten")
    at_once(app, f"/{expression}\rW")
    await eventually(lambda: isinstance(app.screen, AskFilterName))
    at_once(app, f"{name}\r")


def filters(file: Path) -> dict[str, str]:
    return tomllib.loads(file.read_text("utf-8"))["filters"]  # type: ignore[no-any-return]


async def test_it_is_written_and_stands_for_the_filter_at_once(record: RecordBuilder, file: Path) -> None:
    file.write_text(FILE)
    app = app_with(record, file)
    async with app.run_test(size=(120, 40)) as pilot:
        await keep(app, "*.py !kind:metadata", "code")
        await shows(app, "kept: @code is *.py !kind:metadata from now on")
        assert file.read_text() == FILE + 'code = "*.py !kind:metadata"\n'
        await pilot.press("escape")
        await eventually(lambda: app.log_view.rows == 8)
        at_once(app, "/@cod")
        await shows(app, "Tab @code")
        at_once(app, "e\r")
        await settled(app)
        await eventually(lambda: app.log_view.rows == 2)


async def test_a_file_that_is_not_there_is_made(record: RecordBuilder, file: Path) -> None:
    app = app_with(record, file)
    async with app.run_test(size=(80, 24)):
        await keep(app, "*.py", "@code")  # as it is written where it is used
        await shows(app, "kept: @code is *.py")
    assert filters(file) == {"code": "*.py"}


async def test_another_filter_of_that_name_goes_at_a_second_enter_alone(
    record: RecordBuilder, file: Path
) -> None:
    file.write_text(FILE)
    app = app_with(record, file)
    async with app.run_test(size=(120, 40)) as pilot:
        await keep(app, "*.py", "old")
        await shows(app, "@old is *.md now: Enter again replaces it")
        assert filters(file) == {"old": "*.md"}
        await pilot.press("x", "enter")
        await shows(app, "kept: @oldx is *.py")
        assert filters(file) == {"old": "*.md", "oldx": "*.py"}
        await pilot.press("W", *"old", "enter")
        await shows(app, "@old is *.md now: Enter again replaces it")
        await pilot.press("enter")
        await shows(app, "kept: @old is *.py")
        assert filters(file) == {"old": "*.py", "oldx": "*.py"}
        assert "# stays" in file.read_text()


@pytest.mark.parametrize("name", ["", "two words", "a/b", '"'])
async def test_what_is_no_name_is_said_and_can_be_mended(
    record: RecordBuilder, file: Path, name: str
) -> None:
    file.write_text(FILE)
    app = app_with(record, file)
    async with app.run_test(size=(80, 24)) as pilot:
        await keep(app, "*.py", name)
        await shows(app, "write a name: letters, digits, - and _")
        await pilot.press("escape")
        await eventually(lambda: app.focused is app.log_view)
    assert file.read_text() == FILE


async def test_a_filter_is_not_made_of_itself(record: RecordBuilder, file: Path) -> None:
    file.write_text(FILE)
    app = app_with(record, file)
    async with app.run_test(size=(120, 40)) as pilot:
        await keep(app, "@old", "old")
        await shows(app, "Enter again replaces it")
        await pilot.press("enter")
        await shows(app, "[filters] old: saved filters name one another in a circle: @old in @old")
    assert file.read_text() == FILE


async def test_what_is_wrong_with_the_file_is_said_and_it_stays(record: RecordBuilder, file: Path) -> None:
    file.write_text(FILE)
    app = app_with(record, file)
    async with app.run_test(size=(120, 40)):
        file.write_text("theme = \n")
        await keep(app, "*.py", "code")
        await shows(app, "fcm.toml:1: ")
        assert isinstance(app.screen, AskFilterName)
    assert file.read_text() == "theme = \n"


@pytest.mark.parametrize("written", ["", "kind:nix"])
async def test_where_there_is_nothing_to_keep_that_is_said(
    record: RecordBuilder, file: Path, written: str
) -> None:
    app = app_with(record, file)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "line ten")
        if written:
            at_once(app, f"/{written}")
            await settled(app)
            app.log_view.focus()
            await eventually(lambda: app.focused is app.log_view)
        await pilot.press("W")
        await shows(app, "/ first, and a filter: then it can be kept under a name")
