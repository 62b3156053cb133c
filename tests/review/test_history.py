"""The history of a file: every version of it, through renames and after its end."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from fcm_tui.model import Capture, Kind
from fcm_tui.review.app import ReviewApp
from fcm_tui.review.files.history import HistoryScreen
from fcm_tui.store.reading import histories
from fcm_tui.store.reading.queries import Reader
from tests.review.builder import RECORDER, RecordBuilder, connect, native
from tests.review.screens import shows, text
from tests.waiting import eventually

Make = Callable[..., ReviewApp]
AT = "/home/ann/project"


def history_of_a_moved_file(record: RecordBuilder) -> None:
    """`story.txt` is made, edited, renamed to `tale.txt`, edited and deleted: one identity, changes 9 to 13."""
    with record.transaction():
        record.change(f"{AT}/story.txt", b"one\n", Kind.CREATED)
        record.change(f"{AT}/story.txt", b"one\ntwo\n")
        record.change(f"{AT}/tale.txt", b"one\ntwo\n", Kind.MOVED, previous=f"{AT}/story.txt")
        record.change(f"{AT}/tale.txt", b"one\nthree\n")
        record.change(f"{AT}/tale.txt", None, Kind.DELETED)
    connection = connect(record.database)
    connection.execute("UPDATE changes SET file_id = x'77' WHERE sequence >= 9")
    connection.close()


async def test_all_versions_through_a_rename_and_after_deletion(
    record: RecordBuilder, make_app: Make
) -> None:
    history_of_a_moved_file(record)
    app = make_app(record)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "Deleted; it had")
        await pilot.press("j", "H")
        await shows(
            app, lambda screen: "History" in screen and "2 of 5" in screen and "#12  modified" in screen
        )
        assert "tale.txt ← story.txt" in text(app)
        await pilot.press("left")
        await shows(app, "Moved from /home/ann/project/story.txt")
        await pilot.press("left", "left")
        await shows(app, "#9  created")
        await pilot.press("right")
        await shows(app, "#10  modified")
        await shows(app, "← older")
        await pilot.press("tab", "J")
        await shows(app, "#9  created")
        await pilot.press("K", "K", "K", "enter", "g")
        await shows(app, "#13  deleted")
        await pilot.press("z")
        await shows(app, lambda screen: "Diff" not in screen)
        await pilot.press("z", "escape")
        await shows(app, "▌Log")
        assert app.log_view.cursor == 1


async def test_a_file_that_was_deleted_and_made_again_has_its_earlier_life_in_front(
    record: RecordBuilder, make_app: Make
) -> None:
    """`note.txt` lives three times, changes 9 to 14; the file that is moved onto its path later is another."""
    path = f"{AT}/note.txt"
    with record.transaction():
        record.change(path, b"one\n", Kind.CREATED)
        record.change(path, None, Kind.DELETED)
        record.change(path, b"two\n", Kind.CREATED)
        record.change(path, None, Kind.DELETED)
        record.change(path, b"three\n", Kind.CREATED)
        record.change(path, b"three\nmore\n")
    connection = connect(record.database)
    for life, (first, last) in enumerate([(9, 10), (11, 12), (13, 14)], 1):
        connection.execute(
            "UPDATE changes SET file_id = ? WHERE sequence BETWEEN ? AND ?", (bytes([life]), first, last)
        )
    connection.close()
    app = make_app(record)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "three")
        await pilot.press("H")
        await shows(app, lambda screen: "1 of 6" in screen and "#14  modified" in screen)
        await pilot.press("left", "left")
        await shows(app, "#12  deleted")
        await pilot.press("left", "left", "left")
        await shows(app, lambda screen: "6 of 6" in screen and "#9  created" in screen)
        record.change(path, None, Kind.DELETED)
        record.change(path, b"four\n", Kind.CREATED)
        connection = connect(record.database)
        connection.execute("UPDATE changes SET file_id = x'03' WHERE sequence = 15")
        connection.execute("UPDATE changes SET file_id = x'04' WHERE sequence = 16")
        connection.close()
        await shows(app, "8 of 8")
        await pilot.press("g")
        await shows(app, lambda screen: "1 of 8" in screen and "#16  created" in screen)


def test_the_lives_of_a_path_follow_one_another(record: RecordBuilder) -> None:
    a, b = f"{AT}/a", f"{AT}/b"
    with record.transaction():
        record.change(a, b"first\n")  # 9, found by the first look
        record.change(a, None, Kind.DELETED)
        record.change(b, b"other\n", Kind.CREATED)
        record.change(a, b"other\n", Kind.MOVED, previous=b)  # 12: not made there
        record.change(b, b"new\n", Kind.MOVED, previous=a)  # 13: nor did it end there
        record.change(a, b"second\n", Kind.CREATED)  # 14: behind one that went elsewhere
    connection = connect(record.database)
    for file_id, numbers in (("01", "9, 10"), ("02", "11, 12, 13"), ("03", "14")):
        connection.execute(f"UPDATE changes SET file_id = x'{file_id}' WHERE sequence IN ({numbers})")
    connection.close()
    with Reader(record.database) as reader:
        one, two, three = (histories.FileKey(RECORDER, bytes([number])) for number in (1, 2, 3))
        assert histories.earlier_lives(reader.connection, three) == []
        assert histories.later_lives(reader.connection, one) == []
        assert histories.earlier_lives(reader.connection, two) == []
        assert histories.earlier_lives(reader.connection, one) == []


async def test_a_file_of_the_tree_and_one_that_never_changed(record: RecordBuilder, make_app: Make) -> None:
    app = make_app(record)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, lambda screen: screen.count("main.py") > 1)  # in the tree, too
        await pilot.press("1", "j", "H")
        await eventually(lambda: not isinstance(app.screen, HistoryScreen))  # a folder has no versions
        await pilot.press("j")
        await pilot.press("H")
        await shows(app, "History")
        await pilot.press("q")
        await shows(app, "▌Directories")
        record.file(f"{AT}/still.txt", b"still\n")
        app.push_screen(
            HistoryScreen(app.palette, app.versions, app.settings, native(f"{AT}/still.txt"), None)
        )
        await shows(app, lambda screen: "1 of 1" in screen and "first look" in screen and "+ still" in screen)
        await pilot.press("question_mark")
        await shows(app, "History of a file")
        await pilot.press("escape", "escape")
        await shows(app, "▌Directories")


async def test_newer_versions_arrive_and_the_cursor_stays(record: RecordBuilder, make_app: Make) -> None:
    app = make_app(record)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "line ten")
        await pilot.press("H")
        await shows(app, "1 of 2")
        record.change(f"{AT}/main.py", b"all new\n")
        await shows(app, "2 of 3")
        await pilot.press("right")
        await shows(app, "#9  modified")


async def test_a_hundred_thousand_versions(empty: RecordBuilder, make_app: Make) -> None:
    """The numbers come from an index; of the rows only those in sight are read."""
    root = b"/home/ann/project"
    empty.many(root, 1)
    connection = connect(empty.database)
    columns = [name for _, name, *_ in connection.execute("PRAGMA table_info(changes)") if name != "sequence"]
    connection.execute(
        f"WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)"
        f" INSERT INTO changes (sequence, {', '.join(columns)}) SELECT n.i, {', '.join(columns)}"
        " FROM n, changes WHERE changes.sequence = 1"
    )
    file_id = connection.execute("SELECT file_id FROM changes LIMIT 1").fetchone()[0]
    connection.close()
    with Reader(empty.database) as reader:
        plan = reader.connection.execute(
            "EXPLAIN QUERY PLAN SELECT sequence FROM changes WHERE file_id = ? AND recorder_id = ?"
            " AND sequence > 0 ORDER BY sequence",
            (file_id, RECORDER),
        ).fetchall()
        assert len(plan) == 1 and "COVERING INDEX changes_file" in plan[0][3], plan
        assert len(histories.sequences(reader.connection, histories.FileKey(RECORDER, file_id))) == 100_000
    app = make_app(empty)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "100,000")
        await pilot.press("H")
        await shows(app, "1 of 100,000")
        await pilot.press("G")
        await shows(app, lambda screen: "100,000 of 100,000" in screen and "#1 " in screen)
        await pilot.press("right")
        await shows(app, "99,999 of 100,000")


@pytest.mark.parametrize("capture", [Capture.STORED, Capture.SECRET, Capture.TOO_LARGE])
def test_of_what_the_first_look_found_it_is_told_whether_it_was_kept(
    empty: RecordBuilder, capture: Capture
) -> None:
    is_kept = capture is Capture.STORED
    empty.file(f"{AT}/.env", b"old\n", capture=capture)
    empty.change(f"{AT}/.env", b"new\n", capture=capture, stored=is_kept)
    with Reader(empty.database) as reader:
        key = histories.key_at(reader.connection, native(f"{AT}/.env"))
        assert key is not None
        found = histories.first_look(reader, key)
        assert found is not None and found.capture is capture


async def test_what_the_first_look_found_is_the_oldest_version(record: RecordBuilder, make_app: Make) -> None:
    record.change(f"{AT}/main.py", b"all new\n")
    app = make_app(record)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "#9  modified")
        await pilot.press("H")
        await shows(app, "1 of 3")
        await pilot.press("G")
        await shows(app, lambda screen: "3 of 3" in screen and " first look  2026" in screen)
        await shows(app, "+ line 1 ")
        await pilot.press("B")
        await shows(app, "Blame is of a version")
        await pilot.press("m", "g")
        await shows(app, lambda screen: "first look marked" in screen and "#9  modified" in screen)
        await pilot.press("M")
        await shows(app, lambda screen: "first look 2026" in screen and "→  #9" in screen)
        await shows(app, "- line 1 ")
        await pilot.press("tab", "G")
        await shows(app, "+ all new")


async def test_what_is_marked_in_a_history_is_what_the_log_compares_with(
    record: RecordBuilder, make_app: Make
) -> None:
    record.change(f"{AT}/main.py", b"all new\n")
    app = make_app(record)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "#9  modified")
        await pilot.press("j", "j")
        await shows(app, "#7  modified")
        await pilot.press("m")
        await shows(app, "  marked")
        await pilot.press("g", "H")
        await shows(app, lambda screen: "1 of 3" in screen and "#7 marked" in screen)
        await pilot.press("j")
        await shows(app, "#8  modified")
        await pilot.press("m", "escape")
        await shows(app, lambda screen: "Directories" in screen and "#8 marked" in screen)
        await pilot.press("M")
        await shows(app, lambda screen: "#8 2026" in screen and "→  #9 2026" in screen)
        await pilot.press("M", "j")
        await shows(app, lambda screen: "#8  modified" in screen and "  marked" in screen)
        await pilot.press("m")  # the same version, wherever its mark was set
        await shows(app, lambda screen: "Directories" in screen and "marked" not in screen)


async def test_the_first_looks_of_two_files_are_two_versions(record: RecordBuilder, make_app: Make) -> None:
    app = make_app(record)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "line ten")
        await pilot.press("H")
        await shows(app, "1 of 2")
        await pilot.press("G")
        await shows(app, "2 of 2")
        await pilot.press("m", "escape")
        await shows(app, "first look marked")
        await pilot.press("F")
        await shows(app, re.compile(r"first look 2026\S+ \S+  →  #8 2026").search)
        await pilot.press("F", "j", "H", "G")
        await shows(app, lambda screen: "util.py" in screen and "3 of 3" in screen)
        await shows(app, "first look marked")
