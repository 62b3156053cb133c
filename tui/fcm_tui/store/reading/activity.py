"""Where something changed lately: files, and the folders that they are in."""

from __future__ import annotations

import os

from fcm_tui.store.reading.dialect import Connection, dialect_of

LATELY = 2000
"""Changes that are looked at, the newest: reading them takes some milliseconds, however long the log is."""


def lately(connection: Connection) -> dict[tuple[bytes, bytes], int]:
    """The time (ns) of the newest change at each path of a recorder, or below it, among the last `LATELY`."""
    found: dict[tuple[bytes, bytes], int] = {}
    order = "time_ns DESC" if dialect_of(connection).is_server else "recorder_id DESC, sequence DESC"
    for recorder_id, path, time_ns in connection.execute(
        f"SELECT recorder_id, path, time_ns FROM changes ORDER BY {order} LIMIT ?", (LATELY,)
    ):
        while path and (recorder_id, path) not in found:
            found[recorder_id, path] = time_ns
            above = os.path.dirname(path)
            path = b"" if above == path else above
    return found
