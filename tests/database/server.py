"""A private MariaDB on loopback: quick to start, gone with the test that started it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.waiting import wait_for

NAME = "fcm"
PASSWORD = "right one"  # noqa: S105 - of a server that lives as long as a test
_ROOT = os.name == "posix" and os.geteuid() == 0
_AS = ["--user=root"] if _ROOT else []
_SMALL = "--innodb-log-file-size=4M"

needs_mariadb = pytest.mark.skipif(
    shutil.which("mariadbd", path=f"{os.environ.get('PATH', '')}:/usr/sbin") is None
    or shutil.which("mariadb-install-db") is None,
    reason="needs MariaDB's server (Debian: mariadb-server-core), which is not here",
)


def program() -> str:
    """The server's program, which Debian keeps from users' paths."""
    return shutil.which("mariadbd") or "/usr/sbin/mariadbd"


def install(folder: Path) -> None:
    """An empty server's files; takes a second.

    With a place of its own for temporary files: a server that begins removes those that another, which begins too, has there.
    """
    with tempfile.TemporaryDirectory(prefix="fcm-db-") as temporary:
        ran = subprocess.run(
            [
                "mariadb-install-db", "--no-defaults", f"--datadir={folder}", *_AS, f"--tmpdir={temporary}",
                "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve", _SMALL,
            ],
            capture_output=True,
            text=True,
            errors="replace",
        )  # fmt: skip
    assert ran.returncode == 0, f"{ran.stdout}{ran.stderr}"


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass
class MariaDB:
    """A server in a folder of its own."""

    folder: Path
    """Short: the socket's whole path has at most 107 bytes."""
    extra: Sequence[str] = ()
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def socket(self) -> Path:
        return self.folder / "s"

    @property
    def errors(self) -> Path:
        return self.folder / "errors.err"

    def start(self) -> MariaDB:
        """Start it, and wait until it answers."""
        self.launch()
        wait_for(self.answers, 60, "the server answers")
        return self

    def launch(self) -> None:
        """Start it."""
        self.process = subprocess.Popen(
            [
                program(), "--no-defaults", f"--datadir={self.folder / 'data'}", f"--socket={self.socket}",
                f"--port={self.port}", "--bind-address=127.0.0.1", "--skip-name-resolve", "--skip-log-bin",
                f"--pid-file={self.folder / 'pid'}", f"--log-error={self.errors}", f"--tmpdir={self.folder}", _SMALL,
                "--innodb-buffer-pool-size=64M", *self.options(), *self.extra,
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip

    def options(self) -> list[str]:
        """As whom it runs, and what it does at first."""
        begin = self.folder / "begin.sql"
        begin.write_text(
            f"CREATE DATABASE IF NOT EXISTS {NAME};\n"
            f"CREATE USER IF NOT EXISTS 'tester'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';\n"
            f"GRANT ALL ON *.* TO 'tester'@'127.0.0.1' WITH GRANT OPTION;\n"
        )
        return [*_AS, f"--init-file={begin}"]

    def answers(self) -> bool:
        """Whether it takes connections."""
        assert self.process is not None
        assert self.process.poll() is None, self.errors.read_text(errors="replace")[-3000:]
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as found:
                greeting = found.recv(5)
        except OSError:
            return False
        return len(greeting) == 5 and greeting[4] == 10

    def stop(self) -> None:
        """End it in order."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            self.process.wait(60)

    def kill(self) -> None:
        """End it at once, as a crash does."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(60)

    def sql(self, statement: str, database: str = NAME) -> list[list[str]]:
        """Rows of what the administrator asks, as text."""
        run = subprocess.run(
            [
                "mariadb",
                "--no-defaults",
                "-S",
                str(self.socket),
                "-uroot",
                "-N",
                "-B",
                database,
                "-e",
                statement,
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stderr
        return [line.split("\t") for line in run.stdout.splitlines()]

    def url(self, name: str = NAME, user: str = "tester") -> str:
        """Of a database there."""
        return f"mysql://{user}@127.0.0.1:{self.port}/{name}"
