"""A prune takes what the rules say and nothing else; what stays is exact, and the record holds."""

from __future__ import annotations

import hashlib
import random
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fcm_tui.settings.config import Retention
from fcm_tui.store import reviews, schema
from fcm_tui.store.reading.queries import Reader
from fcm_tui.store.retention.apply import GivingBack, Thinning, can_give_back
from fcm_tui.store.retention.plan import Drop, Plan, used_bytes
from fcm_tui.store.retention.reclaim import reclaim
from tests.store.pruning import DAY, HOUR, NOW, POOL, in_use, problems, prune, should_stay, stored
from tests.store.test_retention_rules import rules
from tests.store.written import Written

names = st.sampled_from(["a", "b", "c"])
contents = st.one_of(st.none(), st.integers(0, 41), st.integers(0, 41), st.integers(0, len(POOL) - 1))
gaps = st.sampled_from([HOUR // 60, HOUR // 4, HOUR, 5 * HOUR, DAY, 9 * DAY, 50 * DAY])
histories = st.lists(st.tuples(names, contents, gaps), min_size=1, max_size=60)


@given(histories, rules, rules, st.integers(1, 5))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_history_keeps_what_it_should_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory,
    history: list[tuple[str, int | None, int]],
    first: Retention,
    second: Retention,
    together: int,
) -> None:
    with Written(tmp_path_factory.mktemp("record") / "record.db") as written:
        moment = NOW - sum(gap for _, _, gap in history)
        changes = []
        for name, content, gap in history:
            moment += gap
            changes.append((name, None if content is None else POOL[content], moment))
        for start in range(0, len(changes), together):
            written.put(*changes[start : start + together])
        stays = should_stay(written, first)
        prune(written, first, seconds=0)  # one operation a transaction
        database = written.record.database
        assert stored(database) == {digest: written.data[digest] for digest in stays}
        assert problems(database) == []
        # A second prune finds what the first stored anew in order, and the record has gone on meanwhile.
        written.thinned(stays)
        written.put(("a", POOL[3], NOW + 1), ("b", POOL[4], NOW + 2))
        stays = should_stay(written, second, NOW + DAY)
        prune(written, second, now_ns=NOW + DAY)
        assert stored(database) == {digest: written.data[digest] for digest in stays}
        assert problems(database) == []
        there, needed = in_use(database)
        assert there == needed
        with Reader(database) as reader:
            log = reader.log(limit=None)
            (root,) = reader.roots()
            assert (root.changes, reader.count()) == (len(log), len(log))
            assert sum(entry.changes for entry in reader.folder(root.root_id, root.path)) == len(log)
            (mappings,) = reader.connection.execute("SELECT count(*) FROM backup_paths").fetchone()
            assert reader.sizes().versions == mappings
        assert {c.after for c in log if c.capture == "stored"} == stays & {c.after for c in log}
        assert {c.after for c in log if c.capture == "quota"} == {c.after for c in log if c.after} - stays


@given(histories, histories, rules, st.integers(0, 30))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_comes_while_it_is_pruned_is_spared(
    tmp_path_factory: pytest.TempPathFactory,
    history: list[tuple[str, int | None, int]],
    meanwhile: list[tuple[str, int | None, int]],
    retention: Retention,
    pause: int,
) -> None:
    with Written(tmp_path_factory.mktemp("record") / "record.db") as written:
        for number, (name, content, _) in enumerate(history):
            written.put((name, None if content is None else POOL[content], NOW - (100 - number) * DAY))
        database = written.record.database
        with Plan.of(database, retention, now_ns=NOW) as plan:
            thinning = Thinning(written.record, retention, plan.sequence)
            operations = plan.operations()
            for _ in range(pause):
                thinning.step(operations, 0)
            is_more, number = True, 0
            while is_more or number < len(meanwhile):
                if number < len(meanwhile):
                    name, content, _ = meanwhile[number]
                    written.put((name, None if content is None else POOL[content], NOW + number))
                    number += 1
                is_more = thinning.step(operations, 0)
        found = stored(database)
        assert {v.digest for _, v, _ in written.files.values() if v} <= set(found)
        came = {POOL[content] for _, content, _ in meanwhile if content is not None}
        assert came <= set(found.values())
        assert found == {digest: written.data[digest] for digest in found}
        assert problems(database) == []
        there, needed = in_use(database)
        assert needed <= there


def test_a_content_that_another_file_keeps_stays(tmp_path: Path) -> None:
    with Written(tmp_path / "record.db") as written:
        for number in range(4):
            written.put(("a", POOL[number], NOW - (9 - number) * DAY))
        written.put(("b", POOL[1], NOW - DAY))
        totals = prune(written, Retention(max_age=2.5 * 86400))
        assert (totals.versions, totals.files) == (2, 1)
        assert set(stored(tmp_path / "record.db").values()) == {POOL[1], POOL[3]}
        assert problems(tmp_path / "record.db") == []


def test_what_nobody_has_reviewed_stays_once_reviewing_is_in_use(tmp_path: Path) -> None:
    retention = Retention(max_versions=1)
    with Written(tmp_path / "record.db") as written:
        for number in range(6):
            written.put(("a", POOL[number], NOW - (9 - number) * DAY))
        for sequence in (1, 2, 3):
            written.record.connection.execute(
                "INSERT INTO reviews VALUES (?, ?, 'me', 1, 'accepted', NULL)",
                (written.record.recorder_id, sequence),
            )
        # Changes 4 to 6 wait: what they were (3) and became stays.
        totals = prune(written, retention)
        assert (totals.versions, totals.held) == (2, 3)
        assert set(stored(tmp_path / "record.db").values()) == {POOL[2], POOL[3], POOL[4], POOL[5]}
        prune(written, Retention(max_versions=1, keep_unreviewed=False))
        assert set(stored(tmp_path / "record.db").values()) == {POOL[5]}


def test_what_is_pinned_stays_even_if_it_is_pinned_after_the_plan(tmp_path: Path) -> None:
    database = tmp_path / "record.db"
    with Written(database) as written:
        for number in range(6):
            written.put(("a", POOL[number], NOW - (9 - number) * DAY))
        recorder = written.record.recorder_id
        assert reviews.mark(database, [(2, recorder)], pin=True) == 1
        assert reviews.mark(database, [(2, recorder)], note="seen again") == 1, "and stays pinned"
        retention = Retention(max_versions=1)
        with Plan.of(database, retention, now_ns=NOW) as plan:
            assert (plan.totals.versions, plan.totals.held) == (4, 0), "a pin alone is no reviewing"
            reviews.mark(database, [(4, recorder)], pin=True)
            thinning = Thinning(written.record, retention, plan.sequence)
            while thinning.step(plan.operations(), 60.0):
                pass
        assert {POOL[1], POOL[3], POOL[5]} <= set(stored(database).values()), "and what they build on, until"
        assert problems(database) == []
        prune(written, retention)
        assert set(stored(database).values()) == {POOL[1], POOL[3], POOL[5]}
        assert problems(database) == []
        reviews.unmark(database, [(2, recorder), (4, recorder)])
        prune(written, retention)
        assert set(stored(database).values()) == {POOL[5]}
        assert problems(database) == []


def test_before_anybody_reviews_nothing_waits_for_it(tmp_path: Path) -> None:
    with Written(tmp_path / "record.db") as written:
        for number in range(6):
            written.put(("a", POOL[number], NOW - (9 - number) * DAY))
        assert prune(written, Retention(max_versions=2)).held == 0
        assert set(stored(tmp_path / "record.db").values()) == {POOL[4], POOL[5]}


def test_a_store_that_is_too_large_loses_its_oldest(tmp_path: Path) -> None:
    source = random.Random(2)
    with Written(tmp_path / "record.db") as written:
        for number in range(40):
            written.put((f"f{number % 8}", source.randbytes(100_000), NOW - (50 - number) * HOUR))
        connection = written.record.connection
        limit = used_bytes(connection) // 2
        oldest_first = [d for (d,) in connection.execute("SELECT digest FROM backup_paths ORDER BY time_ns")]
        while prune(written, Retention(max_size=limit)).versions:
            pass
        assert used_bytes(connection) <= limit
        left = set(stored(tmp_path / "record.db"))
        assert left == set(oldest_first[-len(left) :])
        assert len(left) > 15, "no more went than had to"
        prune(written, Retention(max_size=1))
        assert set(stored(tmp_path / "record.db")) == set(oldest_first[-8:]), "the newest of each file"
        assert problems(tmp_path / "record.db") == []


def test_space_returns_to_the_file_system_in_steps(tmp_path: Path) -> None:
    database = tmp_path / "record.db"
    with Written(database) as written:
        for number in range(60):
            written.put(("a", random.Random(number).randbytes(200_000), NOW - (90 - number) * HOUR))
        written.record.checkpoint()
        before = database.stat().st_size
        prune(written, Retention(max_versions=3))
        giving_back = GivingBack(written.record.connection)
        steps = 1
        while giving_back.step(0.001):
            steps += 1
        assert steps > 3
        assert database.stat().st_size < before / 10
        assert problems(database) == []


def test_a_record_made_without_a_way_to_give_back_is_written_anew_once(tmp_path: Path) -> None:
    database = tmp_path / "record.db"
    with closing(sqlite3.connect(database)) as old:
        old.execute(f"PRAGMA application_id={schema.APPLICATION_ID}")
        old.executescript(schema.STEPS[0])
        old.execute("PRAGMA user_version=1")
    with Written(database) as written:
        assert not can_give_back(written.record.connection)
        for number in range(20):
            written.put(("a", random.Random(number).randbytes(200_000), NOW - (90 - number) * HOUR))
        written.record.checkpoint()
        before = database.stat().st_size
        prune(written, Retention(max_versions=3))
        assert not GivingBack(written.record.connection).step()
        reclaim(written.record)
        assert can_give_back(written.record.connection)
        assert database.stat().st_size < before / 3
        written.put(("a", b"and on", NOW))
        assert problems(database) == []


def test_what_cannot_be_read_any_more_takes_nothing_with_it(tmp_path: Path) -> None:
    with Written(tmp_path / "record.db") as written:
        for number in range(5):
            written.put(("a", POOL[number], NOW - (9 - number) * DAY))
        digest = hashlib.sha256(POOL[4]).digest()
        written.record.connection.execute("UPDATE contents SET data = X'0101' WHERE digest = ?", (digest,))
        with Plan.of(written.record.database, Retention(max_versions=1), now_ns=NOW) as plan:
            dropped = [operation.digest for operation in plan.operations() if isinstance(operation, Drop)]
        # The base of what is damaged stays, and what that one builds on is not needed: it is stored anew.
        assert hashlib.sha256(POOL[3]).digest() not in dropped
        assert len(dropped) == 3


TAMPERING = [
    ("DELETE FROM thinned WHERE digest = (SELECT min(digest) FROM thinned)", {"prune", "change"}),
    ("UPDATE thinned SET size = size + 1 WHERE digest = (SELECT min(digest) FROM thinned)", {"prune"}),
    ("UPDATE thinned SET prune = prune + 7", {"prune", "change"}),
    ("UPDATE thinned SET digest = X'00' || substr(digest, 2)", {"prune", "change"}),
    ("DELETE FROM prunes", {"prune", "change"}),
    ("DELETE FROM prunes WHERE prune = 1", {"prune", "change"}),
    ("UPDATE prunes SET sequence = sequence + 1 WHERE prune = 2", {"prune"}),
    ("UPDATE prunes SET sequence = 0 WHERE prune = 1", {"prune", "change"}),
    ("UPDATE prunes SET time_ns = 0 WHERE prune = 2", {"prune"}),
    ("UPDATE prunes SET rules = '{}' WHERE prune = 2", {"prune"}),
    ("UPDATE prunes SET run = 'x' WHERE prune = 2", {"prune"}),
    ("UPDATE prunes SET chain_hash = X'00' WHERE prune = 2", {"prune"}),
    # A content that somebody removed, said to be thinned: its digest is in no prune's hash.
    (
        "INSERT INTO thinned SELECT after_digest, recorder_id, 1, size FROM changes WHERE sequence = 10;"
        "DELETE FROM contents WHERE digest = (SELECT after_digest FROM changes WHERE sequence = 10);"
        "DELETE FROM backup_paths WHERE digest = (SELECT after_digest FROM changes WHERE sequence = 10)",
        {"prune", "change", "file", "content"},
    ),
    # One that was thinned, came back and was removed then: the prune is older than the change.
    (
        "DELETE FROM contents WHERE digest = (SELECT after_digest FROM changes WHERE sequence = 11);"
        "DELETE FROM backup_paths WHERE digest = (SELECT after_digest FROM changes WHERE sequence = 11)",
        {"change", "content"},
    ),
]


@pytest.mark.parametrize(("script", "found"), TAMPERING, ids=[script[:50] for script, _ in TAMPERING])
def test_tampering_with_what_was_thinned_is_found(tmp_path: Path, script: str, found: set[str]) -> None:
    database = tmp_path / "record.db"
    with Written(database) as written:
        for number in range(9):
            written.put(("a", POOL[number], NOW - (20 - number) * DAY))
        prune(written, Retention(max_versions=2), seconds=0)
        written.put(("a", POOL[30], NOW))
        written.put(("a", POOL[0], NOW + 1))  # which was thinned
        written.put(("a", POOL[31], NOW + 2))
    assert problems(database) == []
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(script)
    told = {problem.what for problem in problems(database)}
    assert told
    assert told <= {*found, "recorder"}  # which counts its versions
    assert "prune" in told or "prune" not in found


_PRUNER = """
import sys
from pathlib import Path
from fcm_tui.settings.config import Retention
from fcm_tui.store.record import Record
from fcm_tui.store.retention.reclaim import reclaim
from fcm_tui.store.retention.apply import Thinning
from fcm_tui.store.retention.plan import Plan
database = Path(sys.argv[1])
retention = Retention(max_versions=2)
with Record(database) as record, Plan.of(database, retention, now_ns=int(sys.argv[2])) as plan:
    thinning, operations = Thinning(record, retention, plan.sequence), plan.operations()
    print("begins", flush=True)
    while thinning.step(operations, 0):
        print("step", flush=True)
    reclaim(record)
print("done", flush=True)
"""


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_killed_in_the_middle_it_holds_and_the_next_prune_goes_on(tmp_path: Path) -> None:
    whole = tmp_path / "whole.db"
    with Written(whole) as written:
        for number in range(40):
            written.put(*((f"f{f}", POOL[(number + f) % 41], NOW - (90 - number) * HOUR) for f in range(3)))
        for number in range(41, 50):
            written.put(("large", POOL[number], NOW - (60 - number) * HOUR))
        stays = should_stay(written, Retention(max_versions=2))
        written.record.checkpoint()
    source = random.Random(11)
    killed = 0
    for round_ in range(10):
        database = tmp_path / f"{round_}.db"
        shutil.copyfile(whole, database)
        while True:
            process = subprocess.Popen(
                [sys.executable, "-c", _PRUNER, str(database), str(NOW)], stdout=subprocess.PIPE, text=True
            )
            assert process.stdout is not None
            last = ""
            for _ in range(source.randrange(1, 40)):
                last = process.stdout.readline().strip() or last
                if last == "done":
                    break
            process.kill()
            process.communicate()
            killed += last != "done"
            found = stored(database)
            assert stays <= set(found)
            assert found == {digest: written.data[digest] for digest in found}
            assert problems(database) == []
            if last == "done":
                break
        assert set(found) == stays
    assert killed > 10
