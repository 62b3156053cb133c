"""When the recording of each root began."""

from __future__ import annotations

from fcm_tui.store.reading.dialect import Connection
from fcm_tui.store.values import RowTypes

_ROOT = RowTypes("b i")


def beginnings(connection: Connection) -> list[tuple[bytes, int]]:
    """Path and time (ns) of each root whose first look is complete, the latest first."""
    rows = connection.execute(
        "SELECT path, baseline_ns FROM roots WHERE baseline_ns IS NOT NULL ORDER BY baseline_ns DESC, path"
    ).fetchall()
    for row in rows:
        _ROOT.check(row)
    return rows
