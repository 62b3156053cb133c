"""Which changes a person or a screen wants, and the SQL for that."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

from fcm_tui.model import Kind


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


def below(folder: bytes) -> tuple[bytes, bytes]:
    """Bounds `low <= path < high` of everything inside `folder`."""
    separator = os.fsencode(os.sep)
    inside = folder if folder.endswith(separator) else folder + separator
    return inside, inside[:-1] + bytes([separator[0] + 1])


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
        add(
            "NOT EXISTS (SELECT 1 FROM reviews v WHERE v.recorder_id = c.recorder_id AND v.sequence = c.sequence)"
        )
    if filters.text is not None:
        affected, replaced = (
            f"opened_lines(d.digest, '{side}', d.{side}_lines)" if sealed else f"d.{side}_lines"
            for side in ("affected", "replaced")
        )
        add(
            "EXISTS (SELECT 1 FROM change_differences l JOIN differences d ON d.digest = l.difference_digest"
            " WHERE l.recorder_id = c.recorder_id AND l.sequence = c.sequence"
            f" AND (instr({affected}, ?) OR instr({replaced}, ?)))",
            filters.text,
            filters.text,
        )
    return where, values
