"""What stands in the last line for a while, or until somebody has mended it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fcm_tui.review.app import ReviewApp
from fcm_tui.review.look.theme import Themes
from fcm_tui.review.parts.said import Said
from fcm_tui.settings.config import load
from tests.review.builder import RecordBuilder
from tests.review.keyboard import at_once, settled
from tests.review.screens import shows
from tests.waiting import eventually

Make = Callable[..., ReviewApp]


async def test_what_comes_by_itself_leaves_the_answer_to_a_key_in_sight(
    record: RecordBuilder, make_app: Make
) -> None:
    app = make_app(record)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "line ten")
        app.say("recorded as change 9")
        await shows(app, "recorded as change 9")
        app.tell("alert: a secret was changed")
        await pilot.pause()
        await shows(app, "recorded as change 9")
        await app.query(Said).remove()
        await shows(app, "alert: a secret was changed")


async def test_what_was_told_goes_with_a_key_after_a_while(record: RecordBuilder, make_app: Make) -> None:
    app = make_app(record)
    async with app.run_test(size=(160, 40)) as pilot:
        await shows(app, "line ten")
        app.tell("fcm.toml read again")
        await pilot.press("j")
        await shows(app, "fcm.toml read again")
        assert app.notices.since is not None
        app.notices.since -= 6
        await shows(app, "fcm.toml read again")
        await pilot.press("k")
        await shows(app, lambda screen: "read again" not in screen)
        app.tell("theme read again")
        app.notices.since -= 16
        await shows(app, lambda screen: "read again" not in screen)


@pytest.mark.parametrize("between", ["j", "Q", "1", "escape"])
async def test_any_other_key_takes_back_the_question_whether_to_pause(
    record: RecordBuilder, make_app: Make, between: str
) -> None:
    asked: list[bool] = []

    def pausing(is_sure: bool) -> str:
        asked.append(is_sure)
        return "paused" if is_sure else ""

    app = make_app(record)
    app.pausing = pausing
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "line ten")
        await pilot.press("r")
        await shows(app, "r again pauses recording")
        await pilot.press(between)
        await shows(app, lambda screen: "again pauses" not in screen)
        await pilot.press("r")
        await shows(app, "r again pauses recording")
        assert asked == [False, False]
        at_once(app, "krkrrk")  # faster than any of them is answered
        await eventually(lambda: asked == [False] * 4 + [True])
        await settled(app)


async def test_what_is_wrong_with_the_settings_stands_until_it_is_mended(
    record: RecordBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "fcm.toml"
    file.write_text('theme = "dark"\n')
    monkeypatch.setattr("fcm_tui.review.app.STANDS", 0.0)
    monkeypatch.setattr("fcm_tui.review.parts.said.SECONDS", 0.5)
    monkeypatch.setattr("fcm_tui.settings.follow.LOOK", 0.05)
    themes = Themes("dark", colours="truecolor")
    app = ReviewApp(
        database=record.database, engine=None, themes=themes, settings=load(file), configuration=file
    )
    async with app.run_test(size=(120, 24)):
        await shows(app, "line ten")
        file.write_text('themes = "dark"\n')
        await shows(app, "not taken up: fcm.toml:1: ")
        await eventually(lambda: app.query(Said))
        await eventually(lambda: not app.query(Said))
        await shows(app, "not taken up: fcm.toml:1: ")
        file.write_text('theme = "dark"\n')
        await shows(app, lambda screen: "not taken up" not in screen)


async def test_what_was_wrong_goes_as_soon_as_it_is_mended_on_whatever_screen(
    record: RecordBuilder, make_app: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fcm_tui.review.parts.said.SECONDS", 1000.0)
    app = make_app(record)
    async with app.run_test(size=(120, 24)) as pilot:
        await shows(app, "line ten")
        app.tell_wrong("settings", "not taken up: fcm.toml:1: odd")
        await shows(app, "not taken up")
        await pilot.press("S")
        await eventually(lambda: len(app.screen_stack) == 2)
        app.tell_wrong("settings", "")
        await pilot.press("escape")
        await eventually(lambda: len(app.screen_stack) == 1)
        await shows(app, lambda screen: "Directories" in screen and "not taken up" not in screen)
        app.tell_wrong("theme", "mine.toml:2: odd")
        await shows(app, "mine.toml:2:")
        app.say("recorded as change 9")
        await shows(app, "recorded as change 9")
        app.tell_wrong("theme", "")
        await pilot.pause()
        await shows(app, "recorded as change 9")
