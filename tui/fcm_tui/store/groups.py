"""Groups of changes that an earlier run began to record."""

from __future__ import annotations

import sqlite3
from collections.abc import Container
from contextlib import closing

from fcm_tui.model import Origin

_RESTORED = """
SELECT group_sequence, path, after_digest FROM changes
    WHERE time_ns >= ? AND recorder_id = ? AND origin = ? AND group_sequence IS NOT NULL"""


def restored_group(
    connection: sqlite3.Connection,
    recorder_id: bytes,
    since_ns: int,
    meant: Container[tuple[bytes, bytes | None]],
) -> int | None:
    """The first sequence of the group of a restore; None where nothing of it is recorded.

    Args:
        since_ns: when it was announced.
        meant: its paths, with the digests that they get.
    """
    with closing(connection.execute(_RESTORED, (since_ns, recorder_id, Origin.RESTORE))) as found:
        for group, path, digest in found:
            if (path, digest) in meant:
                return int(group)
    return None
