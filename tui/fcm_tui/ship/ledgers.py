"""The small tables, whose rows change: recorder, roots, gaps, reviews. What differs from what is there is sent again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fcm_tui.ship.others_reviews import OthersReviews
from fcm_tui.ship.outbox import Outbox
from fcm_tui.ship.sender import Sender
from fcm_tui.ship.signing_in import InThread
from fcm_tui.ship.tables import GAPS, RECORDERS, REVIEWS, ROOTS, Row, Table
from fcm_tui.store.mysql.literals import literal

_AT_ONCE = 1000


class Ledgers:
    """What was sent of them through one connection, or found there."""

    def __init__(self, sender: Sender, outbox: Outbox, in_thread: InThread, others: OthersReviews) -> None:
        """`others` knows which reviews are not this recorder's to send."""
        self._sender = sender
        self._outbox = outbox
        self._in_thread = in_thread
        self._sent: dict[Table, set[Row]] = {}
        self._others = others
        self._reviews: object = None

    async def begin(self) -> None:
        """Before the first change: who sends, and of which roots."""
        await self._renew(RECORDERS)
        await self._renew(ROOTS)
        await self._others.begin()

    async def send(self, *, pulse: bool = False) -> None:
        """Bring the tables up to date; with `pulse` also that the recorder is there."""
        for table in (RECORDERS, ROOTS, GAPS) if pulse else (ROOTS, GAPS):
            await self._renew(table)
        await self._send_reviews()

    async def _renew(self, table: Table) -> None:
        rows: list[Row] = await self._in_thread(lambda: self._outbox.all_of(table))
        sent = self._sent.get(table, set())
        await self._insert(table, [row for row in rows if row not in sent])
        self._sent[table] = set(rows)

    async def _send_reviews(self) -> None:
        """They may be many, so first it is asked whether anything is different at all."""
        counted = await self._in_thread(self._outbox.reviews)
        if counted == self._reviews:
            return
        me = literal(self._outbox.recorder_id)
        if self._reviews is None and not self._others.names:
            there = await self._sender.connection.rows(
                b"SELECT COUNT(*), MAX(time_ns) FROM reviews WHERE recorder_id = %b AND seat = %b" % (me, me)
            )
            if tuple(there[0]) == counted:
                self._reviews = counted
                return
        every: list[Row] = await self._in_thread(lambda: self._outbox.all_of(REVIEWS))
        rows = [row for row in every if row.key[1:] not in self._others.names]
        await self._insert(REVIEWS, rows)
        keys = {row.key[1:] for row in rows}
        found = await self._sender.connection.rows(
            b"SELECT sequence, reviewer FROM reviews WHERE recorder_id = %b AND seat = %b" % (me, me)
        )
        await self._withdraw([(sequence, name) for sequence, name in found if (sequence, name) not in keys])
        self._reviews = counted

    async def _withdraw(self, keys: Iterable[tuple[int, str]]) -> None:
        """Reviews that this recorder sent and that were taken back since."""
        me = literal(self._outbox.recorder_id)
        for sequence, name in keys:
            await self._sender.connection.run(
                b"DELETE FROM reviews WHERE recorder_id = %b AND sequence = %d AND reviewer = %b AND seat = %b"
                % (me, sequence, literal(name), me)
            )

    async def _insert(self, table: Table, rows: Sequence[Row]) -> None:
        for at in range(0, len(rows), _AT_ONCE):
            await self._sender.transaction([(table, rows[at : at + _AT_ONCE])])
