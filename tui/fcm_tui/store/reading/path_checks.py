"""The tests of paths in a filter, where the engine takes no functions of ours: over a server.

A server is asked what it can tell: all other conditions, and of a path whether it can fit at all. What comes back is then
tested here. A saved filter that is negated may have paths and other conditions in it; of those the server
says for each row whether they hold.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from fcm_tui.model import Change
from fcm_tui.query import paths
from fcm_tui.query.terms import All, Condition, Fuzzy, Glob, Part, Term
from fcm_tui.store.reading import term_sql
from fcm_tui.store.reading.term_sql import SQL

Check = Callable[[Change, Sequence[Any]], bool]
"""Of a change, and what the server said for each of `PathChecks.columns`."""


class PathChecks:
    """The terms of a filter, parted into what a server is asked and what is tested of what it found."""

    def __init__(self, terms: tuple[Term, ...]) -> None:
        self.where: list[SQL] = []
        """What has to hold of a row for it to come into question."""
        self.columns: list[SQL] = []
        """What is asked of each row beside its columns."""
        self._checks: list[Check] = []
        self._take(terms)

    @property
    def are_any(self) -> bool:
        """Whether rows have to be tested at all."""
        return bool(self._checks)

    def hold(self, change: Change, said: Sequence[Any]) -> bool:
        """Whether a change that the server found gets through."""
        return all(check(change, said) for check in self._checks)

    def _take(self, terms: tuple[Term, ...]) -> None:
        for term in terms:
            if not _has_path(term):
                self.where.append(term_sql.condition(term, False, there=True))
            elif isinstance(term.condition, All) and not term.is_negated:
                self._take(term.condition.terms)
            else:
                if not term.is_negated and (found := sieve(term.condition)) is not None:
                    self.where.append(found.of("c.path", "coalesce(c.previous_path, X'')"))
                self._checks.append(self._check(term))

    def _check(self, term: Term) -> Check:
        wanted = term.condition
        if isinstance(wanted, All):
            parts = [self._check(part) for part in wanted.terms]
            holds: Check = lambda change, said: all(part(change, said) for part in parts)  # noqa: E731
        elif isinstance(wanted, Fuzzy | Part | Glob):
            holds = _path_check(wanted)
        else:
            at = len(self.columns)
            sql, values = term_sql.condition(Term(wanted), False, there=True)
            self.columns.append((f"{sql} IS TRUE", values))
            holds = lambda change, said: bool(said[at])  # noqa: E731
        return (lambda change, said: not holds(change, said)) if term.is_negated else holds


def _has_path(term: Term) -> bool:
    wanted = term.condition
    if isinstance(wanted, All):
        return any(_has_path(part) for part in wanted.terms)
    return isinstance(wanted, Fuzzy | Part | Glob)


def _path_check(wanted: Fuzzy | Part | Glob) -> Check:
    how, what = how_of(wanted)

    def fits(change: Change, said: Sequence[Any]) -> bool:
        root = change.root or None
        return paths.fits(how, what, change.path, root) or paths.fits(how, what, change.previous_path, root)

    return fits


def how_of(wanted: Fuzzy | Part | Glob) -> tuple[str, str]:
    """What `paths.fits` is asked with."""
    match wanted:
        case Fuzzy(letters):
            return "fuzzy", letters
        case Part(text):
            return "part", text
        case Glob(pattern):
            return "glob", pattern


class Sieve(NamedTuple):
    """What every path has that fits, as a server can see it."""

    test: str
    """SQL, with the path's column in its place."""
    value: str | bytes

    def of(self, *columns: str) -> SQL:
        """Whether one of some columns may fit."""
        tests = " OR ".join(self.test.format(column) for column in columns)
        return f"({tests})", [self.value] * len(columns)


def sieve(wanted: Condition) -> Sieve | None:
    """The sieve for a path; None where a server can see nothing of it."""
    match wanted:
        case Fuzzy(letters):
            # Bytes as Latin-1 are letters to the server whatever they are, those of ASCII in any case.
            return Sieve("CONVERT({0} USING latin1) COLLATE latin1_swedish_ci LIKE ?", _in_order(letters))
        case Part(text):
            return Sieve("instr({0}, ?)", os.fsencode(text))
        case Glob(pattern) if literal := paths.longest_literal(pattern):
            return Sieve("instr({0}, ?)", os.fsencode(literal))
        case _:
            return None


def _in_order(letters: str) -> str:
    """A LIKE pattern of the ASCII letters: others have cases of their own, and the separator there may be another one."""
    kept = [
        f"\\{letter}" if letter in "%_\\" else letter
        for letter in letters
        if letter.isascii() and letter != "/"
    ]
    return f"%{'%'.join(kept)}%"
