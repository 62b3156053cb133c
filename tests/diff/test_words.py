from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fcm_tui.diff.words import Spans, word_spans

_lines = st.text(st.sampled_from("ab_ ,.\té\u0301中"), max_size=40)


def _words(text: str, spans: Spans) -> list[str]:
    return [text[start:end] for start, end in spans]


@pytest.mark.parametrize(
    ("old", "new", "gone", "came"),
    [
        ("timeout = 30", "timeout = 45", ["30"], ["45"]),
        ("return foo(a, b)", "return bar(a, b, c)", ["foo"], ["bar", ", c"]),
        ("x  = 1", "x = 1", ["  "], [" "]),
        ("", "new", [], ["new"]),
        ("same", "same", [], []),
        ("alpha beta", "gamma delta epsilon", ["alpha beta"], ["gamma delta epsilon"]),
    ],
)
def test_whole_words_are_marked(old: str, new: str, gone: list[str], came: list[str]) -> None:
    old_spans, new_spans = word_spans(old, new)
    assert (_words(old, old_spans), _words(new, new_spans)) == (gone, came)


@given(_lines, _lines)
def test_what_is_not_marked_is_the_same_in_both(old: str, new: str) -> None:
    assert _rest(old, word_spans(old, new)[0]) == _rest(new, word_spans(old, new)[1])


def _rest(text: str, spans: Spans) -> str:
    rest, at = [], 0
    for start, end in spans:
        assert at <= start < end <= len(text)
        rest.append(text[at:start])
        at = end
    return "".join(rest) + text[at:]


def test_a_line_of_a_megabyte_is_marked_between_its_equal_ends() -> None:
    old = "word " * 200_000
    new = old[:500_000] + "other" + old[500_010:]
    assert word_spans(old, new) == ([(500_000, 500_010)], [(500_000, 500_005)])
