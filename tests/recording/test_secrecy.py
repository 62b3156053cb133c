"""What is a secret is nowhere in the data directory: not in contents, differences, free pages, -wal, or the log."""

from __future__ import annotations

import os
import random
import sqlite3
import string
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from fcm_tui.store.contents.store import ContentStore
from fcm_tui.store.reading.queries import Reader
from fcm_tui.store.trust.verify import Tally, verify
from tests.recording.harness import Recording


def token(number: int) -> str:
    """Never valid; a detector takes it for a token all the same."""
    source = random.Random(number)
    return "ghp_" + "".join(source.choices(string.ascii_letters + string.digits, k=36))


def traces(data: Path, wanted: list[bytes]) -> list[str]:
    """Where any of these bytes are: in files as they lie there, in contents and differences as they are read."""
    found = [f.name for f in data.iterdir() if any(word in f.read_bytes() for word in wanted)]
    with closing(sqlite3.connect(data / "record.db")) as connection:
        store = ContentStore(connection)
        for (digest,) in connection.execute("SELECT DISTINCT digest FROM contents"):
            if any(word in store.get(digest) for word in wanted):
                found.append(f"content {digest.hex()}")
        for row in connection.execute("SELECT affected_lines, replaced_lines FROM differences"):
            if any(word in str(row).encode() for word in wanted):
                found.append(f"difference {row}")
    return found


async def test_no_byte_of_a_secret_is_kept(recording: Recording, root: Path) -> None:
    parts = [token(n) for n in range(8)]
    (root / "from the start").write_text(f"key = {parts[0]}\n")
    (root / "app.py").write_text("key = None\nrun()\n")
    (root / "typed.txt").write_text("nothing\n")
    secrets = [part.encode() for part in parts] + [b"the line beside it", b"another line beside it"]
    async with recording.running():
        (root / "app.py").write_text(f"key = '{parts[1]}'\nthe line beside it\n")
        await recording.settled()
        (root / "app.py").write_text(f"key = '{parts[2]}'\nanother line beside it\n")
        await recording.settled()
        (root / "app.py").write_text("key = os.environ['KEY']\nrun()\n")
        await recording.settled()
        (root / "new").write_text(parts[3])
        (root / "wide").write_text(parts[4], "utf-16")
        await recording.settled()
        (root / "new").rename(root / "renamed")
        (root / "from the start").unlink()
        await recording.settled()
        (root / "renamed").unlink()
        await recording.settled()
        data = recording.database.parent
        assert traces(data, secrets) == []  # with -wal and -shm there
    assert traces(data, secrets) == []
    captures = [
        (os.path.basename(c.path), str(c.capture)) for c in recording.changes() if c.path.endswith(b"app.py")
    ]
    assert captures == [(b"app.py", "secret"), (b"app.py", "secret"), (b"app.py", "stored")]
    for change in recording.changes():
        if change.capture == "secret":
            assert change.after is not None
            assert change.inserted is change.updated is change.deleted is None
    with recording.reader() as reader:
        assert list(verify(reader.connection, Tally())) == []


def record(data: Path, root: Path) -> None:
    command = [sys.executable, "-m", "fcm_tui", "record", "--once", "--data-dir", str(data), str(root)]
    assert subprocess.run(command, capture_output=True, check=True).returncode == 0


@pytest.mark.slow
def test_processes_that_help_keep_secrets_too(root: Path, tmp_path: Path) -> None:
    data, count = tmp_path / "data", 2500
    for number in range(count):
        (root / f"{number}.txt").write_text(f"{number} {token(number) if number % 2 else 'harmless'}\n")
    record(data, root)
    for number in range(count):
        (root / f"{number}.txt").write_text(f"{number} {'harmless' if number % 2 else token(number)} now\n")
    record(data, root)
    assert (
        traces(data, [token(number).encode() for number in range(0, count, 50)] + [token(7).encode()]) == []
    )
    with Reader(data / "record.db") as reader:
        kinds = [str(change.capture) for change in reader.log(limit=None)]
        assert (kinds.count("secret"), kinds.count("stored")) == (count // 2, count // 2)
        first = {str(f.capture) for f in reader.files(os.fsencode(root))}
        assert first == {"secret", "stored"}


@pytest.mark.parametrize(
    ("lines", "capture"),
    [
        ("", "secret"),
        ("detectors = false", "stored"),
        ("detectors = ['jwt', 'aws']", "stored"),
        ("detectors = ['github']", "secret"),
        ("allow = ['exam*']", "stored"),
        ("allow = ['*.md']", "secret"),
    ],
)
def test_it_can_be_configured_both_ways(
    lines: str, capture: str, root: Path, tmp_path: Path, data_command: Callable[[Path, Path], None]
) -> None:
    config = tmp_path / "fcm.toml"
    config.write_text(f"[secrets]\n{lines}\n")
    (root / "example").write_text(token(1))
    data_command(config, root)
    with Reader(tmp_path / "data/record.db") as reader:
        assert [str(f.capture) for f in reader.files(os.fsencode(root))] == [capture]
    assert bool(traces(tmp_path / "data", [token(1).encode()])) == (capture == "stored")


@pytest.fixture
def data_command(tmp_path: Path) -> Callable[[Path, Path], None]:
    """Records once with a configuration, in this process."""
    from fcm_tui import cli

    def run(config: Path, root: Path) -> None:
        arguments = [
            "record",
            "--once",
            "--config",
            str(config),
            "--data-dir",
            str(tmp_path / "data"),
            str(root),
        ]
        assert cli.main(arguments) == 0

    return run
