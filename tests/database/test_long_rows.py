"""Rows that are sent as they are arrive as they were, whatever is in them, and where a server prepares nothing too."""

from __future__ import annotations

import asyncio
import os
import struct
from pathlib import Path

import pytest

from fcm_tui.settings.database import Server, parse_server
from fcm_tui.ship.long_rows import LongRows
from fcm_tui.ship.sender import Sender
from fcm_tui.ship.tables import CONTENTS, Row
from fcm_tui.store.mysql import schema
from fcm_tui.store.mysql.connection import Connection, connect
from fcm_tui.store.mysql.prepared import execution, prepared
from tests.database.compare import differing
from tests.database.conftest import started
from tests.database.seats import record_twice, send
from tests.database.server import PASSWORD, MariaDB, needs_mariadb

pytestmark = needs_mariadb

LENGTHS = (0, 1, 250, 251, 252, 65_535, 65_536, 1 << 20)


async def connected(database: Server) -> Connection:
    connection = await connect(database, database.hosts[0], PASSWORD, context=None)
    await schema.upgrade(connection)
    await connection.take_bytes()
    return connection


def contents(many: int) -> list[Row]:
    """Contents of all lengths, every second a delta; some bytes that SQL would have to escape."""
    found = []
    for number in range(many):
        data = (bytes(range(256)) * 4097)[number : number + LENGTHS[number % len(LENGTHS)]]
        base = None if number % 2 else os.urandom(32)
        found.append(CONTENTS.row((os.urandom(32), number, "xs" if number % 3 else "r", base, data)))
    return sorted(found)


async def bury(letters: object) -> None:
    raise AssertionError(letters)


@pytest.mark.parametrize("many", [1, 7, 8, 63, 64, 65, 200])
async def test_values_arrive_as_they_are(database: Server, many: int) -> None:
    connection = await connected(database)
    rows = contents(many)
    sender = Sender(connection, bury)
    await sender.transaction([(CONTENTS, rows)])
    assert sender._long.takes(CONTENTS, rows)
    found = await connection.rows(
        "SELECT digest, chunk, codec, base_digest, data FROM contents ORDER BY digest"
    )
    connection.close()
    assert [tuple(row) for row in found] == [row.values for row in rows]


async def test_no_statement_is_larger_than_there_is_room_for(
    database: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = await connected(database)
    sizes: list[int] = []
    begin = Connection.begin_prepared

    async def noted(self: Connection, number: int, rows: list[tuple[object, ...]]) -> None:
        sizes.append(len(execution(number, rows)))
        await begin(self, number, rows)

    monkeypatch.setattr(Connection, "begin_prepared", noted)
    long = LongRows(connection, 70_000)
    rows = [row for row in contents(80) if len(row.values[4]) < 1 << 20]
    assert not long.takes(CONTENTS, rows)
    await long.ready(CONTENTS)
    assert long.takes(CONTENTS, rows)
    assert not long.takes(CONTENTS, contents(8))
    await connection.begin("BEGIN")
    await long.send(CONTENTS, rows)
    await connection.answer()
    assert await connection.rows("SELECT COUNT(*) FROM contents") == [(len(rows),)]
    connection.close()
    assert len(sizes) > 10
    assert max(sizes) < 70_000 + 5000


async def test_a_server_that_prepares_nothing_gets_all_the_same(
    root: Path, tmp_path: Path, template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FCM_DATABASE_PASSWORD", PASSWORD)
    with started(template, "--max-prepared-stmt-count=0") as server:
        database = parse_server(server.url())
        connection = await connected(database)
        long = LongRows(connection, 1 << 20)
        await long.ready(CONTENTS)
        assert not long.takes(CONTENTS, contents(1))
        connection.close()
        await asyncio.to_thread(record_twice, root, tmp_path / "data")
        await asyncio.to_thread(send, tmp_path / "data" / "record.db", database)
        assert await differing(tmp_path / "data" / "record.db", database) == []


async def test_a_row_that_is_refused_is_buried_and_the_others_arrive(
    database: Server, shared: MariaDB
) -> None:
    connection = await connected(database)
    shared.sql("ALTER TABLE contents MODIFY codec VARCHAR(1) NOT NULL", database.name)
    buried: list[object] = []

    async def keep(letters: list[object]) -> None:
        buried.extend(letters)

    rows = contents(70)
    await Sender(connection, keep).transaction([(CONTENTS, rows)])
    fitting = [row for row in rows if row.values[2] == "r"]
    assert await connection.rows("SELECT COUNT(*) FROM contents") == [(len(fitting),)]
    assert len(buried) == 70 - len(fitting)
    connection.close()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\0\1\0\0\0",
        b"\1\1\0\0\0\0\0\5\0\0\0\0",
        b"\0\1\0\0\0\1\0\5\0\0\0\0",
        b"\0\1\0\0\0\0\0\6\0\0\0\0",
    ],
)
def test_an_answer_that_is_none_is_told(answer: bytes) -> None:
    assert prepared(b"\0\1\0\0\0\0\0\5\0\0\0\0", 5) == 1
    with pytest.raises((ValueError, struct.error)):
        prepared(answer, 5)


def test_what_is_no_value_is_told() -> None:
    with pytest.raises(TypeError, match="float is no value of a column"):
        execution(1, [(1.5,)])
