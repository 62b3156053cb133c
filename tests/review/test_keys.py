"""The key map: no clash, every key does something, the help shows all of it and fits."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fcm_tui.errors import ConfigError
from fcm_tui.review import keys
from fcm_tui.review.acts.ask_name import AskName
from fcm_tui.review.acts.restoring import PlanDiff, RestoreScreen
from fcm_tui.review.alerts.screen import AlertsScreen
from fcm_tui.review.app import ReviewApp
from fcm_tui.review.files.blame import BlameScreen
from fcm_tui.review.files.history import HistoryScreen
from fcm_tui.review.files.moment import MomentScreen
from fcm_tui.review.first_run import OfferApp
from fcm_tui.review.help import HelpScreen, sections
from fcm_tui.review.key_names import as_read
from fcm_tui.review.parts.leaving import Leaving
from fcm_tui.review.parts.menu import Menu
from fcm_tui.review.settings.picking import PickScreen
from fcm_tui.review.settings.screen import SettingsScreen
from fcm_tui.review.settings.writing import WriteScreen
from fcm_tui.review.statistics.screen import StatisticsScreen
from fcm_tui.review.statistics.view import StatisticsView
from tests.review.builder import RecordBuilder
from tests.review.screens import shows

TOGETHER = [
    (keys.EVERYWHERE, keys.FILE, keys.LIST, keys.TREE, keys.SHOWN),
    (keys.EVERYWHERE, keys.FILE, keys.LIST, keys.LOG, keys.SHOWN),
    (keys.EVERYWHERE, keys.FILE, keys.DIFF, keys.SHOWN),
    (keys.FILE, keys.LIST, keys.HISTORY),
    (keys.FILE, keys.VERSION, keys.SHOWN),
    (keys.FILE, keys.LIST, keys.BLAME),
    (keys.FILE, keys.MOMENT, keys.SHOWN),
    (keys.LIST, keys.ALERTS),
    (keys.MENU,),
    (keys.NAME,),
    (keys.CONFIRM,),
    (keys.LIST, keys.SETTINGS),
    (keys.STATISTICS,),
    (keys.LIST, keys.WRITE),
    (keys.PICK,),
    (keys.ENTRY,),
    (keys.LEAVE,),
    (keys.FIND,),
    (keys.HELP,),
    (keys.OFFER,),
]
"""Contexts that are in force at the same time."""

LOST = {
    "alt+",
    "ctrl+i",
    "ctrl+m",
    "ctrl+h",
    "ctrl+a",
    "ctrl+b",
    "ctrl+s",
    "ctrl+q",
    "ctrl+z",
    "f11",
    "shift+up",
}
"""Keys that a terminal, tmux or an old line cannot deliver, or keeps."""


@pytest.mark.parametrize("contexts", TOGETHER)
def test_no_key_means_two_things(contexts: tuple[str, ...]) -> None:
    used = [key for entry in keys.KEYMAP if entry.context in contexts for key in entry.keys]
    assert len(used) == len(set(used))


def test_ids_are_unique_and_keys_reach_us() -> None:
    assert len({entry.id for entry in keys.KEYMAP}) == len(keys.KEYMAP)
    for entry in keys.KEYMAP:
        assert not [
            key for key in entry.keys for lost in LOST if key.startswith(lost) and entry.id != "stop"
        ], entry.id


def test_the_help_has_every_key_and_fits_half_of_120_cells() -> None:
    lines = [
        "".join(text for text, _ in line) for section in sections(keys.LOG, keys.KEYMAP) for line in section
    ]
    for entry in keys.KEYMAP:
        if entry.context in keys.HEADINGS:
            assert any(entry.shown in line and line.endswith(entry.description) for line in lines), entry.id
    assert max(map(len, lines)) <= 58
    assert "Log" in lines[0]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a", "a"), ("A", "A"), ("f1", "F1"), ("f5", "F5"), ("end", "End"), ("insert", "Insert"),
        ("shift+tab", "Shift-Tab"), ("ctrl+x", "Ctrl-X"), ("ctrl+shift+f12", "Ctrl-Shift-F12"),
        ("pagedown", "PgDn"), ("exclamation_mark", "!"), ("question_mark", "?"),
    ],
)  # fmt: skip
def test_a_key_is_called_as_it_is_written_on_a_keyboard(name: str, shown: str) -> None:
    assert as_read(name) == shown


async def test_every_action_of_the_key_map_exists(
    record: RecordBuilder, make_app: Callable[..., ReviewApp]
) -> None:
    app = make_app(record)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "line ten")
        places: dict[str, list[object]] = {
            keys.LIST: [app.log_view, app.tree_view],
            keys.TREE: [app.tree_view],
            keys.LOG: [app.log_view],
            keys.DIFF: [app.diff_view],
            keys.SHOWN: [app.diff_view],
            keys.ENTRY: [app.log_pane.bar],
            keys.EVERYWHERE: [app],
            keys.FILE: [app],
            keys.HELP: [HelpScreen(app.palette, keys.LOG, keys.KEYMAP)],
            keys.OFFER: [OfferApp],
            keys.HISTORY: [HistoryScreen],
            keys.VERSION: [HistoryScreen],
            keys.BLAME: [BlameScreen],
            keys.ALERTS: [AlertsScreen],
            keys.MENU: [Menu],
            keys.NAME: [AskName],
            keys.CONFIRM: [RestoreScreen, PlanDiff],
            keys.SETTINGS: [SettingsScreen],
            keys.STATISTICS: [StatisticsScreen, StatisticsView],
            keys.WRITE: [WriteScreen],
            keys.PICK: [PickScreen],
            keys.LEAVE: [Leaving],
            keys.ALERTS: [AlertsScreen],
            keys.MOMENT: [MomentScreen],
            keys.FIND: [app.diff_view],
            keys.ALERTS: [AlertsScreen],
        }
        for entry in keys.KEYMAP:
            space, _, name = entry.action.partition("(")[0].rpartition(".")
            own = [
                place
                for place in places[entry.context]
                if space or place not in (RestoreScreen, StatisticsScreen)
            ]
            for place in [app] if space == "app" else own[:1] if space else own:
                assert hasattr(place, f"action_{name}"), entry
        for entry in keys.KEYMAP:
            if entry.context in (keys.LIST, keys.DIFF, keys.TREE, keys.LOG, keys.SHOWN):
                for key in entry.keys:
                    app.action_focus_pane({keys.TREE: "tree", keys.DIFF: "diff"}.get(entry.context, "log"))
                    await pilot.press(key)
        assert app.is_running


@pytest.mark.parametrize("pane", ["tree", "log", "diff"])
async def test_the_diff_in_sight_has_its_keys_in_every_pane(
    record: RecordBuilder, make_app: Callable[..., ReviewApp], pane: str
) -> None:
    app = make_app(record)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "line ten")
        app.action_focus_pane(pane)
        await pilot.press("w")
        assert app.diff_view.shape.wrap
        await pilot.press("m")
        await shows(app, "marked")
        assert app.focused is not None and app.focused.id == pane


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_help_opens_scrolls_and_closes(
    record: RecordBuilder, make_app: Callable[..., ReviewApp], size: tuple[int, int]
) -> None:
    app = make_app(record)
    async with app.run_test(size=size) as pilot:
        await shows(app, "line ten")
        for close in ("escape", "q", "question_mark", "f1", "enter"):
            await pilot.press("question_mark")
            await shows(app, "read the diff; open or close a burst")
            await pilot.press("pagedown", "G")
            await shows(app, "lines inserted, updated, deleted")
            await pilot.press("pageup", "k", "j", close)
            await shows(app, "line ten")


def test_other_keys_do_it_and_the_help_shows_them() -> None:
    found = {key.id: key for key in keys.remapped({"quit": "Q, f10", "diff.next-hunk": "]"})}
    assert found["quit"].keys == ("Q", "f10")
    assert found["diff.next-hunk"].keys == ("right_square_bracket",)
    assert found["help"] == next(key for key in keys.KEYMAP if key.id == "help")


@pytest.mark.parametrize("changes", [{"quit": "j"}, {"quit": "f99"}, {"nothing": "x"}, {"zoom": "?"}])
def test_keys_that_cannot_be_are_refused(changes: dict[str, str]) -> None:
    with pytest.raises(ConfigError):
        keys.remapped(changes)
