"""Filters that are saved from the settings: how one is written, and what is taken for one."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from fcm_tui.errors import ConfigError
from fcm_tui.review.app import ReviewApp
from fcm_tui.review.look.theme import Themes
from fcm_tui.review.settings.fields import Kind, Row, changed, present
from fcm_tui.settings.draft import read
from tests.review.builder import RecordBuilder
from tests.review.screens import shows
from tests.review.test_log_filter import write
from tests.review.test_settings import at
from tests.waiting import eventually

NEW = Row(Kind.NAMED, ("filters",), "+ filter")
HOW = "write a name, = and a filter: mine = docs/ kind:modified"


def saved(file: Path, text: str, row: Row = NEW) -> str:
    """What the filter `mine` is when that was written."""
    file.write_text('[filters]\nnight = "*.py"\n')
    draft = read(file)
    return str(tomllib.loads(changed(draft, present(draft), row, text).text)["filters"]["mine"])


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("docs/ kind:modified", "docs/ kind:modified"),
        ('"docs/ kind:modified"', "docs/ kind:modified"),
        ("'docs/ kind:modified'", "docs/ kind:modified"),
        (r'"since:\"yesterday 22:00\" !by:backup"', 'since:"yesterday 22:00" !by:backup'),
        ('"*.py"', "*.py"),
        ('"@night"', "@night"),
        ('text:"a b"', 'text:"a b"'),
        ('"a b" "c d"', '"a b" "c d"'),
        ('"my notes.txt"', '"my notes.txt"'),
        ('"c:drive"', '"c:drive"'),
        ('"@types"', '"@types"'),
    ],
)
def test_quotation_marks_that_only_wrap_a_filter_are_not_of_it(
    tmp_path: Path, written: str, kept: str
) -> None:
    assert saved(tmp_path / "fcm.toml", f"mine = {written}") == kept
    assert saved(tmp_path / "fcm.toml", written, Row(Kind.TEXT, ("filters", "mine"), "@mine")) == kept


@pytest.mark.parametrize("written", ["", "mine", "mine =", "= *.py", 'mine = ""', "  "])
def test_what_is_no_name_and_filter_is_told_how_one_is_written(tmp_path: Path, written: str) -> None:
    with pytest.raises(ConfigError) as caught:
        saved(tmp_path / "fcm.toml", written)
    assert str(caught.value) == HOW


def test_a_mistake_in_what_is_wrapped_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="did you mean created"):
        saved(tmp_path / "fcm.toml", 'mine = "*.py kind:craeted"')


async def test_the_first_filter_is_saved_as_the_line_says_and_found_by_its_name(
    record: RecordBuilder, tmp_path: Path
) -> None:
    file = tmp_path / "fcm.toml"
    file.write_text('theme = "dark"\n')
    themes = Themes("dark", colours="truecolor")
    app = ReviewApp(database=record.database, engine=None, themes=themes, configuration=file)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "line ten")
        await pilot.press(*at("Filters"))
        await shows(app, lambda screen: "mine = docs/ kind:modified" in " ".join(screen.split()))
        await pilot.press("enter", *"mine")
        await shows(app, "NAME = FILTER: mine")
        await shows(app, HOW)
        await pilot.press("space", "equals_sign", "space", "quotation_mark")
        await write(pilot, "src/ kind:modified")
        await pilot.press("quotation_mark", "enter")
        await shows(app, "not written")
        await pilot.press("w")
        await shows(app, '+ mine = "src/ kind:modified"')
        await pilot.press("enter")
        await shows(app, "Written.")
        await eventually(lambda: "mine" in app.log_pane.bar.saved)
        await pilot.press("escape", "slash", "at", *"mine")
        await shows(app, "1 found")
