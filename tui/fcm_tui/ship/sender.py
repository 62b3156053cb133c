"""What one connection sends: transactions that hold all of a batch, and whatever the server refuses of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from itertools import islice
from typing import NamedTuple

from fcm_tui.ship.closure import Key
from fcm_tui.ship.dead_letters import DeadLetter
from fcm_tui.ship.long_rows import LongRows
from fcm_tui.ship.outbox import Batch
from fcm_tui.ship.tables import CONTENTS, DIFFERENCES, STATEMENT_BYTES, Row, Table
from fcm_tui.store.mysql.connection import Connection
from fcm_tui.store.mysql.failures import Failure, kind_of, words
from fcm_tui.store.mysql.literals import listed

_KNOWN = 100_000
_AT_ONCE = 1000
_DIGEST = 32
Parts = Sequence[tuple[Table, Sequence[Row]]]


class Known:
    """Keys that are on the server: a memory of the last ones, so that it need not be asked again."""

    def __init__(self) -> None:
        self._keys: dict[bytes, None] = {}

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def add(self, keys: Iterable[bytes]) -> None:
        """These are there."""
        self._keys.update(dict.fromkeys(keys))
        for key in list(islice(self._keys, max(0, len(self._keys) - _KNOWN))):
            del self._keys[key]


class Contents(NamedTuple):
    """What of some contents is left to be sent."""

    rows: Sequence[Row] = ()
    digests: Sequence[bytes] = ()
    """Of all that is on the server once the rows are."""


class Sender:
    """Sends through one connection; made anew with each, as another server may have other rows."""

    def __init__(self, connection: Connection, bury: Callable[[list[DeadLetter]], Awaitable[None]]) -> None:
        """`bury` keeps what the server refuses for good; what it returns has returned when it is safe."""
        self.connection = connection
        self._bury = bury
        self._room = min(STATEMENT_BYTES, connection.largest - 4096)
        self.contents = Known()
        self._differences = Known()
        # A piece of a content has up to so many bytes by itself.
        self._long = LongRows(connection, min(2 * STATEMENT_BYTES, connection.largest - 4096))

    async def send(self, batch: Batch, contents: Contents) -> None:
        """Changes and what belongs to them, in one transaction.

        Raises:
            Whatever a connection raises, a row's refusal aside. Then all of it is on the server, or nothing.
        """
        wanted = [digest for digest in sorted(batch.differences) if digest not in self._differences]
        there = await self._joined(
            b"SELECT GROUP_CONCAT(digest SEPARATOR '') FROM differences WHERE digest IN ", wanted, _DIGEST
        )
        missing = [batch.differences[digest] for digest in wanted if digest not in there]
        rest = [(table, missing if table is DIFFERENCES else rows) for table, rows in batch.rows()]
        await self.transaction([(CONTENTS, contents.rows), *rest])
        self._differences.add(wanted)
        self.contents.add(contents.digests)

    async def lacking(self, keys: Sequence[Key]) -> list[Key]:
        """Those rows of `contents` that the server does not have, in the order given."""
        digests = list(dict.fromkeys(digest for digest, _ in keys))
        there = await self._joined(
            b"SELECT GROUP_CONCAT(digest, LPAD(HEX(chunk), 8, '0') SEPARATOR '') FROM contents WHERE digest IN ",
            digests,
            _DIGEST + 8,
        )
        return [key for key in keys if b"%b%08X" % key not in there]

    async def _joined(self, question: bytes, digests: Sequence[bytes], length: int) -> set[bytes]:
        """Answers of one length each, which come as one value: rows would keep the loop for 30 µs each."""
        found: set[bytes] = set()
        for at in range(0, len(digests), _AT_ONCE):
            answer = (await self.connection.rows(question + listed(digests[at : at + _AT_ONCE])))[0][0] or b""
            found.update(answer[start : start + length] for start in range(0, len(answer), length))
        return found

    async def transaction(self, parts: Parts, last: bytes | None = None) -> None:
        """Insert rows, all or none, and run a last statement; rows that the server will never take are buried.

        Raises:
            As `send`.
        """
        try:
            await self.insert(parts, last)
        except Exception as error:
            if kind_of(error) != Failure.ROW:
                raise
            await self.connection.run("ROLLBACK")
            await self._insert_each(parts, last)

    async def insert(self, parts: Parts, last: bytes | None = None) -> None:
        """As `transaction`, where a row that is refused refuses all of it.

        Raises:
            Whatever a connection raises.
        """
        for table, rows in parts:
            if table.is_long and rows:
                await self._long.ready(table)
        await self.connection.begin("BEGIN")
        for table, rows in parts:
            if table.is_long and self._long.takes(table, rows):
                await self._long.send(table, rows)
                continue
            for statement in table.statements(rows, self._room):  # made while the server is at the one before
                await self.connection.answer()
                await self.connection.begin(statement)
        await self.connection.answer()
        await self._commit(last)

    async def _insert_each(self, parts: Parts, last: bytes | None) -> None:
        """As `insert`, row by row: a statement that is refused is undone by itself, and the transaction goes on."""
        dead: list[DeadLetter] = []
        await self.connection.run("BEGIN")
        for table, rows in parts:
            for row in rows:
                for statement in table.statements([row]):
                    try:
                        await self.connection.run(statement)
                    except Exception as error:
                        if kind_of(error) != Failure.ROW:
                            raise
                        dead.append(DeadLetter(table.name, row.key, words(error)))
        if dead:
            await self._bury(dead)  # first: once the changes are there, nobody comes back to them
        await self._commit(last)

    async def _commit(self, last: bytes | None) -> None:
        if last is not None:
            await self.connection.run(last)
        await self.connection.run("COMMIT")
