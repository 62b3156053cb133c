"""The shipper: in the recorder's event loop, sends what the team's database does not have yet, in order.

There is no second bookkeeping: where to go on is the server's own highest sequence of this recorder, asked after each
connect and each conflict. A batch is one transaction, so after any fault it is there or not; nothing is ever there
twice, as the keys are the changes' own. The local record needs no server.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import sqlite3
import ssl
import time
from collections.abc import Callable, Collection, Container
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from fcm_tui.errors import FcmError
from fcm_tui.model import Shipping
from fcm_tui.settings.database import Server
from fcm_tui.ship import closure
from fcm_tui.ship.closure import Either, Needed, Repacked
from fcm_tui.ship.dead_letters import DeadLetter, DeadLetters
from fcm_tui.ship.ledgers import Ledgers
from fcm_tui.ship.line_blocks import LineBlocks
from fcm_tui.ship.others_reviews import OthersReviews
from fcm_tui.ship.outbox import Batch, Outbox
from fcm_tui.ship.sender import Contents, Sender
from fcm_tui.ship.signing_in import position, sign_in
from fcm_tui.ship.tables import CONTENTS, Row
from fcm_tui.ship.unchanged import Unchanged
from fcm_tui.store.mysql import schema
from fcm_tui.store.mysql.connection import connect, trust
from fcm_tui.store.mysql.failures import Failure, kind_of, words
from fcm_tui.store.mysql.password import read_password

POLL = 0.5
"""Seconds between two looks at the record while nobody tells of a commit, and at the server: reviews come from others."""
PULSE = 20.0
"""Seconds after which the server is told that the recorder is there, and asked whether it is there itself."""
FIRST_RETRY, LAST_RETRY, LAST_REFUSED = 0.1, 10.0, 60.0
"""Seconds; twice as long each time, with some chance in it, so that not all recorders come back at once."""
CONFLICTS = 20
"""One after the other, after which the connection is made anew."""

T = TypeVar("T")


class Shipper:
    """Sends one record to one server until told to stop."""

    def __init__(
        self,
        database: Path,
        server: Server,
        dead: Path,
        *,
        on_state: Callable[[Shipping], None] = lambda shipping: None,
    ) -> None:
        """`dead` is the file of dead letters. `on_state` is called in the loop whenever the state differs."""
        self._database = database
        self._server = server
        self._dead = DeadLetters(dead, server.address)
        self._on_state = on_state
        self._state = Shipping(server.address)
        self._thread = ThreadPoolExecutor(1, "fcm-ship")
        self._wake = asyncio.Event()
        self._stopping = asyncio.Event()
        self._is_thorough = True
        self._outbox: Outbox | None = None
        self._context: ssl.SSLContext | None = None
        self._host = 0
        self._position = 0
        self._is_abreast = False

    @property
    def state(self) -> Shipping:
        """What it is at; a new object after each change."""
        return self._state

    def wake(self) -> None:
        """There may be something to send. For the loop's thread."""
        self._wake.set()

    def stop(self, *, with_files: bool = False) -> None:
        """End soon: the changes that are there go out first, and, if wanted, the files that never changed."""
        self._is_thorough = with_files
        self._stopping.set()
        self._wake.set()

    async def run(self) -> None:
        """Send until `stop`; whatever goes wrong is told in the state, and tried again."""
        delay = FIRST_RETRY
        try:
            while True:
                try:
                    await self._connected()
                    return
                except Exception as error:
                    if self._state.state == "connected":
                        delay = FIRST_RETRY
                    if self._stopping.is_set():
                        self._set(reason=words(error))
                        return
                    is_refused = _is_refused(error)
                    await self._pause(error, delay, is_refused)
                    delay = min(delay * 2, LAST_REFUSED if is_refused else LAST_RETRY)
        finally:
            await self._in_thread(self._close)
            self._set(state="stopped", retry_ns=None)
            self._thread.shutdown(wait=False)

    async def _pause(self, error: Exception, delay: float, is_refused: bool) -> None:
        """Wait until it is worth another try; the state says why."""
        seconds = delay * random.uniform(0.5, 1.0)
        self._set(
            state="refused" if is_refused else "retrying",
            reason=words(error),
            retry_ns=time.time_ns() + int(seconds * 1e9),
        )
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not self._stopping.is_set():
            await self._count()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(left, POLL)):
                    await self._stopping.wait()

    async def _connected(self) -> None:
        """One connection, from its beginning to its end."""
        outbox = await self._open()
        password, self._context = await self._in_thread(
            lambda: (read_password(self._server), self._context or trust(self._server))
        )
        host = self._server.hosts[self._host % len(self._server.hosts)]
        self._host += 1  # the next time another one, if this does not stay
        connection = await connect(self._server, host, password, context=self._context)
        try:
            await schema.upgrade(connection)
            await connection.take_bytes()
            sender = Sender(connection, self._bury)
            self._position = await sign_in(connection, outbox, self._in_thread)
            others = OthersReviews(
                sender, outbox, self._in_thread, self._database, self._dead.path, self._server.address
            )
            ledgers = Ledgers(sender, outbox, self._in_thread, others)
            await ledgers.begin()
            self._host -= 1
            self._set(
                state="connected", reason="", retry_ns=None, dead=len(await self._in_thread(self._dead.all))
            )
            unchanged = Unchanged(
                sender, outbox, self._in_thread, lambda digests: self._send_contents(sender, outbox, digests)
            )
            blocks = LineBlocks(sender, outbox, self._in_thread)
            await self._send(sender, outbox, ledgers, unchanged, others, blocks)
        finally:
            connection.close()

    async def _send(
        self,
        sender: Sender,
        outbox: Outbox,
        ledgers: Ledgers,
        unchanged: Unchanged,
        others: OthersReviews,
        blocks: LineBlocks,
    ) -> None:
        conflicts = 0
        is_new = is_more = True  # something in the small tables may be, files may be
        is_lacking = True  # blocks may be
        told = time.monotonic()
        while True:
            self._wake.clear()
            is_over = self._stopping.is_set()  # before looking: what was committed until then goes out
            try:
                await self._send_changes(sender, outbox)
                is_due = time.monotonic() - told > PULSE
                is_new |= await self._in_thread(outbox.is_changed)
                if is_due or is_new:
                    await ledgers.send(pulse=is_due)
                    told = time.monotonic() if is_due else told
                    is_new, is_more = False, True
                await others.follow()
                if is_more and self._is_thorough:
                    is_more = await unchanged.send_some()
                    self._set(is_whole=not is_more)
                elif self._is_thorough:
                    is_lacking = await blocks.send_some(self._position)
                conflicts = 0
            except Exception as error:
                conflicts += 1
                if kind_of(error) != Failure.CONFLICT or conflicts > CONFLICTS:
                    raise
                await asyncio.sleep(random.uniform(0, 0.002 * conflicts))
                await sender.connection.run("ROLLBACK")
                self._position = await position(sender.connection, outbox, self._in_thread)
                blocks.forget()
                continue
            if (is_more or is_lacking) and self._is_thorough:
                continue
            if is_over:
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL):
                    await self._wake.wait()

    async def _send_changes(self, sender: Sender, outbox: Outbox) -> None:
        """All changes that there are; the next ones are read while the server is at the last ones."""
        after = self._position
        found = await self._in_thread(lambda: _read(outbox, after, sender.contents))
        while found is not None:
            batch, needed = found
            await self._count(batch)
            contents = await self._send_contents(sender, outbox, batch.contents, needed)
            known = Either({*contents.digests}, sender.contents)
            ahead = self._ahead(lambda last=batch.last, known=known: _read(outbox, last, known))  # type: ignore[misc]
            try:
                await sender.send(batch, contents)
                found = await ahead
            finally:
                await asyncio.wait([ahead])
            self._position = batch.last
        if self._state.behind or self._state.sequence != self._position:
            self._set(sequence=self._position, behind=0, behind_since_ns=None)

    async def _send_contents(
        self, sender: Sender, outbox: Outbox, digests: Collection[bytes], needed: Needed | None = None
    ) -> Contents:
        """Contents with all that they need, but for the last of their rows, which go with what needs them: that is one
        commit less. `needed` is what `closure.needed` says, where that was asked already.
        """
        while any(digest not in sender.contents for digest in digests):
            if needed is None:
                needed = await self._in_thread(
                    lambda: closure.needed(outbox.connection, digests, sender.contents)
                )
            with contextlib.suppress(Repacked):
                rows = await self._send_rows(sender, outbox, needed)
                return Contents(rows, [*(digest for digest, _ in needed.keys), *digests])
            needed = None
        return Contents()

    async def _send_rows(self, sender: Sender, outbox: Outbox, needed: Needed) -> list[Row]:
        """Send those rows of `contents` that the server lacks, in order, the next ones being read meanwhile; the last ones
        are left."""
        missing = await sender.lacking(needed.keys)
        if needed.rows is not None:
            lacking = set(missing)
            return [row for row in needed.rows if row.key in lacking]
        there = {digest for digest, _ in needed.keys}

        def read(after: int) -> tuple[list[Row], int]:
            return closure.content_rows(outbox.connection, missing[after:], Either(there, sender.contents))

        rows, at = await self._in_thread(lambda: read(0))
        while at < len(missing):
            ahead = self._ahead(lambda after=at: read(after))  # type: ignore[misc]
            try:
                await sender.transaction([(CONTENTS, rows)])
            finally:
                await asyncio.wait([ahead])
            rows, taken = ahead.result()
            at += taken
        return rows

    async def _open(self) -> Outbox:
        if self._outbox is None:
            self._outbox = await self._in_thread(lambda: Outbox(self._database, self._server.content_limit))
            await self._count()
        return self._outbox

    def _close(self) -> None:
        if self._outbox is not None:
            self._outbox.close()
            self._outbox = None

    async def _bury(self, letters: list[DeadLetter]) -> None:
        await self._in_thread(lambda: self._dead.add(letters))
        self._set(dead=len(await self._in_thread(self._dead.all)))

    async def _count(self, batch: Batch | None = None) -> None:
        """How far the server is behind."""
        outbox = self._outbox
        if outbox is None:
            return
        at = self._position
        head = await self._in_thread(outbox.head)
        since = batch.time_ns if batch else await self._in_thread(lambda: outbox.waiting_since(at))
        behind = max(0, head.sequence - at)
        self._set(sequence=at, behind=behind, behind_since_ns=since if behind else None)

    def _ahead(self, work: Callable[[], T]) -> asyncio.Task[T]:
        """As `_in_thread`, meanwhile; where it fails and nobody asks, as something else failed too, nothing is said."""
        task = asyncio.create_task(self._in_thread(work))
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        return task

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _set(self, **changes: Any) -> None:
        state = self._state._replace(**changes)
        if state != self._state:
            self._state = state
            self._on_state(state)


def _read(outbox: Outbox, after: int, known: Container[bytes]) -> tuple[Batch, Needed] | None:
    """The changes that follow, and what of their contents has to be on the server beside those that are known to be."""
    batch = outbox.batch(after)
    return None if batch is None else (batch, closure.needed(outbox.connection, batch.contents, known))


def _is_refused(error: Exception) -> bool:
    """Whether somebody has to mend something before it can go on."""
    if isinstance(error, sqlite3.Error):
        return False
    return isinstance(error, FcmError) or kind_of(error) == Failure.MENDED
