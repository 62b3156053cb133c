"""Blame on the screen: each line with the change that brought it, and the way to that change."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from fcm_tui import cli
from fcm_tui.datadir import DataDir
from fcm_tui.errors import ContentMissing
from fcm_tui.model import Kind
from fcm_tui.review.app import ReviewApp
from fcm_tui.review.diff.hunks import ABOVE
from fcm_tui.store.reading.blaming import Cancelled, blame
from fcm_tui.store.reading.queries import Reader
from tests.review.builder import RecordBuilder
from tests.review.screens import lines, shows

AT = "/home/ann/project"


def test_a_real_record_through_a_rename(tmp_path: Path, data_dir: DataDir) -> None:
    root = tmp_path / "root"
    root.mkdir()

    def record() -> None:
        assert cli.main(["record", "--once", str(root), "--data-dir", str(data_dir.path)]) == 0

    (root / "a").write_text("one\ntwo\nthree\n")
    record()
    (root / "a").write_text("one\nTWO\nthree\n")
    record()
    (root / "a").rename(root / "b")
    record()
    (root / "b").write_text("zero\none\nTWO\nthree\n")
    record()
    (root / "c").write_text("new\n")
    record()
    with Reader(data_dir.database) as reader:
        found = blame(reader, reader.change(3))
        assert found.owners == [3, None, 1, None]
        assert found.reached == "when recording began"
        assert {n: c.sequence for n, c in found.changes.items()} == {1: 1, 3: 3}
        assert blame(reader, reader.change(2)).owners == [None, 1, None]
        assert blame(reader, reader.change(4)).owners == [4]
        with pytest.raises(Cancelled):
            blame(reader, reader.change(3), is_cancelled=lambda: True)


def test_no_blame_where_there_are_no_lines(record: RecordBuilder) -> None:
    with Reader(record.database) as reader:
        for number in (2, 5, 6):  # deleted, a secret, binary
            with pytest.raises(ContentMissing):
                blame(reader, reader.change(number))


async def test_the_screen_and_the_way_to_a_change(
    record: RecordBuilder, make_app: Callable[..., ReviewApp]
) -> None:
    record.change(f"{AT}/tale.txt", b"one\n", Kind.CREATED)
    record.change(f"{AT}/tale.txt", b"one\ntwo\n")
    app = make_app(record)
    hunk = "INSERT INTO change_differences VALUES (x'%s', 10, 0, x'%s', 2, 0, 2, 1)"
    from tests.review.builder import RECORDER, connect

    connection = connect(record.database)
    connection.execute(hunk % (RECORDER.hex(), hashlib.sha256(b"").hexdigest()))
    connection.close()
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "#10  modified")
        await pilot.press("B")
        screen = await shows(app, "line 2 of 2")
        rows = [line for line in screen.split("\n") if "│" in line]
        assert "#9" in rows[0] and "│ one" in rows[0] and "#10" in rows[1] and "│ two" in rows[1]
        await pilot.press("k", "enter")
        await shows(app, lambda screen: "History" in screen and "#9  created" in screen)
        await pilot.press("left", "right", "right", "B")
        await shows(app, "Blame")
        await pilot.press("g", "enter")
        await shows(app, lambda screen: "History" in screen and "2 of 2" in screen)
        await pilot.press("escape")
        await shows(app, "▌Log")


async def test_blame_opens_at_the_line_that_was_in_sight(
    empty: RecordBuilder, make_app: Callable[..., ReviewApp]
) -> None:
    old = [f"line {number}\n" for number in range(1, 1401)]
    empty.file(f"{AT}/long.txt", "".join(old).encode())
    empty.change(f"{AT}/long.txt", "".join([*old, "last\n"]).encode())
    app = make_app(empty)
    async with app.run_test(size=(140, 40)) as pilot:
        await shows(app, "#1  modified")
        await pilot.press("H")
        await shows(app, "+ last")
        await pilot.press("B")
        screen = await shows(app, "line 1,401 of 1,401")
        assert "1401 │ last" in screen
        await pilot.press("k")
        assert "1401 │ last" in await shows(app, "line 1,400 of 1,401")
        await pilot.press("escape")
        await shows(app, "History")
        await pilot.press("tab", "f", "g", *["pagedown"] * 3)
        top = int(lines(app.screen.query_one("#version"))[ABOVE].split()[0])
        assert 20 < top < 1000
        await pilot.press("B")
        await shows(app, lambda screen: f"line {top} of 1,401" in screen and f"{top} │ line {top} " in screen)


async def test_a_line_that_is_cut_says_so(empty: RecordBuilder, make_app: Callable[..., ReviewApp]) -> None:
    empty.change("/home/ann/project/wide.txt", b"x" * 300 + b"\n", Kind.CREATED)
    app = make_app(empty)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "wide.txt")
        await pilot.press("B")
        await shows(app, lambda screen: "Blame" in screen and "xx›" in screen)
