"""The write-ahead log: long while there is work, gone when there is none, and never waited for."""

from __future__ import annotations

import hashlib
import os
import time
from contextlib import closing
from pathlib import Path

import pytest

from fcm_tui.store.contents.store import pack
from fcm_tui.store.database import BUSY_MS, open_reader
from fcm_tui.store.journal import LONG_BYTES
from fcm_tui.store.record import Record


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "record.db"


def _log_bytes(database: Path) -> int:
    return Path(f"{database}-wal").stat().st_size


def _keep(record: Record, size: int) -> None:
    data = os.urandom(size)
    with record.transaction():
        record.contents.insert(pack(data, hashlib.sha256(data).digest()).rows)


def test_a_long_log_is_emptied_once_nothing_is_recorded(database: Path) -> None:
    with Record(database) as record:
        _keep(record, 2 * LONG_BYTES)
        record.still_here()
        assert _log_bytes(database) > LONG_BYTES, "a burst may go on"
        record.still_here()
        assert _log_bytes(database) == 0


def test_a_short_log_stays(database: Path) -> None:
    with Record(database) as record:
        record.checkpoint()
        _keep(record, 1000)
        for _ in range(3):
            record.still_here()
        assert 0 < _log_bytes(database) <= LONG_BYTES


def test_who_reads_an_older_state_is_not_waited_for(database: Path) -> None:
    with Record(database) as record, closing(open_reader(database)) as reader:
        reader.execute("BEGIN")
        before = reader.execute("SELECT count(*) FROM contents").fetchone()
        _keep(record, 2 * LONG_BYTES)
        begun = time.monotonic()
        record.still_here()
        record.still_here()
        assert time.monotonic() - begun < BUSY_MS / 1000
        assert _log_bytes(database) > LONG_BYTES
        assert reader.execute("SELECT count(*) FROM contents").fetchone() == before
        reader.execute("COMMIT")
        record.still_here()
        assert _log_bytes(database) == 0
