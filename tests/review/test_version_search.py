"""Searching in all versions of a file, from its history."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from fcm_tui.model import Capture
from fcm_tui.review.app import ReviewApp
from fcm_tui.review.files.history import HistoryScreen
from fcm_tui.store.reading import searching
from fcm_tui.store.reading.histories import FileKey, key_at
from fcm_tui.store.reading.queries import Reader
from tests.review.builder import RecordBuilder, native
from tests.review.screens import lines, shows
from tests.waiting import eventually

Make = Callable[..., ReviewApp]
FILE = "/home/ann/project/story.txt"
VERSIONS = ["one", "one Two", "Two", "three", "TWO", "four"]
"""Changes 1 to 6."""


@pytest.fixture
def story(empty: RecordBuilder) -> RecordBuilder:
    with empty.transaction():
        empty.file(FILE, b"nothing\n")
        for version in VERSIONS:
            empty.change(FILE, f"{version}\n".encode())
    return empty


def have(record: RecordBuilder, text: str) -> list[int]:
    with Reader(record.database) as reader:
        file = key_at(reader.connection, native(FILE))
        assert file is not None
        found = searching.look(reader, file, searching.Search(text), range(1, 7))
        return [number for number, has in found if has]


def test_which_versions_have_it(story: RecordBuilder) -> None:
    assert have(story, "two") == [2, 3, 5]
    assert have(story, "Two") == [2, 3]
    assert have(story, "one two") == [2]
    assert have(story, "none") == []


def test_what_was_not_kept_is_not_known(story: RecordBuilder) -> None:
    number = story.change(FILE, b"KEY\n", capture=Capture.SECRET, stored=False)
    with Reader(story.database) as reader:
        file = key_at(reader.connection, native(FILE)) or FileKey(b"", b"")
        assert searching.look(reader, file, searching.Search("key"), [number]) == [(number, None)]


def marks(app: ReviewApp) -> str:
    screen = app.screen
    assert isinstance(screen, HistoryScreen)
    return "".join(line[:1] or " " for line in lines(screen.versions)).rstrip()


async def test_the_history_marks_them_and_goes_from_one_to_the_next(
    story: RecordBuilder, make_app: Make
) -> None:
    app = make_app(story)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "#6  modified")
        await pilot.press("H")
        await shows(app, "1 of 7")
        await pilot.press("n")
        await shows(app, "/ searches in all versions first.")
        await pilot.press("slash", *"two")
        await shows(app, "3 have it  1 of 7")
        await pilot.press("enter")
        assert marks(app) == " ● ●●"
        await pilot.press("n")
        await shows(app, "#5  modified")
        await pilot.press("n", "n")
        await shows(app, "#2  modified")
        await pilot.press("n")
        await shows(app, "No older version has it.")
        await pilot.press("N")
        await shows(app, "#3  modified")
        story.change(FILE, b"two again\n")
        await shows(app, "4 have it  5 of 8")
        await pilot.press("escape")
        await eventually(lambda: marks(app) == "")
        await pilot.press("escape")
        await shows(app, "▌Log")


async def test_another_text_ends_the_search_for_the_first(
    story: RecordBuilder, make_app: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_go_on, searched = threading.Event(), []
    has = searching.Search.has

    def slowly(search: searching.Search, data: bytes) -> bool:
        searched.append(search.text)
        if search.text == "o":
            may_go_on.wait(20)
        return has(search, data)

    monkeypatch.setattr(searching, "SECONDS", 0.0)
    monkeypatch.setattr(searching.Search, "has", slowly)
    app = make_app(story)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "#6  modified")
        await pilot.press("H")
        await shows(app, "1 of 7")
        await pilot.press("slash", "o")
        await eventually(lambda: searched == ["o"])
        await pilot.press("n")
        may_go_on.set()
        await shows(app, "2 have it  1 of 7")
        assert searched.count("o") == 1 and searched.count("on") == 7
