"""Long rows, sent by prepared statements as they are: contents are neither written as SQL here nor read as such there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fcm_tui.ship.tables import Row, Table
from fcm_tui.store.mysql.connection import Connection
from fcm_tui.store.mysql.failures import prepares_nothing

_AT_ONCE = (32, 4, 1)
"""Rows of the statements that are prepared; of each place in them a server tells."""


class LongRows:
    """Sends them through one connection."""

    def __init__(self, connection: Connection, room: int) -> None:
        """`room`: bytes that a statement may have."""
        self._connection = connection
        self._room = room
        self._prepared: dict[str, dict[int, int]] = {}
        """By table, the statements by how many rows they take; none where the server prepares nothing."""

    async def ready(self, table: Table) -> None:
        """Prepare what rows of a table need. Nothing may have been begun.

        Raises:
            Whatever a connection raises.
        """
        if table.name in self._prepared:
            return
        numbers: dict[int, int] = {}
        try:
            for many in _AT_ONCE:
                places = many * len(table.columns)
                numbers[many] = await self._connection.prepare(table.to_prepare(many), places)
        except Exception as error:
            if not prepares_nothing(error):
                raise
            numbers = {}
        self._prepared[table.name] = numbers

    def takes(self, table: Table, rows: Sequence[Row]) -> bool:
        """Whether rows can be sent so: the server prepares, and none of them is larger than a statement may be."""
        return bool(self._prepared.get(table.name)) and all(_size(row) <= self._room for row in rows)

    async def send(self, table: Table, rows: Sequence[Row]) -> None:
        """Insert rows behind a statement that was begun; the last of them is left begun.

        Raises:
            Whatever a connection raises.
        """
        numbers = self._prepared[table.name]
        for some in self._parts(rows):
            await self._connection.answer()
            await self._connection.begin_prepared(numbers[len(some)], [row.values for row in some])

    def _parts(self, rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
        """As many at once as there is room for, and a statement takes."""
        at = 0
        while at < len(rows):
            fitting = size = 0
            for row in rows[at : at + _AT_ONCE[0]]:
                size += _size(row)
                if size > self._room:
                    break
                fitting += 1
            many = next(many for many in _AT_ONCE if many <= fitting)
            yield rows[at : at + many]
            at += many


def _size(row: Row) -> int:
    return sum(len(value) + 12 if isinstance(value, bytes | str) else 12 for value in row.values)
