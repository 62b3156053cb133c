"""Names and contents that would act on a terminal, on markup or on the layout are shown, and do nothing."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from rich.segment import Segment
from textual.color import Color

from fcm_tui.model import Kind
from fcm_tui.review.app import ReviewApp
from fcm_tui.review.look.display import Backstop
from tests.hostile import KINDS, acting
from tests.review.builder import RecordBuilder
from tests.review.screens import shows, text
from tests.waiting import eventually

Make = Callable[..., ReviewApp]

NAMES: dict[bytes, str] = {
    b"a[/].py": "a[/].py",
    b"[id].tsx": "[id].tsx",
    b"[bold red]x[/bold red]": "[bold red]x[/bold red]",
    b"[@click=app.quit]x[/]": "[@click=app.quit]x[/]",
    b"\x1b]0;title\x07\x1b[2J.txt": "␛]0;title␇␛[2J.txt",
    b"line\nbreak\r.txt": "line␊break␍.txt",
    "\u202eexe.gpj".encode(): "<202E>exe.gpj",
    b"bytes\xff\xfe.txt": r"bytes\xff\xfe.txt",
    "wide 漢字 é ✓.txt".encode(): "wide 漢字 é ✓.txt",
    b"tab\there": "tab␉here",
    b"-": "-",
    b"n" * 255: "n…n",
}


def safe(screen: str) -> bool:
    return all(line.isprintable() for line in screen.split("\n"))


@pytest.mark.parametrize("name", NAMES)
async def test_hostile_names(empty: RecordBuilder, make_app: Make, name: bytes) -> None:
    at = b"/home/ann/project/"
    empty.change(at + name, b"content of it\n", Kind.CREATED)
    empty.change(at + name + b".moved", b"content of it\n", Kind.MOVED, previous=at + name)
    empty.change(at + name + b"/inside", b"content of it\n", Kind.CREATED)
    app = make_app(empty)
    async with app.run_test(size=(200, 60)) as pilot:
        await shows(app, "content of it")
        await eventually(lambda: app.tree_view.total > 1)
        await pilot.press("j", "j")
        await shows(app, "#1  created")
        shown = text(app)
        assert safe(shown)
        if len(name) < 100:
            assert NAMES[name].replace(os.sep, "/") in shown
        else:
            assert "…" in shown
        await pilot.press("1", "j", "right", "enter")
        await shows(app, "Log  in ")
        await pilot.press("escape", "question_mark", "escape", "q")
        assert safe(text(app))
    assert app.return_value == 0


CONTENTS = {
    "escapes": b"\x1b[31mred\x1b[0m \x1b]8;;http://example.org\x07link\x1b]8;;\x07\n",
    "markup": b"[/] [bold]x[/bold] [@click=app.quit]y[/] {{}} %s\n",
    "bidi": "if access: \u2066# admin\u2069 \u202e\n".encode(),
    "separators": "one\u2028two\u2029three\x0bfour\x0cfive\x85six\n".encode(),
    "lone returns": b"one\rtwo\rthree\n",
    "latin-1": b"caf\xe9 na\xefve fa\xe7ade\n" * 3,
    "utf-16": "\ufefftext in utf-16 — ok\n".encode("utf-16-le"),
    "one long line": b"x" * 300_000,
    "one long wide line": "漢".encode() * 100_000,
    "no line break": b"only",
    "only line breaks": b"\n" * 50,
    "combining": ("a" + "\u0301" * 500 + "\n").encode(),
    "tabs": b"\tone\ttwo\n",
}


@pytest.mark.parametrize("case", CONTENTS)
@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
async def test_hostile_contents(
    empty: RecordBuilder, make_app: Make, case: str, size: tuple[int, int]
) -> None:
    path = "/home/ann/project/file.py"
    empty.change(path, CONTENTS[case], Kind.CREATED)
    empty.change(path, CONTENTS[case] + b"\nmore\n" + CONTENTS[case])
    app = make_app(empty)
    async with app.run_test(size=size) as pilot:
        await shows(app, "#2  modified")
        await eventually(lambda: app.diff_view.document is not None)
        await pilot.press("3", "right", "right", "s", "f", "n", "G", "s", "left", "p", "g")
        await pilot.pause()
        assert safe(text(app))
        await pilot.press("q")
    assert app.return_value == 0


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
async def test_every_kind_in_every_widget(empty: RecordBuilder, make_app: Make, kind: str) -> None:
    """Directories, log, diff in all its shapes, titles, status, help, filter."""
    at, hostile = b"/home/ann/project/", KINDS[kind]
    folder = at + hostile.name + b"/"
    empty.change(
        folder + hostile.name, hostile.content, Kind.CREATED, process=hostile.name.decode("utf-8", "replace")
    )
    empty.change(
        folder + b"moved " + hostile.name, hostile.content, Kind.MOVED, previous=folder + hostile.name
    )
    empty.change(folder + b"moved " + hostile.name, b"other\n" + hostile.content * 2)
    app = make_app(empty, who=lambda: hostile.name.decode("utf-8", "replace"))
    async with app.run_test(size=(160, 50)) as pilot:
        await shows(app, "#3  modified")
        await eventually(lambda: app.diff_view.document is not None and app.tree_view.total > 1)
        for keys in (
            ["2", "j", "j", "k"], ["3", "right", "s", "f", "n", "s", "G", "left", "p", "g"], ["z", "z"],
            ["1", "j", "right", "j", "enter"], ["escape", "question_mark"], ["escape", "J", "K"],
        ):  # fmt: skip
            await pilot.press(*keys)
            await pilot.pause()
            assert not acting(text(app))
        await pilot.press("q")
    assert app.return_value == 0


def test_the_backstop_cleans_what_slipped_through() -> None:
    hostile = [Segment("ok"), Segment("\x1b[2J\u202e"), Segment("\x1b[H", None, [(1,)])]  # type: ignore[list-item]
    cleaned = Backstop().apply(hostile, Color(0, 0, 0))
    assert [segment.text for segment in cleaned] == ["ok", "␛[2J<202E>", "\x1b[H"]
    quiet = [Segment("all is well")]
    assert Backstop().apply(quiet, Color(0, 0, 0)) is quiet


def test_no_widget_is_given_a_string_that_might_be_markup() -> None:
    """Textual reads markup in what Static, Label, notify and titles are given: we use none of them."""
    folder = os.path.join(os.path.dirname(__file__), "..", "..", "tui", "fcm_tui", "review")
    for name in sorted(os.listdir(folder)):
        if name.endswith(".py"):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                source = file.read()
            for risky in ("Static(", "Label(", ".notify(", "border_title", "textual.widgets"):
                assert risky not in source, f"{name}: {risky}"
