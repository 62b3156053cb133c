"""The record of what retention thinned out: one row a transaction, chained, so that `verify` can tell it from loss.

    hash(n) = SHA-256( hash(n-1) || JSON of [prune, run, time, sequence, chain hash of that change, rules,
                                             [[digest, size] of each version thinned] ] )

with bytes as hexadecimal and the digests in order; before the first stands the recorder's id.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from fcm_tui.store.chain import change_hash as hash_of
from fcm_tui.store.reading.dialect import Connection, dialect_of

_encode = json.JSONEncoder(separators=(",", ":"), default=bytes.hex).encode

WAS_THINNED = (
    "EXISTS (SELECT 1 FROM thinned g JOIN prunes p ON (p.recorder_id, p.prune) = (g.recorder_id, g.prune)"
    " WHERE g.digest = {digest} AND p.sequence >= {sequence})"
)
"""SQL: a content was thinned after a change, so it need not be there; one that came back later must be."""

_COLUMNS = "recorder_id, chain_hash, prune, run, time_ns, sequence, rules"
_AT_ONCE = 10_000
"""Rows that a server is asked for."""
_WRONG_PRUNE = (
    "typeof(recorder_id) <> 'blob' OR typeof(chain_hash) <> 'blob' OR typeof(rules) <> 'text'"
    " OR typeof(prune) || typeof(run) || typeof(time_ns) || typeof(sequence) <> 'integerintegerintegerinteger'"
)
_WRONG_THINNED = (
    "typeof(digest) <> 'blob' OR typeof(recorder_id) <> 'blob'"
    " OR typeof(prune) <> 'integer' OR typeof(size) <> 'integer'"
)


@dataclass(frozen=True, slots=True)
class Prune:
    """One transaction that thinned."""

    prune: int
    run: int
    """Number of the first prune of those that carried out one plan."""
    time_ns: int
    sequence: int
    """The newest change then."""
    rules: str


@dataclass(frozen=True, slots=True)
class Pruned:
    """What retention has thinned so far."""

    prunes: int
    versions: int
    """Contents that went; one that came back counts as well."""
    version_bytes: int
    """Their length."""
    last_ns: int | None
    head: bytes | None
    """Chain hash of the last prune."""


def start(recorder_id: bytes) -> bytes:
    """What stands before the first prune's hash."""
    return hashlib.sha256(b"prunes of " + recorder_id).digest()


def link(previous: bytes, prune: Prune, change_hash: bytes, thinned: Sequence[tuple[bytes, int]]) -> bytes:
    """The hash of one prune.

    Args:
        previous: the 32 bytes of the prune before.
        prune: its row.
        change_hash: of the newest change then (empty where there was none).
        thinned: digest and size of each version whose content went, by digest.
    """
    said = [prune.prune, prune.run, prune.time_ns, prune.sequence, change_hash, prune.rules, thinned]
    return hashlib.sha256(previous + _encode(said).encode()).digest()


def last(connection: sqlite3.Connection, recorder_id: bytes) -> tuple[int, bytes]:
    """Number and hash of the newest prune; 0 where there is none."""
    row = connection.execute(
        "SELECT prune, chain_hash FROM prunes WHERE recorder_id = ? ORDER BY prune DESC LIMIT 1",
        (recorder_id,),
    ).fetchone()
    return row or (0, start(recorder_id))


def prune_of(connection: Connection, digest: bytes) -> Prune | None:
    """The last prune that thinned a content, or None."""
    row = connection.execute(
        "SELECT p.prune, p.run, p.time_ns, p.sequence, p.rules FROM thinned t"
        " JOIN prunes p ON (p.recorder_id, p.prune) = (t.recorder_id, t.prune)"
        " WHERE t.digest = ? ORDER BY p.time_ns DESC LIMIT 1",
        (digest,),
    ).fetchone()
    return Prune(*row) if row else None


def pruned(connection: Connection) -> Pruned:
    """What has been thinned so far; nothing as far as a server knows, where retention is no recorder's matter."""
    if not dialect_of(connection).has_prunes:
        return Pruned(0, 0, 0, None, None)
    last_row = connection.execute(
        "SELECT prune, time_ns, chain_hash FROM prunes ORDER BY recorder_id, prune DESC LIMIT 1"
    ).fetchone()
    versions, size = connection.execute("SELECT count(*), coalesce(sum(size), 0) FROM thinned").fetchone()
    if last_row is None:
        return Pruned(0, versions, size, None, None)
    return Pruned(last_row[0], versions, size, last_row[1], last_row[2])


def audit(connection: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    """Each prune that does not hold: its number, and what is wrong with it."""
    for table, wrong in (("prunes", _WRONG_PRUNE), ("thinned", _WRONG_THINNED)):
        if connection.execute(f"SELECT EXISTS (SELECT 1 FROM {table} WHERE {wrong})").fetchone()[0]:
            yield "", f"the table `{table}` has values of the wrong type"
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM prunes WHERE NOT ({_WRONG_PRUNE}) ORDER BY recorder_id, prune"
    )
    # In the order of the prunes; the table's own is that of the digests.
    thinned = connection.execute(
        f"SELECT recorder_id, prune, digest, size FROM thinned WHERE NOT ({_WRONG_THINNED})"
        " ORDER BY recorder_id, prune, digest"
    )
    for _, prune, problem in _unchained(connection, rows, thinned):
        yield f"{prune}", problem


def audit_server(connection: Connection) -> Iterator[tuple[bytes, int, str]]:
    """As `audit`, of the team's database, with the recorder of each.

    All digests that were thinned are in memory: no index there has their order.
    """
    thinned: list[tuple[bytes, int, bytes, int]] = []
    place = (b"", b"", 0)
    while rows := connection.execute(  # MariaDB begins at the place by a single column alone
        "SELECT digest, recorder_id, prune, size FROM thinned WHERE digest >= ?"
        f" AND (digest, recorder_id, prune) > (?, ?, ?) ORDER BY digest, recorder_id, prune LIMIT {_AT_ONCE}",
        (place[0], *place),
    ).fetchall():
        thinned += ((recorder_id, prune, digest, size) for digest, recorder_id, prune, size in rows)
        place = rows[-1][:3]
    yield from _unchained(connection, _server_rows(connection), sorted(thinned))


def _server_rows(connection: Connection) -> Iterator[Sequence[Any]]:
    place = (b"", 0)
    while rows := connection.execute(
        f"SELECT {_COLUMNS} FROM prunes WHERE recorder_id >= ? AND (recorder_id, prune) > (?, ?)"
        f" ORDER BY recorder_id, prune LIMIT {_AT_ONCE}",
        (place[0], *place),
    ).fetchall():
        yield from rows
        place = rows[-1][0], rows[-1][2]


def _unchained(
    connection: Connection,
    rows: Iterable[Sequence[Any]],
    thinned: Iterable[tuple[bytes, int, bytes, int]],
) -> Iterator[tuple[bytes, int, str]]:
    """What does not hold, of rows of `prunes` and of `thinned` in the order of the prunes."""
    recorder, previous, number = b"", b"", 0
    left = iter(thinned)
    next_thinned = next(left, None)
    for own, stored, *columns in rows:
        if own != recorder:
            recorder, previous, number = own, start(own), 0
        prune = Prune(*columns)
        if prune.prune != number + 1:
            yield own, prune.prune, f"{number + 1} is missing before it"
        number = prune.prune
        digests = []
        while next_thinned is not None and next_thinned[:2] <= (own, number):
            if next_thinned[:2] == (own, number):
                digests.append(next_thinned[2:])
            else:
                yield *next_thinned[:2], f"is not there, but thinned {next_thinned[2].hex()}"
            next_thinned = next(left, None)
        if link(previous, prune, hash_of(connection, own, prune.sequence), digests) != stored:
            yield own, number, "its hash is not that of its columns, what it thinned and the prune before it"
        previous = stored
    while next_thinned is not None:
        yield *next_thinned[:2], f"is not there, but thinned {next_thinned[2].hex()}"
        next_thinned = next(left, None)
