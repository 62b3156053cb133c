"""Colours that change while the screen is open."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.color import Color

from fcm_tui.errors import ConfigError
from fcm_tui.resources import themes_dir
from fcm_tui.review.app import ReviewApp
from fcm_tui.review.look import theming
from fcm_tui.review.look.theme import Themes
from fcm_tui.review.parts import said
from tests.review.builder import RecordBuilder
from tests.review.screens import shows
from tests.waiting import eventually

Make = Callable[..., ReviewApp]


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "themes"
    folder.mkdir()
    dark = (themes_dir() / "dark.toml").read_text()
    (folder / "mine.toml").write_text(dark.replace('accent = "#79b8ff"', 'accent = "#00ffff"'))
    return folder


def _written(file: Path, text: str) -> None:
    """In a moment of its own, whatever the clock's tick is."""
    before = file.stat().st_mtime_ns
    file.write_text(text)
    os.utime(file, ns=(before + 10**9,) * 2)


def test_ones_own_theme_comes_before_a_shipped_one(own: Path) -> None:
    assert Themes("mine", own, "truecolor").current.styles["accent"].color == Color.parse("#00ffff")
    (own / "mine.toml").rename(own / "dark.toml")
    assert Themes("dark", own, "truecolor").current.styles["accent"].color == Color.parse("#00ffff")
    assert Themes(None, own.parent / "none", "truecolor").current.name == "dark"


def test_one_theme_after_the_other_but_none_that_is_broken(own: Path) -> None:
    (own / "broken.toml").write_text("[colours]\n")
    themes = Themes("dark", own, "truecolor")
    order = [themes.next().name for _ in range(7)]
    assert order == [
        "dark-colorblind",
        "high-contrast",
        "light",
        "light-colorblind",
        "mine",
        "sixteen",
        "dark",
    ]


def test_a_changed_file_is_read_again_and_a_wrong_one_refused_once(own: Path) -> None:
    file = own / "mine.toml"
    good = file.read_text()
    themes = Themes("mine", own, "truecolor")
    assert themes.changed() is None
    _written(file, good.replace("#00ffff", "#ff00ff"))
    theme = themes.changed()
    assert theme is not None and theme.styles["accent"].color == Color.parse("#ff00ff")
    _written(file, good.replace("accent", "acent", 1))
    with pytest.raises(ConfigError, match="do you mean accent"):
        themes.changed()
    assert themes.changed() is None
    assert themes.current is theme
    file.unlink()
    with pytest.raises(ConfigError, match="no such theme"):
        themes.changed()
    assert themes.changed() is None


async def test_the_screen_takes_over_what_is_saved_and_says_what_is_wrong(
    record: RecordBuilder, make_app: Make, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(theming, "LOOK", 0.01)
    monkeypatch.setattr(said, "SECONDS", 1000.0)
    file = own / "mine.toml"
    good = file.read_text()
    app = make_app(record, themes=Themes("mine", own, "truecolor"))
    async with app.run_test(size=(140, 40)):
        await shows(app, "Directories")
        _written(file, good.replace('background = "on #10141b"', 'background = "on #123456"'))
        await shows(app, "theme mine read again")
        await eventually(lambda: app.screen.styles.background.hex == "#123456")
        _written(file, good.replace("dark = true", "dark = maybe"))
        await shows(app, "mine.toml:2:")
        assert app.palette.base.bgcolor == Color.parse("#123456")
        _written(file, good)
        await shows(app, lambda screen: "mine.toml:2:" not in screen)


async def test_a_key_goes_through_the_themes(record: RecordBuilder, make_app: Make) -> None:
    app = make_app(record)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "Directories")
        for name in ("dark-colorblind", "high-contrast", "light", "light-colorblind", "sixteen", "dark"):
            await pilot.press("T")
            await shows(app, f'Theme {name}. To keep it: theme = "{name}" in fcm.toml.')
            assert app.native_ansi_color is (name == "sixteen")


async def test_where_there_is_no_other_theme_the_key_says_so(record: RecordBuilder, make_app: Make) -> None:
    app = make_app(record, themes=Themes("sixteen", colours="16"))
    async with app.run_test(size=(120, 32)) as pilot:
        await shows(app, "line ten")
        await pilot.press("T")
        await shows(app, "There is no other theme for the colours of this terminal than sixteen.")
