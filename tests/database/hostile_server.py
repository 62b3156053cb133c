"""Something that answers where a MySQL server should be, speaks its protocol as far as wanted, and then does its worst."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager

PLUGIN_AUTH = 1 << 19
CAPABILITIES = 0x81FFF7FF  # what MariaDB offers, TLS (0x800) left out
MORE = b"\xff\xff\xff"
Answer = Callable[[bytes], bytes | AsyncIterator[bytes] | None]
"""What is said to a query, packets and all; None: what a server would say."""


def packet(number: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "little") + bytes([number & 255]) + payload


def greeting(capabilities: int = CAPABILITIES, plugin: bytes = b"mysql_native_password") -> bytes:
    """The first packet of a server with these capabilities."""
    low, high = (capabilities & 0xFFFF).to_bytes(2, "little"), (capabilities >> 16).to_bytes(2, "little")
    body = b"\x0a10.11.0-test\0\1\0\0\x0012345678\0" + low + b"\x2d\2\0" + high + b"\x15" + bytes(10)
    return packet(0, body + b"123456789012\0" + plugin + b"\0")


def ok(number: int = 1) -> bytes:
    return packet(number, b"\0\0\0\2\0\0\0")


def column(number: int, name: bytes = b"a", kind: int = 0xFD, charset: int = 45) -> bytes:
    """The description of a column, text if not said otherwise."""
    names = b"".join(bytes([len(part)]) + part for part in (b"def", b"", b"", b"", name, name))
    return packet(
        number, names + b"\x0c" + charset.to_bytes(2, "little") + b"\xff\0\0\0" + bytes([kind]) + bytes(5)
    )


def eof(number: int) -> bytes:
    return packet(number, b"\xfe\0\0\2\0")


def result(*rows: tuple[bytes, ...], columns: int = 1) -> bytes:
    """A whole result of texts."""
    parts = [packet(1, bytes([columns])), *(column(2 + at) for at in range(columns)), eof(2 + columns)]
    for at, row in enumerate(rows):
        parts.append(packet(3 + columns + at, b"".join(bytes([len(value)]) + value for value in row)))
    return b"".join([*parts, eof(3 + columns + len(rows))])


VARIABLES = result((b"max_allowed_packet", b"16777216"), (b"version", b"10.11.0-test"), columns=2)


class Hostile:
    """Listens in a thread of its own."""

    def __init__(
        self, answer: Answer, hello: bytes | Callable[[], AsyncIterator[bytes]] = b"", login: bytes = b""
    ) -> None:
        self._answer = answer
        self._hello = hello or greeting()
        self._login = login or ok(2)
        self.accepted = 0
        """Bytes that the other side took, or its system for it."""
        self.told = b""
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await self._say(writer, self._hello if isinstance(self._hello, bytes) else self._hello())
            await self._hear(reader)
            await self._say(writer, self._login)
            while query := await self._hear(reader):
                said = self._answer(query[1:])
                if said is None:
                    said = VARIABLES if b"max_allowed_packet" in query else ok()
                await self._say(writer, said)
        writer.transport.abort()

    async def _hear(self, reader: asyncio.StreamReader) -> bytes:
        head = await reader.readexactly(4)
        body = await reader.readexactly(int.from_bytes(head[:3], "little"))
        self.told += body
        return body

    async def _say(self, writer: asyncio.StreamWriter, said: bytes | AsyncIterator[bytes]) -> None:
        if isinstance(said, bytes):
            writer.write(said)
            await writer.drain()
            self.accepted += len(said)
            return
        async for piece in said:
            writer.write(piece)
            await writer.drain()
            self.accepted += len(piece)


@contextmanager
def hostile(server: Hostile) -> Iterator[Hostile]:
    """It listens."""
    loop = asyncio.new_event_loop()
    is_over, listens = asyncio.Event(), threading.Event()

    async def listen() -> None:
        listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
        server.port = listening.sockets[0].getsockname()[1]
        listens.set()
        await is_over.wait()
        listening.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    thread = threading.Thread(target=lambda: loop.run_until_complete(listen()))
    thread.start()
    assert listens.wait(20)
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(is_over.set)
        thread.join()
        loop.close()
