"""The words of an expression, and where each stands: quotation marks hold spaces together."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Word:
    """`!key:"some value"`, taken apart."""

    start: int
    end: int
    text: str
    """Without `!` and quotation marks."""
    is_negated: bool
    key: str
    """What stands before the first colon that is not in quotation marks; empty where there is none."""
    value: str
    """What stands behind it, or all of the text."""
    is_quoted: bool
    """It begins with a quotation mark, so that nothing in it has a meaning of its own."""
    is_open: bool
    """Its last quotation mark is missing."""


def words(expression: str) -> list[Word]:
    """The words in their order. Any text has some; a `"` inside quotation marks is written twice."""
    found: list[Word] = []
    at, end = 0, len(expression)
    while at < end:
        if expression[at].isspace():
            at += 1
            continue
        word = _word(expression, at)
        found.append(word)
        at = word.end
    return found


def _word(expression: str, start: int) -> Word:
    at, end = start, len(expression)
    is_negated = expression[at] == "!"
    at += is_negated
    is_quoted = expression[at : at + 1] == '"'
    plain: list[str] = []
    colon: int | None = None
    inside = False
    while at < end and (inside or not expression[at].isspace()):
        letter = expression[at]
        if letter == '"':
            if inside and expression[at + 1 : at + 2] == '"':
                plain.append(letter)
                at += 1
            else:
                inside = not inside
        else:
            if letter == ":" and colon is None and not inside and not is_quoted:
                colon = len(plain)
            plain.append(letter)
        at += 1
    text = "".join(plain)
    key, value = ("", text) if colon is None else (text[:colon], text[colon + 1 :])
    return Word(start, at, text, is_negated, key, value, is_quoted, inside)


def quoted(value: str) -> str:
    """A value as it has to be written."""
    if value and not any(letter.isspace() or letter == '"' for letter in value):
        return value
    return '"' + value.replace('"', '""') + '"'
