"""A prune takes what the rules say and nothing else; what stays is exact, and the record holds."""

from __future__ import annotations

import random
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fcm_tui.config import Retention
from fcm_tui.store.contents import ContentStore
from fcm_tui.store.database import open_reader
from fcm_tui.store.queries import Reader
from fcm_tui.store.retention_apply import Thinning
from fcm_tui.store.retention_plan import Plan, Totals
from fcm_tui.store.verify import Problem, Tally, verify
from tests.store.test_retention_rules import reference, rules
from tests.store.written import Written

NOW = time.time_ns() // 1000 * 1000
HOUR = 3600 * 10**9
DAY = 24 * HOUR
LARGE = random.Random(5).randbytes(1_300_000)
POOL = [
    *(b"".join(b"line %d of %d\n" % (line, version if line == version else 0) for line in range(60)) for version in range(40)),
    b"",
    *(LARGE[: 90_000 * n] + b"here %d" % n + LARGE[90_000 * n :] for n in range(1, 12)),
    LARGE[100_000:900_000],  # one piece, which others are cut into as well
]  # fmt: skip


def prune(written: Written, retention: Retention, *, now_ns: int = NOW, seconds: float = 0.02) -> Totals:
    """All that the rules say, in as many steps as it takes."""
    with Plan.of(written.record.database, retention, now_ns=now_ns) as plan:
        thinning = Thinning(written.record, retention, plan.sequence)
        operations = plan.operations()
        while thinning.step(operations, seconds):
            pass
        assert thinning.versions == plan.totals.versions
        return plan.totals


def problems(database: Path) -> list[Problem]:
    with closing(open_reader(database)) as connection:
        return list(verify(connection, Tally()))


def stored(database: Path) -> dict[bytes, bytes]:
    """Every version that has a mapping, exact, read as if for the first time."""
    with closing(open_reader(database)) as connection:
        store = ContentStore(connection, cache_bytes=0)
        digests = [d for (d,) in connection.execute("SELECT DISTINCT digest FROM backup_paths")]
        return {digest: store.get(digest) for digest in digests}


def in_use(database: Path) -> tuple[set[bytes], set[bytes]]:
    """Contents that there are, and those that the versions need."""
    with closing(open_reader(database)) as connection:
        store = ContentStore(connection)
        there = {d for (d,) in connection.execute("SELECT DISTINCT digest FROM contents")}
        needed: set[bytes] = set()
        wanted = [d for (d,) in connection.execute("SELECT DISTINCT digest FROM backup_paths")]
        while wanted:
            digest = wanted.pop()
            if digest not in needed:
                needed.add(digest)
                wanted += store.needs(digest)
        return there, needed


def should_stay(written: Written, retention: Retention, now_ns: int = NOW) -> set[bytes]:
    """By the reference, with every content that some file keeps."""
    current = {file_id: version.digest for file_id, version, _ in written.files.values() if version}
    stays = set(current.values())
    for file_id, versions in written.versions.items():
        newest_first = sorted(versions.items(), key=lambda item: -item[1])
        keeps = reference([when for _, when in newest_first], retention, now_ns)
        stays |= {digest for (digest, _), keep in zip(newest_first, keeps, strict=True) if keep}
        assert file_id not in current or current[file_id] in stays
    return stays


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
        assert {c.after for c in log if c.capture == "stored"} == stays & {c.after for c in log}
        assert {c.after for c in log if c.capture == "quota"} == {c.after for c in log if c.after} - stays
