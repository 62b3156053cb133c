"""Reviews from a reviewer's seat: written where all seats, and the recorders, read them.

An account may be one that only adds reviews. So what is new is inserted, and only what is there already, and is to be
another, is updated or taken away: the server says whether the account may.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from itertools import islice
from typing import Any

from pymysql import err

from fcm_tui.errors import StoreError
from fcm_tui.settings.database import Server
from fcm_tui.store.mysql.engine import ServerEngine
from fcm_tui.store.mysql.failures import is_denied, is_duplicate
from fcm_tui.store.mysql.synchronous import ServerConnection

_BATCH = 500
_OWN = "recorder_id = ? AND sequence = ? AND reviewer = ?"
_INSERT = "INSERT INTO reviews (recorder_id, sequence, reviewer, time_ns, verdict, note) VALUES "

Key = tuple[int, bytes]


def mark(
    server: Server, changes: Iterable[Key], who: str, *, note: str | None, verdict: str, pinned: str
) -> int:
    """As `reviews.mark`; a verdict of `pinned` stays.

    Raises:
        StoreError: the server is lost, or the account may not.
    """
    written, now = 0, time.time_ns()
    with _opened(server) as engine:
        connection, left = engine.connection, iter(changes)
        while batch := list(islice(left, _BATCH)):
            there = _own(connection, batch, who)
            new = [(recorder, number, who, now, verdict, note or None) for number, recorder in batch
                   if (number, recorder) not in there]  # fmt: skip
            if new:
                _insert(connection, new)
            for (number, recorder), (old_verdict, old_note) in there.items():
                wanted = (
                    pinned if pinned in (verdict, old_verdict) else verdict,
                    (old_note if note is None else note) or None,
                )
                if wanted != (old_verdict, old_note):
                    connection.execute(
                        f"UPDATE reviews SET time_ns = ?, verdict = ?, note = ? WHERE {_OWN}",
                        (now, *wanted, recorder, number, who),
                    )
            written += len(batch)
    return written


def unmark(server: Server, changes: Iterable[Key], who: str, *, unless: str) -> int:
    """As `reviews.unmark`; `unless` is a condition on which a review stays, or empty.

    Raises:
        StoreError: the server is lost, or the account may not.
    """
    but = f" AND NOT {unless}" if unless else ""
    with _opened(server) as engine:
        return sum(
            engine.connection.execute(
                f"DELETE FROM reviews WHERE {_OWN}{but}", (recorder, number, who)
            ).rowcount
            for number, recorder in changes
        )


def _own(connection: ServerConnection, keys: list[Key], who: str) -> dict[Key, tuple[str, str | None]]:
    marks = ", ".join(["(?, ?)"] * len(keys))
    rows = connection.execute(
        f"SELECT sequence, recorder_id, verdict, note FROM reviews WHERE reviewer = ?"
        f" AND (sequence, recorder_id) IN ({marks})",
        (who, *(value for key in keys for value in key)),
    )
    return {(number, recorder): (verdict, note) for number, recorder, verdict, note in rows}


def _insert(connection: ServerConnection, rows: list[tuple[Any, ...]]) -> None:
    """All at once; one by one where another seat of the same person was faster."""
    place = "(?, ?, ?, ?, ?, ?)"
    try:
        connection.execute(_INSERT + ", ".join([place] * len(rows)), [value for row in rows for value in row])
    except err.MySQLError as error:
        if not is_duplicate(error):
            raise
        for row in rows:
            try:
                connection.execute(_INSERT + place, row)
            except err.MySQLError as again:
                if not is_duplicate(again):
                    raise


class _opened:
    """A connection of its own for a write, with what the server refuses in words."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def __enter__(self) -> ServerEngine:
        self._engine = ServerEngine(self._server)
        return self._engine

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._engine.close()
        if error is not None and is_denied(error):
            # The message names the right, in whichever language the rest of it is.
            is_reader = "INSERT" in str(error.args[-1])
            may = "only read" if is_reader else "add reviews, but not change them or take them back"
            raise StoreError(
                f"{self._server.address}: this account may {may}:"
                " an administrator's `fcm-tui database grants` tells how it may"
            ) from error
        if error is not None:
            with self._engine.translated():
                raise error
