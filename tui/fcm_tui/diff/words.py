"""Which characters changed within a replaced line."""

from __future__ import annotations

import re
from collections.abc import Callable

from rapidfuzz.distance import Indel

_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
_MAX_TOKENIZED = 20_000
"""Characters of both lines up to which words are compared; beyond, only what lies between equal ends."""
_ALIKE = 0.3
"""The share of tokens in common below which two lines are different lines, not one that was edited."""

Spans = list[tuple[int, int]]
"""Ranges of characters, from and to, in order, neither empty nor adjacent."""


def word_spans(old: str, new: str) -> tuple[Spans, Spans]:
    """The characters of `old` that are gone, and those of `new` that came, by whole words.

    What is outside of the spans is the same in both. 10 us for a line of 40 characters, 10 ms for
    the longest that are compared by words.
    """
    if old == new:
        return [], []
    if len(old) + len(new) <= _MAX_TOKENIZED:
        found = _between_words(old, new)
        if found:
            return found
    return ends_spans(old, new)


def ends_spans(old: str, new: str) -> tuple[Spans, Spans]:
    """What lies between what both begin and end with; 10 ms for two lines of 2.7 MB."""
    head, tail = _common_ends(old, new)
    return _span(head, len(old) - tail), _span(head, len(new) - tail)


def _between_words(old: str, new: str) -> tuple[Spans, Spans] | None:
    """None for lines that have too little in common."""
    old_words, new_words = _TOKEN.findall(old), _TOKEN.findall(new)
    old_spans: Spans = []
    new_spans: Spans = []
    old_at = new_at = same = 0
    for step in Indel.opcodes(old_words, new_words):
        old_text = "".join(old_words[step.src_start : step.src_end])
        new_text = "".join(new_words[step.dest_start : step.dest_end])
        if step.tag == "equal":
            same += len(old_text.split())
        else:
            _add(old_spans, old_at, old_at + len(old_text))
            _add(new_spans, new_at, new_at + len(new_text))
        old_at += len(old_text)
        new_at += len(new_text)
    if same < _ALIKE * min(len(old.split()), len(new.split())):
        return None
    return old_spans, new_spans


def _add(spans: Spans, start: int, end: int) -> None:
    if spans and spans[-1][1] == start:
        start = spans.pop()[0]
    if start < end:
        spans.append((start, end))


def _span(start: int, end: int) -> Spans:
    return [(start, end)] if start < end else []


def _common_ends(old: str, new: str) -> tuple[int, int]:
    """How many characters the two have in common at the start, and behind that at the end."""
    limit = min(len(old), len(new))
    head = _longest(limit, lambda size: new.startswith(old[:size]))
    tail = _longest(limit - head, lambda size: new.endswith(old[len(old) - size :]))
    return head, tail


def _longest(limit: int, holds: Callable[[int], bool]) -> int:
    """The largest size up to `limit` that `holds`, where every smaller one does too."""
    low = 0
    while low < limit:
        middle = (low + limit + 1) // 2
        low, limit = (middle, limit) if holds(middle) else (low, middle - 1)
    return low
