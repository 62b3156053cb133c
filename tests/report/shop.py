"""Six weeks of a shop's files, as a record: what reports and statistics are looked at with. Always the same."""

from __future__ import annotations

import random
import time
from pathlib import Path

from fcm_tui.diff.lines import diff_lines
from fcm_tui.model import Capture, Kind, Origin
from fcm_tui.store.chain import difference
from tests.review.builder import RECORDER, START_NS, RecordBuilder, connect

SHOP, SYSTEM = "/srv/shop", "/etc"
HOUR = 3600 * 10**9
_FOLDERS = ("src", "src/api", "src/api/v1", "docs", "tests", "web/components")
_NAMES = ("orders.py", "prices.py", "index.html", "cart.ts", "README.md", "basket.py")
_SYSTEM = ("nginx/nginx.conf", "hosts", "ssh/sshd_config", "cron.d/backup")
_PROCESSES = ("vim", "code", "python3", "git", None)
_KINDS = (Kind.CREATED, Kind.MODIFIED, Kind.DELETED, Kind.METADATA)


def build(database: Path) -> RecordBuilder:
    """People at work by day, a build now and then, a few secrets, gaps, and sixty changes that nobody has reviewed."""
    dice = random.Random(3)
    record = RecordBuilder(database)
    record.root(SHOP)
    record.root(SYSTEM)
    with record.transaction():
        when = START_NS - 40 * 24 * HOUR
        while when < START_NS:
            when += int(dice.expovariate(1 / (2.2 * HOUR)))
            clock = time.gmtime(when // 10**9)
            is_off = clock.tm_wday > 4 or clock.tm_hour < 8 or clock.tm_hour > 18
            if is_off and dice.random() < 0.83:
                continue
            for _ in range(dice.randrange(1, 6)):
                when += dice.randrange(5, 300) * 10**9
                _change(record, dice, when)
            if dice.random() < 0.05:
                for part in range(dice.randrange(25, 140)):
                    when += 10**7
                    kind = Kind.CREATED if dice.random() < 0.5 else Kind.MODIFIED
                    record.change(
                        f"{SHOP}/build/part{part}.o", b"\0%d" % part, kind, process="make", time_ns=when
                    )
    for week in range(4):
        reason = ("the recorder was not running", "the system dropped events")[week % 2]
        record.gap(
            SHOP.encode(),
            -24 * 3600 * (week * 7 + 2),
            week * 11,
            reason=reason,
            lasted=dice.randrange(20, 9000),
        )
    _fill_in(record)
    return record


def _change(record: RecordBuilder, dice: random.Random, when: int) -> None:
    is_system = dice.random() < 0.15
    root = SYSTEM if is_system else SHOP
    name = dice.choice(_SYSTEM) if is_system else f"{dice.choice(_FOLDERS)}/{dice.choice(_NAMES)}"
    kind = dice.choices(_KINDS, (1, 8, 0.7, 0.5))[0]
    previous = None
    if dice.random() < 0.03:
        kind, previous = Kind.MOVED, f"{root}/old/notes{dice.randrange(99)}.txt"
    body = "".join(
        f"price of item {dice.randrange(40)} is {dice.randrange(100)}\n" for _ in range(dice.randrange(3, 60))
    )
    secret = dice.random() < 0.02
    capture = Capture.SECRET if secret else dice.choice((*(None,) * 30, Capture.TOO_LARGE))
    record.change(
        f"{root}/.env" if secret else f"{root}/{name}",
        None if kind is Kind.DELETED else body.encode(),
        kind,
        previous=previous,
        capture=capture,
        stored=not secret,
        origin=dice.choices((Origin.EVENT, Origin.SCAN, Origin.RESTORE), (20, 1, 0.4))[0],
        process=dice.choice(_PROCESSES),
        time_ns=when,
    )


def _fill_in(record: RecordBuilder) -> None:
    """Owners, reviews, what was stored, and the lines of the changes."""
    writer = connect(record.database)
    writer.execute("BEGIN")
    writer.execute(
        "UPDATE changes SET owner = CASE WHEN path LIKE CAST('/etc%' AS BLOB) THEN 'root'"
        " WHEN sequence % 5 = 0 THEN 'bob' ELSE owner END"
    )
    writer.executemany(
        "INSERT INTO reviews VALUES (?, ?, 'ann', 1, 'accepted', NULL)",
        [(RECORDER, number) for number in range(1, record.sequence - 60)],
    )
    writer.execute(
        "INSERT INTO backup_paths (recorder_id, file_id, digest, original_file, backup_file, time_ns, size)"
        " SELECT recorder_id, file_id, after_digest, path, 'sha256:', min(time_ns), size * 700 FROM changes"
        " WHERE after_digest IS NOT NULL GROUP BY file_id, after_digest"
    )
    changes = "SELECT sequence, before_digest, after_digest FROM changes WHERE capture IN ('stored', 'none')"
    for sequence, *digests in writer.execute(changes).fetchall():
        old, new = (b"" if digest is None else record._contents.get(digest) for digest in digests)
        if b"\0" in old + new:
            continue
        sides = old.decode().splitlines(True), new.decode().splitlines(True)
        for ordinal, hunk in enumerate(diff_lines(old, new)):
            starts = (hunk.old_start - 1, hunk.old_count), (hunk.new_start - 1, hunk.new_count)
            texts = ["".join(side[at : at + count]) for side, (at, count) in zip(sides, starts, strict=True)]
            kept = difference(hunk, *texts)
            row = (kept.digest, hunk.operation.value, kept.affected, kept.replaced)
            writer.execute("INSERT OR IGNORE INTO differences VALUES (?, ?, ?, ?)", row)
            link = (RECORDER, sequence, ordinal, kept.digest, *hunk)
            writer.execute("INSERT INTO change_differences VALUES (?, ?, ?, ?, ?, ?, ?, ?)", link)
    writer.execute("COMMIT")
    writer.close()
