"""A viewer in a process of its own, and a browser's window, which see each other through a websocket.

The process is a Textual program with its web driver: after a line `__GANGLION__` come packets of a letter (`D` for the
terminal, `M` for JSON about it), four bytes of length, big-endian, and what they carry.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
from collections.abc import Mapping, Sequence

from aiohttp import WSMsgType, web

_READY = b"__GANGLION__\n"
_LARGEST = 1 << 24
_LEAVES = 5.0
"""Seconds that a process has to end by itself."""
_SIZES = range(1, 1001)
_OF_A_TERMINAL = (
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "TMUX",
    "STY",
    "SSH_TTY",
    "VISUAL",
    "EDITOR",
    "NO_COLOR",
    "TEXTUAL",
)


class Window:
    """One of them."""

    def __init__(self, argv: Sequence[str], socket: web.WebSocketResponse) -> None:
        self._argv, self._socket = argv, socket
        self._process: asyncio.subprocess.Process | None = None

    async def run(self, width: int, height: int) -> None:
        """Until either side ends; the process has ended with it.

        Raises:
            OSError: no process can be started.
        """
        self._process = process = await asyncio.create_subprocess_exec(
            *self._argv,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env=_environment(os.environ, width, height),
            start_new_session=os.name == "posix",
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )  # fmt: skip
        there, here = (
            asyncio.ensure_future(self._to_browser(process)),
            asyncio.ensure_future(self._from_browser()),
        )
        try:
            await asyncio.wait({there, here}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (there, here):
                task.cancel()
            await asyncio.gather(there, here, return_exceptions=True)
            await self._end(process)

    async def _to_browser(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        read = process.stdout.readexactly
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, ValueError):
            if await process.stdout.readline() != _READY:
                return
            while True:
                head = await read(5)
                size = int.from_bytes(head[1:], "big")
                if size > _LARGEST:
                    return
                data = await read(size)
                if head[:1] == b"D":
                    await self._socket.send_bytes(data)
                elif head[:1] == b"M" and json.loads(data).get("type") == "exit":
                    return  # links and files of the program are none of the browser's business

    async def _from_browser(self) -> None:
        async for message in self._socket:
            if message.type is not WSMsgType.TEXT:
                continue
            try:
                await self._take(json.loads(message.data))
            except (ValueError, TypeError, KeyError, IndexError):
                return  # none of our page's

    async def _take(self, message: object) -> None:
        if not isinstance(message, list) or not message:
            raise ValueError
        kind, *rest = message
        if kind == "stdin":
            await self._send(b"D", rest[0].encode("utf-8", "replace") if isinstance(rest[0], str) else b"")
        elif kind == "resize":
            await self._meta(
                {"type": "resize", "width": size_of(rest[0]["width"]), "height": size_of(rest[0]["height"])}
            )
        elif kind == "ping":
            await self._socket.send_json(["pong", str(rest[0])[:100]])
        elif kind in ("focus", "blur"):
            await self._meta({"type": kind})

    async def _meta(self, values: Mapping[str, object]) -> None:
        await self._send(b"M", json.dumps(values).encode())

    async def _send(self, kind: bytes, data: bytes) -> None:
        assert self._process is not None and self._process.stdin is not None
        with contextlib.suppress(ConnectionError, RuntimeError):
            self._process.stdin.write(kind + len(data).to_bytes(4, "big") + data)
            await self._process.stdin.drain()

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        """Ask it to leave, and see to it."""
        if process.stdin is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._meta({"type": "quit"}), 1.0)
            process.stdin.close()
        try:
            await asyncio.wait_for(process.communicate(), _LEAVES)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def size_of(value: object) -> int:
    """Columns or rows that a window says it has.

    Raises:
        ValueError: it cannot have them.
    """
    number = int(value) if isinstance(value, int | str) else 0
    if number not in _SIZES:
        raise ValueError
    return number


def _environment(environ: Mapping[str, str], width: int, height: int) -> dict[str, str]:
    """Ours, but with the browser for a terminal."""
    kept = {name: value for name, value in environ.items() if name not in _OF_A_TERMINAL}
    return {
        **kept, "TERM": "xterm-256color", "COLORTERM": "truecolor", "SSH_CONNECTION": "browser",
        "COLUMNS": str(width), "ROWS": str(height), "PYTHONUTF8": "1",
    }  # fmt: skip
