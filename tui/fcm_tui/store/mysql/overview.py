"""What is on the server, and whether it is fit for what is sent there."""

from __future__ import annotations

from typing import Any

from fcm_tui.errors import ServerRefused
from fcm_tui.store.mysql import schema
from fcm_tui.store.mysql.connection import Connection

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


async def check(connection: Connection) -> list[str]:
    """What was found, in lines.

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
    return [
        f"{connection.host}: {connection.version}, {encrypted}",
        f"schema {step}, max_allowed_packet {connection.largest + 1024:,} bytes",
    ]


async def _with_tables(connection: Connection) -> int:
    step = await schema.steps_of(connection)
    if not step:
        raise ServerRefused("there are no tables yet: `fcm-tui database init` makes them")
    return step
