"""Some hunks of a change undone in the file as it is now."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fcm_tui.diff.lines import apply, diff_lines, split_lines
from fcm_tui.errors import RestoreRefused
from fcm_tui.model import Capture, Change, Kind, Origin
from fcm_tui.restore.hunks import _undo
from tests.restore.conftest import Case

OLD = [f"line {n}\n" for n in range(1, 31)]
NEW = [*OLD[:4], "five\n", *OLD[5:14], *OLD[16:25], "between\n", *OLD[25:]]
"""Hunk 1 updates line 5, hunk 2 deletes lines 15 and 16, hunk 3 inserts after line 25."""


def changed(case: Case, old: list[str] | bytes, new: list[str] | bytes) -> None:
    case.write("a", old if isinstance(old, bytes) else "".join(old))
    case.record()
    case.write("a", new if isinstance(new, bytes) else "".join(new))
    case.record()


def now(case: Case) -> str:
    return (case.root / "a").read_bytes().decode()


def test_each_hunk_alone_and_all_together(case: Case) -> None:
    changed(case, OLD, NEW)
    case.restore("1", "--hunk", "1")
    assert now(case) == "".join([*OLD[:14], *OLD[16:25], "between\n", *OLD[25:]])
    case.restore("1", "--hunk", "3")
    assert now(case) == "".join([*OLD[:14], *OLD[16:]])
    case.restore("1", "--hunk", "2")
    assert now(case) == "".join(OLD)
    assert [c.origin for c in case.since(1)] == ["restore"] * 3
    case.restore("1")
    case.restore("1", "--hunk", "3", "--hunk", "1", "--hunk", "2", "--hunk", "1")
    assert now(case) == "".join(OLD)
    case.restore(str(case.last()), "--before")
    assert now(case) == "".join(NEW)


@pytest.mark.parametrize("hunk", [1, 2, 3])
def test_lines_that_have_shifted_are_found(case: Case, hunk: int) -> None:
    changed(case, OLD, NEW)
    case.write("a", "".join(["above\n"] * 7 + NEW + ["below\n"]))
    case.record()
    case.restore("1", "--hunk", str(hunk))
    undone = {
        1: [*NEW[:4], "line 5\n", *NEW[5:]],
        2: [*NEW[:14], *OLD[14:16], *NEW[14:]],
        3: [*OLD[:4], "five\n", *OLD[5:14], *OLD[16:]],
    }[hunk]
    assert now(case) == "".join(["above\n"] * 7 + undone + ["below\n"])


def test_a_block_that_was_moved_is_found_by_its_surroundings(case: Case) -> None:
    changed(case, OLD, NEW)
    case.write("a", "".join(NEW[10:] + NEW[:10]))
    case.record()
    case.restore("1", "--hunk", "1")
    assert now(case) == "".join([*NEW[10:], *NEW[:4], "line 5\n", *NEW[5:10]])


def test_among_equal_blocks_the_one_that_was_changed_is_undone(case: Case) -> None:
    block = ["begin\n", "x = 1\n", "end\n"]
    old = block * 9
    changed(case, old, [*block * 4, "begin\n", "x = 2\n", "end\n", *block * 4])
    case.write(
        "a",
        "".join(
            ["top\n", *block * 4, "begin\n", "x = 2\n", "end\n", *block * 4, "begin\n", "x = 2\n", "end\n"]
        ),
    )
    case.record()
    case.restore("1", "--hunk", "1")
    assert now(case) == "".join(["top\n", *old, "begin\n", "x = 2\n", "end\n"])


@pytest.mark.parametrize("hunk", [1, 2, 3])
def test_lines_that_were_changed_since_are_refused(case: Case, hunk: int) -> None:
    changed(case, OLD, NEW)
    case.write("a", "".join(line.upper() for line in NEW))
    case.record()
    assert "have changed since" in case.refused("1", "--hunk", str(hunk))


def test_the_file_is_found_where_it_is_now(case: Case) -> None:
    changed(case, OLD, NEW)
    (case.root / "a").rename(case.root / "b")
    case.record()
    case.restore("1", "--hunk", "1")
    assert (case.root / "b").read_text().splitlines()[4] == "line 5"
    (case.root / "b").unlink()
    case.record()
    assert "--before" in case.refused("1", "--hunk", "1")


def test_a_hunk_that_the_change_has_not(case: Case) -> None:
    changed(case, OLD, NEW)
    for number in ("0", "4", "-1"):
        assert "hunks 1 to 3" in case.refused("1", "--hunk", number)


def test_a_creation_undone_by_its_hunk_leaves_an_empty_file(case: Case) -> None:
    case.record()
    case.write("a", "one\n")
    case.record()
    case.restore("1", "--hunk", "1")
    assert now(case) == ""


def test_a_binary_version_has_no_hunks(case: Case) -> None:
    changed(case, b"\0\1\2", b"\0\1\3")
    assert "no hunks" in case.refused("1", "--hunk", "1")


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", codecs.BOM_UTF8),
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", codecs.BOM_UTF16_BE),
        ("cp1252", b""),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_encoding_byte_order_and_newlines_stay(case: Case, encoding: str, mark: bytes, newline: str) -> None:
    def text(lines: list[str]) -> bytes:
        return mark + "".join(
            line.replace("line", "größte Zeile").replace("\n", newline) for line in lines
        ).encode(encoding)

    changed(case, text(OLD), text(NEW))
    case.restore("1", "--hunk", "1", "--hunk", "2", "--hunk", "3")
    assert (case.root / "a").read_bytes() == text(OLD)


def test_a_last_line_without_its_line_feed(case: Case) -> None:
    changed(case, b"one\ntwo", b"one\nTWO\nthree")
    case.restore("1", "--hunk", "1")
    assert now(case) == "one\ntwo"
    case.write("a", b"one\nTWO\nthree\nfour\n")
    case.record()
    case.refused("1", "--hunk", "1")


LINES = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "d\n", "\n", "e\r\n"]), max_size=25)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(old=LINES, new=LINES, data=st.data())
def test_undoing_any_hunks_is_the_diff_without_them(
    old: list[str], new: list[str], data: st.DataObject
) -> None:
    before, after = "".join(old).encode(), "".join(new).encode()
    hunks = diff_lines(before, after)
    chosen = data.draw(st.lists(st.sampled_from(hunks), unique=True)) if hunks else []
    change = Change(
        b"", "", 1, 0, Kind.MODIFIED, b"/", b"", b"/a", None, None, None, None, None, None, None, None,
        Capture.STORED, Origin.EVENT, None, None, None, None, None, None, False,
    )  # fmt: skip
    old_lines, new_lines = split_lines(before), split_lines(after)
    undone = _undo(list(new_lines), chosen, old_lines, new_lines, change)
    rest = [hunk for hunk in hunks if hunk not in chosen]
    assert undone == apply(old_lines, rest, new_lines)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(old=LINES, new=LINES, now=LINES)
def test_undoing_in_any_other_text_restores_the_old_lines_or_is_refused(
    old: list[str], new: list[str], now: list[str]
) -> None:
    old_lines, new_lines, lines = ([line.encode() for line in text] for text in (old, new, now))
    hunks = diff_lines(b"".join(old_lines), b"".join(new_lines))
    change = Change(
        b"", "", 1, 0, Kind.MODIFIED, b"/", b"", b"/a", None, None, None, None, None, None, None, None,
        Capture.STORED, Origin.EVENT, None, None, None, None, None, None, False,
    )  # fmt: skip
    for hunk in hunks:
        try:
            undone = _undo(list(lines), [hunk], old_lines, new_lines, change)
        except RestoreRefused:
            continue
        assert len(undone) == len(lines) - hunk.new_count + hunk.old_count
        back = old_lines[hunk.old_start - 1 : hunk.old_start - 1 + hunk.old_count]
        gone = new_lines[hunk.new_start - 1 : hunk.new_start - 1 + hunk.new_count]
        assert any(
            undone[at : at + len(back)] == back and lines == [*undone[:at], *gone, *undone[at + len(back) :]]
            for at in range(len(undone) + 1)
        )
