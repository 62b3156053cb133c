"""A Galera cluster of three nodes on loopback: several hosts in one URL, nodes killed, conflicts at COMMIT, stale reads.

`python -m tests.database galera [--seconds 60]`. It needs Debian's `galera-4` and `mariadb-server` (for `wsrep_sst_rsync`)
beside `mariadb-server-core`; a node that was killed comes back by rsync.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from fcm_tui.settings.database import Server, parse_server
from fcm_tui.ship.shipper import Shipper
from fcm_tui.store.mysql import connection, schema
from fcm_tui.store.mysql.connection import connect
from tests.database.compare import differing
from tests.database.conftest import started
from tests.database.feeder import Feeder
from tests.database.loop_watch import LoopWatch
from tests.database.server import NAME, PASSWORD, MariaDB, free_port, install
from tests.waiting import eventually, wait_for

PROVIDER = Path("/usr/lib/galera/libgalera_smm.so")
NODES = 3
_USER = "nobody"


def lacking() -> str:
    """What a cluster needs and is not here; empty where all is."""
    programs = ["mariadbd", "mariadb-install-db", "wsrep_sst_rsync", "rsync", "lsof"]
    path = f"{os.environ.get('PATH', '')}:/usr/sbin"
    missing = [name for name in programs if shutil.which(name, path=path) is None]
    return ", ".join(missing + ([] if PROVIDER.exists() else [str(PROVIDER)]))


@dataclass
class Node(MariaDB):
    """One of a cluster."""

    number: int = 0
    ports: tuple[int, ...] = ()
    """Of each node, for the others; the next two are its own for state transfers."""
    is_first: bool = field(default=False, kw_only=True)
    """It begins the cluster; only until it is begun."""

    def options(self) -> list[str]:
        own = self.ports[self.number]
        others = "" if self.is_first else ",".join(f"127.0.0.1:{port}" for port in self.ports)
        return [
            *([f"--user={_USER}"] if os.geteuid() == 0 else []), "--wsrep-on=ON", f"--wsrep-provider={PROVIDER}",
            "--wsrep-cluster-name=fcm", f"--wsrep-cluster-address=gcomm://{others}", f"--wsrep-node-name=n{self.number}",
            f"--wsrep-node-address=127.0.0.1:{own}", f"--wsrep-node-incoming-address=127.0.0.1:{self.port}",
            "--wsrep-sst-method=rsync", f"--wsrep-sst-receive-address=127.0.0.1:{own + 2}",
            f"--wsrep-provider-options=base_host=127.0.0.1;base_port={own};gmcast.listen_addr=tcp://127.0.0.1:{own};"
            f"ist.recv_addr=127.0.0.1:{own + 1};ist.recv_bind=127.0.0.1:{own + 1};gcache.size=64M;pc.wait_prim_timeout=PT30S",
            "--binlog-format=ROW", "--default-storage-engine=InnoDB", "--innodb-autoinc-lock-mode=2", "--performance-schema=0",
            *(["--wsrep-new-cluster"] if self.is_first else []),
        ]  # fmt: skip

    def status(self, name: str) -> str:
        """One of its status variables."""
        return self.sql(f"SHOW STATUS LIKE '{name}'", "mysql")[0][1]

    def answers(self) -> bool:
        """Whether it takes part."""
        if not super().answers():
            return False
        try:
            return self.status("wsrep_local_state_comment") == "Synced"
        except (AssertionError, IndexError):
            return False


@contextmanager
def cluster() -> Iterator[list[Node]]:
    """Its nodes, all of them up."""
    folder = Path(tempfile.mkdtemp(prefix="fcm-galera-"))
    os.chmod(folder, 0o755)  # noqa: S103 - for the servers' user
    nodes: list[Node] = []
    try:
        install(folder / "template")
        with started(folder / "template") as server:  # which leaves the accounts behind
            server.stop()
            shutil.copytree(server.folder / "data", folder / "seed")
        first = free_port()
        ports = tuple(first + 10 * number for number in range(NODES))
        for number in range(NODES):
            node = Node(folder / f"{number}", ports=ports, number=number, is_first=number == 0)
            nodes.append(node)
            shutil.copytree(folder / "seed", node.folder / "data")
            if os.geteuid() == 0:
                subprocess.run(["chown", "-R", f"{_USER}:nogroup", str(node.folder)], check=True)
            node.start()
            node.is_first = False
        wait_for(lambda: nodes[0].status("wsrep_cluster_size") == str(NODES), 60, "all nodes are there")
        yield nodes
    finally:
        for node in reversed(nodes):
            if node.process is not None:
                node.stop()
        shutil.rmtree(folder, ignore_errors=True)


def several(nodes: list[Node], first: int = 0) -> Server:
    """All nodes in one URL, one of them first."""
    hosts = ",".join(f"127.0.0.1:{node.port}" for node in nodes[first:] + nodes[:first])
    return parse_server(f"mysql://tester@{hosts}/{NAME}")


def run(seconds: float, seed: int) -> str:
    """What happened, in words. An AssertionError where a row is not there, or not the same."""
    if missing := lacking():
        return f"left out: {missing} is not here"
    os.environ["FCM_DATABASE_PASSWORD"] = PASSWORD
    with tempfile.TemporaryDirectory(prefix="fcm-records-") as records, cluster() as nodes:
        asyncio.run(_make(nodes))
        said = [asyncio.run(_faults(Path(records), nodes, seconds, seed))]
        said += asyncio.run(_figures(Path(records), nodes))
    return "\n".join(said)


async def _make(nodes: list[Node]) -> None:
    """The tables, by two at once on different nodes."""

    async def one(server: Server) -> None:
        made = await connect(server, server.hosts[0], PASSWORD, context=None)
        await schema.upgrade(made)
        assert await made.rows("SELECT @@wsrep_sync_wait") == [(1,)], (
            "a node may answer with what was a moment ago"
        )
        made.close()

    await asyncio.gather(*(one(several(nodes, first)) for first in range(NODES)))


async def _faults(folder: Path, nodes: list[Node], seconds: float, seed: int) -> str:
    """Three recorders, each with another node first, which share contents and differences; nodes are killed in turn."""
    dice = random.Random(f"galera {seed}")
    pool = ThreadPoolExecutor(4)
    loop = asyncio.get_running_loop()
    feeders = [Feeder(folder / f"{number}.db", seed * NODES + number) for number in range(NODES)]
    shippers = [
        Shipper(folder / f"{number}.db", several(nodes, number), folder / f"{number}-dead.db")
        for number in range(NODES)
    ]
    is_over = False
    kills, watch = 0, LoopWatch()

    async def feed(feeder: Feeder, shipper: Shipper) -> None:
        while not is_over:
            await loop.run_in_executor(pool, feeder.grow, dice.choice((1, 10, 100)))
            shipper.wake()
            await asyncio.sleep(dice.uniform(0, 0.2))

    async with AsyncExitStack() as stack:
        await stack.enter_async_context(watch.watching())
        sending = [asyncio.create_task(shipper.run()) for shipper in shippers]
        feeding = [asyncio.create_task(feed(*pair)) for pair in zip(feeders, shippers, strict=True)]
        until = time.monotonic() + seconds
        conflicts = 0
        while time.monotonic() < until:
            await asyncio.sleep(dice.uniform(1, 4))
            node = nodes[kills % NODES]
            conflicts += await loop.run_in_executor(pool, _conflicts, node)
            await loop.run_in_executor(pool, node.kill)
            kills += 1
            await asyncio.sleep(dice.uniform(1, 4))
            await loop.run_in_executor(pool, node.start)
        is_over = True
        await asyncio.gather(*feeding)
        for feeder, shipper in zip(feeders, shippers, strict=True):
            await eventually(
                lambda f=feeder, s=shipper: (
                    s.wake(),
                    s.state.sequence == f.record.sequence and not s.state.behind,
                )[1],
                240,
                "all is sent",
            )
            shipper.stop()
        await asyncio.gather(*sending)
    connection.STATEMENT_SECONDS = 120.0
    for number, feeder in enumerate(feeders):
        for first in range(NODES):
            found = await differing(folder / f"{number}.db", several(nodes, first))
            assert found == [], (number, first, found)
        feeder.close()
    conflicts += sum([await loop.run_in_executor(pool, _conflicts, node) for node in nodes])
    assert [shipper.state.dead for shipper in shippers] == [0] * NODES, "rows were refused for good"
    pool.shutdown()
    changes = sum(feeder.record.sequence for feeder in feeders)
    return (
        f"{changes} changes of {NODES} recorders, each to another of {NODES} nodes, {kills} nodes killed and brought back,"
        f" {conflicts} transactions undone by conflicts at least: each row once and the same on every node, nothing refused; {watch}"
    )


def _conflicts(node: Node) -> int:
    """Transactions that it undid since its start, as another node's came first."""
    return int(node.status("wsrep_local_cert_failures")) + int(node.status("wsrep_local_bf_aborts"))


async def _figures(folder: Path, nodes: list[Node]) -> list[str]:
    """The same record sent to one server and to the cluster, side by side."""
    with Feeder(folder / "figures.db", 77) as feeder:
        while feeder.record.sequence < 5000:
            feeder.grow(300)
        changes = feeder.record.sequence
    lines = [f"{changes} changes with contents, and the lag of single ones after that:"]
    install(folder / "template")
    with started(folder / "template") as single:
        lines.append(f"  one server        {await _timed(folder, parse_server(single.url()))}")
    nodes[0].sql("DROP DATABASE IF EXISTS figures; CREATE DATABASE figures", "mysql")
    lines.append(f"  {NODES} nodes, one URL  {await _timed(folder, replace(several(nodes), name='figures'))}")
    return lines


async def _timed(folder: Path, server: Server) -> str:
    shipper = Shipper(folder / "figures.db", server, folder / "figures-dead.db")
    began = time.perf_counter()
    shipper.stop()
    await shipper.run()
    took = time.perf_counter() - began
    assert not shipper.state.behind and not shipper.state.reason, shipper.state
    lags = []
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    with Feeder(folder / "figures.db", 78) as feeder:
        shipper = Shipper(
            folder / "figures.db", server, folder / "figures-dead.db", on_state=lambda _: told.set()
        )
        sending = asyncio.create_task(shipper.run())
        await eventually(lambda: shipper.state.state == "connected")
        for _ in range(50):
            newest = await loop.run_in_executor(None, feeder.grow, 1)
            start = time.perf_counter()
            shipper.wake()
            while shipper.state.sequence < newest:
                told.clear()
                await told.wait()
            lags.append(time.perf_counter() - start)
        shipper.stop()
        await sending
    lags.sort()
    return f"{took:6.2f} s, {shipper.state.sequence / took:7.0f} changes/s; lag p50 {lags[25] * 1000:.1f} ms, p99 {lags[-1] * 1000:.1f}"
