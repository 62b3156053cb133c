"""Which changes a person or a screen wants, and the SQL for that."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fcm_tui.model import Gap, Kind
from fcm_tui.paths import is_along
from fcm_tui.store.reviews import IS_REVIEWED
from fcm_tui.store.sealing.sealer import keys_of

if TYPE_CHECKING:
    from fcm_tui.query.terms import Term


@dataclass(frozen=True, slots=True)
class Filters:
    """Which changes are wanted; all conditions hold together."""

    path: bytes | None = None
    """A file, or a folder with everything below it; now or before a move."""
    since_ns: int | None = None
    until_ns: int | None = None
    kinds: frozenset[Kind] = field(default_factory=frozenset)
    """Empty for every kind."""
    text: str | None = None
    """A part of any line that the change inserted, updated or deleted."""
    host: str | None = None
    unreviewed: bool = False
    terms: tuple[Term, ...] = ()
    """Of an expression in the language of `query`."""


def concerns(filters: Filters, gap: Gap) -> bool:
    """Whether a gap is in the time, and about the path, that a filter asks for."""
    path, since, until = filters.path, filters.since_ns, filters.until_ns
    if path is not None and gap.root is not None and not is_along(path, gap.root):
        return False
    if since is not None and gap.to_ns is not None and gap.to_ns < since:
        return False
    return until is None or gap.from_ns < until


def below(folder: bytes) -> tuple[bytes, bytes]:
    """Bounds `low <= path < high` of everything inside `folder`."""
    separator = os.fsencode(os.sep)
    inside = folder if folder.endswith(separator) else folder + separator
    return inside, inside[:-1] + bytes([separator[0] + 1])


def prepared(connection: sqlite3.Connection, filters: Filters) -> tuple[list[str], list[Any]]:
    """As `conditions`, for a connection that is given the functions they need.

    Raises:
        ContentSealed: lines are looked for that are encrypted, and the key is not there.
    """
    if filters.text is None and not filters.terms:
        return conditions(filters, False)
    from fcm_tui.query.terms import reads_lines  # 9 ms, which most starts need not spend
    from fcm_tui.store.reading import term_sql

    term_sql.register(connection)
    sealed = (filters.text is not None or reads_lines(filters.terms)) and bool(keys_of(connection))
    if sealed:
        term_sql.open_lines(connection)
    return conditions(filters, sealed)


def conditions(filters: Filters, sealed: bool) -> tuple[list[str], list[Any]]:
    """What is to hold, all of it, of a change `c` by the recorder `h`, with the values in its places.

    Args:
        sealed: lines are opened by the SQL function `opened_lines`.
    """
    where: list[str] = []
    values: list[Any] = []

    def add(condition: str, *more: Any) -> None:
        where.append(condition)
        values.extend(more)

    if filters.path is not None:
        low, high = below(filters.path)
        at = "(c.{0} = ? OR (c.{0} >= ? AND c.{0} < ?))"
        bounds = (filters.path, low, high)
        add(f"({at.format('path')} OR {at.format('previous_path')})", *bounds, *bounds)
    if filters.since_ns is not None:
        add("c.time_ns >= ?", filters.since_ns)
    if filters.until_ns is not None:
        add("c.time_ns < ?", filters.until_ns)
    if filters.kinds:
        add(f"c.kind IN ({','.join('?' * len(filters.kinds))})", *sorted(filters.kinds))
    if filters.host is not None:
        add("h.host = ?", filters.host)
    if filters.unreviewed:
        add(f"NOT {IS_REVIEWED}")
    if filters.text is not None or filters.terms:
        from fcm_tui.store.reading import term_sql

        if filters.text is not None:
            sql, parts = term_sql.lines(filters.text, sealed)
            add(sql, *parts)
        for term in filters.terms:
            sql, parts = term_sql.condition(term, sealed)
            add(sql, *parts)
    return where, values
