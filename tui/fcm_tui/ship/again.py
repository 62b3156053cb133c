"""Sending dead letters again, once somebody has mended why the server refused them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from fcm_tui.ship.dead_letters import DeadLetter, DeadLetters
from fcm_tui.ship.outbox import Outbox
from fcm_tui.ship.tables import TABLES, Row, Table
from fcm_tui.store.mysql.connection import Connection
from fcm_tui.store.mysql.failures import Failure, is_duplicate, kind_of, words

_TEXT_KEYS = ("reviewer",)


@dataclass(slots=True)
class Again:
    """What came of it."""

    sent: int = 0
    gone: int = 0
    """The record has no such row any more: retention thinned it out, or it was taken back."""
    refused: int = 0


async def send_again(connection: Connection, outbox: Outbox, dead: DeadLetters) -> Again:
    """Every dead letter once more, each by itself; who is sent, or gone from the record, leaves the list.

    Raises:
        Whatever the connection raises, a row's refusal aside.
    """
    done = Again()
    order = list(TABLES)
    letters = await asyncio.to_thread(dead.all)
    for letter in sorted(letters, key=lambda letter: order.index(letter.table)):
        row = await asyncio.to_thread(_row, outbox, letter)
        if row is None:
            done.gone += 1
        elif await _is_sent(connection, TABLES[letter.table], row, dead):
            done.sent += 1
        else:
            done.refused += 1
            continue
        await asyncio.to_thread(dead.remove, letter)
    return done


async def _is_sent(connection: Connection, table: Table, row: Row, dead: DeadLetters) -> bool:
    for statement in table.statements([row]):
        try:
            await connection.run(statement)
        except Exception as error:
            if is_duplicate(error):
                continue
            if kind_of(error) != Failure.ROW:
                raise
            await asyncio.to_thread(dead.add, [DeadLetter(table.name, row.key, words(error))])
            return False
    return True


def _row(outbox: Outbox, letter: DeadLetter) -> Row | None:
    table = TABLES[letter.table]
    names = table.columns[: table.keys]
    values = [_value(name, value) for name, value in zip(names, letter.key, strict=True)]
    where = " AND ".join(f"{table.name}.{name} = ?" for name in names)
    found = outbox.connection.execute(f"{table.select} WHERE {where}", values).fetchone()
    return None if found is None else table.row(found)


def _value(name: str, value: Any) -> Any:
    return bytes.fromhex(value) if isinstance(value, str) and name not in _TEXT_KEYS else value
