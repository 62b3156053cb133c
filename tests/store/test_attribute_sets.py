"""Sets of extended attributes in the record: kept as long as a change has them, and checked."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from fcm_tui.capture.attributes import encode
from fcm_tui.datadir import DataDir
from fcm_tui.settings.config import Retention
from fcm_tui.store.contents.store import ContentStore
from fcm_tui.store.database import open_writer
from fcm_tui.store.reading.queries import Reader
from fcm_tui.store.retention.apply import Thinning
from fcm_tui.store.retention.plan import Plan
from fcm_tui.store.trust.problems import Problem
from fcm_tui.store.trust.verify import Tally, verify
from tests.store.test_verify import rehash
from tests.store.written import Written

SET = encode({b"user.a": b"1"})
DIGEST = hashlib.sha256(SET).digest()
NOW = time.time_ns() // 1000 * 1000
DAY = 24 * 3600 * 10**9
ONLY_NEW = Retention(max_versions=1, keep_unreviewed=False)


def problems(database: Path) -> list[Problem]:
    with Reader(database) as reader:
        return list(verify(reader.connection, Tally()))


def thin(written: Written, plan: Plan) -> None:
    thinning = Thinning(written.record, ONLY_NEW, plan.sequence)
    operations = plan.operations()
    while thinning.step(operations):
        pass


@pytest.mark.parametrize("meanwhile", [False, True])
def test_no_prune_takes_a_set_that_a_change_has(tmp_path: Path, meanwhile: bool) -> None:
    """Not even where a file's thinned content is the same bytes; nor where the set comes when the plan is made already."""
    with Written(tmp_path / "record.db") as written:
        written.put(("a", SET, NOW - 100 * DAY), ("a", b"other\n", NOW - 99 * DAY), ("a", b"now\n", NOW))
        if not meanwhile:
            written.attributes["b"] = SET
            written.put(("b", b"b\n", NOW - 98 * DAY))
        with Plan.of(written.record.database, ONLY_NEW, now_ns=NOW) as plan:
            written.attributes["b"] = SET if meanwhile else b""
            written.put(("b", b"b2\n", NOW + 1))
            thin(written, plan)
        store = ContentStore(written.record.connection, cache_bytes=0)
        assert store.get(DIGEST) == SET
        assert not store.known([hashlib.sha256(b"other\n").digest()])
        assert problems(written.record.database) == []


def test_a_set_that_was_only_before_a_change_stays(tmp_path: Path) -> None:
    with Written(tmp_path / "record.db") as written:
        written.put(("a", SET, NOW - 100 * DAY), ("a", b"now\n", NOW))
        written.attributes["b"] = SET
        written.put(("b", b"b\n", NOW - 98 * DAY))
        written.attributes["b"] = b""
        written.put(("b", b"b2\n", NOW))
        written.put(("b", None, NOW + 1))
        with Plan.of(written.record.database, ONLY_NEW, now_ns=NOW + 2) as plan:
            thin(written, plan)
        assert ContentStore(written.record.connection, cache_bytes=0).get(DIGEST) == SET
        assert problems(written.record.database) == []


@pytest.fixture
def changed(data_dir: DataDir) -> DataDir:
    """Changes 1 to 3 of one file: with a set, with none, gone."""
    with Written(data_dir.database) as written:
        written.attributes["a"] = SET
        written.put(("a", b"one\n", NOW))
        written.attributes["a"] = b""
        written.put(("a", b"two\n", NOW + 1), ("a", None, NOW + 2))
    assert problems(data_dir.database) == []
    return data_dir


def alter(data_dir: DataDir, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(data_dir.database)) as connection, connection:
        assert connection.execute(statement, values).rowcount


@pytest.mark.parametrize("column", ["attributes", "previous_attributes"])
@pytest.mark.parametrize("value", ["NULL", "X''", f"X'{'00' * 32}'"])
def test_an_altered_column_is_found(changed: DataDir, column: str, value: str) -> None:
    sequence = 1 if column == "attributes" else 2
    alter(changed, f"UPDATE changes SET {column} = {value} WHERE sequence = {sequence}")
    assert f"{sequence}" in {
        problem.where for problem in problems(changed.database) if problem.what == "change"
    }


def test_one_that_says_nothing_is_not_one_that_says_none(changed: DataDir) -> None:
    alter(changed, "UPDATE changes SET attributes = NULL WHERE sequence = 2")
    assert {p.where for p in problems(changed.database)} == {"2"}


def test_a_set_that_is_not_in_the_store_is_named(changed: DataDir) -> None:
    alter(changed, "DELETE FROM contents WHERE digest = ?", DIGEST)
    found = [str(problem) for problem in problems(changed.database)]
    assert found == [
        f"change {number}: its set of extended attributes {DIGEST.hex()} cannot be had from the store"
        for number in (1, 2)
    ]


def test_a_forged_set_is_none(changed: DataDir) -> None:
    other = hashlib.sha256(b"one\n").digest()
    alter(changed, "UPDATE changes SET attributes = ? WHERE sequence = 1", other)
    rehash(changed)
    (found,) = problems(changed.database)
    assert "is no set of attributes" in str(found)


def test_a_record_from_before_them_is_read_and_goes_on(data_dir: DataDir) -> None:
    """Its hashes hold before and after the upgrade, and nothing is said of what was never looked at."""
    with Written(data_dir.database) as written:
        written.put(
            ("a", b"one\n", NOW), ("a", b"two\n", NOW + 1), ("a", None, NOW + 2), ("b", b"b\n", NOW + 3)
        )
    with closing(sqlite3.connect(data_dir.database)) as old:
        for name in ("changes_attributes", "changes_previous_attributes", "files_attributes"):
            old.execute(f"DROP INDEX {name}")
        for table, column in (
            ("changes", "attributes"),
            ("changes", "previous_attributes"),
            ("files", "attributes"),
            ("changes", "process_info"),
        ):
            old.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
        old.execute("PRAGMA user_version = 5")
    for _ in range(2):
        assert problems(data_dir.database) == []
        with Reader(data_dir.database) as reader:
            assert {(c.attributes, c.previous_attributes) for c in reader.log(limit=None)} == {(None, None)}
            assert [root.files for root in reader.roots()] == [1]
        open_writer(data_dir.database).close()
    assert problems(data_dir.database) == []
