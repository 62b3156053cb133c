"""Records that figures are counted of."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from fcm_tui.model import Capture, Kind, Origin
from tests.review.builder import RECORDER, START_NS, RecordBuilder, connect

ROOTS = ("/srv/shop", "/srv/shop-new")
HOUR = 3600 * 10**9


@pytest.fixture
def record(tmp_path: Path) -> Iterator[RecordBuilder]:
    """Three weeks of changes in two roots: every kind and status, moves within and between folders, a burst, gaps."""
    dice = random.Random(5)
    (tmp_path / "data").mkdir(mode=0o700)
    built = RecordBuilder(tmp_path / "data" / "record.db")
    for root in ROOTS:
        built.root(root)
    with built.transaction():
        when = START_NS
        for number in range(300):
            when += dice.randrange(5 * HOUR)
            root = ROOTS[number % 7 == 0]
            folder = dice.choice(("", "/src", "/src/api", "/src/api/v1", "/docs", "/a-b", "/a"))
            path = f"{root}{folder}/file{dice.randrange(6)}.txt"
            kind = dice.choice((Kind.CREATED, Kind.MODIFIED, Kind.MODIFIED, Kind.DELETED, Kind.METADATA))
            previous = None
            if number % 9 == 0:
                kind, previous = (
                    Kind.MOVED,
                    f"{root}{dice.choice(('/src', '/docs', '/src/api'))}/old{number}.txt",
                )
            built.change(
                path,
                None if kind is Kind.DELETED else b"line\n" * dice.randrange(9),
                kind,
                previous=previous,
                capture=dice.choice((None, None, Capture.SECRET, Capture.TOO_LARGE)),
                origin=dice.choice((Origin.EVENT, Origin.EVENT, Origin.SCAN, Origin.RESTORE)),
                process=dice.choice(
                    (
                        None,
                        "vim[4]",
                        "vim[41], git[7]",
                        "git[8], vim[4] +2?",
                        "vim.tiny[9]",
                        "a process",
                        "=cmd",
                    )
                ),
                time_ns=when,
            )
        when += HOUR
        for number in range(25):
            when += 10**8 + 7
            built.change(f"{ROOTS[0]}/build/part{number}.o", b"\0", Kind.CREATED, time_ns=when)
        built.change(f"{ROOTS[1]}/other.txt", b"x\n", Kind.CREATED, time_ns=when)
    built.gap(ROOTS[0].encode(), 5000, 3)
    with connect(built.database) as writer:
        writer.execute("UPDATE changes SET owner = 'bob' WHERE sequence % 5 = 0")
        writer.execute("UPDATE changes SET owner = NULL WHERE sequence % 31 = 0")
        writer.executemany(
            "INSERT INTO reviews VALUES (?, ?, ?, 1, 'accepted', NULL)",
            [(RECORDER, number, who) for number in range(1, 300, 4) for who in ("ann", "bob")],
        )
        writer.execute(
            "INSERT INTO backup_paths (recorder_id, file_id, digest, original_file, backup_file, time_ns, size)"
            " SELECT recorder_id, file_id, after_digest, path, 'sha256:', min(time_ns), size FROM changes"
            " WHERE after_digest IS NOT NULL GROUP BY file_id, after_digest"
        )
    writer.close()
    yield built
    built.close()
