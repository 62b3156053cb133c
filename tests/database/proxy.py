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
        self._callers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._flows = asyncio.Event()
        self._flows.set()
        self._answers = asyncio.Event()
        self._answers.set()
        self._ghosts = asyncio.Event()
        self._ghosts.set()
        self.is_closed = False
        self.port = 0
        self.lost = 0.0
        """How likely each piece is lost on its way, and comes when it is sent again, as TCP does it: later."""
        self.delay = 0.0
        """Seconds that a piece is on its way at most."""
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

    def hold_answers(self) -> None:
        """What is said gets there, what is answered does not come back: half of a way is open."""
        self._answers.clear()

    def part(self) -> None:
        """The way is cut, and the server does not hear of it: it keeps its side open, with what was begun there."""
        self._ghosts.clear()
        self.cut_here()

    def rejoin(self) -> None:
        """Both directions again; the server hears of all that ended."""
        self._answers.set()
        self._ghosts.set()

    def cut_here(self) -> None:
        """End the connections of those who came here; the server's own go when there are no ghosts."""
        for writer in list(self._callers):
            writer.transport.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        try:
            if not self.is_closed:
                there, to = await asyncio.open_connection("127.0.0.1", self._to)
                self._writers.add(to)
                self._callers.add(writer)
                always = asyncio.Event()
                always.set()
                await asyncio.gather(self._pass(reader, to, always), self._pass(there, writer, self._answers))
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            self._callers.discard(writer)
            writer.transport.abort()

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, flows: asyncio.Event
    ) -> None:
        with contextlib.suppress(OSError):
            while piece := await reader.read(16384):
                await self._flows.wait()
                await flows.wait()
                if self.delay:
                    await asyncio.sleep(self._dice.uniform(0, self.delay))
                if self._dice.random() < self.lost:
                    await asyncio.sleep(0.2)  # the least that Linux waits before it sends again
                if self._dice.random() < self.drops:
                    writer.write(piece[: self._dice.randrange(len(piece))])
                    break
                writer.write(piece)
                await writer.drain()
        if writer not in self._callers:
            await self._ghosts.wait()
        writer.transport.abort()
        self._writers.discard(writer)
