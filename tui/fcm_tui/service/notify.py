"""Telling systemd how we do, in its own protocol (sd_notify(3)): a line each into the socket that it names."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
from collections.abc import MutableMapping

from fcm_tui.safetext import visible

_LENGTH = 200
"""Characters of a status."""


class Notifier:
    """Tells whoever started us, where that wants to know; else does nothing."""

    def __init__(self, environ: MutableMapping[str, str] = os.environ) -> None:
        """Takes the variables away: they are not for processes that we start."""
        address = environ.pop("NOTIFY_SOCKET", "")
        pid, microseconds = environ.pop("WATCHDOG_PID", ""), environ.pop("WATCHDOG_USEC", "")
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._status = ""
        self._alive_every: float | None = None
        """Seconds between two signs of life; None where nobody waits for them."""
        if self._address and microseconds.isdigit() and pid in ("", str(os.getpid())):
            self._alive_every = int(microseconds) / 1e6 / 3

    def ready(self) -> None:
        """The first look is over: every later change counts."""
        self._tell("READY=1")

    def stopping(self) -> None:
        """It comes to its end."""
        self._tell("STOPPING=1")

    def status(self, text: str) -> None:
        """How it does, in a line that `systemctl status` shows."""
        if text != self._status:
            self._status = text
            self._tell(f"STATUS={visible(text)[:_LENGTH]}")

    async def keep_alive(self) -> None:
        """Give signs of life from the event loop, as long as it turns."""
        while self._alive_every is not None:
            self._tell("WATCHDOG=1")
            await asyncio.sleep(self._alive_every)

    def _tell(self, line: str) -> None:
        if not self._address or sys.platform == "win32":
            return
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to:
            to.setblocking(False)
            to.sendto(line.encode(errors="replace"), self._address)
