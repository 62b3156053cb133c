"""Whether every content is what its digest says: all of them, each decoded once.

A delta is checked right after its base, so the base is in memory then, and a chain costs as many
steps as it is long instead of its square. Only row numbers are held for the whole table (16 bytes a
content); links that lead round in a circle are what this order never reaches.
"""

from __future__ import annotations

import sqlite3
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator

from fcm_tui.store.contents.store import ContentStore

_EVERY = 256
_CACHE_BYTES = 32 << 20

_LINKS = """SELECT c.rowid, b.rowid FROM contents c
    LEFT JOIN contents b ON b.digest = c.base_digest AND b.chunk = 0
    WHERE c.chunk = 0 ORDER BY b.rowid, c.rowid"""
_HEADLESS = """SELECT DISTINCT digest FROM contents c
    WHERE chunk <> 0 AND NOT EXISTS (SELECT 1 FROM contents f WHERE f.digest = c.digest AND f.chunk = 0)"""


def audit(
    connection: sqlite3.Connection, *, max_bytes: int, progress: Callable[[int, int], None] | None = None
) -> Iterator[tuple[bytes, str]]:
    """Yield the digest and the problem of each content that does not hold.

    Run it inside one read transaction where a writer is at work, or what is thinned out meanwhile
    may seem missing. The digest is empty where the database does not give one.
    """
    store = ContentStore(connection, cache_bytes=_CACHE_BYTES, max_bytes=max_bytes)
    try:
        rows, bases = _links(connection)
    except sqlite3.DatabaseError as error:
        yield b"", f"the table `contents` cannot be read ({error})"
        return
    reached = bytearray(len(rows))
    for done, place in enumerate(_bases_first(rows, bases)):
        if progress is not None and done % _EVERY == 0:
            progress(done, len(rows))
        reached[place] = 1
        yield from _check(connection, store, rows[place])
    for place, seen in enumerate(reached):
        if not seen:
            yield from _check(connection, None, rows[place])
    try:
        for (digest,) in connection.execute(_HEADLESS):
            yield _digest(digest), "has lost its first row"
    except sqlite3.DatabaseError as error:
        yield b"", f"the table `contents` cannot be read ({error})"
    if progress is not None:
        progress(len(rows), len(rows))


def _links(connection: sqlite3.Connection) -> tuple[array[int], array[int]]:
    """Row numbers of all contents and of their bases (-1 for none), sorted by base."""
    rows, bases = array("q"), array("q")
    for row, base in connection.execute(_LINKS):
        rows.append(row)
        bases.append(-1 if base is None else base)
    return rows, bases


def _bases_first(rows: array[int], bases: array[int]) -> Iterator[int]:
    """Places in `rows`, each followed by all that builds on it, as far as links do not go in circles."""
    spans = [(0, bisect_right(bases, -1))]
    while spans:
        place, end = spans.pop()
        if place == end:
            continue
        spans.append((place + 1, end))
        yield place
        spans.append((bisect_left(bases, rows[place]), bisect_right(bases, rows[place])))


def _check(
    connection: sqlite3.Connection, store: ContentStore | None, row: int
) -> Iterator[tuple[bytes, str]]:
    """The problem of the content in one row; without a store, that its links never end."""
    digest: object = b""
    try:
        found = connection.execute("SELECT digest FROM contents WHERE rowid = ?", (row,)).fetchone()
        if found is None:
            return
        digest = found[0]
        if not isinstance(digest, bytes):
            yield b"", f"row {row} of `contents` has a digest that is not bytes"
            return
        problem = store.problem(digest) if store else "stands in a circle of deltas, or on one"
    except sqlite3.DatabaseError as error:
        problem = f"row {row} of `contents` cannot be read ({error})"
    if problem:
        yield _digest(digest), problem


def _digest(value: object) -> bytes:
    return value if isinstance(value, bytes) else b""
