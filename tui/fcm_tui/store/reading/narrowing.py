"""What leads a server soon to the few changes that a filter may let through: their lines, their time, or their paths.

Whether a change gets through is asked of it all the same. Where many may, nothing is narrowed: then they are soon
found by looking at the changes in their order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isqrt
from typing import Any, NamedTuple

from fcm_tui.query import paths
from fcm_tui.query.terms import Fuzzy, Glob, KindIs, Part, Since, Term, Until, every
from fcm_tui.store.reading.block_search import marks
from fcm_tui.store.reading.dialect import Connection
from fcm_tui.store.reading.filters import Filters, at_or_below
from fcm_tui.store.reading.path_checks import Sieve, how_of, sieve
from fcm_tui.store.reading.server_texts import among
from fcm_tui.store.reading.text_search import texts

_FEW = 20_000
"""Changes that are gone through as an index has them, and then brought into order."""
_PAGE = 256
_FILES = 4000
"""Files whose paths may fit; more are not listed."""
_TOO_MANY_FILES = 500_000
"""So many paths are not looked through for a page."""
_EVER = 1 << 63


class Narrowed(NamedTuple):
    """How a server is led to the changes."""

    where: Sequence[str] = ()
    values: Sequence[Any] = ()
    through: str | None = None
    """The index of `changes` that leads there; None where a server may choose."""


def narrowed(connection: Connection, filters: Filters, newest: Mapping[bytes, int]) -> Narrowed | None:
    """What is known of the changes that a filter may let through, of these recorders, each with its last number.

    None where they are to be looked at in their order.
    """
    # Of m changes among n in their order a page is soon found: the m are gone through where that is less to look at.
    most = min(_FEW, isqrt(_PAGE * sum(newest.values())))
    found = among(connection, texts(filters), newest, most)
    if found is not None:
        return Narrowed([found[0]], found[1], "PRIMARY")
    if _is_short(connection, filters):
        return Narrowed(through="changes_time")
    if _is_rare_kind(connection, filters, most):
        return Narrowed(through="changes_kind")
    if filters.path is not None and _is_quiet(connection, filters.path, most):
        return Narrowed()
    return _by_paths(connection, filters.terms, most)


def _is_short(connection: Connection, filters: Filters) -> bool:
    """Whether few changes lie in the time that is asked for."""
    since, until = [filters.since_ns], [filters.until_ns]
    for wanted in every(filters.terms):
        match wanted:
            case Since(time_ns):
                since.append(time_ns)
            case Until(time_ns):
                until.append(time_ns)
    bounds = (
        max((one for one in since if one is not None), default=-_EVER),
        min((one for one in until if one is not None), default=_EVER - 1),
    )
    return bounds != (-_EVER, _EVER - 1) and _are_few(
        connection, "changes_time", "c.time_ns >= ? AND c.time_ns < ?", bounds, _FEW
    )


def _is_rare_kind(connection: Connection, filters: Filters, most: int) -> bool:
    asked = [filters.kinds, *(wanted.kinds for wanted in every(filters.terms) if isinstance(wanted, KindIs))]
    return any(
        kinds and _are_few(connection, "changes_kind", f"c.kind IN ({marks([*kinds])})", sorted(kinds), most)
        for kinds in asked
    )


def _is_quiet(connection: Connection, path: bytes, most: int) -> bool:
    """Whether few changes are of a file, or below a folder."""
    return all(
        _are_few(connection, f"changes_{column}", *at_or_below(column, path), most)
        for column in ("path", "previous_path")
    )


def _by_paths(connection: Connection, terms: tuple[Term, ...], most: int) -> Narrowed | None:
    """By the files that have, or had, a path that fits: they are fewer than their changes."""
    sieved = [
        (found, wanted)
        for wanted in every(terms)
        if isinstance(wanted, Fuzzy | Part | Glob) and (found := sieve(wanted)) is not None
    ]
    if not sieved or _files(connection) > _TOO_MANY_FILES:
        return None
    # One of them: of a move the path before may fit the one, and the path after the other.
    through, wanted = max(sieved, key=lambda one: len(one[0].value))
    seen = _paths(connection, through)
    if seen is None:
        return None
    roots = {root for (root,) in connection.execute("SELECT path FROM roots")}
    how, what = how_of(wanted)
    fitting = {
        file_id
        for file_id, path, own in seen
        if any(paths.fits(how, what, path, root) for root in {own, *_above(path, roots)})
    }
    if not fitting:
        return Narrowed(["FALSE"])
    condition = f"c.file_id IN ({marks([*fitting])})"
    if not _are_few(connection, "changes_file", condition, [*fitting], most):
        return None
    return Narrowed([condition], [*fitting], "changes_file")


def _files(connection: Connection) -> int:
    row = connection.execute(
        "SELECT table_rows FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'files'"
    ).fetchone()
    return int(row[0] or 0) if row else 0


def _paths(connection: Connection, through: Sieve) -> list[tuple[bytes, bytes, bytes | None]] | None:
    """Files, each with a path that it has or had and a root, as far as the path may fit; None where they are too many.

    Where a file was moved, each move has the paths before and after it.
    """
    found: list[tuple[bytes, bytes, bytes | None]] = []
    for table, path, condition in (
        ("files", "f.path", "TRUE"),
        ("changes", "f.path", "f.previous_path IS NOT NULL"),
        ("changes", "f.previous_path", "f.previous_path IS NOT NULL"),
    ):
        test, values = through.of(path)
        rows = connection.execute(
            f"SELECT DISTINCT f.file_id, {path}, r.path FROM {table} f LEFT JOIN roots r ON r.root_id = f.root_id"
            f" WHERE {condition} AND {test} LIMIT ?",
            [*values, _FILES + 1],
        ).fetchall()
        if len(rows) > _FILES:
            return None
        found += rows
    return found


def _above(path: bytes, roots: set[bytes]) -> set[bytes | None]:
    """The roots that a path lies in, whatever system it is of; None, as it may be in one that is not there any more."""
    ends = [at for at, letter in enumerate(path) if letter in b"/\\"]
    return {None, *roots.intersection(path[:end] for at in ends for end in (at, at + 1))}


def _are_few(connection: Connection, index: str, condition: str, values: Sequence[Any], most: int) -> bool:
    row = connection.execute(
        f"SELECT count(*) FROM (SELECT 1 FROM changes c FORCE INDEX ({index}) WHERE {condition} LIMIT ?) few",
        [*values, most + 1],
    ).fetchone()
    return int(row[0]) <= most
