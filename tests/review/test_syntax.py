"""Colours come from the process: at once for the lines in sight, exactly soon after."""

from __future__ import annotations

import signal
import time

import pytest

from fcm_tui.review.diff import syntax
from fcm_tui.review.diff.lexworker import lex, make_lexer, window
from fcm_tui.review.diff.syntax import Colours, Lexing, Part
from tests.waiting import eventually

SOURCE = [
    "import os",
    "",
    "def name(value):",
    '    return f"{value}" + "text"  # why',
    "",
    "class Thing: ...",
]


def ignored(first: int, last: int) -> None:
    """Who does not care."""


def styles(spans: object) -> set[int]:
    assert isinstance(spans, list)
    return set(spans[2::3])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.py", "\n".join(SOURCE)),
        ("a.py", "\n\n  \nx = '''\n\n'''\n"),
        ("page.html", "<p class='x'>\n<script>\nlet a = 1;\n</script>\n</p>\n"),
        ("a.json", '{"a": [1, 2,\n 3]}'),
        ("Makefile", "all:\n\techo $(X)\n"),
        ("a.md", "# head\n\n```python\nx = 1\n```\n"),
    ],
)
def test_one_list_of_spans_for_each_line(name: str, text: str) -> None:
    lexer = make_lexer(name, text)
    found = [list(spans) for spans in lex(text, lexer)]
    lines = text.split("\n")
    assert len(found) == len(lines)
    for line, spans in zip(lines, found, strict=True):
        assert len(spans) % 3 == 0
        for start, end in zip(spans[::3], spans[1::3], strict=True):
            assert 0 <= start < end <= len(line)


def test_lexers_by_name_and_by_first_line() -> None:
    assert make_lexer("x.py", "") is not None
    assert make_lexer("run", "#!/usr/bin/env python3\n") is not None
    assert make_lexer("run", "#!/bin/sh\n") is not None
    assert make_lexer("no such thing.zzz", "text") is None


def test_a_window_is_lexed_from_a_sound_place() -> None:
    lines = SOURCE * 200
    start, found = window(lines, make_lexer("a.py", ""), 600, 620)
    assert start <= 600 and start + len(found) >= 620
    assert not lines[start].startswith(" ")


async def test_a_text_gets_exact_colours() -> None:
    lexing = Lexing()
    heard: list[tuple[int, int]] = []
    try:
        text, other = lexing.open(
            [Part("a.py", SOURCE, lambda first, last: heard.append((first, last))), Part("a.py", [], ignored)]
        )
        await eventually(lambda: heard and heard[-1][1] == len(SOURCE))  # in slices where all is slow
        assert styles(list(text.spans(0))) == {2}
        assert {3, 1} <= styles(list(text.spans(3)))
        assert list(text.spans(99)) == [] and list(other.spans(0)) == []
    finally:
        lexing.close()


async def test_texts_of_several_files_have_colours_of_their_own_languages() -> None:
    lexing = Lexing()
    heard: set[str] = set()
    names = ["a.py", "empty.py", "unknown.zzz", "b.json"]
    contents = [SOURCE, [], ["import os"], ['{"a": 1}']]
    starts = [0, 6, 6, 7]
    try:
        parts = [
            Part(name, lines, lambda first, last, name=name: heard.add(name))  # type: ignore[misc]
            for name, lines in zip(names, contents, strict=True)
        ]
        colours = Colours(lexing.open(parts), starts)
        colours.want(0, 8)
        await eventually(lambda: heard == {"a.py", "b.json"})
        assert styles(list(colours.spans(0))) == {2}
        assert list(colours.spans(6)) == []  # no lexer for that name
        assert 8 in styles(list(colours.spans(7))) or 3 in styles(list(colours.spans(7)))
        assert list(colours.spans(99)) == []
    finally:
        lexing.close()


async def test_a_window_comes_before_the_whole_of_a_long_text() -> None:
    lexing = Lexing()
    lines = SOURCE * 10_000
    order: list[tuple[int, int]] = []
    try:
        (text,) = lexing.open([Part("a.py", lines, lambda first, last: order.append((first, last)))])
        text.want(59_000, 59_040)
        await eventually(lambda: any(first <= 59_000 and last >= 59_040 for first, last in order))
        assert sum(last - first for first, last in order if first < 50_000) < 50_000
        assert {2, 5} <= styles(list(text.spans(59_000)))
    finally:
        lexing.close()


async def test_a_hung_lexer_is_given_up_and_the_next_text_has_its_colours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(syntax, "PATIENCE", 2.0)
    lexing = Lexing()
    try:
        lexing.open([Part("a.py", SOURCE * 200_000, ignored)])
        process = await eventually(lambda: lexing._process)
        assert process is not None
        process.send_signal(getattr(signal, "SIGSTOP", signal.SIGTERM))
        await eventually(lambda: lexing._process is None)
        monkeypatch.setattr(syntax, "PATIENCE", 20.0)
        heard: list[int] = []
        lexing.open([Part("b.py", SOURCE, lambda first, last: heard.append(last))])
        await eventually(lambda: heard)
    finally:
        lexing.close()


async def test_closing_ends_the_process() -> None:
    lexing = Lexing()
    lexing.open([Part("a.py", SOURCE, ignored)])
    process = await eventually(lambda: lexing._process)
    assert process is not None
    lexing.close()
    began = time.monotonic()
    await eventually(lambda: process.poll() is not None)
    assert time.monotonic() - began < 15
