"""A synchronous connection to the team's database, for threads: what a reviewer's seat and the commands read through.

Reading is not sending. The recorder sends from its event loop, through aiomysql; a reader walks from a row to the rows that
it needs (a delta to its base, a change to its hunks) and is, over SQLite, plain synchronous code in a thread of
its own. So over a server it is that too: one thread, one connection of pymysql, which aiomysql stands on, behind the same
readers. Nothing of it runs in the event loop, whatever the server does, and what nobody wants any more is ended from
another thread (`KILL QUERY`). The price is a thread for each connection, of which a screen has five.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pymysql
from pymysql import err
from pymysql.constants import CLIENT

from fcm_tui.errors import ServerRefused
from fcm_tui.settings.database import Server
from fcm_tui.store.mysql.connection import CONNECT_SECONDS, SESSION, WAIT_FOR_OTHERS, trust
from fcm_tui.store.mysql.failures import code_of
from fcm_tui.store.mysql.literals import literal
from fcm_tui.store.mysql.password import read_password
from fcm_tui.store.mysql.wire import ENDLESS, GREETING, IN_CLEAR, NO_TLS, READ, WANTS_IT_IN_CLEAR, understood
from fcm_tui.store.reading.dialect import MYSQL
from fcm_tui.store.reading.patience import Abandoned

READ_SECONDS = 60.0
"""For which an answer is waited for: a text that is in no index may take a server long to find."""
ANSWER = 512 << 20
"""Bytes of one answer: a page, or all files of a folder as they were, of which there may be a million."""
_ATTENTION = 0.05
"""Seconds between two looks at whether what is read is still wanted."""
_READING = (
    "optimizer_switch = 'semijoin=off'",
    "optimizer_switch = 'exists_to_in=off'",
    "in_predicate_conversion_threshold = 0",
)
"""Pages want the first rows soon: whether a row has something is to be asked row by row, in order; and MariaDB makes a
table of a list of a thousand values, and then reads all rows where the list leads to a few. Each engine has its own."""
_NOBODY, _INTERRUPTED = (2003, 2013), 1317


class _Wire(pymysql.connections.Connection):  # type: ignore[misc]
    """pymysql's connection, which gives no password away, and takes no more than it is ready for."""

    allowance = GREETING
    """Bytes that may still come."""

    def _read_bytes(self, num_bytes: int) -> bytes:
        self.allowance -= num_bytes + READ
        if self.allowance < 0:
            self._force_close()
            raise ServerRefused(ENDLESS)
        found: bytes = super()._read_bytes(num_bytes)
        return found

    def _get_server_information(self) -> None:
        super()._get_server_information()
        if self.ssl and not self.server_capabilities & CLIENT.SSL:
            raise ServerRefused(NO_TLS)
        if not self.ssl and self._auth_plugin_name in IN_CLEAR:
            raise ServerRefused(WANTS_IT_IN_CLEAR)

    def _process_auth(self, plugin_name: bytes, auth_packet: Any) -> Any:
        if plugin_name in (b"mysql_clear_password", b"mysql_old_password", b"dialog") and not self._secure:
            raise ServerRefused(WANTS_IT_IN_CLEAR)
        return super()._process_auth(plugin_name, auth_packet)


class _Found:
    """What a query found, all of it in memory."""

    def __init__(self, rows: Sequence[tuple[Any, ...]], touched: int) -> None:
        self._rows = list(rows)
        self._at = 0
        self.rowcount = touched

    def fetchone(self) -> tuple[Any, ...] | None:
        if self._at >= len(self._rows):
            return None
        self._at += 1
        return self._rows[self._at - 1]

    def fetchall(self) -> list[tuple[Any, ...]]:
        rows, self._at = self._rows[self._at :], len(self._rows)
        return rows

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        while (row := self.fetchone()) is not None:
            yield row


class ServerConnection:
    """Statements in the readers' own form, for one thread at a time."""

    dialect = MYSQL

    def __init__(self, server: Server) -> None:
        """Connect to the first host that answers.

        Raises:
            ServerRefused, pymysql.err.MySQLError, OSError: it did not come about.
        """
        self._server = server
        self._password = read_password(server)
        self._context = trust(server)
        self._host = 0
        self._wire = self._connected()

    def _connected(self) -> _Wire:
        hosts = self._server.hosts
        for number in range(len(hosts)):
            try:
                return self._to(hosts[number])
            except err.MySQLError as error:
                if number + 1 == len(hosts) or code_of(error) not in _NOBODY:
                    raise
        raise AssertionError("a server has a host")

    @understood()
    def _to(self, host: tuple[str, int]) -> _Wire:
        wire = _Wire(
            host=host[0],
            port=host[1],
            user=self._server.user,
            password=self._password.encode(),
            database=self._server.name,
            charset="utf8mb4",
            ssl=self._tls(host[0]),
            ssl_disabled=self._tls(host[0]) is None,
            connect_timeout=CONNECT_SECONDS,
            read_timeout=CONNECT_SECONDS,
            write_timeout=CONNECT_SECONDS,
            autocommit=None,
            program_name="fcm-tui",
        )
        wire._read_timeout = READ_SECONDS
        for statement in SESSION:
            wire.query(statement)
        for setting in _READING:
            with contextlib.suppress(err.MySQLError):
                wire.query(f"SET SESSION {setting}")
        wire.query("SHOW VARIABLES LIKE 'wsrep_on'")
        if wire._result.rows and wire._result.rows[0][1] == "ON":
            wire.query(WAIT_FOR_OTHERS)  # else a node of a cluster answers with what it was a moment ago
        self.host = host
        return wire

    def _tls(self, host: str) -> ssl.SSLContext | None:
        return self._context if self._server.wants_tls(host) else None

    def execute(self, sql: str, values: Sequence[Any] = (), /) -> _Found:
        """Run a statement; each `?` in it stands for the next value.

        Raises:
            pymysql.err.MySQLError, OSError: it was refused, or the server is lost.
        """
        parts = sql.encode().split(b"?")
        if len(parts) != len(values) + 1:
            raise TypeError(f"{len(values)} values for {len(parts) - 1} places")
        pieces = [parts[0]]
        for value, part in zip(values, parts[1:], strict=True):
            pieces += (literal(value), part)
        self._wire.allowance = ANSWER
        with understood():
            touched = self._wire.query(b"".join(pieces))
        result = self._wire._result
        return _Found(result.rows or () if result is not None else (), touched)

    @contextmanager
    def patience(self, seconds: float) -> Iterator[None]:
        """Wait for answers no longer than this inside."""
        self._wire._read_timeout = seconds
        try:
            yield
        finally:
            self._wire._read_timeout = READ_SECONDS

    @contextmanager
    def until(self, unwanted: Callable[[], bool]) -> Iterator[None]:
        """Give up whatever is read inside as soon as `unwanted`, which another thread asks, says so.

        Raises:
            Abandoned: it did.
        """
        done = threading.Event()
        given_up = threading.Event()

        def watch() -> None:
            while not done.wait(_ATTENTION):
                if unwanted():
                    given_up.set()
                    self._end_query()
                    return

        watching = threading.Thread(target=watch, name="unwanted", daemon=True)
        watching.start()
        try:
            yield
        except err.MySQLError as error:
            if given_up.is_set() and code_of(error) in (_INTERRUPTED, *_NOBODY):
                raise Abandoned from None
            raise
        finally:
            done.set()
            watching.join()
        if given_up.is_set():
            raise Abandoned

    def _end_query(self) -> None:
        try:
            other = self._to(self.host)
        except (err.MySQLError, OSError, ServerRefused):
            self.interrupt()
            return
        with contextlib.suppress(err.MySQLError, OSError):
            other.query(f"KILL QUERY {self._wire.thread_id()}")
        other.close()

    def interrupt(self) -> None:
        """From any thread: whatever is waited for fails at once, and the connection is of no use any more."""
        found = self._wire._sock
        if found is not None:
            with contextlib.suppress(OSError):
                found.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End it, without waiting for anybody."""
        with contextlib.suppress(err.MySQLError, OSError):
            if self._wire._sock is not None:
                self._wire._sock.settimeout(1.0)
            self._wire.close()
