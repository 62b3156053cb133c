"""How far a record reaches."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from fcm_tui.store.database import open_reader
from fcm_tui.store.reading.dialect import Connection


class Ends(NamedTuple):
    """The newest change and the newest gap of this recorder, 0 where there is none yet."""

    sequence: int
    gap: int


def ends_of(connection: Connection) -> Ends:
    """Of a record that is open."""
    row = connection.execute(
        "SELECT coalesce((SELECT max(sequence) FROM changes c WHERE c.recorder_id = r.recorder_id), 0),"
        " coalesce((SELECT max(gap) FROM gaps g WHERE g.recorder_id = r.recorder_id), 0) FROM recorders r LIMIT 1"
    ).fetchone()
    return Ends(0, 0) if row is None else Ends(*row)


def ends_at(database: Path) -> Ends:
    """Of the record at a path, which need not be there yet.

    Raises:
        StoreError: it cannot be read.
        sqlite3.Error: nor this.
    """
    if not database.exists() or not database.stat().st_size:
        return Ends(0, 0)
    with closing(open_reader(database)) as connection:
        return ends_of(connection)


def is_quiet_since(database: Path, recorder_id: bytes, ends: Ends, reasons: Collection[str]) -> bool:
    """Whether nothing came after these ends but gaps for these reasons.

    Raises:
        StoreError: the record cannot be read.
        sqlite3.Error: nor this.
    """
    with closing(open_reader(database)) as connection:
        change = connection.execute(
            "SELECT 1 FROM changes WHERE recorder_id = ? AND sequence > ? LIMIT 1",
            (recorder_id, ends.sequence),
        ).fetchone()
        found = connection.execute(
            "SELECT DISTINCT reason FROM gaps WHERE recorder_id = ? AND gap > ?", (recorder_id, ends.gap)
        )
        return change is None and all(reason in reasons for (reason,) in found)
