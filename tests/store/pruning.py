"""Pruning a record that was written for it, and what is there before and after."""

from __future__ import annotations

import random
import time
from contextlib import closing
from pathlib import Path

from fcm_tui.settings.config import Retention
from fcm_tui.store.contents.store import ContentStore
from fcm_tui.store.database import open_reader
from fcm_tui.store.retention.apply import Thinning
from fcm_tui.store.retention.plan import Plan, Totals
from fcm_tui.store.trust.problems import Problem
from fcm_tui.store.trust.verify import Tally, verify
from tests.store.test_retention_rules import reference
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
