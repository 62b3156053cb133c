"""A record of an earlier schema is brought to the newest, step by step, and loses nothing."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from fcm_tui.store import schema
from fcm_tui.store.database import open_reader, open_writer

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
