"""Where a filter looks for text on a server: the changes that may have it, as far as they are few.

Recorders send blocks of what three letters are in which changes; the changes behind a recorder's last block are looked
through. Where too many are behind, and for texts of one or two letters, all differences are looked through, each once,
however many changes made it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from fcm_tui.store.line_blocks import BlockUnusable, buckets_of
from fcm_tui.store.reading.block_search import BlockSearch, marks
from fcm_tui.store.reading.dialect import Connection

_LISTED = 8000
"""Changes with a text; more of them are not listed. (MariaDB reads no index for a list of more than 16,000.)"""
_DIFFERENCES = 2000
"""Differences with a text; more of them are not listed."""
_BEHIND = 50_000
"""Changes behind the last blocks; more of them are not looked through one by one."""
_RECORDERS = 500
"""In one question."""
_HAS = "(instr(d.affected_lines, ?) OR instr(d.replaced_lines, ?))"

Keys = dict[bytes, list[int]]
"""Numbers of changes, by recorder."""


def among(
    connection: Connection, wanted: Sequence[str], newest: Mapping[bytes, int], most: int
) -> tuple[str, list[Any]] | None:
    """What holds of a change `c` that may have all the texts, with the values in its places.

    None where that would not help. Whether a change has them all is asked of it all the same.

    Args:
        newest: the recorders that are asked for, each with the number of its last change.
        most: changes that are worth listing.
    """
    if not wanted:
        return None
    most = min(most, _LISTED)
    blocks = BlockSearch(connection, newest)
    if blocks.behind() <= _BEHIND and any(map(buckets_of, wanted)):
        keys = _by_blocks(connection, wanted, blocks, most)
    else:
        keys = _by_differences(connection, wanted, most)
    return None if keys is None else _listed(keys)


def _listed(keys: Keys) -> tuple[str, list[Any]]:
    conditions: list[str] = []
    values: list[Any] = []
    for recorder_id, sequences in keys.items():
        conditions.append(f"c.recorder_id = ? AND c.sequence IN ({marks(sequences)})")
        values += (recorder_id, *sequences)
    return f"({' OR '.join(conditions)})" if conditions else "FALSE", values


def _by_blocks(connection: Connection, wanted: Sequence[str], blocks: BlockSearch, most: int) -> Keys | None:
    keys: Keys = defaultdict(list)
    left = most
    buckets = sorted({bucket for part in wanted for bucket in buckets_of(part)})
    try:
        for recorder_id, sequences in blocks.having(buckets):
            keys[recorder_id] += sequences
            left -= len(sequences)
            if left < 0:
                return None
    except BlockUnusable:
        return _by_differences(connection, wanted, most)
    behind = _behind(connection, wanted[0], blocks.ends(), left + 1)
    for recorder_id, sequence in behind:
        keys[recorder_id].append(sequence)
    return keys if len(behind) <= left else None


def _behind(
    connection: Connection, part: str, ends: Sequence[tuple[bytes, int]], most: int
) -> list[tuple[bytes, int]]:
    """Changes behind the last block of each recorder that have a text: recorder and number."""
    found: list[tuple[bytes, int]] = []
    for at in range(0, len(ends), _RECORDERS):
        some = ends[at : at + _RECORDERS]
        beyond = " OR ".join(["(l.recorder_id = ? AND l.sequence > ?)"] * len(some))
        found += connection.execute(
            "SELECT DISTINCT l.recorder_id, l.sequence FROM change_differences l STRAIGHT_JOIN differences d"
            f" ON d.digest = l.difference_digest WHERE ({beyond}) AND {_HAS} LIMIT ?",
            (*chain.from_iterable(some), part, part, most - len(found)),
        ).fetchall()
    return found


def _by_differences(connection: Connection, wanted: Sequence[str], most: int) -> Keys | None:
    for part in wanted:
        found = connection.execute(
            f"SELECT d.digest FROM differences d WHERE {_HAS} LIMIT ?", (part, part, _DIFFERENCES + 1)
        ).fetchall()
        if not found:
            return {}
        if len(found) <= _DIFFERENCES:
            rows = connection.execute(
                "SELECT DISTINCT recorder_id, sequence FROM change_differences"
                f" WHERE difference_digest IN ({marks(found)}) LIMIT ?",
                (*(digest for (digest,) in found), most + 1),
            ).fetchall()
            if len(rows) <= most:
                keys: Keys = defaultdict(list)
                for recorder_id, sequence in rows:
                    keys[recorder_id].append(sequence)
                return keys
    return None
