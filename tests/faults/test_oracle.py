"""What judges the fuzzer's episodes: it says so of a true record, and of no record with one thing amiss."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from fcm_tui.errors import ContentMissing
from fcm_tui.settings.config import Settings
from tests.faults import oracle
from tests.recording.harness import Recording, fast

_NEWEST = "(SELECT max(sequence) FROM changes WHERE kind = 'modified')"
AMISS = {
    "a change left out": f"DELETE FROM changes WHERE sequence = {_NEWEST}",
    "the last change left out": "DELETE FROM changes WHERE sequence = (SELECT max(sequence) FROM changes)",
    "a change told twice": "INSERT INTO changes SELECT recorder_id, sequence + 1, {columns} FROM changes"
    " WHERE sequence = (SELECT max(sequence) FROM changes)",
    "another content": f"UPDATE changes SET after_digest = before_digest WHERE sequence = {_NEWEST}",
    "another content before": f"UPDATE changes SET before_digest = after_digest WHERE sequence = {_NEWEST}",
    "another path": f"UPDATE changes SET path = CAST(path || 'x' AS BLOB) WHERE sequence = {_NEWEST}",
    "another file": f"UPDATE changes SET file_id = randomblob(16) WHERE sequence = {_NEWEST}",
    "another mode": f"UPDATE changes SET mode = mode | 1 WHERE sequence = {_NEWEST}",
    "another kind": "UPDATE changes SET kind = 'created', previous_path = NULL WHERE kind = 'moved'",
    "a deletion as something else": "UPDATE changes SET kind = 'modified' WHERE kind = 'deleted'",
    "a hunk left out": "DELETE FROM change_differences WHERE ordinal = 1",
    "a hunk elsewhere": "UPDATE change_differences SET old_start = old_start + 1 WHERE ordinal = 0",
    "a hunk of other lines": "UPDATE differences SET affected_lines = affected_lines || 'x'",
    "other counts": f"UPDATE changes SET updated = updated + 1 WHERE sequence = {_NEWEST}",
    "a content damaged": "UPDATE contents SET data = X'00' || data",
    "a content left out": f"DELETE FROM contents WHERE digest = (SELECT after_digest FROM changes WHERE sequence = {_NEWEST})",
    "a file forgotten": "DELETE FROM files WHERE CAST(path AS TEXT) LIKE '%untouched%'",
}
"""What is done to a true record, in SQL."""


@pytest.fixture(scope="module")
def true_record(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """A database and the folder that it is about."""
    place = tmp_path_factory.mktemp("oracle")
    root = place / "root"
    root.mkdir()
    lines = [f"line {number}\n" for number in range(60)]
    for name in ("edited", "moved", "deleted", "untouched"):
        (root / name).write_text(name + "\n" + "".join(lines))
    recording = Recording(place / "record.db", [root], Settings())
    recording.settings = fast("auto")

    async def work() -> None:
        async with recording.running():
            (root / "moved").rename(root / "elsewhere")
            (root / "deleted").unlink()
            (root / "new").write_text("new\n")
            await recording.settled()
            for turn in range(3):
                edited = [*lines[:5], f"turn {turn}\n", *lines[6:50], "more\n" * turn, *lines[50:]]
                (root / "edited").write_text("".join(edited))
                await recording.settled()

    asyncio.run(work())
    yield recording.database, root


def test_a_true_record_is_told_as_true(true_record: tuple[Path, Path]) -> None:
    database, root = true_record
    assert oracle.check(database, root) == 6


@pytest.mark.parametrize("amiss", AMISS)
def test_one_thing_amiss_is_told(
    true_record: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, amiss: str
) -> None:
    monkeypatch.setattr(
        oracle, "verify", lambda connection, tally: []
    )  # the chain would tell of all that, too
    database, root = true_record
    copy = tmp_path / "record.db"
    shutil.copy(database, copy)
    with contextlib.closing(sqlite3.connect(copy)) as connection:
        columns = [name for _, name, *_ in connection.execute("PRAGMA table_info(changes)")][2:]
        cursor = connection.execute(AMISS[amiss].replace("{columns}", ", ".join(columns)))
        assert cursor.rowcount > 0
        connection.commit()
    with pytest.raises((AssertionError, ContentMissing)):
        oracle.check(copy, root)


@pytest.mark.parametrize("change", ["edited", "made", "removed"])
def test_a_disk_that_went_on_is_told(true_record: tuple[Path, Path], tmp_path: Path, change: str) -> None:
    database, root = true_record
    before = (root / "untouched").read_bytes()
    try:
        match change:
            case "edited":
                (root / "untouched").write_bytes(before.upper())
            case "made":
                (root / "extra").write_text("not recorded\n")
            case "removed":
                (root / "untouched").unlink()
        with pytest.raises(AssertionError):
            oracle.check(database, root)
    finally:
        (root / "extra").unlink(missing_ok=True)
        (root / "untouched").write_bytes(before)
