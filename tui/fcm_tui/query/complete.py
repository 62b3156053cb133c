"""What may stand where a person is writing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from fcm_tui.model import Capture, Kind
from fcm_tui.query.parse import KEYS, WEEKDAYS
from fcm_tui.query.terms import State
from fcm_tui.query.words import quoted, words

_VALUES: dict[str, tuple[str, ...]] = {
    "kind": tuple(Kind),
    "is": tuple(State),
    "since": ("10m", "1h", "2h", "today", "yesterday", "1d", "1w"),
    "until": ("1h", "today", "yesterday", "1d", "1w"),
    "size": (">1kB", ">100kB", ">1MB", ">10MB"),
    "capture": tuple(Capture),
    "hour": ("9-17", "18-8"),
    "weekday": (*WEEKDAYS, "mon-fri", "sat,sun"),
}


@dataclass(frozen=True, slots=True)
class Completion:
    """What stands from `start` to `end` may become one of `options`."""

    start: int
    end: int
    options: tuple[str, ...]


def complete(
    expression: str, at: int, values: Mapping[str, Sequence[str]], saved: Iterable[str] = ()
) -> Completion:
    """What the word that ends at `at` may become.

    Args:
        values: names that are known, by key: hosts, owners and processes.
        saved: names of saved filters.
    """
    word = next((word for word in words(expression[:at]) if word.end == at), None)
    if word is None:
        return Completion(at, at, _keys("") + tuple(f"@{name}" for name in saved))
    start = word.start + word.is_negated
    if word.is_quoted:
        return Completion(at, at, ())
    if word.text.startswith("@"):
        return Completion(start, at, tuple(f"@{name}" for name in saved if name.startswith(word.text[1:])))
    if not word.key:
        return Completion(start, at, _keys(word.text))
    before, comma, last = (
        word.value.rpartition(",") if word.key in ("kind", "capture") else ("", "", word.value)
    )
    known = [*_VALUES.get(word.key, ()), *values.get(word.key, ())]
    found = [value for value in known if value.lower().startswith(last.lower())]
    taken = before.split(",")
    return Completion(
        start,
        at,
        tuple(f"{word.key}:{quoted(before + comma + value)}" for value in found if value not in taken),
    )


def _keys(begun: str) -> tuple[str, ...]:
    return tuple(f"{key}:" for key in KEYS if key.startswith(begun))
