"""The first version's two tables, as rows: read as they stood at one moment, and never written to.

    backup_paths  id, original_file, backup_file
    differences   id, operation, affected_lines

The types of their columns are whatever they are: texts, bytes or numbers come as text, byte for byte where they can.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from typing import NamedTuple

from fcm_tui.errors import ServerRefused
from fcm_tui.store.mysql.connection import Connection

_COLUMNS = {
    "backup_paths": ("id", "original_file", "backup_file"),
    "differences": ("id", "operation", "affected_lines"),
}
_BEGIN = (
    "SET SESSION net_write_timeout = 3600",  # the server waits while files are read here
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
)


class Copy(NamedTuple):
    """A row of `backup_paths`."""

    id: str
    original: bytes
    copy: bytes


class Difference(NamedTuple):
    """A row of `differences`."""

    id: str
    operation: str
    lines: bytes


class LegacyTables:
    """What is there. Make one with `found`."""

    def __init__(self, connection: Connection, names: frozenset[str]) -> None:
        self._connection = connection
        self.names = names
        """Those of the two tables that are there."""

    @classmethod
    async def found(cls, connection: Connection) -> LegacyTables:
        """Look for the tables, and hold on to how they are now.

        Raises:
            ServerRefused: there are none, or not those of the first version.
        """
        names = set()
        for table, wanted in _COLUMNS.items():
            columns = {
                str(name).lower()
                for (name,) in await connection.rows(
                    "SELECT column_name FROM information_schema.columns"
                    f" WHERE table_schema = DATABASE() AND table_name = '{table}'"
                )
            }
            if not columns:
                continue
            if columns & {"recorder_id", "digest"}:
                raise ServerRefused(
                    f"its table `{table}` is that of a team's database, not of the first version:"
                    " name the database that the first version wrote to"
                )
            lacking = [name for name in wanted if name not in columns]
            if lacking:
                raise ServerRefused(
                    f"its table `{table}` has no column `{lacking[0]}`, so it is not the first version's:"
                    " name the database that the first version wrote to"
                )
            names.add(table)
        if not names:
            raise ServerRefused(
                "it has neither `backup_paths` nor `differences`: name the database that the first version wrote to,"
                " and an account that may read it"
            )
        for statement in _BEGIN:
            await connection.run(statement)
        return cls(connection, frozenset(names))

    async def originals(self) -> AsyncIterator[bytes]:
        """The original file of each row of `backup_paths`."""
        if "backup_paths" in self.names:
            async for (original,) in self._connection.each("SELECT original_file FROM backup_paths"):
                yield _path(original)

    async def copies(self) -> AsyncIterator[Copy]:
        """The rows of `backup_paths`, by id."""
        async for row_id, original, copy in self._rows("backup_paths"):
            yield Copy(_text(row_id), _path(original), _path(copy))

    async def differences(self) -> AsyncIterator[Difference]:
        """The rows of `differences`, by id."""
        async for row_id, operation, lines in self._rows("differences"):
            data = lines if isinstance(lines, bytes) else _text(lines).encode("utf-8", "surrogatepass")
            yield Difference(_text(row_id), _text(operation), data)

    async def _rows(self, table: str) -> AsyncIterator[tuple[object, ...]]:
        if table in self.names:
            statement = f"SELECT {', '.join(_COLUMNS[table])} FROM {table} ORDER BY id"
            async for row in self._connection.each(statement):
                yield row


def _path(value: object) -> bytes:
    return value if isinstance(value, bytes) else os.fsencode(_text(value))


def _text(value: object) -> str:
    if value is None:
        return ""
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
