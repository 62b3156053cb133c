"""What is said of whitespace, of lines that moved, of encodings, modes and contents that are no text."""

from __future__ import annotations

import re
import stat
from collections.abc import Callable

import pytest

from fcm_tui.model import Capture, Kind
from fcm_tui.review.app import ReviewApp
from fcm_tui.review.documents import large
from tests.review.builder import RECORDER, RecordBuilder, connect
from tests.review.screens import lines, shows, text

Make = Callable[..., ReviewApp]
AT = "/home/ann/project/"


async def test_whitespace_is_ignored_on_demand(empty: RecordBuilder, make_app: Make) -> None:
    old = [f"line {number}" for number in range(60)]
    new = [f"  {line}" if number in (10, 30) else line for number, line in enumerate(old)]
    new[50] = "another"
    for name in ("one.py", "two.py"):
        empty.file(AT + name, "\n".join(old).encode())
        empty.change(AT + name, "\n".join(new).encode())
    app = make_app(empty)
    async with app.run_test(size=(120, 50)) as pilot:
        await shows(app, "1 of 3")
        await pilot.press("3", "i")
        await shows(app, "whitespace ignored, 2 hunks of it hidden, 1 hunk")
        assert "  line 10" not in text(app).replace(" 10  10", "") and "another" in text(app)
        await pilot.press("J")
        await shows(app, "#1  modified")
        await shows(app, "whitespace ignored, 2 hunks of it hidden, 1 hunk")
        await pilot.press("s", "s", "w", "plus", "m")
        await pilot.resize_terminal(80, 30)  # what hides changes is told, however little room there is
        await shows(app, "Diff  one.py     marked, whitespace ignored, 2 hunks of it hidden, hunk 1 of 1")
        await pilot.resize_terminal(120, 50)
        await shows(app, "context 6, marked, whitespace ignored, 2 hunks of it hidden, 1 hunk")
        await pilot.press("w", "minus", "m", "s")
        await pilot.press("i")
        await shows(app, lambda screen: "ignored" not in screen and "1 of 3" in screen)


async def test_tabs_are_drawn_where_they_alone_changed(empty: RecordBuilder, make_app: Make) -> None:
    empty.file(AT + "main.go", b"\tone\n        two\n\tthree\n\tfour\n")
    empty.change(AT + "main.go", b"    one\n\t\ttwo\n\tdrei\n\tfour\n")
    app = make_app(empty)
    async with app.run_test(size=(80, 30)) as pilot:
        await shows(app, "1 hunk")
        changed = [
            found[0].rstrip() for row in lines(app.diff_view) if (found := re.search(r"(?<= )[-+] .*", row))
        ]
        assert changed == [
            "- →   one", "-         two", "-     three", "+     one", "+ →   →   two", "+     drei",
        ]  # fmt: skip
        await pilot.press("3", "i")
        await shows(app, "whitespace ignored")
        assert "drei" in text(app) and "→" not in "".join(lines(app.diff_view)[3:])


async def test_moved_lines_have_signs_and_a_place(empty: RecordBuilder, make_app: Make) -> None:
    block = ["def f():", "    return 1", ""]
    rest = [f"line {number}" for number in range(30)]
    empty.file(AT + "main.py", "\n".join([*block, *rest]).encode())
    empty.change(AT + "main.py", "\n".join([*rest[:20], *block, *rest[20:25], "new", *rest[26:]]).encode())
    app = make_app(empty)
    async with app.run_test(size=(120, 60)) as pilot:
        await shows(app, "3 lines moved (< from, > to): 1-3 → 21-23")
        await shows(app, "1    < def f():  (moved to line 21)")
        shown = lines(app.diff_view)
        assert any("21 > def f():  (moved from line 1)" in row for row in shown)
        assert any("+ new" in row for row in shown)
        await pilot.press("3", "s")
        await shows(app, "> def f():  (moved from line 1)")


async def test_encodings_line_ends_and_modes_are_named(empty: RecordBuilder, make_app: Make) -> None:
    text_of = "grüße an alle\nzeile zwei\n"
    for name, old, new in (
        ("enc", text_of.encode(), b"\xff\xfe" + text_of.encode("utf-16-le")),
        ("ends", b"a\nb\n", b"a\r\nb\r\n"),
        ("last", b"a\nb\n", b"a\nb"),
    ):
        empty.file(AT + name, old)
        empty.change(AT + name, new)
    app = make_app(empty)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "newline at the end → no newline at the end")
        await pilot.press("j")
        await shows(app, "line ends LF → CRLF")
        assert "moved" not in text(app) and "␍" not in text(app)
        await pilot.press("j")
        await shows(app, "encoding UTF-8 → UTF-16")


async def test_binaries_are_told_and_shown_as_bytes(empty: RecordBuilder, make_app: Make) -> None:
    picture = (
        b"\x89PNG\r\n\x1a\n" + bytes((0, 0, 0, 13)) + b"IHDR" + bytes((0, 0, 1, 0, 0, 0, 0, 200)) + bytes(9)
    )
    empty.file(AT + "a.png", picture)
    empty.change(AT + "a.png", picture[:18] + b"\2" + picture[19:])
    app = make_app(empty)
    async with app.run_test(size=(80, 40)) as pilot:
        await shows(app, "PNG image, 33 B → 33 B, 256 × 200 → 512 × 200 pixels")
        await shows(app, "- 000010  00 00 01 00 00 00 00 c8  00 00 00 00 00 00 00 00  ................")
        await shows(app, "+ 000010  00 00 02 00")
        await pilot.press("3", "s", "f", "w", "i", "n", "l", "G", "s", "plus")
        await shows(app, "000020  00")


async def test_of_a_large_file_only_the_changed_lines_are_read(
    empty: RecordBuilder, make_app: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(large, "LARGE", 100)
    old = "".join(f"line {number}\n" for number in range(1, 501))
    new = (
        old.replace("line 40\n", "line forty\n")
        .replace("line 300\n", "")
        .replace("line 400\n", "line 400\nmore\n")
    )
    empty.file(AT + "big.txt", old.encode())
    sequence = empty.change(AT + "big.txt", new.encode())
    with connect(empty.database) as store:
        for ordinal, (lines_after, lines_before, place) in enumerate(
            [("line forty\n", "line 40\n", (40, 1, 40, 1)), ("line 300\n", None, (300, 1, 300, 0)),
             ("more\n", None, (401, 0, 400, 1))]
        ):  # fmt: skip
            digest = bytes([ordinal]) * 32
            operation = "Update" if lines_before else "Delete" if place[3] == 0 else "Insert"
            store.execute(
                "INSERT INTO differences VALUES (?, ?, ?, ?)", (digest, operation, lines_after, lines_before)
            )
            store.execute(
                "INSERT INTO change_differences VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (RECORDER, sequence, ordinal, digest, *place),
            )
        store.execute("DELETE FROM contents")
    store.close()
    app = make_app(empty)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "only its changed lines are read and shown")
        shown = lines(app.diff_view)
        assert [row.strip() for row in shown if "line " in row and "⋯" not in row and "#" not in row] == [
            "40     - line 40", "40 + line forty", "300     - line 300",
        ]  # fmt: skip
        assert any("400 + more" in row for row in shown)
        assert any("⋯ 39 lines unchanged" in row for row in shown)
        await pilot.press("3", "f")
        await shows(app, "Of a file this large only the changed lines are read: there is not the whole file.")
        assert "whole file" not in text(app).split("Of a file this large")[0]
        await pilot.press("plus", "i", "w", "s", "n", "G", "p")
        await shows(app, "line forty")


@pytest.mark.parametrize(
    ("capture", "row", "said"),
    [
        (Capture.SECRET, "secret", "it is a secret, so it is not kept"),
        (Capture.TOO_LARGE, "too large", "it was too large to keep"),
        (Capture.UNREADABLE, "unreadable", "it could not be read"),
        (Capture.STORED, "binary", "Binary, deleted; it had 3 B"),
    ],
)
@pytest.mark.parametrize("is_new", [False, True])
async def test_a_deletion_says_what_the_file_was(
    empty: RecordBuilder, make_app: Make, capture: Capture, row: str, said: str, is_new: bool
) -> None:
    stored = capture is Capture.STORED
    if is_new:
        empty.change(AT + "gone", b"\0\1\2", Kind.CREATED, capture=capture, stored=stored)
    else:
        empty.file(AT + "gone", b"\0\1\2", capture=capture)
    empty.change(AT + "gone", None, Kind.DELETED, stored=stored)
    if capture is Capture.UNREADABLE:
        with connect(empty.database) as store:
            store.execute("UPDATE changes SET before_digest = NULL, after_digest = NULL, size = NULL")
            store.execute("UPDATE files SET digest = NULL")
        store.close()
    app = make_app(empty)
    async with app.run_test(size=(200, 40)):
        await shows(app, said)
        assert lines(app.log_view)[0].rstrip().endswith(row)
        assert "sha256" not in text(app) and "content is the same" not in text(app)


async def test_a_secret_that_changed_says_so_of_the_version_before(
    empty: RecordBuilder, make_app: Make
) -> None:
    empty.file(AT + ".env", b"KEY=1\n", capture=Capture.SECRET)
    empty.change(AT + ".env", b"KEY=2\n", capture=Capture.SECRET, stored=False)
    app = make_app(empty)
    async with app.run_test(size=(200, 40)):
        await shows(app, "The version before is not in the record: it is a secret, so it is not kept.")


async def test_a_link_is_told_from_a_text(empty: RecordBuilder, make_app: Make) -> None:
    empty.file(AT + "link", b"one.txt")
    empty.change(AT + "link", b"two.txt", mode=stat.S_IFLNK | 0o777)
    app = make_app(empty)
    async with app.run_test(size=(120, 30)):
        await shows(app, "two.txt")
        assert "symbolic link to" in lines(app.diff_view)[0]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            stat.S_IFLNK | 0o777,
            stat.S_IFREG | 0o644,
            "mode lrwxrwxrwx → -rw-r--r--: it was a symbolic link and is a file now",
        ),
        (
            stat.S_IFREG | 0o644,
            stat.S_IFLNK | 0o777,
            "mode -rw-r--r-- → lrwxrwxrwx: it was a file and is a symbolic link now",
        ),
        (stat.S_IFREG | 0o644, stat.S_IFREG | 0o755, "mode -rw-r--r-- → -rwxr-xr-x"),
    ],
)
async def test_what_changed_beside_a_content_that_is_the_same_is_told(
    empty: RecordBuilder, make_app: Make, old: int, new: int, said: str
) -> None:
    empty.file(AT + "link", b"b.txt")
    empty.change(AT + "link", b"b.txt", mode=new)
    connect(empty.database).execute("UPDATE changes SET previous_mode = ?", (old,))
    app = make_app(empty)
    async with app.run_test(size=(120, 30)):
        await shows(app, "The content is the same, 5 B.")
        await shows(app, said)
