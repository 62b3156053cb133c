from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.commands.test_commands import Cli


class Served:
    """`fcm-tui serve` at work, in a process of its own."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        assert process.stdout is not None
        self.url = process.stdout.readline().decode().strip()
        """As it was printed, with the token behind `#` where there is no token file."""
        self.base, _, rest = self.url.partition("/enter#")
        self.base = self.base.rstrip("/")
        self.token = rest

    def end(self) -> int:
        """Ctrl-C; the exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(30)


@pytest.fixture
def cli(tmp_path: Path, root: Path) -> Cli:
    """`fcm-tui` on a data directory of its own, with a change of `a.py` in it."""
    made = Cli(tmp_path / "data", root)
    (root / "a.py").write_text("def a():\n    return 1\n")
    made.once()
    (root / "a.py").write_text("def a():\n    return 2\n")
    made.once()
    return made


@pytest.fixture
def serve(cli: Cli) -> Iterator[Callable[..., Served]]:
    """Starts a server with these arguments; it is ended with the test."""
    with ExitStack() as stack:
        yield lambda *arguments: stack.enter_context(_served(cli, arguments))


@contextmanager
def _served(cli: Cli, arguments: tuple[str, ...]) -> Iterator[Served]:
    program = [
        sys.executable,
        "-m",
        "fcm_tui",
        "--data-dir",
        str(cli.data),
        "serve",
        "--port",
        "0",
        *arguments,
    ]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            yield Served(process)
        finally:
            process.kill()
