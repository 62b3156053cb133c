"""Which rows of `contents` a version is made of: its pieces, and what each piece is a delta of."""

from __future__ import annotations

import sqlite3
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from fcm_tui.ship.tables import CONTENTS, Row
from fcm_tui.store.contents.packing import CHUNKS, DIGEST_SIZE

Key = tuple[bytes, int]
"""Digest and chunk."""

BYTES_AT_ONCE = 4 << 20
_PARAMETERS = 500
_BASE, _DATA = map(CONTENTS.columns.index, ("base_digest", "data"))


class Repacked(Exception):
    """Retention stored a content anew while it was being sent: what it needs has to be looked for again."""


class Either:
    """What is in one of two containers."""

    def __init__(self, one: Container[bytes], other: Container[bytes]) -> None:
        self._one, self._other = one, other

    def __contains__(self, digest: object) -> bool:
        return digest in self._one or digest in self._other


class Needed(NamedTuple):
    """The rows that some contents are made of."""

    keys: list[Key]
    """Each after those that it needs itself."""
    rows: list[Row] | None
    """All of them, where they are few enough for one transaction; they may be read late otherwise."""


def needed(connection: sqlite3.Connection, digests: Iterable[bytes], known: Container[bytes]) -> Needed:
    """What some contents need that is not known to be on the server. What retention thinned out is left out."""
    keys = _closure(connection, [digest for digest in digests if digest not in known], known)
    with suppress(Repacked):
        rows, taken = content_rows(connection, keys, Either({digest for digest, _ in keys}, known))
        if taken == len(keys):
            return Needed(keys, rows)
    return Needed(keys, None)


def _closure(connection: sqlite3.Connection, wanted: Sequence[bytes], known: Container[bytes]) -> list[Key]:
    rows: dict[bytes, list[int]] = {}
    needs: dict[bytes, list[bytes]] = {}
    level = [digest for digest in wanted if digest not in known]
    while level:
        found = list(_parts(connection, level))
        for digest, chunk, base, pieces in found:
            rows.setdefault(digest, []).append(chunk)
            needs.setdefault(digest, []).extend(([base] if base else []) + pieces)
        below = dict.fromkeys(need for digest in level for need in needs.get(digest, ()))
        level = [digest for digest in below if digest not in rows and digest not in known]
    return [(digest, chunk) for digest in _in_order(wanted, needs) for chunk in sorted(rows.get(digest, ()))]


def _parts(
    connection: sqlite3.Connection, digests: Sequence[bytes]
) -> Iterator[tuple[bytes, int, bytes | None, list[bytes]]]:
    """Digest, chunk, base and pieces of each row of some contents."""
    for at in range(0, len(digests), _PARAMETERS):
        part = digests[at : at + _PARAMETERS]
        for digest, chunk, base, listing in connection.execute(
            "SELECT digest, chunk, base_digest, CASE codec WHEN ? THEN data END FROM contents"
            f" WHERE digest IN ({','.join('?' * len(part))})",
            (CHUNKS, *part),
        ):
            listing = listing or b""
            pieces = [listing[start : start + DIGEST_SIZE] for start in range(0, len(listing), DIGEST_SIZE)]
            yield digest, chunk, base, pieces


def _in_order(wanted: Sequence[bytes], needs: dict[bytes, list[bytes]]) -> Iterator[bytes]:
    """Each once, after what it needs."""
    done: set[bytes] = set()
    stack = [(digest, False) for digest in reversed(wanted)]
    while stack:
        digest, is_ready = stack.pop()
        if is_ready:
            yield digest
        elif digest not in done and digest in needs:
            done.add(digest)
            stack.append((digest, True))
            stack += [(need, False) for need in reversed(needs[digest])]


def content_rows(
    connection: sqlite3.Connection, keys: Sequence[Key], there: Container[bytes]
) -> tuple[list[Row], int]:
    """Rows for some keys, as many as fit into one transaction, and how many keys that were.

    Raises:
        Repacked: a row builds on a content that is not `there`, neither on the server nor among what is being sent.
    """
    rows: list[Row] = []
    size = taken = 0
    for key in keys:
        values = connection.execute(f"{CONTENTS.select} WHERE digest = ? AND chunk = ?", key).fetchone()
        taken += 1
        if values is not None:
            if values[_BASE] is not None and values[_BASE] not in there:
                raise Repacked
            rows.append(CONTENTS.row(values))
            size += len(values[_DATA])
            if size >= BYTES_AT_ONCE:
                break
    return sorted(rows), taken
