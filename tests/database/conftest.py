from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

from fcm_tui.settings.database import Server, parse_server
from tests.database.server import PASSWORD, MariaDB, install
from tests.database.small_disk import SmallDisk

_numbers = count()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a fresh server, which each server begins with a copy of."""
    folder = tmp_path_factory.mktemp("mariadb") / "data"
    install(folder)
    return folder


@contextmanager
def started(template: Path, *extra: str) -> Iterator[MariaDB]:
    """A server of one's own, with these options."""
    folder = Path(tempfile.mkdtemp(prefix="fcm-db-"))
    subprocess.run(["cp", "-a", str(template), str(folder / "data")], check=True)
    server = MariaDB(folder, extra)
    try:
        yield server.start()
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def started_on_small_disk(template: Path) -> Iterator[tuple[MariaDB, SmallDisk | None]]:
    """A server of one's own whose disk can be filled up; None where such a disk cannot be mounted."""
    with started(template) as server:
        server.stop()
        disk = SmallDisk(server.folder / "data")
        is_there = disk.mount()
        try:
            server.start()
            yield server, disk if is_there else None
        finally:
            server.stop()
            disk.unmount()


@pytest.fixture(scope="session")
def shared(template: Path) -> Iterator[MariaDB]:
    """One server for all tests that do it no harm."""
    with started(template) as server:
        yield server


@pytest.fixture
def own(template: Path) -> Iterator[MariaDB]:
    """A server that a test may do to what it likes."""
    with started(template) as server:
        yield server


@pytest.fixture
def database(shared: MariaDB, monkeypatch: pytest.MonkeyPatch) -> Server:
    """An empty database on the shared server; the password is in the environment."""
    name = f"fcm_{next(_numbers)}"
    shared.sql(f"CREATE DATABASE {name}", "mysql")
    monkeypatch.setenv("FCM_DATABASE_PASSWORD", PASSWORD)
    return parse_server(shared.url(name))
