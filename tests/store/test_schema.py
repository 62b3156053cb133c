"""A record of an earlier schema is brought to the newest, step by step, and loses nothing."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from fcm_tui.errors import StoreError
from fcm_tui.store import schema
from fcm_tui.store.database import open_reader, open_writer
from fcm_tui.store.reading.queries import Reader
from fcm_tui.store.retention.prunes import pruned

BEGUN = """
    PRAGMA cache_size=1; PRAGMA user_version; BEGIN; CREATE TABLE filled (x);
    INSERT INTO filled VALUES (randomblob(400000));
"""
"""Something that SQLite writes into the file before it is committed."""

MAPPING = (b"r" * 16, b"f" * 16, b"d" * 32, b"/a/b", "sha256:" + "64" * 32, 5, 7)


def test_a_record_of_the_first_step_keeps_its_mappings(tmp_path: Path) -> None:
    database = tmp_path / "record.db"
    old = sqlite3.connect(database)
    old.executescript(
        f"{schema.STEPS[0]};PRAGMA user_version=1;PRAGMA application_id={schema.APPLICATION_ID};"
    )
    old.execute("INSERT INTO backup_paths VALUES (?, ?, ?, ?, ?, ?, ?)", MAPPING)
    old.commit()
    old.close()
    reader = open_reader(database)
    assert reader.execute("SELECT * FROM backup_paths").fetchall() == [MAPPING]
    assert reader.execute("SELECT count(*) FROM thinned, prunes").fetchone() == (0,)  # as if there were some
    reader.close()
    for _ in range(2):
        writer = open_writer(database)
        assert writer.execute("PRAGMA user_version").fetchone() == (len(schema.STEPS),)
        assert writer.execute("SELECT * FROM backup_paths").fetchall() == [(*MAPPING, None)]
        writer.execute(
            "INSERT INTO backup_paths VALUES (?, ?, ?, ?, ?, ?, ?, NULL) ON CONFLICT DO NOTHING", MAPPING
        )
        assert writer.execute("SELECT count(*) FROM backup_paths").fetchone() == (1,)
        writer.close()


def test_a_record_of_an_earlier_step_is_read_as_it_is_and_counted_once_it_is_written(tmp_path: Path) -> None:
    database = tmp_path / "record.db"
    root = b"/a"
    path = os.path.join(root, b"b")
    old = sqlite3.connect(database)
    old.executescript(f"{schema.STEPS[0]};{schema.STEPS[1]};PRAGMA application_id={schema.APPLICATION_ID}")
    old.executescript(
        f"""PRAGMA user_version=2;
        INSERT INTO recorders VALUES (X'01', 'host', 'user', 'linux', '0', 1, 2);
        INSERT INTO roots VALUES (X'02', X'01', X'{root.hex()}', 1, 5, 6);
        INSERT INTO files VALUES (X'03', X'02', X'{path.hex()}', 1, 1, X'04', 'stored', 1, 1, 1, 1, 1, 1, X'00');
        INSERT INTO backup_paths VALUES (X'01', X'03', X'04', X'{path.hex()}', 'sha256:04', 1, 1);
        INSERT INTO changes (recorder_id, sequence, time_ns, root_id, file_id, path, kind, after_digest, capture, origin,
            chain_hash) VALUES (X'01', 1, 7, X'02', X'03', X'{path.hex()}', 'modified', X'04', 'stored', 'event', X'00');"""
    )
    old.close()
    for _ in range(2):
        with Reader(database) as reader:
            assert [(root.files, root.changes) for root in reader.roots()] == [(1, 1)]
            assert [(entry.files, entry.changes) for entry in reader.folder(b"\x02", root)] == [(1, 1)]
            sizes = reader.sizes()
            assert (sizes.files, sizes.versions, sizes.changes) == (1, 1, 1)
            assert [change.capture for change in reader.log()] == ["stored"]
            assert pruned(reader.connection).versions == 0
        open_writer(database).close()


def killed_in_its_first_moment(folder: Path) -> Path:
    """A record of a writer that died before there was a write-ahead log, with the journal to roll it back by."""
    (folder / "alive").mkdir()
    alive, database = folder / "alive" / "record.db", folder / "record.db"
    with closing(sqlite3.connect(alive, isolation_level=None)) as writer:
        writer.execute(f"PRAGMA application_id={schema.APPLICATION_ID}")
        writer.executescript(BEGUN)
        for suffix in ("", "-journal"):
            shutil.copy(f"{alive}{suffix}", f"{database}{suffix}")
    return database


def test_who_reads_what_a_killed_first_start_left_is_told_that_there_is_no_record_yet(tmp_path: Path) -> None:
    database = killed_in_its_first_moment(tmp_path)
    with pytest.raises(StoreError, match="no record here yet"):
        open_reader(database)
    open_writer(database).close()
    open_reader(database).close()
