"""Terminals that differ from the usual one: a slow line, tmux; each as `ptyharness.Terminal` is used."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.ptyharness import Terminal

"""Bytes a second of a line of 56 kbit/s."""


class SlowTerminal(Terminal):
    """Takes in no more than a slow line carries."""

    def __init__(self, *args: Any, rate: int = 56_000, **options: Any) -> None:
        self._rate = rate
        self._next = 0.0
        super().__init__(*args, **options)

    def pump(self, timeout: float = 0.05) -> bool:
        pause = self._next - time.monotonic()
        if pause > 0:
            time.sleep(min(pause, timeout))
            return False
        before = len(self.raw)
        read = super().pump(timeout)
        self._next = time.monotonic() + (len(self.raw) - before) / self._rate
        return read


class Tmux:
    """A tmux server of one test's own; `with` ends it and all in it."""

    def __init__(self) -> None:
        # a socket's path has at most 107 bytes, and a test's folder is deep
        self._folder = tempfile.TemporaryDirectory(prefix="fcm-tmux-")
        self.socket = Path(self._folder.name) / "s"
        settings = Path(self._folder.name) / "tmux.conf"
        settings.write_text(
            "set -g status off\nset -s escape-time 10\nset -g default-terminal tmux-256color\n"
        )
        self._command = ["tmux", "-u", "-S", str(self.socket), "-f", str(settings)]

    def __enter__(self) -> Tmux:
        return self

    def __exit__(self, *error: object) -> None:
        self.tell("kill-server")
        self._folder.cleanup()

    def tell(self, *command: str) -> None:
        """A command to the server."""
        subprocess.run([*self._command, *command], capture_output=True)

    def open(
        self,
        argv: Sequence[str],
        *,
        columns: int = 80,
        rows: int = 24,
        environ: Mapping[str, str] | None = None,
        cwd: str | None = None,
    ) -> Terminal:
        """A client with a new session in which `argv` runs."""
        variables = [f"{name}={value}" for name, value in (environ or {}).items()]
        folder = cwd or os.getcwd()
        command = [*self._command, "new-session", "-c", folder, "env", *variables, *argv]
        return Terminal(command, columns=columns, rows=rows, environ=environ)

    def attach(
        self, *, columns: int = 80, rows: int = 24, environ: Mapping[str, str] | None = None
    ) -> Terminal:
        """Another client of the session that is there."""
        return Terminal([*self._command, "attach-session"], columns=columns, rows=rows, environ=environ)
