"""Searching inside a diff: what is found is marked, keys go from one to the next, and nothing waits for it."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fcm_tui.diff.lines import diff_lines
from fcm_tui.review.app import ReviewApp
from fcm_tui.review.diff import matches
from fcm_tui.review.diff.finding import FindingView
from fcm_tui.review.diff.rows import FILE, FOLD, REMOVED, rows
from fcm_tui.review.files.history import HistoryScreen
from tests.review.builder import RECORDER, RecordBuilder, connect
from tests.review.screens import lines, shows, text
from tests.waiting import eventually

Make = Callable[..., ReviewApp]
FILE_AT = "/home/ann/project/story.txt"

texts = st.lists(st.sampled_from(["Ab", "ab", "c", "d"]), max_size=30)


@given(texts, texts, st.sampled_from([None, 0, 3]), st.booleans(), st.sampled_from(["ab", "Ab", "c", "x"]))
def test_the_rows_found_are_those_that_show_it(
    old: list[str], new: list[str], context: int | None, split: bool, sought: str
) -> None:
    hunks = diff_lines("".join(f"{x}\n" for x in old).encode(), "".join(f"{x}\n" for x in new).encode())
    shown = rows(hunks, len(old), len(new), context=context, split=split)
    hits = matches.lines_with(old, sought), matches.lines_with(new, sought)
    found = set(matches.rows_with(shown, *hits))
    pattern = matches.pattern(sought)
    for row, (kind, a, b) in enumerate(zip(shown.kinds, shown.old, shown.new, strict=True)):
        if kind in (FOLD, FILE):
            seen = []
        elif split:
            seen = [*([old[a]] if a >= 0 else []), *([new[b]] if b >= 0 else [])]
        else:
            seen = [old[a] if kind == REMOVED else new[b]]
        assert (row in found) == any(map(pattern.search, seen))
    drawn = {b for kind, b in zip(shown.kinds, shown.new, strict=True) if kind not in (FOLD, FILE)}
    if not hunks and context is not None:
        return
    assert matches.hidden(shown, hits[1]) == len(hits[1] - drawn)


def marked(view: FindingView) -> list[str]:
    """What is drawn in reverse, from the top."""
    return [
        segment.text
        for y in range(view.size.height)
        for segment in view.render_line(y)
        if segment.style is not None and segment.style.reverse
    ]


def strongest(view: FindingView) -> list[str]:
    """The lines with what one went to."""
    return [
        line
        for y, line in enumerate(lines(view))
        if any(s.style is not None and s.style.reverse and s.style.underline for s in view.render_line(y))
    ]


@pytest.fixture
def story(empty: RecordBuilder) -> RecordBuilder:
    old = [f"line {number}" for number in range(1, 201)]
    old[4], old[99] = "a Fox in a fold", "another fox in a fold"
    new = list(old)
    new[49], new[50], new[149] = "the fox and the FOX", "plain", "x" * 300 + " fox far to the right"
    empty.file(FILE_AT, "".join(f"{line}\n" for line in old).encode())
    empty.change(FILE_AT, "".join(f"{line}\n" for line in new).encode())
    return empty


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_one_goes_from_match_to_match_and_around(
    story: RecordBuilder, make_app: Make, size: tuple[int, int]
) -> None:
    app = make_app(story)
    async with app.run_test(size=size) as pilot:
        await shows(app, "the fox and")
        await pilot.press("enter", "slash")
        await shows(app, "Enter keeps")
        await pilot.press(*"fox")
        await shows(app, "found 1 of 2")
        assert marked(app.diff_view)[:2] == ["fox", "FOX"]
        assert "the fox and the FOX" in strongest(app.diff_view)[0]
        await pilot.press("enter")
        await shows(app, "▌Diff")
        await pilot.press("n")
        await shows(app, "found 2 of 2")
        await shows(app, "fox far to the right")
        await pilot.press("n")
        await shows(app, "found 1 of 2, from the top")
        await shows(app, "the fox and")
        await pilot.press("N")
        await shows(app, "found 2 of 2, from the end")
        await pilot.press("f")  # the folds too
        await shows(app, "found 4 of 4")
        await shows(app, "fox far to the right")  # what one was at stays in sight
        await pilot.press("w", "g", "n")
        await shows(app, "found 1 of 4")
        assert "a Fox in a fold" in strongest(app.diff_view)[0]
        await pilot.press("right_square_bracket")
        await shows(app, "the fox and")
        await pilot.press("escape")
        await eventually(lambda: not marked(app.diff_view))
        assert app.focused is app.diff_view
        await pilot.press("n")
        await shows(app, "hunk")
        await pilot.press("escape")
        await shows(app, "▌Log")


async def test_a_capital_counts_and_what_is_not_there_is_said(story: RecordBuilder, make_app: Make) -> None:
    app = make_app(story)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "the fox and")
        await pilot.press("3", "slash", *"Fox", "enter")
        await shows(app, "not found, 1 in folds")
        await pilot.press("n")
        await shows(app, "Not found here: Fox (1 line that are folded have it: f shows them)")
        await pilot.press("slash", "ctrl+u", *"FOX", "enter", "n", "n")
        await shows(app, "found 1 of 1")
        assert marked(app.diff_view) == ["FOX"]


async def test_it_stays_looked_for_in_the_next_change(story: RecordBuilder, make_app: Make) -> None:
    story.change("/home/ann/project/other.txt", b"no such animal\n")
    story.change("/home/ann/project/third.txt", b"fox\nox\nfox\n")
    app = make_app(story)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "#3  ")
        await pilot.press("3", "slash", *"fox", "enter", "J")
        await shows(app, "not found")
        await pilot.press("J")
        await shows(app, "2 lines found")
        assert "the fox" in text(app)


async def test_keys_go_on_while_a_large_file_is_searched(
    story: RecordBuilder, make_app: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_go_on, looked_for = threading.Event(), []
    look = matches.lines_with

    def slowly(sought_in: list[str], sought: str) -> set[int]:
        looked_for.append(sought)
        may_go_on.wait(20)
        return look(sought_in, sought)

    monkeypatch.setattr(matches, "lines_with", slowly)
    app = make_app(story)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "the fox and")
        await pilot.press("3", "slash", *"fox")
        await eventually(lambda: looked_for)
        await pilot.press("enter", "n", "G")
        await shows(app, "searching…")
        await shows(app, "150 + xxxx")
        may_go_on.set()
        await shows(app, "found 2 of 2")


async def test_what_a_filter_looks_for_is_marked_in_the_diff(story: RecordBuilder, make_app: Make) -> None:
    story.change("/home/ann/project/other.txt", b"no such animal\n")
    app = make_app(story)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "no such animal")
        await eventually(lambda: app.log_view.is_loaded)
        with connect(story.database) as connection:  # which the builder leaves out
            connection.execute(
                "INSERT INTO differences VALUES (?, 'Insert', ?, NULL)", (b"d" * 32, "the fox and the FOX\n")
            )
            connection.execute(
                "INSERT INTO change_differences VALUES (?, 1, 0, ?, 50, 2, 50, 2)", (RECORDER, b"d" * 32)
            )
        await pilot.press("slash", *'text:"and the" !text:foxy', "enter")
        await shows(app, "the fox and the FOX")
        await eventually(lambda: marked(app.diff_view) == ["and the"])
        await pilot.press("H")
        await shows(app, "History")
        screen = app.screen
        assert isinstance(screen, HistoryScreen)
        await eventually(lambda: marked(screen.diff) == ["and the"])
        await pilot.press("slash", *"line 49", "enter")
        await shows(app, "2 have it")  # the first look too
        await eventually(lambda: marked(screen.diff) == ["line 49"])
        await pilot.press("n")
        await shows(app, "2 of 2")
        await pilot.press("escape")
        await eventually(lambda: not marked(screen.diff))
        await pilot.press("escape", "escape")
        await shows(app, "no such animal")
        assert not marked(app.diff_view)
