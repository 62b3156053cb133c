"""What an expression means: conditions as plain data. Whoever evaluates them (the store, in SQL) needs no text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from fcm_tui.model import Capture, Kind

Comparison = Literal["<", "<=", "=", ">=", ">"]


class State(StrEnum):
    """What `is:` asks for."""

    UNREVIEWED = "unreviewed"
    REVIEWED = "reviewed"
    PINNED = "pinned"
    NOTED = "noted"
    SECRET = "secret"  # noqa: S105 - a status, not a password
    STORED = "stored"
    BINARY = "binary"
    SCAN = "scan"
    RESTORE = "restore"
    GROUP = "group"
    GAP = "gap"


MEANINGS = {
    State.UNREVIEWED: "nobody has reviewed it",
    State.REVIEWED: "somebody has reviewed it",
    State.PINNED: "its version stays, whatever retention says",
    State.NOTED: "somebody has written a note on it",
    State.SECRET: "not kept, as it holds secrets",
    State.STORED: "its content is kept",
    State.BINARY: "kept, but has no lines",
    State.SCAN: "found by a scan, not by an event",
    State.RESTORE: "made by a restore",
    State.GAP: "no change, but a time in which some may have been missed, or when recording stopped or began",
    State.GROUP: "part of a folder's move, deletion or restore",
}


@dataclass(frozen=True, slots=True)
class Fuzzy:
    """The letters in their order within one name of the path below the root; a `/` goes into a folder."""

    letters: str


@dataclass(frozen=True, slots=True)
class Part:
    """Exactly this somewhere in the path below the root."""

    text: str


@dataclass(frozen=True, slots=True)
class Glob:
    """A pattern in gitignore syntax, of the path below the root."""

    pattern: str


@dataclass(frozen=True, slots=True)
class KindIs:
    """One of these kinds."""

    kinds: frozenset[Kind]


@dataclass(frozen=True, slots=True)
class Since:
    """At this moment (ns) or later."""

    time_ns: int


@dataclass(frozen=True, slots=True)
class Until:
    """Before this moment (ns)."""

    time_ns: int


@dataclass(frozen=True, slots=True)
class By:
    """A part of the owner's or the process's name, in any case."""

    who: str


@dataclass(frozen=True, slots=True)
class Named:
    """Owner or process of exactly this name; None for any that is known.

    A process is named as it is stored, `vim[1234]`, or by its program, `vim`, for each of that program's.
    """

    what: Literal["owner", "process"]
    name: str | None


@dataclass(frozen=True, slots=True)
class CaptureIs:
    """One of these capture statuses, as it was when the change was recorded."""

    captures: frozenset[Capture]


@dataclass(frozen=True, slots=True)
class Clock:
    """At one of these hours (0 to 23), or on one of these weekdays (0 for Monday), by this place's clocks."""

    what: Literal["hour", "weekday"]
    values: frozenset[int]


@dataclass(frozen=True, slots=True)
class Host:
    """Recorded on one of these hosts, as `hosts.is_of` takes them."""

    name: str


@dataclass(frozen=True, slots=True)
class Text:
    """A part of any line that the change inserted, updated or deleted."""

    part: str


@dataclass(frozen=True, slots=True)
class Note:
    """A part of a note on the change, in any case."""

    part: str


@dataclass(frozen=True, slots=True)
class Lines:
    """So many lines inserted (`+`), updated (`~`) or deleted (`-`); a change without line counts has none."""

    sign: Literal["+", "~", "-"]
    comparison: Comparison
    count: int


@dataclass(frozen=True, slots=True)
class Size:
    """So many bytes after the change."""

    comparison: Comparison
    size: int


@dataclass(frozen=True, slots=True)
class Is:
    """How it stands with the change."""

    state: State


@dataclass(frozen=True, slots=True)
class All:
    """A saved filter: all of its terms."""

    terms: tuple[Term, ...]


Condition = (
    Fuzzy | Part | Glob | KindIs | Since | Until | By | Named | CaptureIs | Clock | Host | Text | Note | Lines | Size
    | Is | All
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Term:
    """One condition, or its contrary. The terms of an expression hold together."""

    condition: Condition
    is_negated: bool = False


def every(terms: tuple[Term, ...]) -> Iterator[Condition]:
    """The conditions that have to hold, those of saved filters one by one; what must not hold is not among them."""
    for term in terms:
        if term.is_negated:
            continue
        if isinstance(term.condition, All):
            yield from every(term.condition.terms)
        else:
            yield term.condition


def texts(terms: tuple[Term, ...]) -> list[str]:
    """What the lines of a change have to have in them."""
    return [wanted.part for wanted in every(terms) if isinstance(wanted, Text)]


def reads_lines(terms: tuple[Term, ...]) -> bool:
    """Whether changed lines have to be looked into."""
    return any(
        isinstance(term.condition, Text)
        or (isinstance(term.condition, All) and reads_lines(term.condition.terms))
        for term in terms
    )


def tells_time(terms: tuple[Term, ...]) -> bool:
    """Whether the clocks of this place have to be asked."""
    return any(
        isinstance(term.condition, Clock)
        or (isinstance(term.condition, All) and tells_time(term.condition.terms))
        for term in terms
    )
