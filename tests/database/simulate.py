"""A thousand recorders at 10 changes/s each against the schema: `python -m tests.database simulate [--changes 60000]`.

Rows are made up beforehand, as the shipper would send them, and then sent over a few connections by recorders in turn.
What comes of it is measured here and multiplied from there; the lines say which is which.

Assumed of a change: 2 hunks (geometric), lines of 120 bytes a hunk (log-normal, 95 % below 1 kB), a delta of 400 bytes (95 %
below 4.7 kB), a path of 60 to 110 bytes in one of 2,000 files a recorder (few of them often), 15 % of contents and differences
there already, 1 in 10 changes to a file that is new.
"""

from __future__ import annotations

import asyncio
import os
import random
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from fcm_tui.settings.database import parse_server
from fcm_tui.ship.tables import (
    CHANGES,
    CONTENTS,
    DIFFERENCES,
    FILES,
    LINKS,
    RECORDERS,
    ROOTS,
    VERSIONS,
    Row,
    Table,
)
from fcm_tui.store.mysql import schema
from fcm_tui.store.mysql.connection import Connection, connect
from tests.database.conftest import started
from tests.database.server import PASSWORD, MariaDB, install

RECORDERS_WANTED, RATE = 1_000, 10
WANTED = RECORDERS_WANTED * RATE
DAY = 86_400
FILES_EACH = 2_000
KNOWN = 0.15
LIVE, BACKLOG = 10, 500
"""Changes a transaction: what a recorder has after a second; what it sends after an outage."""
CONNECTIONS = 8
POOL = 256 << 20
MEMORY = 64 << 30
"""Of the server that is extrapolated to."""


def run(changes: int, seed: int) -> str:
    """The figures, in lines."""
    os.environ["FCM_DATABASE_PASSWORD"] = PASSWORD
    with tempfile.TemporaryDirectory(prefix="fcm-simulate-") as folder:
        install(Path(folder, "template"))
        options = (f"--innodb-buffer-pool-size={POOL}", "--innodb-log-file-size=512M")
        with started(Path(folder, "template"), *options) as server:
            return "\n".join(asyncio.run(_simulate(server, changes, random.Random(seed))))


@dataclass
class _Fleet:
    """Recorders, and what they would send."""

    dice: random.Random
    sequences: list[int] = field(default_factory=lambda: [0] * RECORDERS_WANTED)
    digests: list[bytes] = field(default_factory=list)
    rows: int = 0

    def begin(self) -> list[tuple[Table, list[Row]]]:
        """What stands there before the first change."""
        recorders = [
            RECORDERS.row(
                (self._id(b"r", n), f"host{n}.example.org", "svc", "linux 6.1", "0.1", 1, 1, b"\1" * 32, 0)
            )
            for n in range(RECORDERS_WANTED)
        ]
        roots = [
            ROOTS.row(
                (self._id(b"o", n), self._id(b"r", n), b"/srv/data/tenant%d" % n, 1, 1, 1, b"\1" * 32, 0)
            )
            for n in range(RECORDERS_WANTED)
        ]
        return [(RECORDERS, sorted(recorders)), (ROOTS, sorted(roots))]

    def transactions(self, changes: int, each: int) -> Iterator[list[bytes]]:
        """Statements of one transaction after the other, by recorders in turn."""
        for number in range(changes // each):
            parts: dict[Table, dict[tuple[object, ...], Row]] = {
                table: {} for table in (FILES, VERSIONS, CONTENTS, DIFFERENCES, LINKS, CHANGES)
            }
            for _ in range(each):
                self._change(number * 7919 % RECORDERS_WANTED, parts)
            self.rows += sum(map(len, parts.values()))
            yield [
                statement
                for table, rows in parts.items()
                for statement in table.statements(sorted(rows.values()))
            ]

    def _change(self, recorder: int, parts: dict[Table, dict[tuple[object, ...], Row]]) -> None:
        dice = self.dice
        self.sequences[recorder] = sequence = self.sequences[recorder] + 1
        me, root = self._id(b"r", recorder), self._id(b"o", recorder)
        file = int(FILES_EACH * dice.random() ** 3)
        file_id = recorder.to_bytes(4) + file.to_bytes(4) + b"f" * 8
        path = b"/srv/data/tenant%d/module%d/component%d/file%d%s.py" % (
            recorder, file % 17, file % 101, file, b"x" * (file % 50),
        )  # fmt: skip
        now = 1_790_000_000_000_000_000 + sequence * 10**8 + recorder
        after, is_new = self._digest()
        size = int(dice.lognormvariate(8.5, 1.2))

        def put(table: Table, *values: object) -> None:
            row = table.row(values)
            parts[table][row.key] = row

        put(FILES, file_id, root, path, 1, now)
        put(VERSIONS, me, file_id, after, path, f"sha256:{after.hex()}", now, size, None)
        if is_new:
            put(
                CONTENTS,
                after,
                0,
                "d",
                dice.randbytes(32),
                dice.randbytes(int(min(1 << 20, dice.lognormvariate(6, 1.5)))),
            )
        hunks = 1
        while dice.random() < 0.5:
            hunks += 1
        for ordinal in range(hunks):
            digest, is_new = self._digest()
            if is_new:
                lines = dice.randbytes(int(min(1 << 19, dice.lognormvariate(4.1, 1.3)))).hex() + "\n"
                put(DIFFERENCES, digest, "Insert", lines, None, None, None)
            put(LINKS, me, sequence, ordinal, digest, 10, 0, 10, 3)
        put(
            CHANGES, me, sequence, now, root, file_id, path, None, "modified", dice.randbytes(32), after, size, 0o100644, now,
            size, 0o100644, now, "svc", None, "stored", "event", None, 3, 1, 0, "utf-8", "lf", None, None, dice.randbytes(32),
        )  # fmt: skip

    def _digest(self) -> tuple[bytes, bool]:
        if self.digests and self.dice.random() < KNOWN:
            return self.dice.choice(self.digests), False
        found = self.dice.randbytes(32)
        if len(self.digests) < 50_000:
            self.digests.append(found)
        return found, True

    @staticmethod
    def _id(kind: bytes, number: int) -> bytes:
        return number.to_bytes(8) + kind * 8


async def _simulate(server: MariaDB, changes: int, dice: random.Random) -> list[str]:
    target = parse_server(server.url())
    connections = [await connect(target, target.hosts[0], PASSWORD, context=None) for _ in range(CONNECTIONS)]
    await schema.upgrade(connections[0])
    for connection in connections:
        await connection.take_bytes()
    fleet = _Fleet(dice)
    for table, rows in fleet.begin():
        for statement in table.statements(rows):
            await connections[0].run(statement)
    lines = [
        f"{RECORDERS_WANTED:,} recorders; wanted {WANTED:,} changes/s. Measured here: {changes:,} changes, on {os.cpu_count()} processors"
        f" that the server shares with who sends and with all else, a buffer pool of {POOL >> 20} MiB, every commit on disk:"
    ]
    reached = {}
    for name, each in (("live", LIVE), ("backlog", BACKLOG)):
        reached[name], line = await _phase(server, connections, fleet, changes // 2, each)
        lines.append(f"  {name:<8}{line}")
    for connection in connections[1:]:
        connection.close()
    lines += await _extrapolated(connections[0], sum(fleet.sequences), reached)
    connections[0].close()
    return lines


async def _phase(
    server: MariaDB, connections: list[Connection], fleet: _Fleet, changes: int, each: int
) -> tuple[float, str]:
    rows = fleet.rows
    waiting = list(fleet.transactions(changes, each))  # made beforehand: what is timed is the server
    rows = fleet.rows - rows
    many, done = len(waiting), 0
    marks: list[float] = []
    waiting.reverse()

    async def send(connection: Connection) -> None:
        nonlocal done
        while waiting:
            statements = waiting.pop()
            await connection.run("BEGIN")
            for statement in statements:
                await connection.run(statement)
            await connection.run("COMMIT")
            done += 1
            if done in (many // 3, many - many // 3):
                marks.append(time.perf_counter())

    processor, began = _processor_seconds(server), time.perf_counter()
    await asyncio.gather(*map(send, connections))
    took = time.perf_counter() - began
    busy = (_processor_seconds(server) - processor) / took
    first, last = marks[0] - began, began + took - marks[-1]
    rate = many * each / took
    return rate, (
        f"{each:>4} changes a commit: {rate:7,.0f} changes/s ({rate / WANTED:.0%} of what is wanted), {rows / took:9,.0f} rows/s,"
        f" {many / took:6,.0f} commits/s; the last third {first / last:.2f} times as fast as the first; the server took {busy:.2f}"
        " processors"
    )


def _processor_seconds(server: MariaDB) -> float:
    assert server.process is not None
    values = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(values[11]) + int(values[12])) / os.sysconf("SC_CLK_TCK")


async def _extrapolated(connection: Connection, changes: int, reached: dict[str, float]) -> list[str]:
    tables = [table.name for table in (CHANGES, LINKS, DIFFERENCES, VERSIONS, CONTENTS, FILES)]
    for table in tables:
        await connection.rows(f"ANALYZE TABLE {table}")
    sizes = await connection.rows(
        "SELECT database_name, table_name, index_name, stat_value * @@innodb_page_size FROM mysql.innodb_index_stats"
        " WHERE database_name = DATABASE() AND stat_name = 'size'"
    )
    by_table: dict[str, dict[str, int]] = {}
    for _, table, index, size in sizes:
        by_table.setdefault(table, {})[index] = int(size)
    day = WANTED * DAY / changes
    lines = [f"Multiplied from there to {WANTED * DAY / 1e6:,.0f} million changes a day:"]
    total = 0.0
    for table in tables:
        indexes = by_table[table]
        whole = sum(indexes.values())
        # The files are those that there are: after the first day they grow no more.
        times = (
            RECORDERS_WANTED * FILES_EACH / max(1, await _count(connection, table))
            if table == FILES.name
            else day
        )
        total += whole * times
        others = ", ".join(
            f"{name} {size * times / 1e9:,.0f}" for name, size in indexes.items() if name != "PRIMARY"
        )
        lines.append(
            f"  {table:<19}{whole / changes:7,.0f} bytes a change, {whole * times / 1e9:8,.0f} GB {'in all' if table == FILES.name else 'a day'}"
            f"{f', of which indexes beside the key: {others} GB' if others else ''}"
        )
    lines.append(f"  altogether {total / 1e12:,.2f} TB a day")
    return lines + _breaks(by_table, changes, total, reached)


def _breaks(
    by_table: dict[str, dict[str, int]], changes: int, total: float, reached: dict[str, float]
) -> list[str]:
    """What is reasoned from the figures."""
    scattered = sum(by_table[table.name]["PRIMARY"] for table in (DIFFERENCES, CONTENTS)) + sum(
        by_table[CHANGES.name][name] for name in ("changes_path", "changes_file")
    )
    hours = MEMORY / (scattered / changes * WANTED) / 3600
    return [
        "What breaks first, reasoned:",
        f"  1. commits: {RECORDERS_WANTED:,} a second where each recorder sends every second; {reached['live'] / LIVE:,.0f} were"
        f" reached here, and {reached['backlog'] / reached['live']:.1f} times as many changes with {BACKLOG} a commit",
        f"  2. memory: the keys that come scattered (digests, paths, files) fill {MEMORY >> 30} GiB in {hours:.1f} hours; from then on"
        " most inserts read a page first",
        f"  3. storage: {total / 1e12:,.1f} TB a day on one server; partition by recorder, or keep less (`content_limit`, retention)",
        "  not the keys: recorder and sequence never collide, and no row is locked by two recorders but shared digests",
    ]


async def _count(connection: Connection, table: str) -> int:
    return int((await connection.rows(f"SELECT COUNT(*) FROM {table}"))[0][0])
