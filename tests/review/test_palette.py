"""The command palette: every action from here, by its letters, done as its key does it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fcm_tui.review import keys
from fcm_tui.review.app import ReviewApp
from fcm_tui.review.parts.palette import CommandPalette, commands, found
from tests.review.builder import RecordBuilder
from tests.review.screens import shows, text

Make = Callable[..., ReviewApp]


async def test_it_has_every_action_of_the_panes_and_none_twice(record: RecordBuilder, make_app: Make) -> None:
    app = make_app(record)
    async with app.run_test(size=(80, 24)):
        await shows(app, "line ten")
        names = [command.key.id for command in commands(app.screen, app.listed())]
        contexts = (keys.EVERYWHERE, keys.FILE, keys.LIST, keys.TREE, keys.LOG, keys.DIFF, keys.SHOWN)
        wanted = {key.id for key in keys.KEYMAP if key.context in contexts} - {"palette"}
        assert wanted == set(names) and len(names) == len(set(names))
        assert commands(app.screen, app.listed())[0].key.context in (
            keys.LIST,
            keys.LOG,
        )  # of the pane in use first


@pytest.mark.parametrize("opener", ["colon", "ctrl+p"])
async def test_letters_find_an_action_and_enter_does_it(
    record: RecordBuilder, make_app: Make, opener: str
) -> None:
    app = make_app(record)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "line ten")
        await pilot.press(opener, *"alone")
        await shows(app, "this pane alone on the screen")
        await pilot.press("enter")
        await shows(app, lambda screen: "Directories" not in screen and "▌Log" in screen)
        await pilot.press(opener, *"zzzz")
        await shows(app, "No action has these letters.")
        await pilot.press("enter", "escape")
        await shows(app, lambda screen: "Commands" not in screen)


async def test_an_action_of_another_pane_takes_the_keyboard_there(
    record: RecordBuilder, make_app: Make
) -> None:
    app = make_app(record)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "line ten")
        await pilot.press("colon", *"diff.last", "enter")
        await shows(app, "▌Diff")
        await shows(app, "hunk 3 of 3")


async def test_an_action_on_the_diff_in_sight_leaves_the_keyboard_where_it_is(
    record: RecordBuilder, make_app: Make
) -> None:
    app = make_app(record)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "line ten")
        await pilot.press("colon", *"diff.mark", "enter")
        await shows(app, "marked")
        await shows(app, "▌Log")


async def test_it_is_of_the_screen_in_sight(record: RecordBuilder, make_app: Make) -> None:
    app = make_app(record)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "line ten")
        await pilot.press("H")
        await shows(app, "History")
        await pilot.press("colon", *"older version", "down", "up")
        await shows(app, "an older version")
        assert isinstance(app.screen, CommandPalette)
        assert "log.bursts" not in [command.key.id for command in app.screen._among]
        await pilot.press("escape", "escape")
        await shows(app, "Directories")


async def test_a_key_finds_its_action_and_letters_in_order_do(record: RecordBuilder, make_app: Make) -> None:
    app = make_app(record)
    async with app.run_test(size=(80, 24)):
        await shows(app, "line ten")
        among = commands(app.screen, app.listed())
        assert found("H", among)[0].key.id == "file.history"
        assert found("wrp lng", among)[0].key.id == "diff.wrap"
        assert found("", among) == among
        assert "Commands" not in text(app)
