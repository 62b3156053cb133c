"""When the recording of each root began."""

from __future__ import annotations

from fcm_tui.store.reading.dialect import Connection
from fcm_tui.store.values import RowTypes

_ROOT = RowTypes("b i b s")


def beginnings(connection: Connection) -> list[tuple[bytes, int, bytes, str]]:
    """Path, time (ns), recorder and host of each root whose first look is complete, the latest first."""
    rows = connection.execute(
        "SELECT r.path, r.baseline_ns, r.recorder_id, h.host FROM roots r JOIN recorders h ON h.recorder_id = r.recorder_id"
        " WHERE r.baseline_ns IS NOT NULL ORDER BY r.baseline_ns DESC, r.path"
    ).fetchall()
    for row in rows:
        _ROOT.check(row)
    return rows
