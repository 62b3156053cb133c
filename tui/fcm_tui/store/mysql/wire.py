"""aiomysql's connection, which gives no password away, hands no file over, and takes no more than it is ready for.

A server is not trusted here: whoever answers at its address may send anything. Every packet counts against an
allowance, its announced length before a byte of it is read, so that neither endless rows nor lies about lengths
fill the memory; what cannot be understood is one kind of error.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import aiomysql
from pymysql import err
from pymysql.constants import CLIENT, COMMAND
from pymysql.protocol import MysqlPacket

from fcm_tui.errors import ServerRefused
from fcm_tui.store.mysql.prepared import EXECUTE, PREPARE, execution, prepared

_MALFORMED = 2027
NONSENSE = (
    LookupError, TypeError, ValueError, ArithmeticError, AttributeError, AssertionError, RuntimeError, struct.error,
)  # fmt: skip
"""What parsing raises where a server does not keep to the protocol, or answers something else than was asked."""
ANSWER = 64 << 20
"""Bytes of one answer."""
GREETING = 1 << 20
"""Bytes until one is signed in."""
READ = 64
"""Bytes that a piece of an answer takes here, beside its own: so many small rows count too."""
_AT_A_STRETCH = 16
"""Packets that are taken in before others have their turn: some 50 µs each."""
IN_CLEAR = ("mysql_clear_password", "mysql_old_password")
NO_TLS = "the server offers no TLS, so the password was not sent: set TLS up there, or write ?tls=off"
WANTS_IT_IN_CLEAR = "the server wants the password in clear, and the way to it is not encrypted"
ENDLESS = "the server answers more than it was asked for, and does not end: is it the right server?"


class Wire(aiomysql.Connection):  # type: ignore[misc]
    """One connection."""

    allowance = GREETING
    """Bytes that may still come."""

    async def begin(self, statement: bytes | str) -> None:
        """The first half of `query`."""
        data = statement.encode() if isinstance(statement, str) else statement
        await self._execute_command(COMMAND.COM_QUERY, data)

    async def prepare(self, statement: bytes, places: int) -> int:
        """Prepare a statement that has so many places for values, and finds nothing; its number."""
        await self._execute_command(PREPARE, statement)
        number = prepared((await self._read_packet()).get_all_data(), places)
        for at in range(places + 1):  # what is told of each, and their end
            if at % _AT_A_STRETCH == 0:
                await asyncio.sleep(0)  # they are here all at once, and others have their turn
            await self._read_packet()
        return number

    async def begin_prepared(self, number: int, rows: Sequence[Sequence[object]]) -> None:
        """As `begin`, of a prepared statement with the values of some rows."""
        await self._execute_command(EXECUTE, execution(number, rows))

    async def answer(self) -> int:
        """The second half of `query`."""
        await self._read_query_result()
        return int(self._affected_rows)

    async def _read_bytes(self, number: int) -> bytes:
        self.allowance -= number + READ
        if self.allowance < 0:
            raise ServerRefused(ENDLESS)
        found: bytes = await super()._read_bytes(number)
        return found

    async def _get_server_information(self) -> None:
        await super()._get_server_information()
        if self._ssl_context and not self.server_capabilities & CLIENT.SSL:
            raise ServerRefused(NO_TLS)
        if not self._ssl_context:
            self._refuse_in_clear(self._server_auth_plugin)

    async def _request_authentication(self) -> None:
        self._read_packet = self._read_while_signing_in
        try:
            await super()._request_authentication()
        finally:
            del self._read_packet

    async def _read_while_signing_in(self, packet_type: type[MysqlPacket] = MysqlPacket) -> MysqlPacket:
        packet = await super()._read_packet(packet_type)
        if packet.is_auth_switch_request() and len(packet.get_all_data()) == 1:
            self._refuse_in_clear("mysql_old_password")
        return packet

    async def _process_auth(self, plugin_name: bytes, auth_packet: Any) -> Any:
        if not self._secure:
            self._refuse_in_clear(plugin_name.decode("ascii", "replace"))
        return await super()._process_auth(plugin_name, auth_packet)

    def _refuse_in_clear(self, plugin: str) -> None:
        if plugin in IN_CLEAR:
            raise ServerRefused(WANTS_IT_IN_CLEAR)


def _malformed(error: Exception) -> Exception:
    """What parsing an answer came to, as an error that says so."""
    if isinstance(error, RuntimeError) and "LOAD_LOCAL" in str(error):
        return ServerRefused(
            "the server asked for a file of this machine, which it does not get: is it the right one?"
        )
    nonsense: Exception = err.InternalError(_MALFORMED, "the server's answer makes no sense")
    return nonsense


@contextmanager
def understood() -> Iterator[None]:
    """Around what reads an answer: what cannot be understood is an error of the server's."""
    try:
        yield
    except (ServerRefused, err.MySQLError, OSError):
        raise
    except NONSENSE as error:
        raise _malformed(error) from error
