"""Lines of the log that are no changes: when recording stopped, started and began, and `is:gap`, which asks for them."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest

from fcm_tui.model import ANEW, NOT_RUNNING, Gap, Kind, Shipping
from fcm_tui.query.gaps import asks_for_gaps, goes_with, lets_through
from fcm_tui.query.parse import parse
from fcm_tui.review.app import ReviewApp
from fcm_tui.review.parts.said import Said
from fcm_tui.review.status import StatusLine, gap_words
from fcm_tui.ship.troubles import Troubles
from tests.review.builder import START_NS, RecordBuilder, connect
from tests.review.fake_engine import FakeEngine
from tests.review.screens import lines, shows, text
from tests.waiting import eventually

Make = Callable[..., ReviewApp]
HOUR = 3600 * 10**9
PROJECT, OTHER = b"/home/ann/project", b"/home/ann/other"


def log(app: ReviewApp) -> list[str]:
    return [line for line in lines(app.log_view) if line]


async def test_a_stop_and_a_start_are_one_line_whatever_the_number_of_roots(
    record: RecordBuilder, make_app: Make
) -> None:
    record.root("/home/ann/other")
    for root, found in ((PROJECT, 2), (OTHER, 10)):
        record.gap(root, after=6, found=found, reason=NOT_RUNNING, lasted=15 * 3600)
    app = make_app(record)
    async with app.run_test(size=(160, 40)):
        await shows(app, "(15 h 0 min): 12 changes found")
        assert [row[:21] for row in log(app)].count("┄┄┄ recording stopped") == 1
        assert log(app)[2].startswith("┄┄┄ recording stopped Sep 21 ")
        assert ", started Sep 22 " in log(app)[2]


async def test_what_came_after_the_newest_change_stands_above_it(
    record: RecordBuilder, make_app: Make
) -> None:
    engine = FakeEngine()
    record.gap(PROJECT, after=8, found=0, reason=NOT_RUNNING)
    connect(record.database).execute("UPDATE roots SET baseline_ns = ?", (START_NS,))
    app = make_app(record, engine)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "┄┄┄ stopped Sep 21")
        assert ": nothing missed" in log(app)[0] and "main.py" in log(app)[1]
        await shows(app, "line ten")
        assert app.log_view.cursor == 1 and app.log_view.following
        await pilot.press("k")
        await shows(app, "Nothing was recorded in this time.")
        assert not app.log_view.following
        await pilot.press("g")
        await shows(app, "line ten")
        record.change(
            "/home/ann/project/fresh.txt", b"new\n", Kind.CREATED, time_ns=1_790_000_100_000_000_000
        )
        engine.committed(9, 9)
        await eventually(lambda: "fresh.txt" in log(app)[0])
        assert app.log_view.cursor == 0
        assert "stopped" in log(app)[1] and "main.py" in log(app)[2]
        await pilot.press("G")
        await shows(app, "┄┄┄ recording began Sep 21")
        assert "began" in log(app)[-1]


async def test_many_between_two_changes_are_counted(record: RecordBuilder, make_app: Make) -> None:
    for number in range(9):
        record.gap(None, after=8, found=0, reason=f"{number}")
    app = make_app(record)
    async with app.run_test(size=(120, 40)):
        await shows(app, "5 more: is:gap in the filter lists all")


async def test_is_gap_shows_nothing_else(record: RecordBuilder, make_app: Make) -> None:
    for number in range(9):
        record.gap(None, after=8, found=0, reason=f"reason {number}")
    app = make_app(record)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "main.py")
        await pilot.press("slash", *"is:ga", "tab", "enter")
        await shows(app, "9 found")
        assert len(log(app)) == 9 and all(line.startswith("┄┄┄") for line in log(app))
        await pilot.press("G", "space", "u", "v", "R", "N", "A", "enter", "b")
        assert "line ten" not in text(app)
        assert app.log_view.cursor == 8
        await pilot.press("2", "escape")
        await shows(app, "main.py")
        await pilot.press("slash", *"!is:gap", "enter")
        await shows(app, "8 found")
        await eventually(lambda: "┄" not in "".join(log(app)))


GAP = Gap(1, b"/r", 10 * HOUR, 12 * HOUR, NOT_RUNNING, 0)


@pytest.mark.parametrize(
    ("expression", "asked", "through"),
    [
        ("", None, True),
        ("is:gap", True, True),
        ("!is:gap", False, False),
        ("is:gap *.py !x", True, True),
        ("is:gap kind:created", True, False),
        ("is:gap !kind:created", True, True),
        ("is:gap since:1970-01-01T13:00:00Z", True, False),
        ("is:gap since:1970-01-01T11:00:00Z until:1970-01-01T11:30:00Z", True, True),
        ("is:gap until:1970-01-01T09:00:00Z", True, False),
        ("@g", True, True),
        ("!@g", False, False),
    ],
)
def test_which_gaps_an_expression_lets_through(expression: str, asked: bool | None, through: bool) -> None:
    terms = parse(expression, {"g": "is:gap"})
    assert asks_for_gaps(terms) is asked
    assert lets_through(terms, GAP) is through


@pytest.mark.parametrize(
    ("expression", "stands"),
    [
        ("", True),
        ("since:1970-01-01T11:00:00Z", True),
        ("since:1970-01-01T13:00:00Z", False),
        ("since:1970-01-01T11:00:00Z kind:created", False),
        ("kind:created", False),
        ("!kind:metadata", True),
        ("*.py", False),
        ("main", False),
        ("!*.log !target", True),
        ("is:unreviewed", False),
        ("text:x", False),
        ("@day", True),
        ("@day main", False),
        ("@python", False),
        ("!@python", True),
        (f"hour:{time.localtime(36_000).tm_hour}", True),
        (f"hour:{(time.localtime(36_000).tm_hour + 5) % 24}", False),
    ],
)
def test_which_gaps_stand_among_the_changes_of_an_expression(expression: str, stands: bool) -> None:
    terms = parse(expression, {"day": "until:1970-01-02", "python": "*.py"})
    assert goes_with(terms, GAP) is stands


def test_a_gap_at_no_time_that_clocks_know_is_at_no_hour() -> None:
    assert not goes_with(parse("hour:0-23", {}), GAP._replace(from_ns=1 << 100))


async def test_among_the_changes_of_a_kind_or_name_are_no_gaps_but_in_a_folder_and_a_time(
    record: RecordBuilder, make_app: Make
) -> None:
    for after in (2, 8):
        record.gap(PROJECT, after=after, found=0, reason=NOT_RUNNING)
    connect(record.database).execute("UPDATE roots SET baseline_ns = ?", (START_NS,))
    app = make_app(record)
    async with app.run_test(size=(120, 40)) as pilot:

        def gaps() -> int:
            return sum(line.startswith("┄┄┄") for line in log(app))

        await eventually(lambda: gaps() == 3)
        for expression in ("kind:modified", "main.py", "is:unreviewed"):
            await pilot.press("slash", *expression, "enter")
            await shows(app, lambda screen: " found" in screen and " 0 found" not in screen)
            await eventually(lambda: log(app) and not gaps())
            await pilot.press("escape")
            await eventually(lambda: gaps() == 3)
        await pilot.press("slash", *"since:2000-01-01", "enter")
        await shows(app, "8 found")
        await eventually(lambda: gaps() == 3)
        await pilot.press("escape", "1", "enter")
        await shows(app, "Log  in project")
        await eventually(lambda: gaps() == 3)


def test_words() -> None:
    open_still = Gap(1, None, 0, None, NOT_RUNNING, None)
    assert gap_words(open_still).endswith(": not scanned since")
    assert "(9 days): 1 change found" in gap_words(Gap(1, None, 0, 9 * 24 * HOUR, NOT_RUNNING, 1))


async def test_other_settings_taken_up_are_no_line_where_nothing_was_missed(
    record: RecordBuilder, make_app: Make
) -> None:
    record.gap(PROJECT, after=5, found=0, reason=ANEW, lasted=2)
    record.gap(PROJECT, after=6, found=3, reason=ANEW, lasted=2)
    app = make_app(record)
    async with app.run_test(size=(160, 40)):
        await shows(app, "3 changes found")
        assert len([line for line in log(app) if line.startswith("┄┄┄")]) == 1


async def test_keys_on_a_gap_act_on_no_change(record: RecordBuilder, make_app: Make) -> None:
    record.gap(PROJECT, after=7, found=12, reason="events were lost")
    app = make_app(record)
    async with app.run_test(size=(160, 40)) as pilot:
        await shows(app, "line ten")
        await eventually(lambda: "events were lost" in "".join(log(app)))
        await pilot.press("j")
        await shows(app, "reason  events were lost")
        screen = text(app)
        assert "line ten" not in screen and "found   12 changes found by scan" in screen
        for key in ("space", "N", "m", "R"):
            await pilot.press(key)
            await shows(app, "o change")
            app.screen.query(Said).remove()
            await shows(app, lambda screen: "This line" not in screen and "No change is sel" not in screen)
        assert app.focused is app.log_view
        assert connect(record.database).execute("SELECT count(*) FROM reviews").fetchone() == (0,)
        await pilot.press("u")
        await eventually(lambda: app.log_view.cursor == 2)


async def test_from_a_gap_at_the_top_the_newest_is_the_next_unreviewed(
    record: RecordBuilder, make_app: Make
) -> None:
    record.gap(PROJECT, after=8, found=0, reason=NOT_RUNNING)
    app = make_app(record)
    async with app.run_test(size=(160, 40)) as pilot:
        await eventually(lambda: log(app)[0].startswith("┄┄┄ recording stopped"))
        await pilot.press("k")
        await shows(app, "Nothing was recorded in this time.")
        await pilot.press("u")
        await shows(app, "line ten")
        assert app.log_view.cursor == 1


async def test_no_key_is_silent_on_a_line_that_is_no_change(record: RecordBuilder, make_app: Make) -> None:
    record.gap(PROJECT, after=8, found=0, reason=NOT_RUNNING)
    app = make_app(record)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "┄┄┄ recording stopped")
        await pilot.press("k")
        await shows(app, "Nothing was recorded in this time.")
        for key in "HByexRNvo":
            if key == "o":
                await pilot.press("3")
            await pilot.press(key)
            await shows(app, "This line is no change, so that key has nothing to do here")
            await app.query(Said).remove()
        for key, what in (("m", "mark"), ("M", "compare"), ("D", "compare"), ("F", "compare")):
            await pilot.press(key)
            await shows(app, f"No change is selected: there is nothing to {what}.")
            await app.query(Said).remove()


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("H", "Files have a history: Enter shows what changed in this folder."),
        ("B", "Blame is of a file"),
        ("e", "A folder is opened in no editor"),
        ("x", "A patch is of changes"),
    ],
)
async def test_nor_on_a_folder(record: RecordBuilder, make_app: Make, key: str, said: str) -> None:
    app = make_app(record)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "▾ project")
        await pilot.press("1", key)
        await shows(app, said)


async def test_a_long_reason_is_told_whole_in_a_narrow_pane(record: RecordBuilder, make_app: Make) -> None:
    reason = "the system forgot events " * 9
    record.gap(PROJECT, after=7, found=12, reason=reason)
    app = make_app(record)
    async with app.run_test(size=(60, 40)) as pilot:
        await eventually(lambda: ": 12 found (" in "".join(log(app)))
        await pilot.press("j")
        await shows(app, lambda screen: screen.replace("│", " ").split().count("forgot") >= 9)
        await shows(app, "found   12 changes found by scan")


async def test_trouble_with_sending_is_a_line_of_its_own(record: RecordBuilder, make_app: Make) -> None:
    """In a viewer too, and after a new start: the recorder keeps it beside the record."""
    troubles = Troubles(record.database)
    app = make_app(record)
    async with app.run_test(size=(80, 40)) as pilot:
        await shows(app, "line ten")
        troubles.see(Shipping("mysql://db", "connected"), time.time_ns())
        troubles.see(Shipping("mysql://db", "retrying", reason="no \x1bway there"), time.time_ns())
        await eventually(lambda: "not sent since" in log(app)[0] and "no ␛way there" in log(app)[0])
        await pilot.press("k")
        await shows(app, "Nothing reached the team's database in this time.")
        Troubles(record.database).see(Shipping("mysql://db", "connected", dead=2), time.time_ns())
        await eventually(lambda: "2 rows refused for good" in log(app)[0])
        assert re.search(r"not sent .* to .*: no ␛way there", log(app)[1])


async def test_where_there_are_several_roots_a_gap_names_its_own(
    record: RecordBuilder, make_app: Make
) -> None:
    record.gap(PROJECT, after=7, found=2, reason="events were lost")
    app = make_app(record)
    async with app.run_test(size=(160, 40)):
        await eventually(lambda: "events were lost" in "".join(log(app)))
        assert not any("project:" in line for line in log(app))
        record.root("/home/ann/other")
        record.gap(OTHER, after=7, found=0, reason="events were lost")
        await eventually(lambda: len([line for line in log(app) if line.startswith("┄┄┄ other: Sep 2")]) == 1)
        await eventually(
            lambda: len([line for line in log(app) if line.startswith("┄┄┄ project: Sep 2")]) == 1
        )


@pytest.mark.parametrize("reason", [NOT_RUNNING, "events were lost"])
async def test_the_last_gap_is_that_of_all_roots(record: RecordBuilder, make_app: Make, reason: str) -> None:
    record.root("/home/ann/other")
    for root, found in ((PROJECT, 2), (OTHER, 0)):
        record.gap(root, after=8, found=found, reason=reason)
    engine = FakeEngine()
    app = make_app(record, engine)
    from_ns = START_NS + 8 * 10**9 + 10**9 // 2
    engine.state.last_gap = Gap(2, OTHER, from_ns, from_ns + 10**10, reason, 0)
    async with app.run_test(size=(160, 40)):
        await shows(app, "line ten")
        status = app.screen.query_one(StatusLine)
        await eventually(lambda: "2 changes found" in lines(status)[0])
        engine.state.last_gap = Gap(3, OTHER, from_ns + HOUR, from_ns + 2 * HOUR, "another", 7)
        await eventually(lambda: "7 changes found by scan (another)" in lines(status)[0])
