"""Keys of the log that are pressed in the directories: they act on the log, or say where they do something."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fcm_tui.model import Kind
from fcm_tui.review.app import ReviewApp
from tests.review.builder import RecordBuilder
from tests.review.keyboard import at_once, settled
from tests.review.screens import shows
from tests.review.test_inbox import marks, rows
from tests.waiting import eventually

Make = Callable[..., ReviewApp]


@pytest.mark.parametrize(("zoomed", "size"), [(False, (120, 40)), (True, (120, 40)), (False, (50, 12))])
async def test_the_log_is_filtered_from_the_directories_too(
    record: RecordBuilder, make_app: Make, zoomed: bool, size: tuple[int, int]
) -> None:
    app = make_app(record)
    async with app.run_test(size=size) as pilot:
        await eventually(lambda: app.log_view.rows == 8)
        await pilot.press("1", *["z"] * zoomed)
        await eventually(lambda: app.focused is app.tree_view)
        at_once(app, "/jqd")  # faster than the bar is there
        await settled(app)
        await eventually(lambda: app.log_pane.bar.entry.text == "jqd")
        assert app.focused is app.log_pane.bar
        await pilot.press("escape")
        await eventually(lambda: app.focused is app.log_view)
        assert app.log_pane.bar.entry.text == ""


async def test_what_works_in_the_log_alone_says_so_in_the_directories(
    record: RecordBuilder, make_app: Make
) -> None:
    app = make_app(record)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "line ten")
        await pilot.press("1", "v")
        await shows(app, "v works in the log: 2 goes there.")
        await pilot.press("K")
        await shows(app, "K works in the diff: 3 goes there.")
        await pilot.press("N")
        await shows(app, "N works in the log (2) and in the diff (3).")
        await pilot.press("u")
        await eventually(lambda: app.log_view.cursor == 1)
        assert app.focused is app.tree_view


async def test_all_changes_in_a_folder_are_reviewed(record: RecordBuilder, make_app: Make) -> None:
    app = make_app(record)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "line ten")
        await pilot.press("1", "j")
        await eventually(lambda: app.tree_view.selected and app.tree_view.selected.path.endswith(b"src"))
        await pilot.press("space")
        await shows(app, "Space again reviews 2 changes in src")
        await pilot.press("k", "space")  # of another folder it is another question
        await shows(app, "Space again reviews 8 changes in project")
        assert marks(app) == ""
        await pilot.press("j", "space")
        await shows(app, "Space again reviews 2 changes in src")
        await pilot.press("space")
        await shows(app, "2 changes reviewed")
        await eventually(lambda: marks(app) == " ✓  ✓")
        assert [sequence for sequence, _ in rows(record)] == [4, 7]


@pytest.mark.parametrize(("width", "asked"), [(80, "90 changes in a-folder"), (60, "90 ch")])
async def test_how_many_changes_a_key_reviews_is_told_however_narrow_it_is(
    empty: RecordBuilder, make_app: Make, width: int, asked: str
) -> None:
    with empty.transaction():
        for number in range(90):
            empty.change(
                f"/home/ann/project/a-folder-with-a-name-as-long-as-this/{number}", b"", Kind.CREATED
            )
    app = make_app(empty)
    async with app.run_test(size=(width, 24)) as pilot:
        await shows(app, "● live")
        await pilot.press("1", "j", "space")
        await shows(app, f"Space again reviews {asked}")
