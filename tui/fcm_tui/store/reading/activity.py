"""Where something changed lately: files, and the folders that they are in."""

from __future__ import annotations

import os

from fcm_tui.store.reading.dialect import Connection, dialect_of

LATELY = 2000
"""Changes that are looked at, the newest: reading them takes some milliseconds, however long the log is."""


def lately(connection: Connection) -> dict[bytes, int]:
    """The time (ns) of the newest change at each path, and of the newest below each folder, among the last `LATELY`."""
    found: dict[bytes, int] = {}
    order = "time_ns DESC" if dialect_of(connection).is_server else "recorder_id DESC, sequence DESC"
    for path, time_ns in connection.execute(
        f"SELECT path, time_ns FROM changes ORDER BY {order} LIMIT ?", (LATELY,)
    ):
        while path and path not in found:
            found[path] = time_ns
            above = os.path.dirname(path)
            path = b"" if above == path else above
    return found
