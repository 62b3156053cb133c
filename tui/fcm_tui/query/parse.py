"""From an expression to its terms. A mistake is told with its place and the nearest thing that is valid."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Literal, NoReturn, cast

from fcm_tui.errors import FilterError, UsageError
from fcm_tui.gitignore import parse as parse_pattern
from fcm_tui.model import Capture, Kind
from fcm_tui.query.terms import (
    All,
    By,
    CaptureIs,
    Clock,
    Comparison,
    Condition,
    Fuzzy,
    Glob,
    Host,
    Is,
    KindIs,
    Lines,
    Named,
    Note,
    Part,
    Since,
    Size,
    State,
    Term,
    Text,
    Until,
)  # fmt: skip
from fcm_tui.query.words import Word, words
from fcm_tui.safetext import visible
from fcm_tui.settings.values import BadValue, parse_size
from fcm_tui.times import parse_moment

LONGEST = 1000
"""Letters of an expression; no person writes more, and SQLite bounds its patterns."""
_MOST = 500
"""Words, with those that saved filters stand for: as many as fit into `LONGEST`."""
_DEEPEST = 5
"""Saved filters that name others."""
_COUNTED = re.compile(r"([+~-])(<=|>=|<|>|=)(.*)", re.DOTALL)
_COMPARED = re.compile(r"(<=|>=|<|>|=)?(.*)", re.DOTALL)
_SHOWN = 40
_LISTED = 140
"""Letters of all that there is to choose from, of which the keys are the most; of more saved filters some are named."""
_OTHER_NAMES = {
    "renamed": "moved", "rename": "moved", "move": "moved", "added": "created", "add": "created", "new": "created",
    "changed": "modified", "edited": "modified", "written": "modified", "removed": "deleted", "rm": "deleted",
    "chmod": "metadata", "mode": "metadata", "touched": "metadata",
}  # fmt: skip
"""What other programs call the kinds of changes."""
ANY = "*"
"""An owner or a process that is known, whoever it is."""
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def parse(
    expression: str, saved: Mapping[str, str] | None = None, now_ns: int | None = None
) -> tuple[Term, ...]:
    """The terms of an expression; none of an empty one.

    Args:
        saved: expressions by name, for words such as `@name`.
        now_ns: what `since:2h` counts from; taken afresh if not given.

    Raises:
        FilterError: a word has no meaning; with its place.
    """
    return _terms(expression, _Saved(saved or {}), now_ns)


class _Saved:
    """The saved filters, while an expression is read that may name some."""

    def __init__(self, expressions: Mapping[str, str]) -> None:
        self.expressions = expressions
        self.way: list[str] = []
        """Names, each in the filter of the one before, whose filter is read now."""
        self.words = 0
        """Words that were read so far."""


class _Tangle(FilterError):
    """Saved filters that name one another, and not as they may; says by itself which."""


def _terms(expression: str, saved: _Saved, now_ns: int | None) -> tuple[Term, ...]:
    if len(expression) > LONGEST:
        raise FilterError(f"longer than {LONGEST} letters", LONGEST, len(expression))
    if "\0" in expression or not expression.isprintable():
        at = next(at for at, letter in enumerate(expression) if not letter.isprintable())
        raise FilterError(f"{visible(expression[at])} is no letter of a filter", at, at + 1)
    found = words(expression)
    saved.words += len(found)
    if saved.words > _MOST:
        raise FilterError(f"more than {_MOST} words, with what saved filters stand for", 0, len(expression))
    return tuple(Term(_condition(word, saved, now_ns), word.is_negated) for word in found)


def _condition(word: Word, saved: _Saved, now_ns: int | None) -> Condition:
    if word.is_open:
        _refuse(word, "a quotation mark is not closed")
    if word.is_quoted:
        return Part(word.text) if word.text else _refuse(word, "nothing stands between the quotation marks")
    if not word.text:
        _refuse(word, "! negates the word that follows it directly")
    if word.text.startswith("@"):
        return _saved(word, saved, now_ns)
    if counted := _COUNTED.fullmatch(word.text):
        sign, comparison, number = counted.groups()
        if not (number.isascii() and number.isdigit() and len(number) < 10):
            _refuse(word, f"a number of lines is missing: {sign}{comparison}10")
        return Lines(cast(str, sign), cast(Comparison, comparison), int(number))  # type: ignore[arg-type]
    if word.text[0] in "+~" and len(word.text) > 1 and word.text[1:].isdigit():
        _refuse(word, f"compare lines like this: {word.text[0]}>{word.text[1:]}")
    if word.key:
        return _valued(word, now_ns)
    if any(letter in word.text for letter in "*?[") or word.text.endswith("/"):
        return _glob(word)
    return Fuzzy(word.text)


def _saved(word: Word, saved: _Saved, now_ns: int | None) -> Condition:
    name, way = word.text[1:], saved.way
    if name not in saved.expressions:
        _refuse(word, _meant("no such saved filter", name, list(saved.expressions), "@"))
    if name in way:
        circle = " in ".join(visible(f"@{one}") for one in (name, *reversed(way[way.index(name) :])))
        raise _Tangle(f"saved filters name one another in a circle: {circle}", word.start, word.end)
    if len(way) == _DEEPEST:
        deep = " in ".join(visible(f"@{one}") for one in (name, *reversed(way)))
        raise _Tangle(
            f"saved filters name one another more than {_DEEPEST} deep: {deep}", word.start, word.end
        )
    way.append(name)
    try:
        return All(_terms(saved.expressions[name], saved, now_ns))
    except _Tangle as error:
        raise _Tangle(str(error), word.start, word.end) from None
    except FilterError as error:
        return _refuse(word, f"in this saved filter: {error}")
    finally:
        way.pop()


def _glob(word: Word) -> Condition:
    try:
        if parse_pattern(word.text) is None:
            _refuse(word, "no pattern")
    except (ValueError, UnicodeEncodeError) as error:
        _refuse(word, f"no pattern: {error}")
    return Glob(word.text)


def _valued(word: Word, now_ns: int | None) -> Condition:
    if word.key not in KEYS:
        _refuse(
            word, _meant("no such key", word.key, list(KEYS), "", ":") + '; a path with a colon goes in "…"'
        )
    if not word.value:
        _refuse(word, f"what? {EXAMPLES[word.key]}")
    return KEYS[word.key](word, now_ns)


def _kinds(word: Word, now_ns: int | None) -> Condition:
    return KindIs(frozenset(Kind(_one(word, name, list(Kind), "kind")) for name in word.value.split(",")))


def _captures(word: Word, now_ns: int | None) -> Condition:
    names = word.value.split(",")
    return CaptureIs(frozenset(Capture(_one(word, name, list(Capture), "capture status")) for name in names))


def _named(word: Word, now_ns: int | None) -> Condition:
    return Named(cast(Literal["owner", "process"], word.key), None if word.value == ANY else word.value)


def _clock(word: Word, now_ns: int | None) -> Condition:
    """Each of `mon,wed-fri`, or of `9,22-6`: a stretch may go over the end."""
    is_hour = word.key == "hour"
    every = [str(hour) for hour in range(24)] if is_hour else list(WEEKDAYS)
    found: set[int] = set()
    for part in word.value.split(","):
        ends = [end.lower().lstrip("0") or "0" if is_hour else end.lower()[:3] for end in part.split("-")]
        if len(ends) > 2 or any(end not in every for end in ends):
            _refuse(word, f"what? {EXAMPLES[word.key]}")
        first, last = every.index(ends[0]), every.index(ends[-1])
        found.update((first + step) % len(every) for step in range((last - first) % len(every) + 1))
    return Clock("hour" if is_hour else "weekday", frozenset(found))


def _moment(word: Word, now_ns: int | None) -> int:
    try:
        return parse_moment(word.value, now_ns)
    except UsageError:
        _refuse(word, f"no moment: {EXAMPLES[word.key]}")


def _sized(word: Word, now_ns: int | None) -> Condition:
    match = _COMPARED.fullmatch(word.value)
    assert match is not None
    try:
        size = int(match[2]) if match[2].isascii() and match[2].isdigit() else parse_size(match[2])
        if size >= 1 << 63:
            raise BadValue("too large")
    except BadValue:
        _refuse(word, "write a size: size:>1MB, size:<=100kB, size:0")
    return Size(cast(Comparison, match[1] or "="), size)


def _one(word: Word, name: str, known: list[str], what: str) -> str:
    if name not in known:
        _refuse(word, _meant(f"no such {what}", name, known))
    return name


def _state(word: Word, now_ns: int | None) -> Condition:
    return Is(State(_one(word, word.value, list(State), "state")))


def _meant(what: str, name: str, known: list[str], before: str = "", behind: str = "") -> str:
    """`no such kind: did you mean created?`, or all that there are."""
    import difflib  # 9 ms, and only needed when something is wrong

    other = _OTHER_NAMES.get(name)
    near = [other] if other in known else difflib.get_close_matches(name[:_SHOWN].lower(), known, 1)
    if near:
        return f"{what}: did you mean {before}{near[0]}{behind}?"
    listed, room = [], _LISTED
    for word in known:
        listed.append(f"{before}{word}{behind}")
        if (room := room - len(listed[-1]) - 2) < 0 and len(listed) > 1:
            return f"{what}: there are {', '.join(listed[:-1])}, and {len(known) - len(listed) + 1} more"
    return f"{what}: there are {', '.join(listed)}" if known else what


def _refuse(word: Word, why: str) -> NoReturn:
    shown = word.text if len(word.text) <= _SHOWN else f"{word.text[: _SHOWN - 1]}…"
    raise FilterError(f"{visible(shown).removesuffix(':') or '!'}: {why}", word.start, word.end)


KEYS: dict[str, Callable[[Word, int | None], Condition]] = {
    "kind": _kinds,
    "since": lambda word, now_ns: Since(_moment(word, now_ns)),
    "until": lambda word, now_ns: Until(_moment(word, now_ns)),
    "by": lambda word, now_ns: By(word.value),
    "owner": _named,
    "process": _named,
    "host": lambda word, now_ns: Host(word.value),
    "text": lambda word, now_ns: Text(word.value),
    "note": lambda word, now_ns: Note(word.value),
    "is": _state,
    "size": _sized,
    "capture": _captures,
    "hour": _clock,
    "weekday": _clock,
}
"""What may stand before a colon."""

EXAMPLES = {
    "kind": f"kind:{','.join(Kind)}",
    "since": 'since:2h, since:yesterday, since:2026-11-23, since:"yesterday 14:00"',
    "until": 'until:1h, until:today, until:2026-11-23, until:"yesterday 14:00"',
    "by": "by:NAME, of the file's owner, or the process where known",
    "owner": "owner:NAME, exactly; owner:* for any that is known",
    "process": "process:NAME, exactly, or process:NAME[1234]; process:* for any that is known",
    "host": "host:NAME, host:NAME,NAME, or the beginning of a recorder's id",
    "text": 'text:"…", in a changed line',
    "note": 'note:"…", in a note on the change',
    "is": f"is:{', is:'.join(State)}",
    "size": "size:>1MB, size:<=100kB, size:0",
    "capture": f"capture:{', capture:'.join(Capture)}",
    "hour": "hour:9, hour:9-17, hour:22-6",
    "weekday": "weekday:mon, weekday:sat,sun, weekday:mon-fri",
}
"""How each is written."""
