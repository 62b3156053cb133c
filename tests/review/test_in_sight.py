"""What keys copy, restore and edit is what stands on the screen, and which hunk that is can be seen."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from fcm_tui.model import Kind
from fcm_tui.review.acts import copying, restoring
from fcm_tui.review.acts.subject import Subject
from fcm_tui.review.app import ReviewApp
from fcm_tui.review.documents import on_disk
from fcm_tui.store.reading.queries import Reader
from tests.review.builder import RecordBuilder, native
from tests.review.screens import lines, shows

Make = Callable[..., ReviewApp]
AT = "/home/ann/project/"
LINES = [f"line {number}\n" for number in range(1, 60)]


def changed(**others: str) -> bytes:
    """The lines, some of them others: `l3="x"`."""
    there = {int(name[1:]): f"{text}\n" for name, text in others.items()}
    return "".join(there.get(number, line) for number, line in enumerate(LINES, 1)).encode()


def copied(record: RecordBuilder, subject: Subject | None) -> dict[str, str]:
    """What each entry of the menu copies."""
    assert subject is not None
    with Reader(record.database) as reader:
        return {
            entry.value: copying.text_of(reader, subject, entry.value) for entry in copying.entries(subject)
        }


async def test_of_several_files_it_is_the_one_in_sight(empty: RecordBuilder, make_app: Make) -> None:
    empty.file(AT + "a", changed())
    empty.file(AT + "b", changed())
    empty.change(AT + "mark", b"x\n", Kind.CREATED)
    empty.change(AT + "a", changed(l3="a three"))
    empty.change(AT + "b", changed(l5="b five"))
    empty.change(AT + "b", changed(l5="b five", l40="b forty"))
    empty.change(AT + "z", changed(), Kind.CREATED)
    app = make_app(empty)
    async with app.run_test(size=(100, 20)) as pilot:
        await shows(app, "#5  created")
        await pilot.press("3", "J", "J", "J", "J")
        await shows(app, "#1  created")
        await pilot.press("m", "K", "K", "K", "K")
        await shows(app, "#5  created")
        await pilot.press("F", "z", "N", "n")
        await shows(app, "hunk 3 of 4")
        subject = app.subject()
        assert subject is not None and subject.change is not None
        assert (subject.path, subject.change.sequence, subject.line) == (native(AT + "b"), 4, 40)
        patch = copied(empty, subject)["hunk"]
        assert patch.startswith("diff --git a/b b/b\n")
        assert "@@ -37,7 +37,7 @@\n line 37\n line 38\n line 39\n-line 40\n+b forty\n line 41\n" in patch
        assert patch.count("@@ -") == 1
        offered = {entry.value: entry.label for entry in restoring.entries(subject, None)}
        assert "hunk 1" not in offered and offered["before"].startswith("undo change 4:")


@pytest.mark.parametrize(("key", "old", "new"), [("M", "line 5\n", "second\n"), ("D", "second\n", "third\n")])
async def test_of_two_versions_it_is_their_lines(
    empty: RecordBuilder, make_app: Make, monkeypatch: pytest.MonkeyPatch, key: str, old: str, new: str
) -> None:
    monkeypatch.setattr(
        "fcm_tui.review.documents.versions.read_now",
        lambda change, settings: on_disk.Now(changed(l5="third"), None),
    )
    assert on_disk.read_now is not None
    empty.file(AT + "a", changed(l50="begun"))
    for version in (changed(), changed(l5="first"), changed(l5="second")):
        empty.change(AT + "a", version)
    app = make_app(empty)
    async with app.run_test(size=(100, 20)) as pilot:
        await shows(app, "+ second")
        await pilot.press("3", "J", "J")
        await shows(app, "#1  modified")
        await pilot.press("m", "K", "K")
        await shows(app, "#3  modified")
        await pilot.press(key)
        await shows(app, lambda screen: "  →  " in screen and f"+ {new.strip()}" in screen)
        found = copied(empty, app.subject())
        assert (found["old"], found["new"]) == (old, new)
        subject = app.subject()
        assert subject is not None
        assert not any(entry.value.startswith("hunk") for entry in restoring.entries(subject, None))


async def test_the_present_hunk_is_marked_where_all_are_in_sight_too(
    empty: RecordBuilder, make_app: Make
) -> None:
    old = "".join(LINES[:11])
    empty.file(AT + "a", old.encode())
    empty.change(AT + "a", old.replace("line 2\n", "second\n").replace("line 10\n", "tenth\n").encode())
    app = make_app(empty)
    async with app.run_test(size=(120, 60)) as pilot:
        await shows(app, "2 hunks")
        assert marked(app) == [] and "hunk" not in copied(empty, app.subject())
        await pilot.press("3", "n")
        await shows(app, "hunk 1 of 2")
        assert marked(app) == ["- line 2", "+ second"]
        await pilot.press("n")
        await shows(app, "hunk 2 of 2")
        assert marked(app) == ["- line 10", "+ tenth"]
        assert copied(empty, app.subject())["old"] == "line 10\n"
        await pilot.press("p")
        await shows(app, "hunk 1 of 2")
        await pilot.press("s")
        await shows(app, "side by side")
        assert [row.split("│")[0].split() for row in lines(app.diff_view) if row.startswith("▌")] in (
            [], [["▌", "2", "-", "line", "2"]],
        )  # fmt: skip


def marked(app: ReviewApp) -> list[str]:
    """The lines of the hunk that is marked."""
    return [row[1:].lstrip(" 0123456789") for row in lines(app.diff_view) if row.startswith("▌")]


async def test_a_word_far_in_a_line_comes_into_sight(empty: RecordBuilder, make_app: Make) -> None:
    long = ",".join(map(str, range(5_000)))
    empty.file(AT + "min.js", f"{long}\n".encode())
    empty.change(AT + "min.js", long.replace(",4000,", ",here,").encode() + b"\n")
    app = make_app(empty)
    async with app.run_test(size=(120, 30)) as pilot:
        await shows(app, "1 hunk")
        await pilot.press("3", "n")
        await shows(app, ",3999,here,4001,")
        await pilot.press("w")
        await shows(app, "wrapped")
        await pilot.press("n")
        await shows(app, ",3999,4000,4001,")


@pytest.mark.parametrize(("letter", "is_cut"), [("字", True), ("é", True), ("字", False)])
async def test_a_line_that_is_cut_says_so_in_any_script(
    empty: RecordBuilder, make_app: Make, letter: str, is_cut: bool
) -> None:
    empty.file(AT + "a", b"x\n")
    empty.change(AT + "a", f"{letter * (150 if is_cut else 20)}\n".encode())
    app = make_app(empty)
    async with app.run_test(size=(120, 30)) as pilot:
        await shows(app, letter * 3)
        await pilot.press("3", "z")
        row = next(row for row in lines(app.diff_view) if letter in row)
        assert row.endswith("›") is is_cut


async def test_it_is_said_that_a_change_is_still_being_read(
    record: RecordBuilder, make_app: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fcm_tui.review.documents import loading

    go_on, load = threading.Event(), loading.load_reviewed
    app = make_app(record)
    async with app.run_test(size=(120, 30)) as pilot:
        await shows(app, "line ten")
        monkeypatch.setattr(loading, "load_reviewed", lambda *of: (go_on.wait(20), load(*of))[1])
        await pilot.press("j")
        try:
            await shows(app, "reading #7…")
        finally:
            go_on.set()
        await shows(app, lambda screen: "#7  modified" in screen and "reading" not in screen)


async def test_the_hunk_that_was_gone_to_stays_the_present_one_in_any_size(
    record: RecordBuilder, make_app: Make
) -> None:
    app = make_app(record)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "line ten")
        await pilot.press("3", "n", "n")
        await shows(app, "hunk 3 of 3")
        for key, wanted in (("z", "hunk 3 of 3"), ("z", "hunk 3 of 3"), ("w", "wrapped, hunk 3 of 3")):
            await pilot.press(key)
            await shows(app, wanted)
        await pilot.resize_terminal(120, 60)
        await shows(app, "hunk 3 of 3")
        assert marked(app)[0].startswith("- line 90") or marked(app)[0].startswith("+ more")
