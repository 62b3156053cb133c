"""The language of filters: what words mean, and what is said where they mean nothing."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fcm_tui.errors import FilterError
from fcm_tui.model import Capture, Kind
from fcm_tui.query import terms as t
from fcm_tui.query.complete import complete
from fcm_tui.query.parse import KEYS, parse
from fcm_tui.query.words import quoted, words

NOW = 1_790_000_000 * 10**9


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("utl", t.Fuzzy("utl")),
        ("src/ut", t.Fuzzy("src/ut")),
        ('"my file"', t.Part("my file")),
        ('"C:x"', t.Part("C:x")),
        ("*.py", t.Glob("*.py")),
        ("src/**", t.Glob("src/**")),
        ("build/", t.Glob("build/")),
        ("kind:created,deleted", t.KindIs(frozenset({Kind.CREATED, Kind.DELETED}))),
        ("since:2h", t.Since(NOW - 7200 * 10**9)),
        ("until:2026-09-21T00:00:00Z", t.Until(1_789_948_800 * 10**9)),
        ("by:Vim", t.By("Vim")),
        ("owner:ann", t.Named("owner", "ann")),
        ("process:*", t.Named("process", None)),
        ("capture:too-large,secret", t.CaptureIs(frozenset({Capture.TOO_LARGE, Capture.SECRET}))),
        ("hour:09", t.Clock("hour", frozenset({9}))),
        ("hour:22-1,5", t.Clock("hour", frozenset({22, 23, 0, 1, 5}))),
        ("weekday:Mon,fri-sunday", t.Clock("weekday", frozenset({0, 4, 5, 6}))),
        ("host:desk", t.Host("desk")),
        ('text:"a: b"', t.Text("a: b")),
        ('text:"say ""x"""', t.Text('say "x"')),
        ("+>10", t.Lines("+", ">", 10)),
        ("->=5", t.Lines("-", ">=", 5)),
        ("~=0", t.Lines("~", "=", 0)),
        ("size:>1MB", t.Size(">", 10**6)),
        ("size:0", t.Size("=", 0)),
        ("is:unreviewed", t.Is(t.State.UNREVIEWED)),
        ("@night", t.All((t.Term(t.Fuzzy("x")), t.Term(t.Is(t.State.SECRET), True)))),
    ],
)
def test_each_word_has_its_meaning(expression: str, wanted: t.Condition) -> None:
    saved = {"night": "x !is:secret"}
    assert parse(expression, saved, NOW) == (t.Term(wanted),)
    assert parse(f"  !{expression} ", saved, NOW) == (t.Term(wanted, True),)


def test_words_hold_together_and_none_let_everything_through() -> None:
    assert parse("") == parse("  ") == ()
    assert [type(term.condition) for term in parse("a *.py kind:moved")] == [t.Fuzzy, t.Glob, t.KindIs]


@pytest.mark.parametrize(
    ("expression", "place", "said"),
    [
        ("a kind:craeted", (2, 14), "did you mean created?"),
        ("kind:renamed", (0, 12), "did you mean moved?"),
        ("kind:removed", (0, 12), "did you mean deleted?"),
        ("kid:created", (0, 11), "did you mean kind:?"),
        ("kind:", (0, 5), "kind: what? kind:created,modified"),
        ("is:new", (0, 6), "there are unreviewed"),
        ("since:soon", (0, 10), "since:soon: no moment: since:2h"),
        ('x text:"open', (2, 12), "a quotation mark is not closed"),
        ("!", (0, 1), "negates the word"),
        ("+>x", (0, 3), "+>10"),
        ("+5", (0, 2), "+>5"),
        ("size:big", (0, 8), "size:>1MB"),
        ("*[", (0, 2), "no pattern"),
        ("@nigt", (0, 5), "no such saved filter: did you mean @night?"),
        ("@loop", (0, 5), "in a circle: @loop in @loop"),
        ("a @ring", (2, 7), "in a circle: @ring in @round in @ring"),
        ("@1", (0, 2), "more than 5 deep: @6 in @5 in @4 in @3 in @2 in @1"),
        ('""', (0, 2), "between the quotation marks"),
    ],
)
def test_a_mistake_is_told_with_its_place(expression: str, place: tuple[int, int], said: str) -> None:
    deep = {str(number): f"x @{number + 1}" for number in range(1, 7)} | {"7": "x"}
    circles = {"loop": "@loop", "ring": "x @round", "round": "@ring"}
    with pytest.raises(FilterError) as caught:
        parse(expression, {"night": "x"} | circles | deep, NOW)
    assert (caught.value.start, caught.value.end) == place
    assert said in str(caught.value)


def test_saved_filters_do_not_multiply_without_end() -> None:
    saved = {"a": "@b " * 200, "b": "@c " * 200, "c": "@d " * 200, "d": "x"}
    with pytest.raises(FilterError, match="more than 500 words"):
        parse("@a", saved)
    assert len(parse("@d " * 250, saved)) == 250


@given(st.text(alphabet=st.sampled_from('ab:!"*[]@+->5 /,.\\\tkindsce'), max_size=30))
def test_any_text_has_terms_or_a_mistake_in_it(expression: str) -> None:
    found = words(expression)
    assert all(a.end <= b.start for a, b in pairwise(found))
    try:
        parse(expression)
    except FilterError as error:
        assert 0 <= error.start <= error.end <= len(expression)


@given(st.text())
def test_a_quoted_value_is_read_back(value: str) -> None:
    (word,) = words(f"text:{quoted(value)}")
    assert (word.key, word.value, word.is_open) == ("text", value, False)


@pytest.mark.parametrize(
    ("expression", "options"),
    [
        ("", (*(f"{key}:" for key in KEYS), "@night")),
        ("a !ki", ("kind:",)),
        ("kind:m", ("kind:modified", "kind:moved", "kind:metadata")),
        ("kind:created,d", ("kind:created,deleted",)),
        ("host:d", ("host:desk",)),
        ("by:", ('by:"ann b"',)),
        ("@n", ("@night",)),
        ("*.p", ()),
        ('"k', ()),
    ],
)
def test_completion(expression: str, options: tuple[str, ...]) -> None:
    found = complete(expression, len(expression), {"host": ["desk", "lap"], "by": ["ann b"]}, ["night"])
    assert found.options == options
