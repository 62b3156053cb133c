"""Which changes a person or a screen wants, and the SQL for that."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from fcm_tui.errors import ContentSealed, StoreError
from fcm_tui.model import Gap, Kind
from fcm_tui.paths import is_along
from fcm_tui.query import hosts
from fcm_tui.store.reading.dialect import Connection, dialect_of
from fcm_tui.store.reviews import IS_REVIEWED
from fcm_tui.store.sealing.sealer import keys_of

if TYPE_CHECKING:
    from fcm_tui.query.terms import Term
    from fcm_tui.store.reading.path_checks import PathChecks


class Filters(NamedTuple):
    """Which changes are wanted; all conditions hold together."""

    path: bytes | None = None
    """A file, or a folder with everything below it; now or before a move."""
    since_ns: int | None = None
    until_ns: int | None = None
    kinds: frozenset[Kind] = frozenset()
    """Empty for every kind."""
    text: str | None = None
    """A part of any line that the change inserted, updated or deleted."""
    host: str | None = None
    """As `hosts.is_of` takes it."""
    unreviewed: bool = False
    terms: tuple[Term, ...] = ()
    """Of an expression in the language of `query`."""


def concerns(filters: Filters, gap: Gap) -> bool:
    """Whether a gap is of the host, in the time, and about the path, that a filter asks for."""
    if filters.host is not None and not hosts.is_of(filters.host, gap.recorder_id, gap.host):
        return False
    path, since, until = filters.path, filters.since_ns, filters.until_ns
    if path is not None and gap.root is not None and not is_along(path, gap.root):
        return False
    if since is not None and gap.to_ns is not None and gap.to_ns < since:
        return False
    return until is None or gap.from_ns < until


def of_host(named: str) -> tuple[str, list[str]]:
    """The SQL for `hosts.is_of`, of the recorder `h`."""
    conditions, values = [], []
    for name in hosts.alternatives(named):
        conditions.append("h.host = ?")
        values.append(name)
        if (digits := hosts.beginning(name)) is not None:
            conditions.append("lower(hex(h.recorder_id)) LIKE ?")
            values.append(f"{digits}%")
    return f"({' OR '.join(conditions)})", values


def below(folder: bytes) -> tuple[bytes, bytes]:
    """Bounds `low <= path < high` of everything inside `folder`."""
    separator = os.fsencode(os.sep)
    inside = folder if folder.endswith(separator) else folder + separator
    return inside, inside[:-1] + bytes([separator[0] + 1])


def at_or_below(column: str, path: bytes) -> tuple[str, tuple[bytes, bytes, bytes]]:
    """Whether a column of a change `c` is a path, or lies in that folder: the condition and its values."""
    return f"(c.{column} = ? OR (c.{column} >= ? AND c.{column} < ?))", (path, *below(path))


class Prepared(NamedTuple):
    """A filter as a connection is asked for it."""

    where: list[str]
    values: list[Any]
    checks: PathChecks | None = None
    """What is left to be tested of the rows that it finds."""


def prepared(connection: Connection, filters: Filters) -> Prepared:
    """As `conditions`, for a connection that is given the functions they need; a server takes none.

    Raises:
        ContentSealed: lines are looked for that are encrypted, and the key is not there.
    """
    if filters.text is None and not filters.terms:
        return Prepared(*conditions(filters, False))
    from fcm_tui.query.terms import reads_lines  # 9 ms, which most starts need not spend
    from fcm_tui.store.reading import term_sql

    sealed = (filters.text is not None or reads_lines(filters.terms)) and bool(keys_of(connection))
    if dialect_of(connection).is_server:
        if sealed:
            raise ContentSealed(
                "the lines there are encrypted, so the server cannot look for a text in them: leave the text out, or"
                " look where they were recorded"
            )
        return _for_server(filters)
    term_sql.register(connection)
    if sealed:
        term_sql.open_lines(connection)
    return Prepared(*conditions(filters, sealed))


def _for_server(filters: Filters) -> Prepared:
    from fcm_tui.query.terms import tells_time
    from fcm_tui.store.reading.path_checks import PathChecks

    if tells_time(filters.terms):
        raise StoreError("hour: and weekday: are of one machine's clocks: ask for them where it was recorded")
    checks = PathChecks(filters.terms)
    where, values = conditions(filters._replace(terms=()), False)
    for sql, more in checks.where:
        where.append(sql)
        values += more
    return Prepared(where, values, checks if checks.are_any else None)


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
        now, bounds = at_or_below("path", filters.path)
        before, _ = at_or_below("previous_path", filters.path)
        add(f"({now} OR {before})", *bounds, *bounds)
    if filters.since_ns is not None:
        add("c.time_ns >= ?", filters.since_ns)
    if filters.until_ns is not None:
        add("c.time_ns < ?", filters.until_ns)
    if filters.kinds:
        add(f"c.kind IN ({','.join('?' * len(filters.kinds))})", *sorted(filters.kinds))
    if filters.host is not None:
        sql, parts = of_host(filters.host)
        add(sql, *parts)
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
