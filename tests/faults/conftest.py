"""Real faults: small disks that are full, disks that may only be read, programs that are stopped."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.mounting import Mount, mount
from tests.recording.harness import Recording, fast
from tests.waiting import wait_for

__all__ = ["mount"]

CLI = [sys.executable, "-m", "fcm_tui"]


class Program:
    """`fcm-tui record` on one data directory, and what other processes are told of it meanwhile."""

    def __init__(self, data: Path, root: Path) -> None:
        self.data = data
        self.options: list[str] = []
        """Global options of every command."""
        self.root = root
        self.recording = Recording(data / "record.db", [root], fast("auto"))
        self.process: subprocess.Popen[str] | None = None
        self.said: list[str] = []
        """Lines on stderr so far."""

    def start(self, *roots: Path, prefix: Sequence[str] = ()) -> None:
        """Start it, and wait until every change counts."""
        self.begin(*roots, prefix=prefix)
        self.ready()

    def begin(self, *roots: Path, prefix: Sequence[str] = ()) -> None:
        """Start it."""
        roots = roots or (self.root,)
        self.said = []
        self.process = subprocess.Popen(
            [*prefix, *CLI, *self.options, "record", "--data-dir", str(self.data), *map(str, roots)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None and self.process.stderr is not None
        self._listener = threading.Thread(target=self._listen, args=(self.process.stderr,), daemon=True)
        self._listener.start()

    def ready(self) -> None:
        """Wait until every change counts."""
        assert self.process is not None and self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("ready:"), (line, self.said)

    def _listen(self, pipe: Iterator[str]) -> None:
        for line in pipe:
            self.said.append(line.rstrip("\n"))

    def signal(self, number: int) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def end(self) -> int:
        """Have it end, if it has not; its exit status."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.terminate()
        status = self.process.wait(30)
        self._hang_up()
        assert not any("Traceback" in line for line in self.said), self.said
        return status

    def run(self, *arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
        """Another command on the same data directory."""
        done = subprocess.run(
            [*CLI, *self.options, "--data-dir", str(self.data), *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in done.stderr
        assert done.returncode == status, (done.stdout, done.stderr)
        return done

    def status(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.run("status", "--json").stdout)
        return told

    def trouble(self) -> str:
        """What `status`, asked by another process, says is wrong; empty where nothing is."""
        return self.status()["last_error"] or ""

    def gaps(self, part: str) -> list[dict[str, Any]]:
        """Entries of the ledger with these words in their reason, the newest first."""
        return [gap for gap in self.status()["gaps"] if part in gap["reason"]]

    def closed_gap(self, part: str, seconds: float = 40.0) -> dict[str, Any]:
        """The newest such entry, once it is closed."""
        return (
            wait_for(lambda: next((gap for gap in self.gaps(part) if gap["to"]), None), seconds, part) or {}
        )

    def kill(self) -> None:
        """Whatever it is at."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._hang_up()

    def _hang_up(self) -> None:
        if self.process is not None and self.process.stdout is not None and self.process.stderr is not None:
            self._listener.join(10)
            self.process.stdout.close()
            self.process.stderr.close()


@pytest.fixture
def program(tmp_path: Path, root: Path) -> Iterator[Program]:
    made = Program(tmp_path / "data", root)
    yield made
    made.kill()


@pytest.fixture
def full_disk(program: Program, mount: Mount) -> Iterator[Callable[[], Callable[[], None]]]:
    """The data directory is a disk of 8 MiB: `full_disk()` fills what is left, and returns what frees it again."""
    program.data.mkdir(mode=0o700)
    mount(program.data, "-t", "tmpfs", "-o", "size=8m,mode=700", "none")
    ballast = program.data / "ballast"

    def fill() -> Callable[[], None]:
        with ballast.open("wb", buffering=0) as file:
            for piece in (1 << 20, 4096, 1):
                try:
                    while file.write(bytes(piece)) == piece:
                        pass
                except OSError:
                    continue
        return ballast.unlink

    yield fill
