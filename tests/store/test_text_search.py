"""The index of changed lines: it finds what looking at every change finds, keeps nothing of its own, and may be missing."""

from __future__ import annotations

import hashlib
import os
import random
import sqlite3
import stat
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from fcm_tui import cli
from fcm_tui.datadir import DataDir
from fcm_tui.model import Capture, DiskState, Draft, Hunk, Kind, LineCounts, Origin
from fcm_tui.pipeline.indexing import Indexing, index_once
from fcm_tui.query.terms import All, KindIs, Term, Text
from fcm_tui.store.chain import difference
from fcm_tui.store.reading import text_index, text_search
from fcm_tui.store.reading.filters import Filters
from fcm_tui.store.reading.queries import Reader
from fcm_tui.store.reading.text_index import SUFFIXES, TextIndex, index_of
from fcm_tui.store.record import Record
from tests.waiting import wait_for

ROOT = os.fsencode(os.path.abspath(os.sep + "watched"))
WORDS = [
    "alpha",
    "Alpha",
    "beta",
    "naïve",
    "ノート",
    'say "x"',
    "a_b%c",
    "x\0y nul",
    "tab\there",
    "🎈🎈🎈",
    "of",
]


class Lines:
    """A record of changed lines, without files."""

    def __init__(self, database: Path) -> None:
        self.database = database
        self.record = Record(database)
        self.root = self.record.set_roots([ROOT])[0]

    def add(self, *changes: list[tuple[str, str | None]], kind: Kind = Kind.MODIFIED) -> None:
        """Changes, each with its differences: affected and replaced lines."""
        state = DiskState(1, 1, 1, 1, 0o100644, 0, 0)
        drafts = [
            Draft(
                1, kind, self.root.root_id, b"f" * 16, ROOT + b"/f", Origin.EVENT, Capture.STORED,
                before=None, after=hashlib.sha256(b"").digest(), state=state, previous=state,
                counts=LineCounts(0, 1, 0), encoding="utf-8", newline="lf",
                differences=tuple(difference(Hunk(1, int(old is not None), 1, 1), old, new) for new, old in change),
            )
            for change in changes
        ]  # fmt: skip
        self.record.commit(drafts, [b"s"] * len(drafts), [], {})

    def index(self, seconds: float = 60.0) -> None:
        with closing(TextIndex(self.record.connection, self.database)) as index:
            index.step(seconds)
            index.commit()


@pytest.fixture
def lines(tmp_path: Path) -> Iterator[Lines]:
    made = Lines(tmp_path / "record.db")
    with made.record:
        yield made


def found(lines: Lines, filters: Filters, **options: object) -> list[int]:
    with Reader(lines.database) as reader:
        return [change.sequence for change in reader.log(filters, limit=None, **options)]  # type: ignore[arg-type]


def text(part: str) -> Filters:
    return Filters(text=part)


def test_what_is_new_counts_up_with_the_changes_however_a_commit_orders_its_rows(lines: Lines) -> None:
    """What was there before has to be gone through in another way, which takes many times as long."""
    for number in range(4):
        lines.add(*([(f"line {number} {at}\n", None)] for at in range(50)))
    lines.add([("line 0 7\n", None)])
    rows = lines.record.connection.execute(
        "SELECT d.rowid FROM change_differences l JOIN differences d ON d.digest = l.difference_digest ORDER BY l.sequence"
    ).fetchall()
    assert rows != sorted(rows), "as they are looked up"
    lines.index()
    with closing(sqlite3.connect(index_of(lines.database))) as index:
        firsts = index.execute("SELECT difference, sequence FROM firsts ORDER BY difference").fetchall()
        assert firsts == [(number, number) for number in range(1, 201)]
        assert index.execute("SELECT sequence, difference FROM repeats").fetchall() == [(201, 8)]


def test_the_index_finds_what_a_look_at_every_change_finds(
    lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice = random.Random(3)

    def line() -> str:
        return " ".join(dice.choices(WORDS, k=dice.randint(0, 4))) + "\n"

    def changes(number: int) -> None:
        lines.add(
            *(
                [(line(), dice.choice([None, line()])) for _ in range(dice.randint(0, 3))]
                for _ in range(number)
            )
        )

    changes(300)
    lines.index(0.0)
    lines.index()
    changes(200)
    lines.index()
    changes(20)  # the index does not reach these
    asked = [
        text(part) for part in [*WORDS, "lpha", "alpha beta", "o", "", "lpha\nb", "nowhere", "y n", "\0y "]
    ]
    asked += [
        Filters(terms=(Term(Text("alpha")), Term(Text("beta")))),
        Filters(terms=(Term(Text("alpha"), is_negated=True),)),
        Filters(terms=(Term(All((Term(Text("naïve")),))), Term(Text("ノート"), is_negated=True))),
        Filters(terms=(Term(All((Term(Text("alpha")),)), is_negated=True), Term(Text("beta")))),
        Filters(text="beta", terms=(Term(KindIs(frozenset({Kind.CREATED}))),)),
    ]
    with Reader(lines.database) as reader:
        assert reader.sizes().indexed == 500
        head = reader.head()
        assert head is not None
        keys = {"before": (400, head.recorder), "after": (90, head.recorder)}
        for few in (text_search.FEW, 5):
            monkeypatch.setattr(text_search, "FEW", few)
            for filters in asked:
                for options in ({}, keys, {"reverse": True}, {"reverse": True, **keys}, {"limit": 7}):
                    options = {"limit": None, **options}
                    with monkeypatch.context() as patch:
                        patch.setattr(text_search.TextSearch, "offer", lambda self, filters: None)
                        scanned = reader.log(filters, **options)  # type: ignore[arg-type]
                        count = reader.found(filters)
                    assert reader.log(filters, **options) == scanned, (filters, options)  # type: ignore[arg-type]
                    assert reader.found(filters) == count, filters


def test_a_page_is_read_without_a_look_at_all_changes(lines: Lines) -> None:
    lines.add(*([(f"line {number}\n", None)] for number in range(3000)))
    lines.index()
    with Reader(lines.database) as reader:
        steps = 0

        def step() -> bool:
            nonlocal steps
            steps += 1
            return False

        reader.connection.set_progress_handler(step, 100)
        assert [change.sequence for change in reader.log(text("line 17\n"), limit=200)] == [18]
        assert steps < 20


def test_a_difference_that_comes_again_is_found_each_time(lines: Lines) -> None:
    lines.add([("something\n", None)], [("other\n", "something\n")])
    lines.index()
    lines.add([("something\n", None)], [("something\n", None), ("x\n", None)])
    lines.index()
    assert found(lines, text("something")) == [4, 3, 2, 1]
    with closing(sqlite3.connect(index_of(lines.database))) as index:
        assert index.execute("SELECT count(*) FROM firsts").fetchone()[0] == 2


def test_a_difference_is_found_in_whatever_order_the_rows_stand(lines: Lines) -> None:
    lines.add([("first words\n", None)], [("second words\n", None)])
    lines.record.connection.execute("UPDATE differences SET rowid = -rowid")
    lines.index()
    assert found(lines, text("words")) == [2, 1]
    assert found(lines, text("first")) == [1]


def test_the_index_is_the_owners_alone_and_the_record_stays_as_it_is(lines: Lines) -> None:
    lines.add([("something\n", None)])
    before = lines.database.read_bytes()
    lines.index()
    assert lines.database.read_bytes() == before
    if sys.platform != "win32":
        for suffix in SUFFIXES:
            path = Path(f"{lines.database}{suffix}")
            assert not path.exists() or stat.S_IMODE(path.stat().st_mode) == 0o600


def test_lines_lie_in_the_index_in_pieces_of_three_letters_only(lines: Lines) -> None:
    lines.add([("a particular sentence\n", None)])
    lines.index()
    everything = b"".join(
        path.read_bytes() for suffix in SUFFIXES if (path := Path(f"{lines.database}{suffix}")).exists()
    )
    assert b"part" not in everything
    assert found(lines, text("particular")) == [1]


def test_an_index_of_another_record_is_not_asked_and_made_anew(lines: Lines, tmp_path: Path) -> None:
    lines.add([("here and there\n", None)], [("nothing\n", None)])
    other = Lines(tmp_path / "other.db")
    with other.record:
        other.add([("a secret of the other\n", None)], [("here\n", None)])
        other.index()
    os.replace(index_of(other.database), index_of(lines.database))
    assert found(lines, text("there")) == [1]
    lines.index()
    with Reader(lines.database) as reader:
        assert reader.sizes().indexed == 2
    assert found(lines, text("there")) == [1]
    assert b"sec" not in index_of(lines.database).read_bytes()


def test_a_record_put_back_to_an_earlier_state_is_indexed_anew(lines: Lines) -> None:
    lines.add([("one thing\n", None)])
    lines.record.checkpoint()
    copy = lines.database.read_bytes()
    lines.add([("two things\n", None)])
    lines.index()
    lines.record.close()
    lines.database.write_bytes(copy)
    again = Lines(lines.database)
    with again.record:
        again.add([("another thing\n", None)])
        assert found(again, text("thing")) == [2, 1]
        again.index()
        assert found(again, text("thing")) == [2, 1]
        assert found(again, text("two")) == []


@pytest.mark.parametrize("damage", ["no database", "middle", "foreign", "numbers"])
def test_a_damaged_index_costs_time_and_nothing_else(lines: Lines, damage: str) -> None:
    lines.add(*([(f"line {number}\n", None)] for number in range(2000)))
    lines.index()
    path = index_of(lines.database)
    if damage == "no database":
        path.write_bytes(b"nothing that SQLite knows" * 4000)
    elif damage == "middle":
        raw = bytearray(path.read_bytes())
        raw[40000:-100] = random.Random(1).randbytes(len(raw) - 40100)
        path.write_bytes(raw)
    else:
        with closing(sqlite3.connect(path, isolation_level=None)) as index:
            if damage == "foreign":
                index.execute("DROP TABLE firsts")
            else:
                index.execute("UPDATE reached SET difference = ?", ((1 << 63) - 1,))
    assert found(lines, text("line 17\n")) == [18]
    assert len(found(lines, text("line "))) == 2000
    assert found(lines, text("line "), reverse=True) == [*range(1, 2001)]
    lines.add([("line 17\n", None)])
    for _ in range(2):
        index_once(lines.record, 60.0)
    with Reader(lines.database) as reader:
        assert reader.sizes().indexed == 2001
    assert found(lines, text("line 17\n")) == [2001, 18]


def test_where_sqlite_has_no_trigrams_every_change_is_looked_at(
    lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_index, "_SCHEMA", text_index._SCHEMA.replace("'trigram", "'no such thing"))
    lines.add([("something\n", None)])
    index_once(lines.record)
    assert not index_of(lines.database).exists()
    assert found(lines, text("something")) == [1]


def test_beside_a_recorder_the_index_keeps_up_with_what_comes(lines: Lines) -> None:
    indexing = Indexing(lines.record)
    indexing.start()
    try:
        for number in range(1, 4):
            lines.add([(f"line {number}\n", None)])
            wait_for(lambda number=number: _indexed(lines) == number)  # type: ignore[misc]
    finally:
        indexing.close()


def test_an_encrypted_record_has_no_index_and_loses_the_one_that_it_had(lines: Lines) -> None:
    lines.add([("something\n", None)])
    lines.index()
    lines.record.connection.execute("INSERT INTO sealing_keys VALUES (x'00', 1)")
    assert _indexed(lines) == 0
    index_once(lines.record)
    assert not [suffix for suffix in SUFFIXES if Path(f"{lines.database}{suffix}").exists()]


def _indexed(lines: Lines) -> int:
    with Reader(lines.database) as reader:
        return reader.sizes().indexed


def test_of_secrets_nothing_gets_into_the_index(
    data_dir: DataDir, root: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (root / "notes").write_text("one\n")
    (root / ".env").write_text("PASSWORD=one\n")
    assert cli.main(["record", "--once", str(root)]) == 0
    (root / "notes").write_text("harmless words\n")
    (root / ".env").write_text("PASSWORD=quixotic\n")
    assert cli.main(["record", "--once", str(root)]) == 0
    with closing(sqlite3.connect(index_of(data_dir.path / "record.db"))) as index:
        having = "SELECT count(*) FROM trigrams WHERE trigrams MATCH ?"
        assert index.execute(having, ('"har"',)).fetchone() == (1,)
        assert index.execute(having, ('"qui" OR "PAS"',)).fetchone() == (0,)
    capfd.readouterr()
    assert cli.main(["log", "--text", "harmless", "--json"]) == 0
    assert "notes" in capfd.readouterr().out
    assert cli.main(["log", "--text", "quixotic", "--json"]) in (0, 1)
    assert capfd.readouterr().out == ""
