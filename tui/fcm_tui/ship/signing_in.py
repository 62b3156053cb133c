"""Who sends, and where to go on: asked of the server, and held against the record."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

from fcm_tui.errors import ServerRefused
from fcm_tui.ship.outbox import Outbox
from fcm_tui.store.mysql.connection import Connection
from fcm_tui.store.mysql.failures import is_duplicate
from fcm_tui.store.mysql.literals import literal

InThread = Callable[[Callable[[], Any]], Awaitable[Any]]


async def sign_in(connection: Connection, outbox: Outbox, in_thread: InThread) -> int:
    """The sequence to go on after.

    Raises:
        ServerRefused: what is there is encrypted otherwise, or another record's.
    """
    await _agree_on_key(connection, await in_thread(outbox.key_id))
    return await position(connection, outbox, in_thread)


async def position(connection: Connection, outbox: Outbox, in_thread: InThread) -> int:
    """The newest change of this recorder that the server has; 0 where it has none.

    Raises:
        ServerRefused: it is not a change of this record: a data directory was copied, or an older copy put back.
    """
    rows = await connection.rows(
        b"SELECT sequence, chain_hash FROM changes WHERE recorder_id = %b ORDER BY sequence DESC LIMIT 1"
        % literal(outbox.recorder_id)
    )
    if not rows:
        return 0
    sequence, found = rows[0]
    if found != await in_thread(lambda: outbox.chain_hash(sequence)):
        raise ServerRefused(
            f"the team's database has a change {sequence} of this recorder that this record does not have: is this data"
            " directory a copy, or was an older one put back? Begin anew with another --data-dir, which keeps both"
        )
    return int(sequence)


async def _agree_on_key(connection: Connection, key_id: bytes) -> None:
    """All that is in one database is encrypted with one key, or nothing is: contents are shared by their digest."""
    question = "SELECT key_id FROM sealing_keys WHERE place = 1"
    there = await connection.rows(question)
    if not there:
        try:
            await connection.run(
                b"INSERT INTO sealing_keys VALUES (1, %b, %d)" % (literal(key_id), time.time_ns())
            )
            return
        except Exception as error:
            if not is_duplicate(error):
                raise
        there = await connection.rows(question)  # another was first
    (found,) = there[0]
    if found != key_id:
        raise ServerRefused(
            f"the team's database holds what is {_named(found)}, and this record is {_named(key_id)}:"
            " use the same key in [encryption], or another database"
        )


def _named(key_id: bytes) -> str:
    return f"encrypted with the key {key_id.hex()}" if key_id else "not encrypted"
