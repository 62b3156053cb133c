"""One connection to the team's database: encrypted and verified where it has to be, never waiting for ever.

aiomysql logs in over plain text where a server offers no TLS, waits without end, and sends the password in clear to
a server that asks for it: not here.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from pymysql import err

from fcm_tui.errors import ServerRefused
from fcm_tui.settings.database import Server, host_text
from fcm_tui.store.mysql.wire import ANSWER, Wire, understood

CONNECT_SECONDS = 10.0
STATEMENT_SECONDS = 30.0
"""For which one is waited for; a cluster that has lost a node stalls for some seconds."""
LEAST_PACKET = 4 << 20
"""Of `max_allowed_packet`: a row has up to 1 MiB of content, which may become twice as long on its way."""

SESSION = (
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', innodb_lock_wait_timeout = 5,"
    " net_write_timeout = 30, time_zone = '+00:00', autocommit = 1, group_concat_max_len = 1048576",
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
)


WAIT_FOR_OTHERS = "SET SESSION wsrep_sync_wait = 1"
_VARIABLES = "SHOW VARIABLES WHERE Variable_name IN ('max_allowed_packet', 'version', 'wsrep_on')"


class Connection:
    """Statements to one server, one at a time. Close it after any error but one that the server answered with."""

    def __init__(self, wire: Wire, host: str, packet: int, version: str) -> None:
        self._wire = wire
        self.host = host
        self.largest = packet
        """Bytes that a statement may have."""
        self.version = version
        self._patience = 0.0
        """Seconds for which a statement is waited for instead, if any."""

    @contextlib.contextmanager
    def patience(self, seconds: float) -> Iterator[None]:
        """Wait so long for each statement inside."""
        self._patience = seconds
        try:
            yield
        finally:
            self._patience = 0.0

    async def run(self, statement: bytes | str) -> int:
        """Run a statement; how many rows it touched.

        Raises:
            pymysql.err.MySQLError, OSError, TimeoutError: it was refused, or nobody knows whether it was run.
            ServerRefused: the answer is larger than any may be.
        """
        await self.begin(statement)
        return await self.answer()

    async def begin(self, statement: bytes | str) -> None:
        """Send a statement, and do not wait for the server; `answer` is the next that is called.

        Raises:
            As `run`.
        """
        if len(statement) > self.largest:  # the driver would report something else
            raise err.DataError(
                1153, f"a row is larger than the server's max_allowed_packet ({self.largest})"
            )
        self._wire.allowance = ANSWER
        async with asyncio.timeout(self._patience or STATEMENT_SECONDS):
            with understood():
                await self._wire.begin(statement)

    async def prepare(self, statement: bytes, places: int) -> int:
        """Prepare a statement with so many places for values; its number here. Nothing may have been begun.

        Raises:
            As `run`.
        """
        self._wire.allowance = ANSWER
        async with asyncio.timeout(self._patience or STATEMENT_SECONDS):
            with understood():
                return await self._wire.prepare(statement, places)

    async def begin_prepared(self, number: int, rows: Sequence[Sequence[object]]) -> None:
        """As `begin`, with the values of some rows for a prepared statement.

        Raises:
            As `run`.
        """
        self._wire.allowance = ANSWER
        async with asyncio.timeout(self._patience or STATEMENT_SECONDS):
            with understood():
                await self._wire.begin_prepared(number, rows)

    async def answer(self) -> int:
        """What came of the statement that was begun: how many rows it touched.

        Raises:
            As `run`.
        """
        async with asyncio.timeout(self._patience or STATEMENT_SECONDS):
            with understood():
                return await self._wire.answer()

    async def rows(self, statement: bytes | str) -> list[tuple[Any, ...]]:
        """Run a query; all its rows.

        Raises:
            As `run`.
        """
        await self.run(statement)
        result = self._wire._result
        return list(result.rows or ()) if result is not None else []

    async def each(self, statement: str) -> AsyncIterator[tuple[Any, ...]]:
        """Run a query; its rows one by one, as the server sends them. Nothing else runs meanwhile.

        Raises:
            As `run`.
        """
        self._wire.allowance = ANSWER
        async with asyncio.timeout(self._patience or STATEMENT_SECONDS):
            with understood():
                await self._wire.query(statement, unbuffered=True)
        result = self._wire._result
        while result is not None and result.unbuffered_active:
            self._wire.allowance = ANSWER
            async with asyncio.timeout(self._patience or STATEMENT_SECONDS):
                with understood():
                    row = await result._read_rowdata_packet_unbuffered()
            if row is not None:
                yield row

    async def take_bytes(self) -> None:
        """From now on literals are bytes, which are UTF-8 where they get into text: contents are read twice as fast.

        Raises:
            As `run`.
        """
        await self.run("SET SESSION character_set_client = binary, character_set_connection = binary")

    def close(self) -> None:
        """At once; what the server has not answered may be done or not."""
        writer = self._wire._writer
        if writer is not None:
            with contextlib.suppress(OSError, RuntimeError):
                writer.write(b"\1\0\0\0\1")  # COM_QUIT: else the server notes an aborted connection
            writer.transport.abort()  # what else is there of TLS would wait for the other side
        self._wire.close()


async def connect(
    server: Server,
    host: tuple[str, int],
    password: str,
    *,
    context: ssl.SSLContext | None,
    database: bool = True,
) -> Connection:
    """A connection to one of a server's hosts; `context` comes from `trust`.

    Raises:
        ServerRefused: it is not safe, or not fit for what is kept there.
        pymysql.err.MySQLError, OSError, TimeoutError: it did not come about.
    """
    wire = Wire(
        host=host[0],
        port=host[1],
        user=server.user,
        password=password.encode().decode("latin-1"),  # it is encoded as Latin-1 later: so it goes as UTF-8
        db=server.name if database else None,
        charset="utf8mb4",
        ssl=context if server.wants_tls(host[0]) else None,
        connect_timeout=CONNECT_SECONDS,
        autocommit=None,
        program_name="fcm-tui",
    )
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            with understood():
                await wire._connect()
                for statement in SESSION:
                    await wire.query(statement)
                await wire.query(_VARIABLES)
                found = {str(name): value for name, value in wire._result.rows}
                packet, version = int(found["max_allowed_packet"]), str(found["version"])
                if (
                    found.get("wsrep_on") == "ON"
                ):  # else a node of a cluster answers with what it was a moment ago
                    await wire.query(WAIT_FOR_OTHERS)
    except BaseException as error:
        wire.close()
        if isinstance(error, Exception):
            await asyncio.sleep(0)  # the loop closes what a failed handshake left
        raise
    if packet < LEAST_PACKET:
        wire.close()
        raise ServerRefused(
            f"the server's max_allowed_packet is {packet:,} bytes: set it to 16M, contents need {LEAST_PACKET:,} at least"
        )
    return Connection(wire, host_text(*host), packet - 1024, version)


def trust(server: Server) -> ssl.SSLContext | None:
    """What a server's certificate is verified with; None where no host needs it. Reads files.

    Raises:
        ServerRefused: the file of certificates cannot be used.
    """
    if not any(server.wants_tls(host) for host, _ in server.hosts):
        return None
    try:
        return ssl.create_default_context(cafile=server.ca)
    except (OSError, ssl.SSLError) as error:
        raise ServerRefused(
            f"{server.ca}: the certificates cannot be read ({error.strerror or error}): mend ca in [database]"
        ) from None
