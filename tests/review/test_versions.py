"""Any two versions: of two changes, and of a change and the disk, where secrets stay unseen."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from fcm_tui.errors import NotSoError
from fcm_tui.model import Capture, Kind
from fcm_tui.review.app import ReviewApp
from fcm_tui.review.documents import versions
from fcm_tui.review.documents.on_disk import read_now
from fcm_tui.settings.config import Settings
from fcm_tui.store.reading.queries import Reader
from tests.review.builder import RecordBuilder, connect
from tests.review.screens import lines, shows, text
from tests.windows.system import not_on_wine

Make = Callable[..., ReviewApp]
AT = "/home/ann/project/"


async def test_a_marked_version_is_compared_with_another_and_back(
    empty: RecordBuilder, make_app: Make
) -> None:
    empty.file(AT + "a.py", b"one\n")
    for version in (b"one\ntwo\n", b"one\ntwo\nthree\n", b"one\ntwo\nthree\nfour\n"):
        empty.change(AT + "a.py", version)
    empty.change(AT + "b.py", b"one\nother\n", Kind.CREATED)
    empty.change(AT + "gone", b"x\n", Kind.CREATED)
    empty.change(AT + "gone", None, Kind.DELETED)
    app = make_app(empty)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "Deleted; it had 2 B.")
        await pilot.press("3", "M")
        await shows(app, "Nothing is marked")
        await pilot.press("G", "J", "J", "J")
        await shows(app, "+ four")
        await pilot.press("m")
        await shows(app, "marked")
        await pilot.press("J", "J")
        await shows(app, "#1  modified")
        await shows(app, "#3 marked")
        await pilot.press("M")
        await shows(app, lambda screen: "#3 2026" in screen and "→  #1 2026" in screen)
        await shows(app, lambda screen: "- three" in screen and "- four" in screen and "one" in screen)
        await pilot.press("M")
        await shows(app, lambda screen: "#1  modified" in screen and "+ two" in screen)
        await pilot.press("K", "K", "K")
        await shows(app, "#4  created")
        await pilot.press("M")
        await shows(app, lambda screen: "a.py → " in screen and "+ other" in screen and "- four" in screen)
        await pilot.press("K", "K")
        await shows(app, "#6  deleted")
        await pilot.press("M")
        await shows(app, "#6 deleted the file.")


@pytest.fixture
def home(tmp_path: Path, empty: RecordBuilder) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    empty.root(os.fspath(home))
    return home


def recorded(
    empty: RecordBuilder, home: Path, name: str, content: bytes, capture: Capture | None = None
) -> None:
    empty.change(os.fspath(home / name), content, Kind.CREATED, capture=capture)


async def test_a_version_is_compared_with_the_file_now(
    empty: RecordBuilder, make_app: Make, home: Path
) -> None:
    recorded(empty, home, "a.py", b"one\ntwo\n")
    (home / "a.py").write_bytes(b"one\n2\n")
    mode = os.lstat(home / "a.py").st_mode
    connect(empty.database).execute("UPDATE changes SET mode = ?", (mode,))
    app = make_app(empty)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "+ two")
        await pilot.press("3", "D")
        await shows(app, lambda screen: "on disk now" in screen and "+ 2" in screen and "- two" in screen)
        await pilot.press("D")
        await shows(app, "#1  created")
        (home / "a.py").write_bytes(b"one\ntwo\n")
        await pilot.press("D")
        await shows(app, "The file on disk is that version.")
        (home / "a.py").write_bytes(b"token = " + b"npm_" + b"a1B2" * 9 + b"\n")
        await pilot.press("D", "D")
        await shows(app, "it is not shown")
        assert "npm_" not in text(app)
        (home / "a.py").unlink()
        await pilot.press("D", "D")
        await shows(app, "There is no file on disk.")


def test_versions_of_which_only_the_mode_differs_are_told_apart(empty: RecordBuilder, home: Path) -> None:
    recorded(empty, home, "a.sh", b"one\n")
    empty.change(os.fspath(home / "a.sh"), b"one\n", Kind.METADATA, mode=0o100600)
    empty.change(os.fspath(home / "a.sh"), b"two\n", mode=0o100755)
    (home / "a.sh").write_bytes(b"one\n")
    now = stat.filemode(os.lstat(home / "a.sh").st_mode)
    connect(empty.database).execute("UPDATE changes SET mode = ? WHERE sequence = 1", (0o100400,))
    with Reader(empty.database) as reader:
        one, other, last = (reader.change(number) for number in (1, 2, 3))
        assert versions.of_two(reader, one, other).notes == [
            "The content is the same; mode -r-------- → -rw-------"
        ]
        assert versions.of_two(reader, other, other).notes == ["Both versions are the same."]
        assert versions.of_two(reader, other, last).notes == ["mode -rw------- → -rwxr-xr-x"]
        assert versions.with_disk(reader, one, Settings()).notes == [
            f"The content is the same; mode -r-------- → {now}"
        ]


@pytest.fixture
def refused(empty: RecordBuilder, home: Path) -> Callable[..., str]:
    """Why a file is not read from the disk."""

    def read(name: str, capture: Capture | None = None, **settings: tuple[str, ...]) -> str:
        recorded(empty, home, name, b"x\n", capture)
        with Reader(empty.database) as reader:
            change = reader.log(limit=1)[0]
        with pytest.raises(NotSoError) as told:
            read_now(change, Settings(**settings))  # type: ignore[arg-type]
        return str(told.value)

    return read


def test_what_is_not_for_the_screen_is_not_read_from_disk(home: Path, refused: Callable[..., str]) -> None:
    (home / "key.own").write_bytes(b"x\n")
    assert "not shown" in refused("key.own", secrets=("*.own",))
    (home / "was").write_bytes(b"x\n")
    assert "not shown" in refused("was", Capture.SECRET)


@not_on_wine("a link looks like the folder that it leads to")
def test_what_stands_behind_a_link_is_not_read_from_disk(home: Path, refused: Callable[..., str]) -> None:
    (home / "elsewhere").mkdir()
    (home / "elsewhere" / "file").write_bytes(b"x\n")
    try:
        (home / "link").symlink_to(home / "elsewhere")
    except OSError:
        pytest.skip("links need a right here")
    assert "not followed" in refused(os.path.join("link", "file"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in folders here")
def test_a_pipe_in_the_file_s_place_is_no_file(empty: RecordBuilder, home: Path) -> None:
    recorded(empty, home, "pipe", b"x\n")
    os.mkfifo(home / "pipe")
    with Reader(empty.database) as reader:
        assert read_now(reader.log(limit=1)[0], Settings()) is None


async def test_all_files_between_two_changes_are_one_diff(empty: RecordBuilder, make_app: Make) -> None:
    many = [f"line {number}\n" for number in range(1, 60)]
    empty.file(AT + "a.py", "".join(many).encode())
    empty.file(AT + "src/b.py", b"first\nsecond\n")
    empty.file(AT + "src/gone.py", b"bye\n")
    empty.file(AT + "same.py", b"1\n")
    empty.change(AT + "other", b"before the mark\n", Kind.CREATED)
    empty.change(AT + "a.py", "".join([*many[:30], "more\n", *many[30:]]).encode())
    empty.change(AT + "same.py", b"2\n")
    empty.change(AT + "src/b.py", b"first\n2nd\n")
    empty.change(AT + "same.py", b"1\n")
    empty.change(AT + "src/b.py", b"first\nthe 2nd\n")
    empty.change(AT + "src/gone.py", None, Kind.DELETED)
    empty.change(AT + "src/pic", bytes(20), Kind.CREATED)
    app = make_app(empty)
    async with app.run_test(size=(100, 60)) as pilot:
        await shows(app, "#8  created")
        await pilot.press("3", "F")
        await shows(app, "No change is marked")
        await pilot.press("2", "G", "3")
        await shows(app, "#1  created")
        await pilot.press("m", "2", "g", "3")
        await shows(app, "#8  created")
        await pilot.press("F", "z")
        await shows(app, "4 files differ")
        shown = [" ".join(row.split()) for row in lines(app.diff_view)]
        heads = [row for row in shown if row.startswith("━━")]
        assert [row.split()[1].replace(os.sep, "/") for row in heads] == [
            "a.py",
            "src/b.py",
            "src/gone.py",
            "src/pic",
        ]
        assert "31 + more" in shown and "2 - second" in shown and "2 + the 2nd" in shown
        assert "1 - bye" in shown and not any("2nd" in row and "- " in row for row in shown)
        await pilot.resize_terminal(100, 16)
        await pilot.press("N", "N")
        await shows(app, "src/gone.py")
        await pilot.press("P", "s", "w", "f", "s", "minus", "n", "p", "i")
        await pilot.press("F")
        await shows(app, "#8  created")


async def test_whitespace_is_ignored_in_each_file_by_itself(empty: RecordBuilder, make_app: Make) -> None:
    empty.file(AT + "a", b"one\ntwo\n")
    empty.file(AT + "d", b"D1\nD2\nD3\n")
    empty.change(AT + "mark", b"x\n", Kind.CREATED)
    empty.change(AT + "a", b"one\ntwo more\n")
    empty.change(AT + "d", b"D1\n  D2\nD3\nD4 real\n")
    empty.change(AT + "new", b"n\n", Kind.CREATED)
    app = make_app(empty)
    async with app.run_test(size=(120, 60)) as pilot:
        await shows(app, "#4  created")
        await pilot.press("2", "G")
        await shows(app, "#1  created")
        await pilot.press("m", "g", "F", "3", "z")
        await shows(app, "3 files differ")
        await pilot.press("i")
        await shows(app, "whitespace ignored, 1 hunk of it hidden")
        shown = [" ".join(row.split()).strip("▌━ ") for row in lines(app.diff_view)]
        assert shown[shown.index("a") :][:15] == [
            "a", "1 1 one", "2 - two", "2 + two more",
            "d", "1 1 D1", "2 2 D2", "3 3 D3", "4 + D4 real",
            "new created", "1 + n", "", "", "", "",
        ]  # fmt: skip


async def test_the_files_of_the_folder_in_sight_are_compared_and_it_is_named(
    empty: RecordBuilder, make_app: Make
) -> None:
    for name in ("mark", "a.py", "src/b.py", "src/c.py"):
        empty.change(AT + name, b"x\n", Kind.CREATED)
    app = make_app(empty)
    async with app.run_test(size=(100, 40)) as pilot:
        await shows(app, "#4  created")
        await pilot.press("2", "G")
        await shows(app, "#1  created")
        await pilot.press("m", "g")
        await shows(app, "#4  created")
        await pilot.press("F")
        await shows(app, "3 files differ, in all directories")
        await pilot.press("F")
        await shows(app, "#4  created")
        at = next(row for row, line in enumerate(lines(app.tree_view)) if "project" in line)
        await pilot.press("1", *["j"] * at, "l")
        await shows(app, "▸ src")
        await pilot.press("j", "F")
        await shows(app, "2 files in project/src differ")
        await pilot.press("F")
        await shows(app, "#4  created")
        await pilot.press("k", "F")
        await shows(app, "3 files in project differ")
        assert all(row.endswith("━") for row in lines(app.diff_view) if row.startswith("━━"))


async def test_a_file_deleted_and_restored_differs_only_where_its_content_does(
    empty: RecordBuilder, make_app: Make
) -> None:
    for name in ("same.py", "other.py", "log"):
        empty.file(AT + name, b"one\ntwo\n")
    empty.change(AT + "mark", b"x\n", Kind.CREATED)
    empty.change(AT + "same.py", None, Kind.DELETED)
    empty.change(AT + "other.py", None, Kind.DELETED)
    empty.change(AT + "log.1", b"one\ntwo\n", Kind.MOVED, previous=AT + "log")
    anew = [
        empty.change(AT + "same.py", b"one\ntwo\n", Kind.CREATED),
        empty.change(AT + "other.py", b"one\n2\n", Kind.CREATED),
    ]
    empty.change(AT + "log", b"three\n", Kind.CREATED)
    empty.change(AT + "passing", b"y\n", Kind.CREATED)
    empty.change(AT + "passed", b"y\n", Kind.MOVED, previous=AT + "passing")
    empty.change(AT + "passed", None, Kind.DELETED)
    with connect(empty.database) as record:  # a file that comes back is another file
        for number in anew:
            record.execute(
                "UPDATE changes SET file_id = ? WHERE sequence = ?", (bytes([number]) * 16, number)
            )
        record.execute("UPDATE changes SET file_id = x'50' WHERE path LIKE '%passe%' OR path LIKE '%passing'")
    app = make_app(empty)
    async with app.run_test(size=(100, 60)) as pilot:
        await shows(app, "deleted")
        await pilot.press("2", "G", "3")
        await shows(app, "#1  created")
        await pilot.press("m", "2", "g", "3")
        await shows(app, "#10  deleted")
        await pilot.press("F", "z")
        await shows(app, "3 files differ")
        shown = [" ".join(row.split()) for row in lines(app.diff_view)]
        assert [row.strip("━… ") for row in shown if row.startswith("━━")] == [
            "log",
            "log.1 created",
            "other.py",
        ]
        assert "2 - two" in shown and "2 + 2" in shown


async def test_the_title_tells_the_file_and_the_hunk_that_were_gone_to(
    empty: RecordBuilder, make_app: Make
) -> None:
    many = [f"line {number}\n" for number in range(1, 60)]
    names = ("a.py", "b.py", "c.py", "d.py")
    for name in names:
        empty.file(AT + name, "".join(many).encode())
    empty.change(AT + "mark", b"x\n", Kind.CREATED)
    for name, places in zip(names, ((5, 30, 50), (20,), (20, 50), (57,)), strict=True):
        empty.change(
            AT + name, "".join("new\n" if at in places else line for at, line in enumerate(many)).encode()
        )
    app = make_app(empty)
    async with app.run_test(size=(120, 16)) as pilot:
        await shows(app, "#5  modified")
        await pilot.press("2", "G", "3")
        await shows(app, "#1  created")
        await pilot.press("m", "2", "g", "3")
        await shows(app, "#5  modified")
        await pilot.press("F", "z")
        for key, file, hunk in (
            ("g", 1, 1), ("n", 1, 2), ("n", 1, 3), ("n", 2, 4), ("n", 3, 5), ("n", 3, 6), ("n", 4, 7), ("n", 4, 7),
            ("p", 3, 6), ("G", 4, 7), ("P", 3, 5), ("n", 3, 6), ("P", 2, 4), ("N", 3, 5), ("N", 4, 7), ("g", 1, 1),
        ):  # fmt: skip
            await pilot.press(key)
            await shows(app, lambda screen, at=f"file {file} of 4, {{}}hunk {hunk} of 7": told(screen, at))


def told(screen: str, at: str) -> bool:
    """Whether file and hunk are in the title, whatever is told between them."""
    first, last = at.split("{}")
    title = next((line for line in screen.split("\n") if "▌Diff" in line), "")
    return first in title and title.endswith(f"{last} ")


async def test_the_first_key_goes_to_the_second_hunk_where_one_is_in_sight(
    record: RecordBuilder, make_app: Make
) -> None:
    app = make_app(record)
    async with app.run_test(size=(120, 24)) as pilot:
        await shows(app, "hunk 1 of 3")
        await pilot.press("3", "n")
        await shows(app, "hunk 2 of 3")
        await pilot.press("p")
        await shows(app, "hunk 1 of 3")
        await pilot.press("n", "n")
        await shows(app, "hunk 3 of 3")
