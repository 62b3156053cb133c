"""Power cuts: nothing told is lost, and what is left is a record or is begun anew. Thousands by hand, see `power`."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from fcm_tui.store.filling import Filling, discard_half_filled, filling_mark
from tests.faults.disk_log import Create, DiskLog, Sync, SyncFolder, Told, Truncate, Unlink, Write
from tests.faults.power import DATABASE, Cuts, Platter

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what is synced is told by /proc")

CHANCES = 40
"""Cuts at the same moment, as each leaves something else."""


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_record_comes_through_any_cut(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        cuts = Cuts(tmp_path, 1, pool)
        assert cuts.record(looks=25) > 500
        cuts.check(40)
    assert cuts.met["recording"] > 20


def test_all_that_sqlite_does_is_in_the_log(tmp_path: Path) -> None:
    """Without a cut the log leads to the very files that are there."""
    import sqlite3

    log = DiskLog(tmp_path)
    with log.on():
        connection = sqlite3.connect(tmp_path / DATABASE, isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL").fetchall()
        connection.execute("PRAGMA wal_autocheckpoint=5")
        connection.execute("CREATE TABLE t (a)")
        for number in range(50):
            connection.execute("INSERT INTO t VALUES (?)", ("x" * number * 100,))
        platter = played(log)
        found = {name: (tmp_path / name).read_bytes() for name in (DATABASE, f"{DATABASE}-wal")}
        assert {name: bytes(whole(platter, name)) for name in found} == found
        connection.close()
    assert isinstance(log.events[-1], Unlink)


def whole(platter: Platter, name: str) -> bytes:
    """A file with everything that was written to it."""
    platter.happen(10**9, Sync(name, 10**9))
    platter.happen(10**9, SyncFolder(10**9))
    return platter.cut(random.Random(0))[name]


def played(log: DiskLog, platter: Platter | None = None) -> Platter:
    platter = platter or Platter()
    for number, event in enumerate(log.events):
        platter.happen(number, event)
    return platter


def test_what_is_synced_stays_and_the_rest_may_be_torn() -> None:
    platter = Platter()
    events = [
        Create("a"), SyncFolder(1), Write("a", 0, b"1" * 1024), Sync("a", 3), Told(7, 1),
        Write("a", 512, b"2" * 1024), Truncate("a", 100), Create("b"),
    ]  # fmt: skip
    for number, event in enumerate(events):
        platter.happen(number, event)
    cuts = [platter.cut(random.Random(seed)) for seed in range(400)]
    contents = {cut["a"] for cut in cuts}
    assert {len(content) for content in contents} == {100, 1024, 1536}
    assert all(content.startswith(b"1" * 100) and set(content) <= set(b"12\0") for content in contents)
    assert b"1" * 512 + b"2" * 1024 in contents and b"1" * 1024 in contents
    assert {"b" in cut for cut in cuts} == {True, False}
    assert platter.told == Told(7, 1)


@contextmanager
def logged(folder: Path) -> Iterator[DiskLog]:
    log = DiskLog(folder)
    with log.on():
        yield log


def test_a_record_once_whole_is_never_begun_anew(tmp_path: Path) -> None:
    with logged(tmp_path) as log:
        (tmp_path / DATABASE).touch()
        filling = Filling(tmp_path / DATABASE)
        filling.sync()
        filling.whole()
        filling.close()
    platter = played(log)
    for seed in range(CHANCES):
        assert filling_mark(Path(DATABASE)).name not in platter.cut(random.Random(seed))


def test_what_is_left_of_a_half_filled_record_is_known_as_that(tmp_path: Path) -> None:
    names = [DATABASE, f"{DATABASE}-wal", filling_mark(Path(DATABASE)).name]
    for name in names:
        (tmp_path / name).write_bytes(b"half")
    platter = Platter()
    for name in names:
        platter.happen(-1, Create(name))
    platter.happen(-1, SyncFolder(0))
    with logged(tmp_path) as log:
        discard_half_filled(tmp_path / DATABASE)
    for number, event in enumerate(log.events):
        platter.happen(number, event)
        for seed in range(CHANCES):
            left = platter.cut(random.Random(seed))
            assert names[2] in left or not left, (event, list(left))
