"""The terms of a filter in SQL, with every value a bound parameter."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from fcm_tui.query import paths
from fcm_tui.query.terms import (
    All,
    By,
    CaptureIs,
    Clock,
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
from fcm_tui.store.reading import quarters
from fcm_tui.store.reading.filters import of_host
from fcm_tui.store.reviews import HAS_NOTE, IS_NOTED, IS_PINNED, IS_REVIEWED
from fcm_tui.store.sealing.sealer import opener

if TYPE_CHECKING:
    import sqlite3

    from fcm_tui.store.reading.dialect import Connection

SQL = tuple[str, list[Any]]
"""A condition on a change `c` in the root `r` by the recorder `h`, and the values in its places."""

_STATES = {
    State.REVIEWED: IS_REVIEWED,
    State.UNREVIEWED: f"NOT {IS_REVIEWED}",
    State.PINNED: IS_PINNED,
    State.NOTED: IS_NOTED,
    State.SECRET: "c.capture = 'secret'",
    State.STORED: "c.capture = 'stored'",
    State.BINARY: (
        "c.capture = 'stored' AND c.inserted IS NULL"
        " AND coalesce(c.before_digest, X'') <> coalesce(c.after_digest, X'')"
    ),
    State.SCAN: "c.origin = 'scan'",
    State.RESTORE: "c.origin = 'restore'",
    State.GAP: "FALSE",
    State.GROUP: "c.group_sequence IS NOT NULL",
}
_TOLD = "CASE WHEN json_valid(c.process_info) THEN {0} END"
_WHO = ("c.owner", "c.process", *(
    _TOLD.format(f"json_extract(c.process_info, '$.{key}')") for key in ("user", "login", "also")
))  # fmt: skip
"""The owner, and the processes with their users."""
_ALSO = "json_extract(c.process_info, '$.also')"
_WHO_THERE = ("c.owner", "c.process", *(
    _TOLD.format(told) for told in (
        "json_value(c.process_info, '$.user')", "json_value(c.process_info, '$.login')",
        f"CASE json_type({_ALSO}) WHEN 'NULL' THEN NULL ELSE {_ALSO} END",
    )
))  # fmt: skip
"""The same on a server, where `json_extract` gives JSON: a text with its marks and escapes, and nothing as `null`."""
_COLUMNS = {"+": "c.inserted", "~": "c.updated", "-": "c.deleted"}


def register(connection: Connection) -> None:
    """Give SQL the functions that test paths and tell the time."""
    quarters.register(_local(connection))
    _local(connection).create_function("path_fits", 4, paths.fits, deterministic=True)


def open_lines(connection: Connection) -> None:
    """Give SQL the function that opens a side of a difference.

    Raises:
        ContentSealed: the key is not there.
    """
    sealer = opener(connection)

    def opened(digest: bytes, side: str, lines: str | bytes | None) -> str | None:
        return sealer.open_lines(digest, side, lines) if isinstance(lines, bytes) else lines

    _local(connection).create_function("opened_lines", 3, opened, deterministic=True)


def _local(connection: Connection) -> sqlite3.Connection:
    return connection  # type: ignore[return-value]


def condition(term: Term, sealed: bool, *, there: bool = False) -> SQL:
    """A term in SQL; where a change does not have what is asked for, its contrary holds.

    Args:
        sealed: lines are opened by the SQL function `opened_lines`.
        there: for a server.
    """
    sql, values = _positive(term.condition, sealed, there)
    return (f"({sql}) IS NOT TRUE" if term.is_negated else f"({sql})"), values


def _positive(wanted: Condition, sealed: bool, there: bool) -> SQL:
    match wanted:
        case Fuzzy(letters):
            return _path("fuzzy", letters, "CAST({0} AS TEXT) LIKE ? ESCAPE '\\'", _in_order(letters))
        case Part(text):
            return _path("part", text, "instr({0}, ?)", os.fsencode(text))
        case Glob(pattern):
            literal = "" if sys.platform == "win32" else paths.longest_literal(pattern)
            return _path("glob", pattern, "instr({0}, ?)", os.fsencode(literal))
        case KindIs(kinds):
            return f"c.kind IN ({','.join('?' * len(kinds))})", sorted(kinds)
        case Since(time_ns):
            return "c.time_ns >= ?", [time_ns]
        case Until(time_ns):
            return "c.time_ns < ?", [time_ns]
        case By(who):
            names = _WHO_THERE if there else _WHO
            tests = " OR ".join(f"instr(lower(coalesce({told}, '')), ?)" for told in names)
            return tests, [who.lower()] * len(names)
        case Named(what, None):
            return f"c.{what} IS NOT NULL", []
        case Named("process", str(name)):
            return (
                "(c.process = ? OR substr(c.process, 1, ?) = ? OR instr(c.process, ?) > 0)",
                [name, len(name) + 1, f"{name}[", f", {name}["],
            )
        case Named(what, name):
            return f"c.{what} = ?", [name]
        case CaptureIs(captures):
            return f"c.capture IN ({','.join('?' * len(captures))})", sorted(captures)
        case Clock(what, values):
            return (
                f"local_{what}(c.time_ns / {quarters.QUARTER_NS}) IN ({','.join('?' * len(values))})",
                sorted(values),
            )
        case Host(name):
            return of_host(name)
        case Text(part):
            return lines(part, sealed)
        case Note(part):
            return HAS_NOTE, [part.lower()]
        case Lines(sign, comparison, count):
            return f"coalesce({_COLUMNS[sign]}, 0) {comparison} ?", [count]
        case Size(comparison, size):
            return f"coalesce(c.size, 0) {comparison} ?", [size]
        case Is(state):
            return _STATES[state], []
        case All(terms):
            return _all(terms, sealed, there)


def _all(terms: tuple[Term, ...], sealed: bool, there: bool) -> SQL:
    parts = [condition(term, sealed, there=there) for term in terms]
    return " AND ".join(sql for sql, _ in parts) or "TRUE", [value for _, values in parts for value in values]


def _path(how: str, wanted: str, sieve: str, sieved: str | bytes) -> SQL:
    """A test of the path, or of the one before a move; what SQLite can tell by itself it is asked first."""
    sides: list[str] = []
    values: list[Any] = []
    for column in ("c.path", "c.previous_path"):
        sides.append(
            f"({sieve.format(column)} AND path_fits(?, ?, {column}, r.path))"
            if sieved
            else f"path_fits(?, ?, {column}, r.path)"
        )
        values += [sieved, how, wanted] if sieved else [how, wanted]
    return f"{sides[0]} OR (c.previous_path IS NOT NULL AND {sides[1]})", values


def _in_order(letters: str) -> str:
    """A LIKE pattern that lets through whatever the test does: other letters than ASCII's have cases of their own."""
    kept = [f"\\{letter}" if letter in "%_\\" else letter for letter in letters if letter.isascii()]
    return (
        f"%{'%'.join(os.sep.replace(chr(92), chr(92) * 2) if letter == '/' else letter for letter in kept)}%"
    )


def lines(part: str, sealed: bool) -> SQL:
    """A part of a line that the change inserted, updated or deleted."""
    affected, replaced = (
        f"opened_lines(d.digest, '{side}', d.{side}_lines)" if sealed else f"d.{side}_lines"
        for side in ("affected", "replaced")
    )
    return (
        "EXISTS (SELECT 1 FROM change_differences l JOIN differences d ON d.digest = l.difference_digest"
        " WHERE l.recorder_id = c.recorder_id AND l.sequence = c.sequence"
        f" AND (instr({affected}, ?) OR instr({replaced}, ?)))",
        [part, part],
    )
