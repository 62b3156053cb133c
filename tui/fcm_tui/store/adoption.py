"""Files of one root handed to another, where other folders are watched than before and one holds the other.

A file belongs to the innermost watched root above it. So its history goes on where a person names a folder
inside one of an earlier run, or one around it, and what changed in between is found.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from fcm_tui.model import Root
from fcm_tui.paths import is_along, is_inside
from fcm_tui.store import row_hashes
from fcm_tui.store.reading.filters import below


class Earlier(NamedTuple):
    """A root as the run before left it."""

    root_id: bytes
    path: bytes
    active: bool
    baseline_ns: int | None


def earlier_roots(connection: sqlite3.Connection) -> list[Earlier]:
    """All roots of the record as they are now."""
    return [
        Earlier(root_id, path, bool(active), baseline_ns)
        for root_id, path, active, baseline_ns in connection.execute(
            "SELECT root_id, path, active, baseline_ns FROM roots"
        )
    ]


def adopt(connection: sqlite3.Connection, earlier: Sequence[Earlier], watched: Sequence[Root]) -> None:
    """Hand the files of earlier roots to the watched ones, in the caller's transaction.

    With the part of a root goes that its baseline stood, and since when changes of it may have been missed.
    """
    paths = {root.path for root in watched}
    before = {other.root_id for other in earlier}
    watched_before = {other.root_id for other in earlier if other.active}
    # also from those that are new, as they take first what is theirs only in part
    others = [*earlier, *(Earlier(r.root_id, r.path, True, None) for r in watched if r.root_id not in before)]
    for root in sorted(watched, key=lambda root: len(root.path)):  # the innermost takes last
        for other in others:
            own = other.root_id == root.root_id or (other.path in paths and is_inside(other.path, root.path))
            if own or not is_along(other.path, root.path):
                continue
            _hand_over(connection, other, root)
            if is_inside(other.path, root.path):
                connection.execute(
                    "UPDATE gaps SET root_id = ? WHERE root_id = ? AND to_ns IS NULL",
                    (root.root_id, other.root_id),
                )
            else:
                connection.execute(
                    "UPDATE roots SET baseline_ns = ? WHERE root_id = ? AND baseline_ns IS NULL",
                    (other.baseline_ns, root.root_id),
                )
                if root.root_id not in watched_before:
                    _copy_open_gaps(connection, other, root)
    row_hashes.renew(connection, "gaps", "to_ns IS NULL")


def _hand_over(connection: sqlite3.Connection, other: Earlier, root: Root) -> None:
    """What `other` has at and below the root's path; not what both have there, as both were recorded once."""
    low, high = below(root.path)
    connection.execute(
        "UPDATE files SET root_id = :root WHERE root_id = :other AND path >= :low AND path < :high AND NOT (present"
        " AND EXISTS (SELECT 1 FROM files own WHERE own.root_id = :root AND own.path = files.path AND own.present))",
        {"root": root.root_id, "other": other.root_id, "low": low, "high": high},
    )


def _copy_open_gaps(connection: sqlite3.Connection, other: Earlier, root: Root) -> None:
    gaps = connection.execute(
        "SELECT recorder_id, from_ns, reason FROM gaps WHERE root_id = ? AND to_ns IS NULL", (other.root_id,)
    ).fetchall()
    for recorder_id, from_ns, reason in gaps:
        connection.execute(
            "INSERT INTO gaps (recorder_id, gap, root_id, from_ns, reason)"
            " SELECT ?1, coalesce(max(gap), 0) + 1, ?2, ?3, ?4 FROM gaps WHERE recorder_id = ?1",
            (recorder_id, root.root_id, from_ns, reason),
        )


def known_inside(connection: sqlite3.Connection, root: Root) -> list[bytes]:
    """Folders in a root that earlier runs recorded as roots of their own: what is new there is no first look."""
    rows = connection.execute(
        "SELECT path FROM roots WHERE recorder_id = ? AND NOT active AND baseline_ns IS NOT NULL",
        (root.recorder_id,),
    )
    return [path for (path,) in rows if is_inside(path, root.path) and path != root.path]
