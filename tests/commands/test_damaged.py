"""A record that is damaged, foreign or no file: one line from every command, and never a traceback."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import cycle
from pathlib import Path

import pytest

from fcm_tui import cli
from fcm_tui.store.database import PAGE_SIZE

READING = [
    ["log"],
    ["log", "--json"],
    ["log", "--text", "two"],
    ["log", "--host", "elsewhere"],
    ["diff", "1"],
    ["diff", "2", "--json"],
    ["diff", "2", "--stat"],
    ["cat", "2"],
    ["cat", "1", "--before"],
    ["restore", "1", "--before", "--dry-run"],
    ["status"],
    ["status", "--json"],
    ["verify"],
    ["verify", "--json"],
]
WRITING = [
    ["record", "--once", "ROOT"],
    ["restore", "1", "--before"],
    ["restore", "1", "--before", "--force", "--to", "ROOT/copy"],
    ["restore", "2", "--hunk", "1"],
    ["restore", "ROOT", "--at", "1s"],
]


class Damaged:
    """Commands on copies of one record."""

    def __init__(self, folder: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
        self.capsysbinary = capsysbinary
        self.root = folder / "root"
        self.data = folder / "data"
        self.kept = folder / "kept.db"
        self.root.mkdir()
        for number in range(40):
            (self.root / f"file{number}").write_bytes(random.Random(number).randbytes(2000))
        for text in ("one\n", "two\n", "two\nthree\n"):
            (self.root / "a").write_text(text)
            (self.root / "big").write_bytes(random.Random(text).randbytes(60_000))
            self.run("record", "--once", "ROOT")
            (self.root / "d").mkdir(exist_ok=True)
            (self.root / "d" / text.strip().replace("\n", "-")).write_text(text * 30)
        shutil.copy(self.data / "record.db", self.kept)

    def run(self, *arguments: str) -> tuple[int, str, str]:
        words = [word.replace("ROOT", str(self.root)) for word in arguments]
        self.capsysbinary.readouterr()
        status = cli.main([*words, "--data-dir", str(self.data)])
        out, err = self.capsysbinary.readouterr()
        return status, out.decode(errors="replace"), err.decode()

    def put(self, content: bytes) -> None:
        for file in self.data.glob("record.db*"):
            file.unlink()
        (self.data / "record.db").write_bytes(content)

    def tell(self, *arguments: str) -> str:
        """Run a command that may fail: with one line, and status 1 or 2; what it said."""
        status, out, err = self.run(*arguments)
        assert status in (0, 1, 2), (arguments, status)
        lines = [line for line in err.splitlines() if not line.startswith("note: ")]
        if arguments[0] != "verify":
            assert (status == 0) <= (len(lines) <= 1), (arguments, err)
            assert status == 0 or len(lines) == 1, (arguments, err)
            assert status == 0 or lines[0].startswith("fcm-tui: "), (arguments, err)
        assert "check its permissions" not in err, (arguments, err)
        assert "Traceback" not in out + err
        return err


@pytest.fixture
def damaged(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> Damaged:
    return Damaged(tmp_path, capsysbinary)


def pages(content: bytes) -> Iterator[int]:
    yield from range(0, len(content), PAGE_SIZE)


@pytest.mark.slow
@pytest.mark.parametrize("how", ["zeroed", "noise", "another page"])
def test_each_page_in_turn(damaged: Damaged, how: str) -> None:
    content = damaged.kept.read_bytes()
    told = 0
    for at in pages(content):
        put = {
            "zeroed": bytes(PAGE_SIZE),
            "noise": random.Random(at).randbytes(PAGE_SIZE),
            "another page": content[-PAGE_SIZE:] if at + PAGE_SIZE < len(content) else content[:PAGE_SIZE],
        }[how]
        broken = content[:at] + put + content[at + PAGE_SIZE :]
        for arguments in [*READING, *WRITING]:
            damaged.put(broken)
            told += bool(damaged.tell(*arguments))
        damaged.put(broken)
        if at in (0, 2 * PAGE_SIZE):  # the page between is SQLite's map of which pages are used for what
            assert damaged.run("verify")[0] != 0
    assert told


@pytest.mark.slow
def test_cut_anywhere(damaged: Damaged) -> None:
    content = damaged.kept.read_bytes()
    for at in [*pages(content), 1, 15, 99, 100, 101, 4096, len(content) - 1]:
        for arguments in [*READING, *WRITING]:
            damaged.put(content[:at])
            damaged.tell(*arguments)


def test_a_damaged_record_says_how_to_mend_it(damaged: Damaged) -> None:
    content = damaged.kept.read_bytes()
    damaged.put(content[:PAGE_SIZE] + bytes(len(content) - PAGE_SIZE))
    for arguments in (["log"], ["status"], ["record", "--once", "ROOT"]):
        said = damaged.tell(*arguments)
        assert "record.db: the record is damaged (" in said
        assert (
            "`fcm-tui verify` says where; put a copy of it back, or begin anew with another --data-dir"
            in said
        )
    damaged.put(bytes(len(content)))
    assert "is no record, or its beginning is damaged" in damaged.tell("log")


FOREIGN = {
    "empty": b"",
    "text": b"not a database\n" * 100,
    "header alone": b"SQLite format 3\0",
    "noise": random.Random(1).randbytes(50_000),
}


@pytest.mark.parametrize("what", FOREIGN)
def test_a_file_that_is_no_record(damaged: Damaged, what: str) -> None:
    for arguments in READING:
        damaged.put(FOREIGN[what])
        status, out, err = damaged.run(*arguments)
        assert (status, out, err.count("\n")) == (2, "", 1), err
        assert "record.db: " in err
    damaged.put(FOREIGN[what])
    status, _, err = damaged.run("record", "--once", "ROOT")
    assert (status == 0) == (what == "empty"), err


def test_databases_of_others_and_of_the_future(damaged: Damaged) -> None:
    for statement, wanted in (
        ("PRAGMA application_id = 7", "belongs to another program"),
        ("PRAGMA user_version = 99", "written by a newer fcm-tui"),
        ("DROP TABLE changes", "no such table: changes"),
        ("ALTER TABLE changes RENAME COLUMN path TO way", "column"),
    ):
        damaged.put(damaged.kept.read_bytes())
        with closing(sqlite3.connect(damaged.data / "record.db")) as connection, connection:
            connection.execute(statement)
        before = (damaged.data / "record.db").read_bytes()
        for arguments in (["log"], ["record", "--once", "ROOT"], ["restore", "1", "--before"]):
            status, _, err = damaged.run(*arguments)
            assert (status, err.count("\n")) == (2, 1), err
            assert wanted in err, (arguments, err)
        if "PRAGMA" in statement:
            assert (damaged.data / "record.db").read_bytes() == before, "it is left as it was"


def test_something_other_than_a_file(damaged: Damaged, tmp_path: Path) -> None:
    places = {"a folder": tmp_path / "folder"}
    places["a folder"].mkdir()
    if hasattr(os, "mkfifo"):
        places["something other than a file"] = tmp_path / "fifo"
        os.mkfifo(tmp_path / "fifo")
    for what, place in places.items():
        for arguments in [*READING, *WRITING]:
            status, _, err = damaged.run(*arguments, "--database", f"sqlite:{place}")
            assert (status, err.count("\n")) == (2, 1), err
            assert what in err
    assert os.listdir(tmp_path / "folder") == []


VALUES = [
    "NULL",
    "7",
    "-9223372036854775808",
    "1.5",
    "'text'",
    "x'00ff1b5b'",
    "x''",
    "char(27, 10, 0)",
    "zeroblob(300)",
]
"""What a column may hold in a file that somebody else wrote to."""


@pytest.mark.slow
@pytest.mark.parametrize("table", [
    "recorders", "roots", "files", "changes", "backup_paths", "contents", "differences", "change_differences", "gaps",
])  # fmt: skip
def test_any_value_in_any_column(damaged: Damaged, table: str) -> None:
    content = damaged.kept.read_bytes()
    with closing(sqlite3.connect(damaged.kept)) as connection:
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        if table == "gaps":
            connection.execute(
                "INSERT INTO gaps SELECT recorder_id, 99, NULL, 1, 2, 'x', 3, NULL FROM recorders"
            )
            connection.commit()
            content = damaged.kept.read_bytes()
    reading, writing = cycle(READING), cycle(WRITING)
    for column in columns:
        for value in VALUES:
            damaged.put(content)
            with closing(sqlite3.connect(damaged.data / "record.db")) as connection:
                try:
                    connection.execute(f"UPDATE {table} SET {column} = {value}")
                except sqlite3.IntegrityError:
                    continue
                connection.commit()
            broken = (damaged.data / "record.db").read_bytes()
            # Each command meets each column, with a third of the values.
            for _ in range(len(READING) // 3 + 1):
                damaged.tell(*next(reading))
            for _ in range(len(WRITING) // 3 + 1):
                damaged.put(broken)
                damaged.tell(*next(writing))
