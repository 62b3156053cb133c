"""One connection to the team's database: encrypted and verified where it has to be, never waiting for ever.

aiomysql logs in over plain text where a server offers no TLS, waits without end, and sends the password in clear to
a server that asks for it: not here.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from typing import Any

import aiomysql
from pymysql import err
from pymysql.constants import CLIENT

from fcm_tui.errors import ServerRefused
from fcm_tui.settings.database import Server, host_text

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


class _Wire(aiomysql.Connection):  # type: ignore[misc]
    """aiomysql's connection, which gives no password away."""

    async def _get_server_information(self) -> None:
        await super()._get_server_information()
        if self._ssl_context and not self.server_capabilities & CLIENT.SSL:
            raise ServerRefused(
                "the server offers no TLS, so the password was not sent: set TLS up there, or write ?tls=off"
            )

    async def _process_auth(self, plugin_name: bytes, auth_packet: Any) -> Any:
        if plugin_name in (b"mysql_clear_password", b"mysql_old_password") and not self._secure:
            raise ServerRefused("the server wants the password in clear, and the way to it is not encrypted")
        return await super()._process_auth(plugin_name, auth_packet)


class Connection:
    """Statements to one server, one at a time. Close it after any error but one that the server answered with."""

    def __init__(self, wire: _Wire, host: str, packet: int, version: str) -> None:
        self._wire = wire
        self.host = host
        self.largest = packet
        """Bytes that a statement may have."""
        self.version = version

    async def run(self, statement: bytes | str) -> int:
        """Run a statement; how many rows it touched.

        Raises:
            pymysql.err.MySQLError, OSError, TimeoutError: it was refused, or nobody knows whether it was run.
        """
        if len(statement) > self.largest:  # the driver would report something else
            raise err.DataError(
                1153, f"a row is larger than the server's max_allowed_packet ({self.largest})"
            )
        async with asyncio.timeout(STATEMENT_SECONDS):
            affected: int = await self._wire.query(statement)
        return affected

    async def rows(self, statement: bytes | str) -> list[tuple[Any, ...]]:
        """Run a query; all its rows.

        Raises:
            As `run`.
        """
        await self.run(statement)
        result = self._wire._result
        return list(result.rows or ()) if result is not None else []

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
    wire = _Wire(
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
            await wire._connect()
            for statement in SESSION:
                await wire.query(statement)
            await wire.query("SELECT @@max_allowed_packet, VERSION()")
            packet, version = wire._result.rows[0]
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
    return Connection(wire, host_text(*host), packet - 1024, str(version))


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
