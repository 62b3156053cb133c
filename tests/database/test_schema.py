"""The tables on the server: made once, by whoever comes first, and refused where they are newer."""

from __future__ import annotations

import asyncio

import pytest

from fcm_tui.errors import ServerRefused
from fcm_tui.settings.database import Server
from fcm_tui.store import schema as local
from fcm_tui.store.mysql import connection as mysql_connection
from fcm_tui.store.mysql import schema
from fcm_tui.store.mysql.connection import Connection, connect
from tests.database.server import PASSWORD, needs_mariadb

pytestmark = needs_mariadb


async def opened(database: Server) -> Connection:
    return await connect(database, database.hosts[0], PASSWORD, context=None)


async def test_the_tables_are_made_once(database: Server) -> None:
    connection = await opened(database)
    assert await schema.steps_of(connection) == 0
    assert await schema.upgrade(connection) == (0, len(schema.STEPS))
    assert await schema.upgrade(connection) == (len(schema.STEPS), len(schema.STEPS))
    tables = {name for (name,) in await connection.rows("SHOW TABLES")}
    connection.close()
    assert {"changes", "backup_paths", "contents", "differences", "change_differences", "reviews"} <= tables


async def test_recorders_that_start_together_make_them_once(database: Server) -> None:
    connections = [await opened(database) for _ in range(8)]
    made = await asyncio.gather(*map(schema.upgrade, connections))
    last = len(schema.STEPS)
    assert sorted(made) == [(0, last)] + [(last, last)] * 7
    steps = await connections[0].rows("SELECT step FROM schema_steps ORDER BY step")
    assert steps == [(number + 1,) for number in range(last)]
    for connection in connections:
        connection.close()


async def test_what_a_newer_program_wrote_is_refused(database: Server) -> None:
    connection = await opened(database)
    await schema.upgrade(connection)
    await connection.run("INSERT INTO schema_steps VALUES (99, 1, '9.9')")
    with pytest.raises(ServerRefused, match=r"newer fcm-tui \(schema 99, .*upgrade fcm-tui"):
        await schema.upgrade(connection)
    connection.close()


async def test_a_step_may_take_longer_than_other_statements(
    database: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An index of very many changes does."""
    monkeypatch.setattr(schema, "STEPS", (*schema.STEPS, ("DO SLEEP(3)",)))
    monkeypatch.setattr(mysql_connection, "STATEMENT_SECONDS", 2.0)
    connection = await opened(database)
    assert await schema.upgrade(connection) == (0, len(schema.STEPS))
    with pytest.raises(TimeoutError):
        await connection.run("DO SLEEP(3)")
    connection.close()


async def test_half_a_step_is_completed(database: Server) -> None:
    connection = await opened(database)
    await connection.run(schema._with_options(schema.STEPS[0][0]))
    assert await schema.upgrade(connection) == (0, len(schema.STEPS))
    await connection.run("DELETE FROM schema_steps WHERE step > 1")  # its indexes are there all the same
    assert await schema.upgrade(connection) == (1, len(schema.STEPS))
    connection.close()


async def test_names_and_keys_are_those_of_the_local_record(database: Server, tmp_path: object) -> None:
    import sqlite3

    connection = await opened(database)
    await schema.upgrade(connection)
    here = sqlite3.connect(":memory:")
    for step in local.STEPS:
        here.executescript(step)
    for table in (
        "recorders",
        "roots",
        "changes",
        "backup_paths",
        "contents",
        "change_differences",
        "gaps",
        "reviews",
        "prunes",
        "thinned",
    ):
        wanted = {(name, key) for _, name, _, _, _, key in here.execute(f"PRAGMA table_info({table})")}
        found = {
            (name, int(place or 0))
            for name, place in await connection.rows(
                "SELECT c.column_name, k.ordinal_position FROM information_schema.columns c LEFT JOIN"
                " information_schema.key_column_usage k ON k.table_schema = c.table_schema AND k.table_name = c.table_name"
                " AND k.column_name = c.column_name AND k.constraint_name = 'PRIMARY'"
                f" WHERE c.table_schema = DATABASE() AND c.table_name = '{table}'"
            )
        }
        assert wanted <= found, table
    connection.close()
    here.close()
