"""Where the panes stand: by the terminal's size, by keys that move their borders, and by the mouse."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.pilot import Pilot
from textual.widget import Widget

from fcm_tui.review import layout
from fcm_tui.review.app import ReviewApp
from fcm_tui.review.layout import LOG, TREE, Layout
from tests.review.builder import RecordBuilder
from tests.review.screens import lines, shows, text
from tests.waiting import eventually

Make = Callable[..., ReviewApp]
ROOM = st.integers(1, 400)


@given(ROOM, ROOM, st.lists(st.tuples(st.sampled_from([TREE, LOG]), st.integers(-300, 300)), max_size=6))
def test_the_panes_fill_the_room_exactly_wherever_the_borders_were_moved(
    width: int, height: int, moves: list[tuple[str, int]]
) -> None:
    where = Layout()
    for border, cells in moves:
        if where.boxes(width, height):
            where.move(border, cells, width, height)
    boxes = where.boxes(width, height)
    assert (not boxes) is layout.is_small(width, height + 1)
    assert all(
        w >= 1 and h >= 1 and 0 <= x <= width - w and 0 <= y <= height - h for x, y, w, h in boxes.values()
    )
    assert not boxes or sum(w * h for _, _, w, h in boxes.values()) == width * height


def test_every_usual_size_has_its_form() -> None:
    sizes = {
        (80, 24): layout.NARROW, (120, 40): layout.WIDE, (200, 60): layout.VAST, (60, 50): layout.STACKED,
        (120, 106): layout.STACKED, (40, 10): layout.STACKED, (39, 50): layout.ALONE, (200, 9): layout.ALONE,
    }  # fmt: skip
    assert {size: layout.form(*size) for size in sizes} == sizes


def test_a_border_stays_where_it_was_moved_in_each_form() -> None:
    where = Layout()
    where.move(TREE, 10, 80, 23)
    assert where.borders(80, 23)[TREE] == 33
    assert where.borders(120, 39)[TREE] == 33, "of another form the own usual width"
    where.move(TREE, -300, 120, 39)
    where.move(TREE, 2, 120, 39)
    assert where.borders(120, 39)[TREE] == 12, "the way back begins where the border stopped"
    assert where.borders(80, 23)[TREE] == 33
    where.reset()
    assert where.borders(80, 23)[TREE] == 23


async def _settles(pilot: Pilot[int], probe: Callable[[], bool]) -> None:
    await pilot.pause()
    await eventually(probe)


async def test_keys_move_the_borders(record: RecordBuilder, make_app: Make) -> None:
    app = make_app(record)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "line ten")
        tree, log, diff = app.tree_view, app.log_view, app.diff_view
        width, height = tree.region.width, log.region.height
        await pilot.press(">", ">")
        await _settles(pilot, lambda: tree.region.width == width + 4)
        assert tree.region.width + 1 + log.region.width == 120
        await pilot.press(")", ")", ")")
        await _settles(pilot, lambda: log.region.height == height + 3)
        assert log.region.height + diff.region.height + 2 + 1 == 40
        await pilot.press("z", "<", "z")
        await _settles(pilot, lambda: tree.region.width == width + 4)
        await pilot.resize_terminal(80, 24)
        await _settles(pilot, lambda: tree.region.width == 23)
        await pilot.resize_terminal(120, 40)
        await _settles(pilot, lambda: tree.region.width == width + 4 and log.region.height == height + 3)
        await pilot.press("<", "(", "0")
        await _settles(pilot, lambda: tree.region.width == width and log.region.height == height)


async def test_portrait_stacks_the_panes(record: RecordBuilder, make_app: Make) -> None:
    app = make_app(record)
    async with app.run_test(size=(60, 50)) as pilot:
        await shows(app, "line ten")
        heads = [row.strip("▌ ").split(" ")[0] for row in text(app).split("\n")]
        assert [heads.index(name) for name in ("Directories", "Log", "Diff")] == [0, 9, 25]
        assert app.tree_view.size.width == app.log_view.size.width == app.diff_view.size.width
        await pilot.press(">", ")")
        await _settles(pilot, lambda: (app.tree_view.size.height, app.log_view.size.height) == (10, 15))


@pytest.mark.parametrize("size", [(39, 24), (20, 5), (120, 9)])
async def test_below_the_smallest_size_the_pane_with_the_keyboard_stands_alone_and_a_line_says_so(
    record: RecordBuilder, make_app: Make, size: tuple[int, int]
) -> None:
    app = make_app(record)
    async with app.run_test(size=size) as pilot:
        for key, name in (("1", "Directories"), ("2", "Log"), ("3", "Diff"), ("tab", "Directories")):
            await pilot.press(key)
            await shows(app, lambda screen, name=name: screen.startswith(f"▌{name}"))  # type: ignore[misc]
        assert "small: 40×10"[: size[0] - 6] in text(app).split("\n")[-1]
        await pilot.resize_terminal(80, 24)
        await shows(app, lambda screen: "▌Directories" in screen and "Log" in screen and "Diff" in screen)


SCREENS = ["question_mark", "H", "B", "y", "x", "/", "N", "R", "z"]


@pytest.mark.parametrize("key", SCREENS)
async def test_every_screen_survives_any_size(record: RecordBuilder, make_app: Make, key: str) -> None:
    app = make_app(record)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "line ten")
        await pilot.press(key)
        for size in ((1, 1), (2, 1), (1, 2), (7, 3), (39, 9), (60, 50), (300, 2), (3, 100)):
            await pilot.resize_terminal(*size)
            await pilot.press("down", "pagedown", "up")
            await pilot.pause()
        await pilot.press("escape", "escape", "escape")
        await pilot.resize_terminal(80, 24)
        await shows(app, lambda screen: "Directories" in screen and "Diff" in screen and "? help" in screen)


def _point(view: Widget, x: int, y: int) -> dict[str, tuple[int, int]]:
    return {"offset": (view.region.x + x, view.region.y + y)}


async def test_the_mouse_moves_borders(record: RecordBuilder, make_app: Make) -> None:
    app = make_app(record)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "line ten")
        tree, log, title = app.tree_view, app.log_view, app.panes.query("PaneTitle").last()
        width, height = tree.region.width, log.region.height
        await pilot.mouse_down(offset=(width, 20))
        await pilot.hover(offset=(width + 9, 20))
        await pilot.mouse_up(offset=(width + 9, 20))
        await _settles(pilot, lambda: tree.region.width == width + 9)
        x, y = title.region.offset
        await pilot.mouse_down(offset=(x + 5, y))
        await pilot.hover(offset=(x + 5, y - 4))
        await pilot.mouse_up(offset=(x + 5, y - 4))
        await _settles(pilot, lambda: log.region.height == height - 4)
        await pilot.hover(offset=(x + 5, y + 4))
        await pilot.pause()
        assert log.region.height == height - 4, "let go is let go"


async def test_a_click_selects_and_focuses(record: RecordBuilder, make_app: Make) -> None:
    app = make_app(record)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "line ten")
        await pilot.click(**_point(app.log_view, 20, 3))
        assert app.log_view.cursor == 3
        await shows(app, "it holds secrets")
        await pilot.click(**_point(app.diff_view, 20, 1))
        assert app.focused is app.diff_view
        await pilot.click(**_point(app.tree_view, 5, 1))
        assert app.focused is app.tree_view and app.tree_view.cursor == 1
        for pane in app.panes.query("Pane"):
            await pilot.click(offset=(pane.region.x + 4, pane.region.y))
            await _settles(pilot, lambda pane=pane: app.focused is pane.view)  # type: ignore[misc]


async def test_a_double_click_opens(record: RecordBuilder, make_app: Make) -> None:
    app = make_app(record)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "▸ src")
        await pilot.double_click(**_point(app.log_view, 20, 1))
        await shows(app, "▌Diff")
        assert app.log_view.cursor == 1 and app.focused is app.diff_view
        row = next(number for number, row in enumerate(lines(app.tree_view)) if "src" in row)
        await pilot.double_click(**_point(app.tree_view, 5, row))
        await shows(app, "▾ src")
        await pilot.double_click(**_point(app.tree_view, 5, row))
        await shows(app, "▸ src")
