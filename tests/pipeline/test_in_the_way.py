"""A file and a folder cannot have one name at one time, in the log as on the disk."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from fcm_tui.pipeline import bookkeeper
from fcm_tui.pipeline.engine import Look
from fcm_tui.pipeline.session import Session
from fcm_tui.settings.config import Settings
from fcm_tui.store.reading.queries import Reader
from tests.waiting import wait_for


def test_a_file_that_became_a_folder_is_deleted_first_even_where_that_is_gone_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, database = tmp_path / "root", tmp_path / "data" / "record.db"
    root.mkdir()
    database.parent.mkdir(mode=0o700)
    (root / "name").write_text("a file\n")
    identify = bookkeeper.identify

    def identify_late(*arguments: Any) -> Any:
        if arguments[1]:  # something was read
            (root / "name").rename(tmp_path / "away")
            monkeypatch.setattr(bookkeeper, "identify", identify)
        return identify(*arguments)

    with ThreadPoolExecutor(2) as pool:
        session = Session(database, Settings(), [os.fsencode(root)], pool)
        session.catch_up(patient=False)
        (root / "name").unlink()
        (root / "name").mkdir()
        (root / "name" / "below").write_text("another\n")
        monkeypatch.setattr(bookkeeper, "identify", identify_late)
        engine = session.engine
        wait_for(lambda: engine.run(Look(whole=engine.roots)).changes)
        session.close()
    with Reader(database) as reader:
        told = [(str(c.kind), os.path.basename(c.path)) for c in reader.log(reverse=True)]
    assert told == [("deleted", b"name"), ("created", b"below")]
