"""How a diff is laid out: by width, by key, wrapped, with more context; one's place is kept in all of it."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from fcm_tui.diff.lines import diff_lines
from fcm_tui.model import Kind
from fcm_tui.review.app import ReviewApp
from fcm_tui.review.diff.rows import FOLD, rows
from fcm_tui.review.diff.shape import Shape
from fcm_tui.review.diff.wrap import breaks, height
from tests.review.builder import RecordBuilder
from tests.review.screens import lines, shows, text
from tests.waiting import eventually

Make = Callable[..., ReviewApp]
PATH = "/home/ann/project/main.py"

texts = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=40)


@given(texts, texts, st.sampled_from([None, 0, 3]), st.booleans())
def test_every_line_is_found_where_it_stands(
    old: list[str], new: list[str], context: int | None, split: bool
) -> None:
    hunks = diff_lines("".join(f"{x}\n" for x in old).encode(), "".join(f"{x}\n" for x in new).encode())
    here = rows(hunks, len(old), len(new), context=context, split=split)
    for row in range(len(here)):
        assert here.row_of(here.place(row)) == row
    everything = rows(hunks, len(old), len(new), context=None, split=not split)
    for row in range(len(everything)):
        place = everything.place(row)
        found = here.row_of(place)
        if here.kinds[found] == FOLD:
            first = here.folds[found] if place.side else here.new[found]
            assert first <= place.line < first + here.old[found]
        else:
            assert (here.new if place.side else here.old)[found] == place.line


@given(st.text(st.sampled_from("ab漢字é "), max_size=60), st.integers(2, 9))
def test_a_wrapped_line_is_all_there_and_fits(line: str, width: int) -> None:
    at = breaks(line, width)
    parts = [line[a:b] for a, b in pairwise(at)]
    assert "".join(parts) == line
    assert all(cell_len(part) <= width for part in parts)
    assert height(line, width) == len(parts)


def test_layouts_take_turns_and_say_so() -> None:
    for width, by_width in ((80, False), (150, True)):
        shape = Shape()
        seen = []
        for _ in range(4):
            seen.append((shape.is_split(width), shape.told()))
            shape.turn(width)
        names = {True: ["side by side"], False: ["unified"]}
        other = not by_width
        assert seen == [(by_width, []), (other, names[other]), (by_width, names[by_width]), (by_width, [])]


def test_context_goes_from_none_to_the_whole_file_and_back() -> None:
    shape = Shape()
    for _ in range(3):
        shape.widen(-1)
    assert (shape.context, shape.told()) == (0, ["context 0"])
    for _ in range(20):
        shape.widen(1)
    assert shape.told() == ["whole file"]
    shape.widen(-1)
    assert shape.told() == ["context 100"]


@pytest.fixture
def edited(empty: RecordBuilder) -> RecordBuilder:
    """A file of 400 lines with changes of all three kinds all over it."""
    rng = random.Random(5)
    old = [f"line {number}\n" for number in range(400)]
    new = []
    for number, line in enumerate(old):
        if number % 37 == 5:
            new += [line, *(f"more {number} {i}\n" for i in range(rng.randrange(1, 4)))]
        elif number % 37 == 17:
            new += [f"other {number}\n"]
        elif number % 37 != 27:
            new += [line]
    empty.file(PATH, "".join(old).encode())
    empty.change(PATH, "".join(new).encode())
    return empty


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_the_place_is_kept_in_every_layout(
    edited: RecordBuilder, make_app: Make, size: tuple[int, int]
) -> None:
    app = make_app(edited)
    async with app.run_test(size=size) as pilot:
        await shows(app, "line 5")
        await pilot.press("3", *["n"] * 13)
        await pilot.pause()
        begun = lines(app.diff_view)[0]
        number = begun.split()[0]
        for key in ("s", "f", "w", "s", "plus", "plus", "minus", "f", "minus", "w", "s", "f", "f"):
            await pilot.press(key)
            await pilot.pause()
            assert lines(app.diff_view)[0].split()[0] == number or "⋯" in lines(app.diff_view)[0], key
        assert lines(app.diff_view)[0] == begun
        await pilot.resize_terminal(120, 30)
        await pilot.resize_terminal(*size)
        await pilot.pause()
        assert lines(app.diff_view)[0] == begun


async def test_context_is_more_less_and_all(edited: RecordBuilder, make_app: Make) -> None:
    app = make_app(edited)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "⋯ 3 lines unchanged")
        await pilot.press("3", "minus", "minus", "minus")
        await shows(app, "⋯ 6 lines unchanged")
        await shows(app, "context 0")
        await pilot.press(*["plus"] * 8)
        await shows(app, lambda screen: "whole file" in screen and "unchanged" not in screen)


async def test_long_lines_wrap_or_scroll(empty: RecordBuilder, make_app: Make) -> None:
    words = " ".join(f"word{number}" for number in range(60))
    wide = "漢字" * 60
    empty.file(PATH, f"{words}\n{wide}\nlast\n".encode())
    empty.change(PATH, f"{words} end\n{wide}。\nlast\n".encode())
    app = make_app(empty)
    async with app.run_test(size=(80, 40)) as pilot:
        await shows(app, "word7")
        assert "word59" not in text(app)
        await pilot.press("3", "w")
        await shows(app, lambda screen: "word59 end" in screen and "。" in screen and "wrapped" in screen)
        shown = lines(app.diff_view)
        assert sum("↪" in row for row in shown) >= 12
        assert all("-" in row or "+" in row for row in shown if "↪" in row), "signs stay without colours"
        await pilot.press("s")
        await shows(app, lambda screen: "│" in screen and "。" in screen)
        await pilot.press("w", "s", "s")
        await shows(app, lambda screen: "word59" not in screen)
        for _ in range(50):
            await pilot.press("l")
        await shows(app, "word59 end")
        empty.change("/home/ann/project/new", b"x\n", Kind.CREATED)
        await eventually(lambda: app.log_view.total == 2)
        await pilot.press("K")
        await shows(app, "#2  created")


@pytest.mark.parametrize("width", [80, 81, 140, 200])
@pytest.mark.parametrize("split", [False, True])
async def test_no_letter_of_a_wrapped_line_is_lost(
    empty: RecordBuilder, make_app: Make, width: int, *, split: bool
) -> None:
    """What stands on the screen, that is, beside the scroll bar and all."""
    before, after = ("".join(f"{at:04}{end}" for at in range(0, 300, 5)) for end in ".:")
    empty.file(PATH, f"{before}\n".encode())
    empty.change(PATH, f"{after}\n".encode())
    app = make_app(empty)

    def shown() -> list[str]:
        rows = [
            re.findall(r" [-+] ([0-9.:]+)", line)
            for line in text(app).splitlines()
            if re.search("[1↪] +[-+] ", line)
        ]
        if split:
            return ["".join(row[at] for row in rows if len(row) == 2) for at in (0, 1)]
        whole = "".join(half for row in rows for half in row)
        return [whole[: len(before)], whole[len(before) :]]

    async with app.run_test(size=(width, 60)) as pilot:
        await shows(app, "0000:")
        app.diff_view.shape.split = split
        await pilot.press("3", "w")
        await shows(app, "wrapped")
        await eventually(lambda: shown() == [before, after], 5.0)


async def test_a_line_that_goes_on_says_so_at_the_edge(empty: RecordBuilder, make_app: Make) -> None:
    empty.file(PATH, b"one\n")
    empty.change(PATH, b"x" * 300 + b"\n")
    app = make_app(empty)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "x›")
        await pilot.press("3", "s")
        await shows(app, lambda screen: "│" in screen and "x›" in screen)


async def test_the_title_tells_no_layout_that_what_is_shown_does_not_have(
    empty: RecordBuilder, make_app: Make
) -> None:
    empty.file(PATH, b"one\n")
    empty.change(PATH, b"one\n", Kind.METADATA, mode=0o100755)
    empty.change(PATH, b"two\n")
    empty.change(PATH, None, Kind.DELETED)
    app = make_app(empty)
    async with app.run_test(size=(100, 30)) as pilot:
        await shows(app, "#3  deleted")
        await pilot.press("s", "w", "i")

        def title() -> str:
            return next(line for line in text(app).splitlines() if "Diff  main.py" in line)

        await eventually(lambda: " wrapped, " in title() and "side by side" not in title())
        await pilot.press("j")
        await eventually(lambda: " side by side, wrapped, whitespace ignored" in title())
        await pilot.press("j")
        await shows(app, "#1  metadata")
        await eventually(
            lambda: title().endswith("Diff  main.py".ljust(len(title()) - title().index("Diff")))
        )
