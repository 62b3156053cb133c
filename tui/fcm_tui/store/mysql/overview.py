"""What is on the server, and whether it is fit for what is sent there."""

from __future__ import annotations

from typing import Any, NamedTuple

from fcm_tui.errors import ServerRefused
from fcm_tui.store.mysql import schema
from fcm_tui.store.mysql.connection import Connection
from fcm_tui.store.mysql.failures import code_of, is_denied

MAY_SEND, MAY_REVIEW, MAY_READ = "may send", "may add reviews", "may only read"
_HELPS = "line_blocks"
"""What a recorder's account may send or leave: texts are found without it, if slowly."""
_UNREAD = frozenset(("change_differences", "thinned", _HELPS))
"""What is sent without being read: a recorder's account need not read it."""
_READ_ONLY = frozenset((1290, 1792, 1836))
_NO_DEFAULT = 1364
_SIZES = (
    "SELECT table_name, table_rows, data_length + index_length FROM information_schema.tables"
    " WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' ORDER BY table_name"
)
_RECORDERS = (
    "SELECT r.recorder_id, r.host, r.user, r.version, r.last_seen_ns,"
    " (SELECT MAX(c.sequence) FROM changes c WHERE c.recorder_id = r.recorder_id) FROM recorders r ORDER BY r.host"
)


async def look(connection: Connection) -> dict[str, Any]:
    """Schema, sizes, and who sends.

    Raises:
        ServerRefused: there are no tables.
    """
    step = await _with_tables(connection)
    sizes = await connection.rows(_SIZES)
    return {
        "host": connection.host,
        "version": connection.version,
        "schema": step,
        "tables": {name: int(rows or 0) for name, rows, _ in sizes},
        "bytes": sum(int(size or 0) for _, _, size in sizes),
        "recorders": [
            {
                "recorder": recorder_id.hex(),
                "host": host,
                "user": user,
                "version": version,
                "last_seen_ns": last_seen_ns,
                "sequence": sequence or 0,
            }
            for recorder_id, host, user, version, last_seen_ns, sequence in await connection.rows(_RECORDERS)
        ],
    }


class Checked(NamedTuple):
    """What was found."""

    lines: list[str]
    may_send: bool
    """The account may write what a recorder sends."""


async def check(connection: Connection) -> Checked:
    """Look at the way there, the account and the tables.

    Raises:
        ServerRefused: something is not as it has to be.
    """
    step = await _with_tables(connection)
    if step < len(schema.STEPS):
        raise ServerRefused(
            f"the tables are those of an earlier fcm-tui (schema {step}): run `fcm-tui database upgrade`"
        )
    cipher = await connection.rows("SHOW SESSION STATUS LIKE 'Ssl_cipher'")
    encrypted = f"encrypted ({cipher[0][1]})" if cipher and cipher[0][1] else "not encrypted"
    may = await _writable(connection)
    rights = _rights(may)
    needed = [table for table in schema.TABLES if rights != MAY_SEND or table not in _UNREAD]
    unread = [table for table in needed if not await _may(connection, f"SELECT 1 FROM {table} LIMIT 0")]
    if unread:
        raise ServerRefused(
            f"this account may not read {', '.join(unread)}: an administrator's `fcm-tui database grants` tells how it may"
        )
    lines = [
        f"{connection.host}: {connection.version}, {encrypted}",
        f"this account {rights}",
        f"schema {step}, max_allowed_packet {connection.largest + 1024:,} bytes",
    ]
    if rights == MAY_SEND and not may[_HELPS]:
        lines.append(
            f"it may not write {_HELPS}, so texts are found slowly there: an administrator's `fcm-tui database grants`"
            " tells how it may"
        )
    return Checked(lines, rights == MAY_SEND)


async def _writable(connection: Connection) -> dict[str, bool]:
    return {
        table: await _may(connection, f"EXPLAIN INSERT INTO {table} VALUES ()") for table in schema.TABLES
    }


def _rights(may: dict[str, bool]) -> str:
    if all(writable for table, writable in may.items() if table != _HELPS):
        return MAY_SEND
    return MAY_REVIEW if may["reviews"] else MAY_READ


async def _may(connection: Connection, statement: str) -> bool:
    """Whether the server lets the account run a statement that does nothing."""
    try:
        await connection.rows(statement)
    except Exception as error:
        if is_denied(error) or code_of(error) in _READ_ONLY:
            return False
        if code_of(error) != _NO_DEFAULT:
            raise
    return True


async def _with_tables(connection: Connection) -> int:
    step = await schema.steps_of(connection)
    if not step:
        raise ServerRefused(await schema.why_none(connection))
    return step
