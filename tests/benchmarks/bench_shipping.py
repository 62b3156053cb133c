"""Sending a record to MariaDB, against LOAD DATA and executemany on the same rows; the lag of a change; the loop meanwhile."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiomysql

from fcm_tui.settings.database import Server, parse_server
from fcm_tui.ship.shipper import Shipper
from fcm_tui.ship.tables import TABLES
from fcm_tui.store.mysql import schema
from fcm_tui.store.mysql.connection import connect
from tests.benchmarks.pairs import OURS, Goal, Run, compare, heading
from tests.benchmarks.scale import Scale
from tests.database.conftest import started
from tests.database.feeder import Feeder
from tests.database.loop_watch import LoopWatch
from tests.database.server import PASSWORD, MariaDB, install

LAG = 0.150
"""Seconds that the median of the lag may be."""
_AT_ONCE = 1000
_TABLES = [table for name, table in TABLES.items() if name not in ("gaps", "reviews")]


def run(scale: Scale) -> list[str]:
    """One after the other: throughput of a backlog, then the lag of single changes."""
    changes = 1_000 if scale.quick else 20_000
    heading(f"sending {changes:,} changes to MariaDB, with their differences and contents")
    if shutil.which("mariadb-install-db") is None:
        print("MariaDB's server is not here: left out")
        return ["left out: MariaDB's server is not here"]
    os.environ["FCM_DATABASE_PASSWORD"] = PASSWORD
    work = scale.fresh("shipping")
    with Feeder(work / "record.db", 1) as feeder:
        while feeder.record.sequence < changes:
            feeder.grow(300)
    with tempfile.TemporaryDirectory(prefix="fcm-bench-") as folder:
        install(Path(folder, "template"))
        with started(
            Path(folder, "template"), "--innodb-buffer-pool-size=256M", "--innodb-log-file-size=96M"
        ) as server:
            lines = asyncio.run(_measure(scale, server, work / "record.db"))
    scale.drop("shipping")
    return lines


async def _measure(scale: Scale, server: MariaDB, record: Path) -> list[str]:
    loop = LoopWatch()
    rows = await _rows_of(server, record)
    sides: dict[str, Callable[[Server], Awaitable[None]]] = {
        OURS: lambda target: _ours(target, record, loop),
        "LOAD DATA": lambda target: _load_data(target, server),
        "executemany": lambda target: _executemany(target, rows),
    }
    results: dict[str, list[Run]] = {name: [] for name in sides}
    for number in range(scale.runs):
        for name, side in sides.items():
            target = await _fresh(server, f"run_{number}_{name.split()[0].replace('-', '_')}")
            began = time.perf_counter()
            await side(target)
            results[name].append(Run(time.perf_counter() - began, None))
            print(f"{name}: {results[name][-1].wall:.2f} s", flush=True)
            server.sql(f"DROP DATABASE {target.name}", "mysql")
    lines = compare(results, {"LOAD DATA": Goal(faster=0.5), "executemany": Goal(faster=1)})
    print(loop, flush=True)
    lines.append(str(loop))
    lines.append(await _lag(scale, server))
    return lines


def _goal(said: str, found: float, goal: float) -> str:
    line = f"{said}; goal: under {goal * 1000:.0f} ms: {'met' if found < goal else 'MISSED'}"
    print(line, flush=True)
    return line


async def _fresh(server: MariaDB, name: str) -> Server:
    server.sql(f"CREATE DATABASE {name}", "mysql")
    target = parse_server(server.url(name))
    connection = await connect(target, target.hosts[0], PASSWORD, context=None)
    await schema.upgrade(connection)
    connection.close()
    return target


async def _ours(target: Server, record: Path, loop: LoopWatch) -> None:
    shipper = Shipper(record, target, record.with_name("dead.db"))
    shipper.stop()  # that is: send what there is
    async with loop.watching():
        await shipper.run()
    if shipper.state.behind or shipper.state.reason:
        raise RuntimeError(f"not all was sent: {shipper.state}")


async def _rows_of(server: MariaDB, record: Path) -> dict[str, list[tuple[object, ...]]]:
    """What we send, as rows and as files that the server can load."""
    target = await _fresh(server, "same")
    await _ours(target, record, LoopWatch())
    connection = await connect(target, target.hosts[0], PASSWORD, context=None)
    rows = {}
    for table in _TABLES:
        columns = ", ".join(table.columns)
        rows[table.name] = [row async for row in connection.each(f"SELECT {columns} FROM {table.name}")]
        await connection.run(
            f"SELECT {columns} INTO OUTFILE '{server.folder}/{table.name}.rows' CHARACTER SET binary FROM {table.name}"
        )
    connection.close()
    return rows


async def _load_data(target: Server, server: MariaDB) -> None:
    connection = await connect(target, target.hosts[0], PASSWORD, context=None)
    for table in _TABLES:
        await connection.run(
            f"LOAD DATA INFILE '{server.folder}/{table.name}.rows' INTO TABLE {table.name} CHARACTER SET binary"
            f" ({', '.join(table.columns)})"
        )
    connection.close()


async def _executemany(target: Server, rows: dict[str, list[tuple[object, ...]]]) -> None:
    (host, port), *_ = target.hosts
    connection = await aiomysql.connect(
        host=host, port=port, user=target.user, password=PASSWORD, db=target.name, charset="utf8mb4"
    )
    cursor = await connection.cursor()
    for table in _TABLES:
        marks = ",".join(["%s"] * len(table.columns))
        statement = f"INSERT INTO {table.name} ({','.join(table.columns)}) VALUES ({marks})"
        for at in range(0, len(rows[table.name]), _AT_ONCE):
            await cursor.executemany(statement, rows[table.name][at : at + _AT_ONCE])
            await connection.commit()
    connection.close()


async def _lag(scale: Scale, server: MariaDB) -> str:
    """From the commit here to the commit there, when it is quiet."""
    samples = 5 if scale.quick else 100
    dice = random.Random(5)
    target = await _fresh(server, "lag")
    loop = asyncio.get_running_loop()
    found = []
    told = asyncio.Event()
    with Feeder(scale.work / "shipping" / "lag.db", 2) as feeder:
        folder = scale.work / "shipping"
        shipper = Shipper(folder / "lag.db", target, folder / "dead.db", on_state=lambda _: told.set())
        sending = asyncio.create_task(shipper.run())
        for _ in range(samples):
            await asyncio.sleep(dice.uniform(0.02, 0.1))
            newest = await loop.run_in_executor(None, feeder.grow, 1)
            began = time.perf_counter()
            shipper.wake()
            while shipper.state.sequence < newest:
                told.clear()
                await told.wait()
            found.append(time.perf_counter() - began)
        shipper.stop()
        await sending
    found.sort()
    p50, p99 = found[len(found) // 2], found[min(len(found) - 1, int(len(found) * 0.99))]
    return _goal(
        f"from the commit here to the commit there p50 {p50 * 1000:.1f} ms, p99 {p99 * 1000:.1f}", p50, LAG
    )
