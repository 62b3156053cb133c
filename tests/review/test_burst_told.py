"""What the diff pane tells of a burst whose line is under the cursor: all of it, not one of its files."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from unittest.mock import Mock

import pytest

from fcm_tui.model import Capture, Kind
from fcm_tui.query.parse import parse
from fcm_tui.review.acts import copying, exporting
from fcm_tui.review.acts.subject import Subject
from fcm_tui.review.app import ReviewApp
from fcm_tui.review.documents.document import Burst
from fcm_tui.review.parts.said import Said
from fcm_tui.store.reading.bursts import FEWEST
from fcm_tui.store.reading.filters import Filters
from fcm_tui.store.reading.queries import Reader
from tests.review.builder import START_NS, RecordBuilder
from tests.review.fake_engine import FakeEngine
from tests.review.screens import lines, shows, text
from tests.review.test_inbox import rows
from tests.waiting import eventually

Make = Callable[..., ReviewApp]
ROOT = "/home/ann/project"


def checkout(record: RecordBuilder) -> None:
    """A burst with a change of every kind."""
    record.file(f"{ROOT}/src/main.py", b"one\ntwo\n")
    record.file(f"{ROOT}/src/old.py", b"x\n")
    record.file(f"{ROOT}/src/gone.py", b"a\nb\nc\n")
    record.file(f"{ROOT}/logo.bin", b"\0\1")
    with record.transaction():
        at = START_NS
        for number in range(FEWEST):
            record.change(f"{ROOT}/docs/{number:02}.md", b"x\n" * (number + 1), Kind.CREATED, time_ns=at)
        record.change(f"{ROOT}/src/main.py", b"one\n2\n3\n", time_ns=at)
        record.change(f"{ROOT}/src/main.py", b"one\n2\n3\n4\n", time_ns=at)
        record.change(f"{ROOT}/src/new.py", b"x\n", Kind.MOVED, previous=f"{ROOT}/src/old.py", time_ns=at)
        record.change(f"{ROOT}/src/gone.py", None, Kind.DELETED, time_ns=at)
        record.change(f"{ROOT}/logo.bin", b"\0\1\2", time_ns=at)
        record.change(
            f"{ROOT}/.env", b"KEY=1\n", Kind.CREATED, capture=Capture.SECRET, stored=False, time_ns=at
        )
        record.change(f"{ROOT}/src/passing.py", b"x\n", Kind.CREATED, time_ns=at)
        record.change(f"{ROOT}/src/passing.py", None, Kind.DELETED, time_ns=at)


async def test_kinds_lines_folders_and_files(empty: RecordBuilder, make_app: Make) -> None:
    checkout(empty)
    app = make_app(empty)
    async with app.run_test(size=(120, 100)):
        await shows(app, "Diff  26 files in project")
        told = lines(app.diff_view)
        assert told[0].startswith(" #1 to #28  ") and told[0].endswith("  owner ann")
        assert told[1] == " Enter in the log opens and closes it: a line for each change."
        assert told[2] == " 22 created  3 modified  2 deleted  1 moved  +212 ~2 -4"
        assert told[4:7] == [
            " 2 files in project",
            "    +             secret  .env",
            "    ~         binary 3 B  logo.bin",
        ]
        assert told[7:9] == [" 20 files in docs", "    +     +1              00.md"]
        assert told[28:] [:5] == [
            " 4 files in src",
            "    -                 -3  gone.py",
            "    ~     +1    ~2        main.py  2 changes",
            "    →                     new.py ← old.py",
            "    -     +1          -1  passing.py  2 changes",
        ]  # fmt: skip
        assert not any(told[33:])


async def test_a_change_of_an_open_burst_has_its_diff_and_so_has_one_beside_it(
    empty: RecordBuilder, make_app: Make
) -> None:
    checkout(empty)
    empty.change(f"{ROOT}/alone.txt", b"x\n", Kind.CREATED, time_ns=START_NS + 10**11)
    app = make_app(empty)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "#29  created")
        await pilot.press("j")
        await shows(app, "Diff  26 files in project")
        await pilot.press("enter")
        await shows(app, "▾ 28 changes to 26 files")
        await shows(app, "Diff  26 files in project")
        await pilot.press("j")
        await shows(app, "#28  deleted")


async def test_what_a_filter_lets_through_of_a_burst_is_told(empty: RecordBuilder, make_app: Make) -> None:
    checkout(empty)
    app = make_app(empty)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "Diff  26 files in project")
        await pilot.press("slash", *"kind:created", "enter")
        await shows(app, "Diff  22 files in project")
        await pilot.press("escape")
        await shows(app, "Diff  26 files in project")


@pytest.mark.parametrize("pane", ["2", "3"])
async def test_keys_are_about_all_of_it(empty: RecordBuilder, make_app: Make, pane: str) -> None:
    checkout(empty)
    app = make_app(empty)
    app.recordings = Mock()  # so that something can be restored
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "Diff  26 files in project")
        await pilot.press(pane)
        for key, offered in {
            "R": (
                "undo the whole burst: its files as before all 28 changes",
                "the folder project as it was after",
            ),
            "y": ("the paths of its 26 files, a line each", "the patch of all of its 28 changes"),
            "x": (
                "the burst, all of its 28 changes",
                "all of /home/ann/project since then, from change 1 on",
            ),
        }.items():
            await pilot.press(key)
            await shows(app, lambda screen, offered=offered: all(words in screen for words in offered))
            assert "change 28" not in text(app)
            await pilot.press("escape")
            await shows(app, lambda screen, offered=offered: offered[0] not in screen)
        for key in "HBeDM":
            await pilot.press(key)
            await shows(app, "These are 26 files: Enter in the log opens the burst; then choose a change.")
            await app.screen.query(Said).remove()
        for key in "sfwi+-":
            await pilot.press(key)
            await shows(
                app,
                "This is a list of files, not a diff: Enter in the log opens the burst; then choose a change.",
            )
            await app.screen.query(Said).remove()
        await shows(app, lambda screen: re.search(r"Diff  26 files in project +\n", screen))
        await pilot.press("2", "N", *"as agreed", "enter")
        await shows(app, "Note on all of them: as agreed")


async def test_names_are_no_lines_that_are_searched(empty: RecordBuilder, make_app: Make) -> None:
    checkout(empty)
    empty.change(f"{ROOT}/alone.txt", b"x\n", Kind.CREATED, time_ns=START_NS + 10**11)
    app = make_app(empty)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "#29  created")
        await pilot.press("3", "slash", *"nothing", "enter")
        await shows(app, "not found")
        await pilot.press("J")
        await shows(app, lambda screen: re.search(r"Diff  26 files in project +\n", screen))
        await pilot.press("slash", *"docs", "enter")
        await shows(app, lambda screen: re.search(r"│ / docs +\d", screen))
        await eventually(lambda: app.focused is app.log_view)


async def test_o_in_the_diff_reviews_all_of_it(empty: RecordBuilder, make_app: Make) -> None:
    checkout(empty)
    app = make_app(empty)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "Diff  26 files in project")
        await pilot.press("3", "o")
        await eventually(lambda: len(rows(empty)) == 28)


async def test_a_burst_that_goes_on_is_told_anew_but_not_what_it_is_compared_with(
    empty: RecordBuilder, make_app: Make
) -> None:
    checkout(empty)
    engine = FakeEngine()
    app = make_app(empty, engine)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "Diff  26 files in project")
        await eventually(lambda: engine.started)
        empty.change(f"{ROOT}/late.txt", b"x\n", Kind.CREATED, time_ns=START_NS)
        engine.committed(29, 29)
        await shows(app, "Diff  27 files in project")
        await pilot.press("m", "F")
        await shows(app, "0 files differ, in all directories")
        empty.change(f"{ROOT}/later.txt", b"x\n", Kind.CREATED, time_ns=START_NS)
        engine.committed(30, 30)
        await shows(app, "▸ 30 changes to 28 files")
        await shows(app, "0 files differ, in all directories")
        await pilot.press("F")
        await shows(app, "Diff  28 files in project")


async def test_one_file_that_changed_often_is_meant_by_keys(empty: RecordBuilder, make_app: Make) -> None:
    for number in range(FEWEST):
        empty.change(f"{ROOT}/log.txt", b"x\n" * number, time_ns=START_NS)
    app = make_app(empty)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "Diff  1 file in project")
        await pilot.press("H")
        await shows(app, "History  log.txt")


def test_what_is_copied_and_exported_is_all_of_it(empty: RecordBuilder) -> None:
    checkout(empty)
    with Reader(empty.database) as reader:
        changes = reader.log()
        burst = Burst(changes[0], changes[-1], len(changes), Filters(), 26, os.fsencode(ROOT))
        subject = Subject(changes[0].path, changes[0]).of(burst)
        paths = copying.text_of(reader, subject, "paths").splitlines()
        assert len(paths) == 26 and f"{ROOT}/src/new.py" in paths and f"{ROOT}/src/old.py" not in paths
        only = Filters(terms=parse("*.md"))
        docs = [change for change in changes if change.path.endswith(b".md")]
        subject = subject.of(
            Burst(docs[0], docs[-1], len(docs), only, len(docs), os.fsencode(f"{ROOT}/docs"))
        )
        patch = exporting.patch_for(reader, subject, "burst")
        assert patch.count(b"diff --git") == len(docs) and b"main.py" not in patch
        assert copying.text_of(reader, subject, "burst").encode() == patch
        assert exporting.name_for(subject, "burst") == "change-1-burst.patch"
