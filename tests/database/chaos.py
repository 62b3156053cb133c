"""Whatever can happen to a server and the way to it, at random, while two recorders send there.

`python -m tests.database --seconds 600 [--seed 1]`. Afterwards every row is there once, equal to the record's field by
field, and nothing was refused.
"""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from pathlib import Path

from fcm_tui.settings.database import Server, parse_server
from fcm_tui.ship.shipper import Shipper
from fcm_tui.store.mysql import connection
from tests.database.compare import differing
from tests.database.feeder import Feeder
from tests.database.loop_watch import LoopWatch
from tests.database.proxy import Proxy
from tests.database.server import NAME, PASSWORD, MariaDB
from tests.database.small_disk import SmallDisk
from tests.waiting import eventually

SENDER = "'sender'@'127.0.0.1'"
_KILL = "SELECT CONCAT('KILL {what} ', id, ';') FROM information_schema.processlist WHERE user = 'sender' ORDER BY RAND() LIMIT 1"


class Chaos:
    """One server, one proxy, two records, one seed."""

    def __init__(self, folder: Path, server: MariaDB, seed: int, disk: SmallDisk | None = None) -> None:
        """With a `disk` of the server's own that gets full too."""
        self._dice = random.Random(f"chaos {seed}")
        self._server = server
        self._feeders = [Feeder(folder / f"{number}.db", seed * 2 + number) for number in range(2)]
        self._folder = folder
        self._pool = ThreadPoolExecutor(4)
        self._is_over = False
        self.met: Counter[str] = Counter()
        """How often each fault was done, and each reason was told by a shipper."""
        self._loop = LoopWatch()
        self._disk = disk

    async def run(self, seconds: float) -> str:
        """Do it for so long; what happened, in words. An AssertionError where it did not end well."""
        self._server.sql(
            f"CREATE USER {SENDER} IDENTIFIED BY '{PASSWORD}'; GRANT ALL ON {NAME}.* TO {SENDER}", "mysql"
        )
        async with AsyncExitStack() as stack:
            proxy = await stack.enter_async_context(Proxy(self._server.port, self._dice))
            target = replace(parse_server(f"mysql://sender@127.0.0.1:{proxy.port}/{NAME}"))
            shippers = [self._shipper(number, target) for number in range(2)]
            sending = [asyncio.create_task(shipper.run()) for shipper in shippers]
            feeding = [
                asyncio.create_task(self._feed(*pair)) for pair in zip(self._feeders, shippers, strict=True)
            ]
            await stack.enter_async_context(self._loop.watching())
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                await asyncio.sleep(self._dice.uniform(0, 1.0))
                await self._fault(proxy)
            self._is_over = True
            await asyncio.gather(*feeding)
            await self._heal(proxy)
            for feeder, shipper in zip(self._feeders, shippers, strict=True):
                await eventually(lambda f=feeder, s=shipper: self._is_abreast(f, s), 240, "all is sent")
                shipper.stop()
            await asyncio.gather(*sending)
        return await self._verdict([shipper.state.dead for shipper in shippers])

    def _is_abreast(self, feeder: Feeder, shipper: Shipper) -> bool:
        shipper.wake()
        state = shipper.state
        return state.state == "connected" and state.sequence == feeder.record.sequence and not state.behind

    def _shipper(self, number: int, target: Server) -> Shipper:
        def told(state: object) -> None:
            reason = getattr(state, "reason", "")
            if reason:
                self.met[f"told: {reason.partition(' (')[0][:60]}"] += 1

        return Shipper(
            self._folder / f"{number}.db", target, self._folder / f"{number}-dead.db", on_state=told
        )

    async def _feed(self, feeder: Feeder, shipper: Shipper) -> None:
        loop = asyncio.get_running_loop()
        while not self._is_over:
            many = self._dice.choice((1, 3, 30, 300))
            await loop.run_in_executor(self._pool, feeder.grow, many)
            shipper.wake()
            await asyncio.sleep(self._dice.uniform(0, 0.2))

    async def _fault(self, proxy: Proxy) -> None:
        name = self._dice.choice([name for name in _FAULTS if self._disk or name != "full disk"])
        self.met[name] += 1
        await _FAULTS[name](self, proxy)

    async def _in_thread(self, work: Callable[[], object]) -> None:
        await asyncio.get_running_loop().run_in_executor(self._pool, work)

    async def _sql(self, statement: str) -> None:
        await self._in_thread(lambda: self._server.sql(statement, "mysql"))

    async def _wait(self, most: float) -> None:
        await asyncio.sleep(self._dice.uniform(0, most))

    # The faults

    async def _crash(self, proxy: Proxy) -> None:
        await self._in_thread(self._server.kill)
        await self._wait(0.5)
        await self._in_thread(self._server.start)

    async def _restart(self, proxy: Proxy) -> None:
        await self._in_thread(self._server.stop)
        await self._in_thread(self._server.start)

    async def _freeze(self, proxy: Proxy) -> None:
        assert self._server.process is not None
        self._server.process.send_signal(signal.SIGSTOP)
        await self._wait(4)
        self._server.process.send_signal(signal.SIGCONT)

    async def _kill_connection(self, proxy: Proxy) -> None:
        await self._kill("CONNECTION")

    async def _kill_query(self, proxy: Proxy) -> None:
        for _ in range(5):
            await self._kill("QUERY")

    async def _kill(self, what: str) -> None:
        def work() -> None:
            with suppress(AssertionError):  # it may be gone meanwhile
                for (statement,) in self._server.sql(_KILL.format(what=what), "mysql"):
                    self._server.sql(statement, "mysql")

        await self._in_thread(work)

    async def _short_patience(self, proxy: Proxy) -> None:
        await self._sql("SET GLOBAL wait_timeout = 1")
        proxy.cut()
        await self._wait(4)
        await self._sql("SET GLOBAL wait_timeout = 28800")

    async def _read_only(self, proxy: Proxy) -> None:
        await self._sql("SET GLOBAL read_only = 1")
        await self._wait(1.5)
        await self._sql("SET GLOBAL read_only = 0")

    async def _held_tables(self, proxy: Proxy) -> None:
        seconds = self._dice.uniform(0.2, 7)
        await self._sql(
            f"USE {NAME}; BEGIN; SELECT COUNT(*) FROM differences FOR UPDATE; SELECT SLEEP({seconds}); ROLLBACK"
        )

    async def _no_rights(self, proxy: Proxy) -> None:
        await self._sql(f"REVOKE INSERT ON {NAME}.* FROM {SENDER}")
        proxy.cut()
        await self._wait(1)
        await self._sql(f"GRANT INSERT ON {NAME}.* TO {SENDER}")

    async def _wrong_password(self, proxy: Proxy) -> None:
        await self._sql(f"ALTER USER {SENDER} IDENTIFIED BY 'another'")
        proxy.cut()
        await self._wait(1)
        await self._sql(f"ALTER USER {SENDER} IDENTIFIED BY '{PASSWORD}'")

    async def _cut(self, proxy: Proxy) -> None:
        proxy.cut()

    async def _cable_out(self, proxy: Proxy) -> None:
        proxy.hold()
        await self._wait(4)
        proxy.release()

    async def _drops(self, proxy: Proxy) -> None:
        proxy.drops = 0.1
        await self._wait(3)
        proxy.drops = 0

    async def _closed(self, proxy: Proxy) -> None:
        proxy.is_closed = True
        proxy.cut()
        await self._wait(1)
        proxy.is_closed = False

    async def _lossy(self, proxy: Proxy) -> None:
        proxy.lost = 0.1
        await self._wait(4)
        proxy.lost = 0

    async def _slow(self, proxy: Proxy) -> None:
        proxy.delay = 0.2
        await self._wait(4)
        proxy.delay = 0

    async def _half_open(self, proxy: Proxy) -> None:
        proxy.hold_answers()
        await self._wait(4)
        proxy.cut()
        proxy.rejoin()

    async def _partition(self, proxy: Proxy) -> None:
        """Who sends comes back while the server still holds what the lost connection had begun."""
        proxy.part()
        await self._wait(6)
        proxy.rejoin()

    async def _no_connection_left(self, proxy: Proxy) -> None:
        """Others take all that the server allows, before they have even signed in."""
        await self._sql("SET GLOBAL max_connections = 10")
        proxy.cut()
        others = []
        for _ in range(12):
            _, writer = await asyncio.open_connection("127.0.0.1", self._server.port)
            others.append(writer)
        await self._wait(3)
        for writer in others:
            writer.transport.abort()
        await eventually(self._server.answers, 60, "connections are free again")
        await self._sql("SET GLOBAL max_connections = 151")

    async def _table_gone(self, proxy: Proxy) -> None:
        """As dropped, and put back as it was."""
        table = self._dice.choice(("changes", "differences", "contents", "files", "backup_paths"))
        with suppress(AssertionError):  # not made yet
            await self._sql(f"RENAME TABLE {NAME}.{table} TO {NAME}.away")
            await self._wait(2)
            await self._sql(f"RENAME TABLE {NAME}.away TO {NAME}.{table}")

    async def _full_disk(self, proxy: Proxy) -> None:
        assert self._disk is not None and self._server.process is not None
        await self._in_thread(self._disk.fill)
        await self._wait(4)
        await self._in_thread(self._disk.make_room)
        await asyncio.sleep(0.2)
        if self._server.process.poll() is not None:  # InnoDB ends itself where even its log finds no room
            self.met["told: the server ended itself on the full disk"] += 1
            await self._in_thread(self._server.start)

    async def _heal(self, proxy: Proxy) -> None:
        proxy.release()
        proxy.rejoin()
        proxy.lost = proxy.delay = 0
        proxy.drops, proxy.is_closed = 0, False

    async def _verdict(self, dead: list[int]) -> str:
        rows = 0
        connection.STATEMENT_SECONDS = 120.0
        direct = parse_server(self._server.url())
        for number, feeder in enumerate(self._feeders):
            rows += feeder.record.sequence
            assert await differing(self._folder / f"{number}.db", direct) == []
            feeder.close()
        assert dead == [0, 0], "rows were refused for good"
        self._pool.shutdown()
        faults = ", ".join(f"{name} {times}" for name, times in sorted(self.met.items()) if name in _FAULTS)
        told = ", ".join(
            f"{name[6:]} {times}" for name, times in sorted(self.met.items()) if name not in _FAULTS
        )
        if self._disk is None:
            faults += ", full disk not tried: only root may mount a small one"
        total = sum(self.met[name] for name in _FAULTS)
        return (
            f"{rows} changes of 2 recorders through {total} faults ({faults}): each there once and the same, nothing refused;"
            f" {self._loop}\ntold meanwhile: {told}"
        )


_FAULTS = {
    "crash": Chaos._crash,
    "restart": Chaos._restart,
    "freeze": Chaos._freeze,
    "kill connection": Chaos._kill_connection,
    "kill query": Chaos._kill_query,
    "wait_timeout": Chaos._short_patience,
    "read-only": Chaos._read_only,
    "held tables": Chaos._held_tables,
    "no rights": Chaos._no_rights,
    "wrong password": Chaos._wrong_password,
    "cut": Chaos._cut,
    "cable out": Chaos._cable_out,
    "drops": Chaos._drops,
    "closed": Chaos._closed,
    "packet loss": Chaos._lossy,
    "delay": Chaos._slow,
    "half open": Chaos._half_open,
    "partition": Chaos._partition,
    "max_connections": Chaos._no_connection_left,
    "table gone": Chaos._table_gone,
    "full disk": Chaos._full_disk,
}
