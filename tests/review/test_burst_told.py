"""What the diff pane tells of a burst whose line is under the cursor: all of it, not one of its files."""

from __future__ import annotations

from collections.abc import Callable
from unittest.mock import Mock

from fcm_tui.model import Capture, Kind
from fcm_tui.review.app import ReviewApp
from fcm_tui.store.reading.bursts import FEWEST
from tests.review.builder import START_NS, RecordBuilder
from tests.review.fake_engine import FakeEngine
from tests.review.screens import lines, shows
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
        assert told[1] == " Enter in the log opens and closes it, a line a change."
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


async def test_the_keys_of_the_diff_are_about_all_of_it(empty: RecordBuilder, make_app: Make) -> None:
    checkout(empty)
    app = make_app(empty)
    app.recordings = Mock()  # so that something can be restored
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "Diff  26 files in project")
        await pilot.press("3", "R")
        await shows(app, "undo the whole burst: its files as before all 28 changes")
        await pilot.press("escape")
        await shows(app, lambda screen: "undo the whole burst" not in screen)
        await pilot.press("D")
        await shows(app, "Diff  src/passing.py")
        await pilot.press("D")
        await shows(app, "Diff  26 files in project")
        await pilot.press("o")
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
        await pilot.press("D")
        await shows(app, "Diff  late.txt")
        empty.change(f"{ROOT}/later.txt", b"x\n", Kind.CREATED, time_ns=START_NS)
        engine.committed(30, 30)
        await shows(app, "▸ 30 changes to 28 files")
        await pilot.press("D")
        await shows(app, "Diff  28 files in project")
