"""One value altered anywhere in a real record, by one byte or by one: `verify` finds it, or this file says why not."""

from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from fcm_tui.datadir import DataDir
from fcm_tui.errors import ContentMissing
from fcm_tui.store.contents.store import ContentStore
from fcm_tui.store.trust.problems import Problem
from fcm_tui.store.trust.verify import Tally, verify
from tests.attributes import HAS_USER, bear
from tests.store.test_verify import look, session

NOT_COVERED = {
    ("recorders", "last_seen_ns"): "a pulse, renewed with every commit",
    ("files", "mode"): "of a file that never changed; compared with the disk at the next scan",
    ("files", "mtime_ns"): "as mode",
    ("files", "attributes"): "as mode",
    ("files", "inode"): "a memory of the disk; compared with it at the next scan",
    ("files", "uid"): "as inode",
    ("files", "gid"): "as inode",
    ("files", "stamp"): "as inode: at worst the next scan reads the file once more",
    ("files", "first_seen_ns"): "of a file that was made while recording: its change has the time",
}
ONLY_WHERE = {("files", "capture"): "present"}
"""What a deleted file's row says of its last version's capture is of no use to anyone."""
NAMES = {
    "changes": {"change", "file", "backup"},
    "change_differences": {"change"},
    "differences": {"difference", "change"},
    "contents": {"content", "backup", "file", "change"},
    "backup_paths": {"backup", "file", "change", "recorder"},
    "files": {"file", "backup", "root"},
    "recorders": {"recorder", "root"},
    "roots": {"root", "file", "backup", "change"},
    "gaps": {"gap"},
}


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    """A record with a content of each codec, two gaps, a move, a deletion and files that never changed."""
    place = tmp_path_factory.mktemp("tampering")
    root = place / "root"
    root.mkdir()
    data_dir = DataDir(place)
    source = random.Random(7)
    (root / "raw").write_bytes(source.randbytes(500))
    (root / "still").write_text("never changed\n" * 9)
    lines = [f"line {number} {source.random()}\n" for number in range(900)]
    text, large, wide = root / "text", root / "large", root / "wide"
    wide.write_text("".join(lines), "utf-16")  # its lines are not its bytes
    text.write_text("".join(lines))
    bear(text, {"user.before": b"1"} if HAS_USER else {})
    large.write_bytes(source.randbytes(1_300_000))
    for _ in range(3):
        with session(data_dir, root) as made:
            lines[50] = "edited\n"
            text.write_text("".join(lines))
            look(made)
            large.write_bytes(large.read_bytes()[:700_000] + b"in between" + large.read_bytes()[700_000:])
            look(made)
            lines[100:300] = [f"{source.random()} is new\n" for _ in range(200)]
            wide.write_text("".join(lines), "utf-16")
            look(made)
            text.write_text("".join(lines))
            bear(text, {"user.after": b"%d" % len(lines)} if HAS_USER else {})
            look(made)
    with session(data_dir, root) as made:
        large.rename(root / "moved")
        look(made)
        (root / "raw").unlink()
        look(made)
    with closing(sqlite3.connect(data_dir.database)) as connection:
        yield connection


def copy_of(original: sqlite3.Connection) -> sqlite3.Connection:
    copy = sqlite3.connect(":memory:", isolation_level=None)
    original.backup(copy)
    return copy


def problems(connection: sqlite3.Connection) -> list[Problem]:
    return list(verify(connection, Tally()))


def altered(value: Any, source: random.Random) -> Any:
    """The same but for one bit, or one more."""
    if value is None or isinstance(value, int):
        return (value or 0) + 1000
    raw = bytearray(value.encode() if isinstance(value, str) else value)
    if not raw:
        return "x" if isinstance(value, str) else b"x"
    raw[source.randrange(len(raw))] ^= 1
    return raw.decode("utf-8", "replace") if isinstance(value, str) else bytes(raw)


def columns() -> list[tuple[str, str]]:
    from fcm_tui.store import schema

    with closing(sqlite3.connect(":memory:", isolation_level=None)) as blank:
        schema.upgrade(blank, Path(":memory:"))
        tables = [n for (n,) in blank.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return [
            (t, c[1])
            for t in tables
            if t not in ("reviews", "sealing_keys", "prunes", "thinned")  # the last two: `test_retention`
            for c in blank.execute(f"PRAGMA table_info({t})")
        ]


def test_the_untouched_record_holds_and_has_everything(original: sqlite3.Connection) -> None:
    with closing(copy_of(original)) as copy:
        assert problems(copy) == []
        codecs = {codec for (codec,) in copy.execute("SELECT DISTINCT codec FROM contents")}
        assert codecs == set("rzsdec")
        assert {t for t in NAMES if not copy.execute(f"SELECT 1 FROM {t}").fetchone()} == set()


@pytest.mark.parametrize(("table", "column"), columns())
def test_one_altered_value_is_found_and_named(original: sqlite3.Connection, table: str, column: str) -> None:
    source = random.Random(f"{table}.{column}")
    with closing(copy_of(original)) as copy:
        keys = [r[5] and r[1] for r in copy.execute(f"PRAGMA table_info({table})")]
        key = ", ".join(k for k in keys if k)
        rows = f"SELECT {key}, {column} FROM {table} WHERE {ONLY_WHERE.get((table, column), '1')}"
        places = copy.execute(f"{rows} AND {column} IS NOT NULL").fetchall() or copy.execute(rows).fetchall()
        where = " AND ".join(f"{k} = ?" for k in key.split(", "))
        missed = []
        for *own, value in places if len(places) <= 4 else source.sample(places, 4):
            copy.execute("BEGIN")
            copy.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", (altered(value, source), *own))
            copy.execute("COMMIT")
            found = problems(copy)
            if not found:
                missed.append(own)
            assert not found or any(p.what in NAMES[table] or p.where == table for p in found), found
            copy.close()
            copy = copy_of(original)
        if (table, column) not in NOT_COVERED:
            assert places, "no value to alter"
            assert not missed


@pytest.mark.parametrize("codec", "rzsdec")
def test_a_byte_of_any_chunk(original: sqlite3.Connection, codec: str) -> None:
    """Any byte but a delta's first, the writer's note of its steps: it is found, or the content is whole all the same."""
    source = random.Random(codec)
    with closing(copy_of(original)) as copy:
        digest, chunk, data = copy.execute(
            "SELECT digest, chunk, data FROM contents WHERE codec = ? AND length(data) > 2 ORDER BY rowid",
            (codec,),
        ).fetchone()
        store_of = lambda: ContentStore(copy, cache_bytes=0)  # noqa: E731
        whole = store_of().get(digest)
        first = 1 if codec in "sde" else 0
        found = 0
        tried = source.sample(range(first, len(data)), min(40, len(data) - first))
        for place in tried:
            broken = bytearray(data)
            broken[place] ^= 1 << source.randrange(8)
            copy.execute(
                "UPDATE contents SET data = ? WHERE digest = ? AND chunk = ?", (bytes(broken), digest, chunk)
            )
            try:
                assert store_of().get(digest) == whole
            except ContentMissing:
                named = [p for p in store_of().verify_all() if p[0] == digest]
                assert named
                found += 1
        assert found >= len(tried) - 2  # a bit of a frame's header may have no meaning
        copy.execute(
            "UPDATE contents SET data = ? WHERE digest = ? AND chunk = ?", (bytes(broken), digest, chunk)
        )
        if found == len(tried):
            assert digest.hex() in {p.where for p in problems(copy) if p.what == "content"}


@pytest.mark.parametrize("table", [t for t in NAMES if t != "reviews"])
def test_a_row_that_is_taken_away_or_put_in_is_found(original: sqlite3.Connection, table: str) -> None:
    for which in ("min", "max"):
        with closing(copy_of(original)) as copy:
            key = {"changes": "sequence", "change_differences": "sequence", "gaps": "gap"}.get(table)
            if key is None:
                key = next(r[1] for r in copy.execute(f"PRAGMA table_info({table})") if r[5])
            if (table, which) == ("gaps", "max"):
                continue  # a ledger's end that was cut off does not show
            copy.execute(f"DELETE FROM {table} WHERE {key} = (SELECT {which}({key}) FROM {table})")
            assert problems(copy), which


def test_two_changes_in_each_other_s_place(original: sqlite3.Connection) -> None:
    with closing(copy_of(original)) as copy:
        copy.execute(
            "UPDATE changes SET sequence = CASE sequence WHEN 2 THEN -3 ELSE -2 END WHERE sequence IN (2, 3)"
        )
        copy.execute("UPDATE changes SET sequence = -sequence WHERE sequence < 0")
        assert {"2", "3"} <= {p.where for p in problems(copy) if p.what == "change"}


def test_a_change_that_was_put_in(original: sqlite3.Connection) -> None:
    with closing(copy_of(original)) as copy:
        names = ", ".join(c for t, c in columns() if t == "changes" and c != "sequence")
        copy.execute(
            f"INSERT INTO changes ({names}, sequence) SELECT {names}, sequence + 1 FROM changes ORDER BY sequence DESC LIMIT 1"
        )
        last = copy.execute("SELECT max(sequence) FROM changes").fetchone()[0]
        assert str(last) in {p.where for p in problems(copy) if p.what == "change"}


def test_what_is_said_not_to_be_covered_is_there(original: sqlite3.Connection) -> None:
    assert set(NOT_COVERED) <= set(columns())


def test_an_older_record_gets_its_hashes(tmp_path: Path) -> None:
    from fcm_tui.store import schema
    from fcm_tui.store.database import open_reader, open_writer

    database = tmp_path / "record.db"
    with closing(sqlite3.connect(database)) as old, old:
        old.executescript(
            f"{schema.STEPS[0]};{schema.STEPS[1]};PRAGMA user_version=2;PRAGMA application_id={schema.APPLICATION_ID};"
        )
        old.execute("INSERT INTO recorders VALUES (?, 'host', 'user', 'linux', '0', 1, 2)", (os.urandom(16),))
        old.execute("INSERT INTO gaps SELECT recorder_id, 1, NULL, 5, NULL, 'why', NULL FROM recorders")
    with closing(open_reader(database)) as old:
        assert problems(old) == []  # as a reader sees it that may not write
    with closing(open_writer(database)) as new:
        assert problems(new) == []
        new.execute("UPDATE gaps SET reason = 'other'")
        assert [str(p) for p in problems(new)] == ["gap 1: its hash is not that of its columns"]
