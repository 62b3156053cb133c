"""What `verify` finds: a real record that holds, and each way in which one can be made not to."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from fcm_tui import cli
from fcm_tui.datadir import DataDir
from fcm_tui.pipeline.engine import Look
from fcm_tui.pipeline.session import Session
from fcm_tui.settings.config import Settings
from fcm_tui.store import chain
from fcm_tui.store.database import open_reader
from fcm_tui.store.trust.problems import Problem
from fcm_tui.store.trust.verify import Tally, verify


@contextmanager
def session(data_dir: DataDir, root: Path) -> Iterator[Session]:
    with ThreadPoolExecutor(2) as pool:
        made = Session(data_dir.database, Settings(), [os.fsencode(root)], pool)
        try:
            made.catch_up(patient=False)
            yield made
        finally:
            made.close()


def look(made: Session) -> None:
    made.engine.run(Look(whole=list(made.engine.roots)), patient=False)


def check(data_dir: DataDir) -> tuple[list[Problem], Tally]:
    tally = Tally()
    with closing(open_reader(data_dir.database)) as connection:
        return list(verify(connection, tally)), tally


@pytest.fixture
def record(data_dir: DataDir, tmp_path: Path) -> DataDir:
    """Five changes and seven versions: texts, a binary of several pieces, a move, a deletion, a link."""
    root = tmp_path / "root"
    root.mkdir()
    text, blob = root / "text", root / "blob"
    text.write_text("".join(f"line {number}\n" for number in range(2000)))
    blob.write_bytes(bytes(range(256)) * 1000)
    with session(data_dir, root) as made:
        text.write_text(text.read_text().replace("line 77\n", "line seventy-seven\n").replace("line 9\n", ""))
        look(made)
        blob.write_bytes(os.urandom(3 << 20))
        look(made)
        text.rename(root / "moved")
        look(made)
        (root / "empty").touch()
        look(made)
        blob.unlink()
        look(made)
    return data_dir


def tamper(data_dir: DataDir, *statements: str) -> None:
    with closing(sqlite3.connect(data_dir.database)) as connection, connection:
        for statement in statements:
            assert connection.execute(statement).rowcount != 0, statement


def rehash(data_dir: DataDir) -> None:
    """What a forger would do: give every change the hash that its altered columns call for."""
    with closing(sqlite3.connect(data_dir.database)) as connection, connection:
        rows = connection.execute(
            f"SELECT recorder_id, {','.join((*chain.LATER_COLUMNS, *chain.CHAINED_COLUMNS))} FROM changes ORDER BY sequence"
        ).fetchall()
        previous = chain.start(rows[0][0])
        for _, attributes, previous_attributes, info, *columns in rows:
            hunks = connection.execute(
                "SELECT difference_digest, old_start, old_count, new_start, new_count FROM change_differences"
                " WHERE sequence = ? ORDER BY ordinal", (columns[0],)
            ).fetchall()  # fmt: skip
            previous = chain.link(previous, columns, hunks, (attributes, previous_attributes, info))
            connection.execute("UPDATE changes SET chain_hash = ? WHERE sequence = ?", (previous, columns[0]))


def test_a_record_that_holds(record: DataDir) -> None:
    problems, tally = check(record)
    assert problems == []
    assert (tally.changes, tally.versions, tally.differences) == (5, 5, 2)
    assert tally.contents > 5  # the large version is in pieces
    with closing(open_reader(record.database)) as connection:
        recorder, sequence, head = connection.execute(
            "SELECT recorder_id, sequence, chain_hash FROM changes ORDER BY sequence DESC LIMIT 1"
        ).fetchone()
    (found,) = tally.heads
    assert (found.recorder, found.sequence, found.chain) == (recorder, sequence, head)


def test_a_record_with_nothing_in_it(data_dir: DataDir, tmp_path: Path) -> None:
    with session(data_dir, tmp_path):
        pass
    problems, tally = check(data_dir)
    assert (problems, tally.changes, tally.heads) == ([], 0, [])


@pytest.mark.parametrize(
    "column", [name for name in chain.CHAINED_COLUMNS if name != "sequence"]
)  # fmt: skip
def test_every_column_of_a_change_is_in_its_hash(record: DataDir, column: str) -> None:
    new = "X'00ff'" if column.endswith(("_id", "digest", "path")) else "'other'" if column in (
        "kind", "owner", "process", "capture", "origin", "encoding", "newline") else "4711"  # fmt: skip
    tamper(record, f"UPDATE changes SET {column} = {new} WHERE sequence = 3")
    assert (
        Problem("change", "3", "its hash is not that of its columns, its hunks and the change before it")
        in check(record)[0]
    )


@pytest.mark.parametrize(
    ("statement", "where", "says"),
    [
        ("UPDATE changes SET chain_hash = X'00' WHERE sequence = 2", "2", "its hash"),
        ("DELETE FROM changes WHERE sequence = 2", "3", "2 is missing before it"),
        ("DELETE FROM changes WHERE sequence IN (1, 2)", "3", "1 to 2 is missing before it"),
        ("UPDATE changes SET sequence = 9 WHERE sequence = 5", "9", "5 to 8 is missing"),
        ("UPDATE change_differences SET ordinal = 5 - ordinal WHERE sequence = 1", "1", "its hash"),
        ("UPDATE change_differences SET new_start = new_start + 1 WHERE sequence = 1 AND ordinal = 0", "1", "its hash"),
        ("DELETE FROM change_differences WHERE sequence = 1 AND ordinal = 1", "1", "its hash"),
        ("INSERT INTO change_differences SELECT recorder_id, 5, 0, difference_digest, 1, 1, 1, 1 FROM change_differences LIMIT 1", "5", "its hash"),
        ("UPDATE change_differences SET sequence = 44", "44", "is not there, but has the hunk 1"),
        ("DELETE FROM differences", "1", "its hunk 1 names the difference"),
        ("UPDATE changes SET path = lower(hex(path)) WHERE sequence = 4", "4", "wrong type in path"),
        ("UPDATE changes SET owner = CAST(X'ff41' AS TEXT) WHERE sequence = 4", "4", "its hash"),
        ("UPDATE changes SET size = 1e300 WHERE sequence = 4", "4", "its hash"),
    ],
)  # fmt: skip
def test_an_altered_change_is_named(record: DataDir, statement: str, where: str, says: str) -> None:
    tamper(record, statement)
    assert [str(p) for p in check(record)[0] if p.what == "change" and p.where == where and says in p.problem]


def test_only_the_altered_change_is_named(record: DataDir) -> None:
    tamper(record, "UPDATE changes SET process = 'other' WHERE sequence = 2")
    assert [(p.what, p.where) for p in check(record)[0]] == [("change", "2")]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE differences SET affected_lines = affected_lines || 'x'",
        "UPDATE differences SET operation = 'Insert' WHERE operation = 'Delete'",
        "UPDATE differences SET replaced_lines = 'nothing'",
        "UPDATE differences SET replaced_lines = X'00'",
        "UPDATE differences SET digest = X'0102' WHERE operation = 'Delete'",
        "UPDATE differences SET affected_lines = CAST(X'ff' AS TEXT)",
    ],
)
def test_an_altered_difference_is_named(record: DataDir, statement: str) -> None:
    tamper(record, statement)
    assert "difference" in {problem.what for problem in check(record)[0]}


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE contents SET data = zeroblob(length(data)) WHERE codec <> 'c'", "content"),
        ("UPDATE contents SET codec = 'q' WHERE rowid = 1", "content"),
        (
            "DELETE FROM contents WHERE rowid = (SELECT max(rowid) FROM contents WHERE codec <> 'c' AND length(data) > 50000)",
            "content",
        ),
        (
            "DELETE FROM contents WHERE digest IN (SELECT after_digest FROM changes WHERE sequence = 1)",
            "change",
        ),
        ("DELETE FROM contents WHERE digest IN (SELECT digest FROM files WHERE present)", "file"),
        (
            "DELETE FROM backup_paths WHERE digest IN (SELECT after_digest FROM changes WHERE sequence = 1)",
            "change",
        ),
        ("DELETE FROM backup_paths", "file"),
        ("UPDATE backup_paths SET size = size + 1", "backup"),
        ("UPDATE backup_paths SET backup_file = 'sha256:00'", "backup"),
        ("UPDATE backup_paths SET digest = X'00', backup_file = 'sha256:00' WHERE size = 0", "backup"),
        ("UPDATE files SET digest = X'07' WHERE present", "file"),
        ("UPDATE files SET path = X'2f62' WHERE present", "file"),
        ("UPDATE files SET present = 1", "file"),
    ],
)
def test_a_version_that_cannot_be_had_back_is_named(record: DataDir, statement: str, what: str) -> None:
    tamper(record, statement)
    assert what in {problem.what for problem in check(record)[0]}


def test_a_log_whose_end_was_cut_off_shows_in_the_files(record: DataDir) -> None:
    tamper(
        record,
        "DELETE FROM changes WHERE sequence > 2",
    )
    rehash(record)
    assert {problem.what for problem in check(record)[0]} == {"file", "root", "backup"}


def test_a_forged_and_rehashed_version_still_lacks_its_content(record: DataDir) -> None:
    tamper(record, f"UPDATE changes SET after_digest = X'{'ab' * 32}' WHERE sequence = 1")
    rehash(record)
    assert [
        str(p)
        for p in check(record)[0]
        if (p.what == "change" and "is not" in p.problem) or "has no row" in p.problem
    ]


def test_a_missing_table_is_told(record: DataDir) -> None:
    tamper(record, "DROP TABLE backup_paths")
    problems, tally = check(record)
    assert {p.what for p in problems} == {"record"}
    assert all("backup_paths" in p.problem for p in problems)
    assert tally.changes == 5


def test_it_reads_one_snapshot_while_a_recorder_writes(record: DataDir, tmp_path: Path) -> None:
    root = tmp_path / "root"
    tally = Tally()
    seen: list[str] = []
    with session(record, root) as made, closing(open_reader(record.database)) as connection:

        def write(what: str, done: int, total: int) -> None:
            if not seen:
                (root / "new").write_text("written while it was checked\n")
                look(made)
            seen.append(what)

        assert list(verify(connection, tally, write)) == []
        assert seen
        assert tally.changes == made.record.sequence - 1
    assert check(record)[1].changes == tally.changes + 1


def run(data_dir: DataDir, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, str, str]:
    status = cli.main(["verify", "--data-dir", str(data_dir.path), *options])
    return status, *capsys.readouterr()


def test_the_command_on_a_record_that_holds(record: DataDir, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(record, capsys)
    head = check(record)[1].heads[0]
    assert (status, err) == (0, "")
    assert out == f"ok: 5 changes, 5 versions, head 5:{head.chain.hex()}\n"
    status, out, err = run(record, capsys, "--json")
    found = json.loads(out)
    assert (status, err, found["ok"], found["problems"]) == (0, "", True, [])
    assert (found["changes"], found["differences"]) == (5, 2)
    assert found["head"] == {"recorder": head.recorder.hex(), "sequence": 5, "chain": head.chain.hex()}


def test_the_command_on_a_record_that_does_not(record: DataDir, capsys: pytest.CaptureFixture[str]) -> None:
    tamper(
        record,
        "UPDATE changes SET time_ns = 1 WHERE sequence IN (1, 3)",
        "UPDATE files SET digest = X'07', path = X'2f1b5b33316d0a' WHERE present AND size > 0",
    )
    status, out, err = run(record, capsys)
    assert status == 1
    lines = out.splitlines()
    assert [line for line in lines if line.startswith(("change 1: ", "change 3: "))] == lines[:2]
    assert all(line.isprintable() for line in lines)
    assert err == f"the record does not hold: {len(lines)} problems in 5 changes, 5 versions\n"
    status, out, err = run(record, capsys, "--json")
    found = json.loads(out)
    assert (status, err, found["ok"]) == (1, "", False)
    assert [p["where"] for p in found["problems"]][:2] == ["1", "3"]
    assert set(found["problems"][0]) == {"what", "where", "problem"}


def test_without_a_record_there_is_nothing_to_check(
    data_dir: DataDir, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = run(data_dir, capsys)
    assert (status, out, len(err.splitlines())) == (2, "", 1)


def test_the_record_is_only_read(record: DataDir) -> None:
    before = {p.name: p.read_bytes() for p in record.path.iterdir() if p.name == "record.db"}
    check(record)
    assert {name: (record.path / name).read_bytes() for name in before} == before
