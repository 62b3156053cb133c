"""A way to a server that can be cut, held up and closed."""

from __future__ import annotations

import asyncio
import contextlib
import random


class Proxy:
    """Listens on loopback, passes bytes on."""

    def __init__(self, port: int, dice: random.Random) -> None:
        self._to = port
        self._dice = dice
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._flows = asyncio.Event()
        self._flows.set()
        self.is_closed = False
        self.port = 0
        self.drops = 0.0
        """How likely each piece of what goes through is the connection's last, cut somewhere in it."""

    async def __aenter__(self) -> Proxy:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """End every connection at once."""
        for writer in list(self._writers):
            writer.transport.abort()

    def hold(self) -> None:
        """Nothing gets through, as with a cable that is out."""
        self._flows.clear()

    def release(self) -> None:
        self._flows.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        try:
            if not self.is_closed:
                there, to = await asyncio.open_connection("127.0.0.1", self._to)
                self._writers.add(to)
                await asyncio.gather(self._pass(reader, to), self._pass(there, writer))
        except OSError:
            pass
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while piece := await reader.read(16384):
                await self._flows.wait()
                if self._dice.random() < self.drops:
                    writer.write(piece[: self._dice.randrange(len(piece))])
                    break
                writer.write(piece)
                await writer.drain()
        writer.transport.abort()
        self._writers.discard(writer)
