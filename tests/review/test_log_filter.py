"""The filter bar: results while one writes, help in place, and what stays afterwards."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from textual.events import Paste
from textual.pilot import Pilot

from fcm_tui.errors import FilterError
from fcm_tui.model import Kind
from fcm_tui.query.parse import parse
from fcm_tui.query.terms import State
from fcm_tui.review.app import ReviewApp
from fcm_tui.review.log.filter import names_in
from fcm_tui.review.look.theme import Themes
from fcm_tui.settings.config import Settings
from fcm_tui.store.reading.queries import Reader
from tests.review.builder import RecordBuilder
from tests.review.fake_engine import FakeEngine
from tests.review.keyboard import at_once, settled
from tests.review.screens import lines, shows, text
from tests.waiting import eventually

Make = Callable[..., ReviewApp]


async def write(pilot: Pilot[int], letters: str) -> None:
    """As a person does, key by key."""
    names = {
        " ": "space",
        ":": "colon",
        "*": "asterisk",
        ".": "full_stop",
        "!": "exclamation_mark",
        "/": "slash",
        ",": "comma",
    }
    await pilot.press(*(names.get(letter, letter) for letter in letters))


def shown(app: ReviewApp) -> list[int]:
    """Sequences in the log, as far as it is read."""
    return sorted(change.sequence for change in app.log_view._pages.known())


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_results_come_while_one_writes_and_stay(
    record: RecordBuilder, make_app: Make, size: tuple[int, int]
) -> None:
    app = make_app(record)
    async with app.run_test(size=size) as pilot:
        await shows(app, "line ten")
        await pilot.press("slash")
        await shows(app, "kind:")
        await write(pilot, "*.py q")
        await eventually(lambda: app.log_view.total == 0)
        await shows(app, "0 found")
        assert "No change is as the filter wants it." in text(app)
        await pilot.press("backspace", "backspace")
        await shows(app, "3 found")
        await pilot.press("enter")
        assert app.focused is app.log_view
        assert "/ *.py" in text(app) and "3 found" in text(app)
        await pilot.press("j", "j")
        await shows(app, "3 of 3")
        await pilot.press("escape")
        await shows(app, "5 of 8")
        assert "found" not in text(app)
        assert app.log_view.selected is not None and app.log_view.selected.sequence == 4


async def test_a_mistake_is_said_and_nothing_of_what_is_written_is_lost(
    record: RecordBuilder, make_app: Make
) -> None:
    app = make_app(record)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "line ten")
        await pilot.press("slash")
        await write(pilot, "*.py")
        await shows(app, "3 found")
        await write(pilot, " kind:craeted")
        await shows(app, "kind:craeted: no such kind: did you mean created?")
        assert app.log_pane.bar.entry.text == "*.py kind:craeted"
        await pilot.press("ctrl+w")
        await write(pilot, "kind:modified")
        await shows(app, "2 found")
        await pilot.press("escape")
        await eventually(lambda: app.log_view.total == 8)


async def test_tab_completes_and_goes_on_to_the_next(record: RecordBuilder, make_app: Make) -> None:
    app = make_app(record)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "line ten")
        await pilot.press("slash")
        await write(pilot, "ki")
        await pilot.press("tab")
        assert app.log_pane.bar.entry.text == "kind:"
        await write(pilot, "m")
        await pilot.press("tab")
        assert app.log_pane.bar.entry.text == "kind:modified"
        await pilot.press("tab")
        assert app.log_pane.bar.entry.text == "kind:moved"
        await eventually(lambda: shown(app) == [3])
        await write(pilot, " by:")
        await pilot.press("tab")
        assert app.log_pane.bar.entry.text == "kind:moved by:ann"


def test_what_cannot_be_written_as_it_is_is_not_offered(record: RecordBuilder) -> None:
    """What would be shown instead of it finds nothing."""
    with Reader(record.database) as reader:
        (change,) = reader.log(limit=1)
    named = [change._replace(host=host, owner=None) for host in ("web1", "we\x1b[31mb", "web1", "db")]
    assert names_in(named)["host"] == ["web1", "db"]


async def test_tab_goes_from_a_key_that_is_complete_to_its_values(
    record: RecordBuilder, make_app: Make
) -> None:
    app = make_app(record)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "line ten")
        await pilot.press("slash", "k", "tab")
        assert app.log_pane.bar.entry.text == "kind:"
        await shows(app, "Tab kind:created kind:modified")
        await pilot.press("tab")
        assert app.log_pane.bar.entry.text == "kind:created"
        await pilot.press("tab")
        assert app.log_pane.bar.entry.text == "kind:modified"
        await write(pilot, " !s")
        await pilot.press("tab")
        assert app.log_pane.bar.entry.text == "kind:modified !since:"
        await pilot.press("tab")
        assert app.log_pane.bar.entry.text == "kind:modified !size:"
        await pilot.press("tab")
        assert app.log_pane.bar.entry.text == "kind:modified !since:"


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
@pytest.mark.parametrize(
    ("written", "begins"),
    [
        ("", "Tab kind: since:"),
        ("is:", "Tab is:unreviewed is:reviewed"),
    ],
)
async def test_what_does_not_fit_under_the_bar_ends_so_that_one_sees_it(
    record: RecordBuilder, make_app: Make, size: tuple[int, int], written: str, begins: str
) -> None:
    app = make_app(record)
    async with app.run_test(size=size) as pilot:
        await shows(app, "line ten")
        await pilot.press("slash")
        await write(pilot, written)
        await shows(app, begins)
        bar = app.log_pane.bar
        said = lines(bar)[1]
        assert len(said) <= bar.size.width
        assert said.endswith("…") or (len(said) < bar.size.width and size[0] == 120)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
@pytest.mark.parametrize("written", ["foo:bar", "is:new", "since:yesterdayx"])
async def test_a_mistake_is_told_in_full(
    record: RecordBuilder, make_app: Make, size: tuple[int, int], written: str
) -> None:
    with pytest.raises(FilterError) as why:
        parse(written)
    app = make_app(record)
    async with app.run_test(size=size) as pilot:
        await shows(app, "line ten")
        await pilot.press("slash")
        bar = app.log_pane.bar
        await write(pilot, written)
        await eventually(lambda: " ".join(map(str.strip, lines(bar)[1:])) == str(why.value))
        await pilot.press("ctrl+u")
        await eventually(lambda: bar.size.height == 2)


async def test_a_mistake_leaves_room_for_the_log_where_there_is_little(
    record: RecordBuilder, make_app: Make
) -> None:
    app = make_app(record)
    async with app.run_test(size=(40, 24)) as pilot:
        await shows(app, "moved.txt")
        await pilot.press("slash")
        bar = app.log_pane.bar
        await write(pilot, "foo:bar")
        await eventually(lambda: bar.size.height == 5 and lines(bar)[4].rstrip().endswith("…"))


async def test_the_completion_that_is_taken_stays_in_sight(record: RecordBuilder, make_app: Make) -> None:
    app = make_app(record)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "line ten")
        await pilot.press("slash")
        await write(pilot, "is:")
        for state in State:
            await pilot.press("tab")
            assert app.log_pane.bar.entry.text == f"is:{state}"
            assert f" is:{state}" in lines(app.log_pane.bar)[1]
        await pilot.press("tab")
        assert lines(app.log_pane.bar)[1].startswith("   Tab is:unreviewed ")


async def test_keys_of_the_log_are_letters_in_the_bar(record: RecordBuilder, make_app: Make) -> None:
    app = make_app(record)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "line ten")
        await pilot.press("slash")
        await write(pilot, "qjz1? /")
        assert app.log_pane.bar.entry.text == "qjz1? /"
        await pilot.press("left", "home", "delete", "end", "backspace", "ctrl+u")
        assert app.log_pane.bar.entry.text == ""
        assert app.is_running and app.focused is app.log_pane.bar


async def test_what_arrives_is_filtered_too(record: RecordBuilder, make_app: Make) -> None:
    engine = FakeEngine()
    app = make_app(record, engine)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "line ten")
        await eventually(lambda: engine.started)
        await pilot.press("slash")
        await write(pilot, "fresh")
        await pilot.press("enter")
        await shows(app, "0 found")
        record.change("/home/ann/project/other.txt", b"hay\n", Kind.CREATED)
        record.change("/home/ann/project/fresh.txt", b"brand new\n", Kind.CREATED)
        engine.committed(9, 10)
        await shows(app, "brand new")
        assert shown(app) == [10]
        await shows(app, "1 found")


async def test_folder_and_filter_hold_together(record: RecordBuilder, make_app: Make) -> None:
    app = make_app(record)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "▸ src")
        await pilot.press("slash")
        await write(pilot, "kind:modified")
        await pilot.press("enter")
        await shows(app, "3 found")
        await pilot.press("1", "j", "enter")
        await shows(app, "Log  in src")
        await eventually(lambda: shown(app) == [7])
        await shows(app, "1 found")


async def test_a_long_filter_keeps_the_cursor_in_sight(record: RecordBuilder, make_app: Make) -> None:
    app = make_app(record)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "line ten")
        await pilot.press("slash")
        app.log_pane.bar.post_message(Paste("abcdefgh " * 20 + "en"))
        await write(pilot, "d")
        await eventually(lambda: app.log_pane.bar.entry.text.endswith("abcdefgh end"))
        assert lines(app.log_pane.bar)[0].startswith(" / ") and "end" in lines(app.log_pane.bar)[0]
        await pilot.resize_terminal(50, 12)
        await pilot.press("home")
        assert "abc" in lines(app.log_pane.bar)[0]


async def test_what_is_pasted_does_nothing_to_the_terminal(record: RecordBuilder, make_app: Make) -> None:
    app = make_app(record)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "line ten")
        await pilot.press("slash")
        app.log_pane.bar.post_message(Paste("a\x1b[31m\u202eb\nc"))
        await eventually(lambda: app.log_pane.bar.entry.text == "a[31mb c")


async def test_no_letter_is_lost_that_follows_the_slash_at_once(
    record: RecordBuilder, make_app: Make
) -> None:
    app = make_app(record)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "line ten")
        at_once(app, "/jquAg")
        await settled(app)
        await eventually(lambda: app.log_pane.bar.entry.text == "jquAg")
        await pilot.press("escape")


async def test_saved_filters_are_words_too(record: RecordBuilder) -> None:
    saved = {"code": "*.py !kind:metadata", "mine": "@code by:vim"}
    themes = Themes("dark", colours="truecolor")
    app = ReviewApp(database=record.database, engine=None, themes=themes, settings=Settings(filters=saved))
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "line ten")
        await pilot.press("slash", "at")
        await shows(app, "Tab @code @mine")
        await pilot.press("tab")
        await eventually(lambda: shown(app) == [7, 8])
        await pilot.press("tab")
        await eventually(lambda: shown(app) == [7])
        await pilot.press("enter", "escape")
        await eventually(lambda: app.log_view.rows == 8)


@pytest.mark.parametrize("written", ["@nope", "@wrong"])
async def test_a_mistake_about_many_saved_filters_is_told_to_its_end(
    record: RecordBuilder, written: str
) -> None:
    saved = {f"filter-number-{number}": "*.py" for number in range(40)} | {"wrong": "foo:bar"}
    themes = Themes("dark", colours="truecolor")
    app = ReviewApp(database=record.database, engine=None, themes=themes, settings=Settings(filters=saved))
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "line ten")
        await pilot.press("slash")
        await write(pilot, written)
        await pilot.press("enter")
        await eventually(lambda: re.search(r"(and \d+ more|…\")$", lines(app.log_pane.bar)[-1]))


async def test_enter_keeps_no_mistake(record: RecordBuilder, make_app: Make) -> None:
    app = make_app(record)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "line ten")
        await pilot.press("slash")
        await write(pilot, "kind:foo")
        await pilot.press("enter")
        await shows(app, "kind:foo: no such kind")
        assert app.focused is app.log_pane.bar
        await pilot.press("ctrl+u")
        await write(pilot, "kind:")
        await pilot.press("enter")
        assert app.focused is app.log_pane.bar
        await write(pilot, "moved")
        await pilot.press("enter")
        assert app.focused is app.log_view
        await shows(app, "1 found")


async def test_what_is_right_before_a_mistake_filters(record: RecordBuilder, make_app: Make) -> None:
    app = make_app(record)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "line ten")
        await pilot.press("slash")
        app.log_pane.bar.entry.insert("*.py kind:fo")
        await pilot.press("o")  # at once: nothing was looked for before
        await eventually(lambda: app.log_view.total == 3)
        await shows(app, "3 found")
