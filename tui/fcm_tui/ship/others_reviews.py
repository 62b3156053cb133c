"""Reviews of this recorder's changes from other seats, read back into its record, where its own screens see them.

Which reviews came from elsewhere is remembered in the file of the dead letters: they are not this recorder's to send. What
whoever sits here changes or takes back of them (the same person at two seats) is done there too.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from fcm_tui.datadir import make_private
from fcm_tui.errors import StoreError
from fcm_tui.ship.outbox import Outbox
from fcm_tui.ship.sender import Sender
from fcm_tui.ship.signing_in import InThread
from fcm_tui.ship.tables import REVIEWS, Row
from fcm_tui.store import reviews
from fcm_tui.store.mysql.literals import literal
from fcm_tui.store.reviews import Review

Name = tuple[int, str]
"""Number of the change, and reviewer."""

_TABLE = """
CREATE TABLE IF NOT EXISTS reviews_of_others (
    server   TEXT NOT NULL,   -- its URL
    sequence INTEGER NOT NULL,
    reviewer TEXT NOT NULL,
    PRIMARY KEY (server, sequence, reviewer)
) WITHOUT ROWID"""
_ELSEWHERE = "recorder_id = %b AND (seat IS NULL OR seat <> %b)"


@dataclass(slots=True)
class _Meeting:
    """What there is to do where reviews of others differ here and there."""

    take: list[tuple[int, Review]] = field(default_factory=list)
    """Written here."""
    forget: list[Name] = field(default_factory=list)
    """Taken back there, so taken away here."""
    withdraw: list[Name] = field(default_factory=list)
    """Taken back here, so taken away there."""
    push: list[tuple[int, Review]] = field(default_factory=list)
    """Changed here last."""
    others: set[Name] = field(default_factory=set)
    """All that is of others afterwards."""


class OthersReviews:
    """What others have reviewed, through one connection."""

    def __init__(
        self, sender: Sender, outbox: Outbox, in_thread: InThread, database: Path, memory: Path, server: str
    ) -> None:
        """`memory` is a file in which it is kept for each server what came from there."""
        self._sender = sender
        self._outbox = outbox
        self._in_thread = in_thread
        self._database = database
        self._memory = _Memory(memory, server)
        self._seen: object = None
        self.names: Collection[Name] = frozenset()
        """Reviews in the local record that are not this recorder's own."""

    async def begin(self) -> None:
        """Before reviews are sent: which of those here came from there."""
        self.names = await self._in_thread(self._memory.all)

    async def follow(self) -> None:
        """Bring both sides together, where either differs from the last time.

        Raises:
            As `Connection.rows`.
        """
        me = literal(self._outbox.recorder_id)
        where = _ELSEWHERE.encode() % (me, me)
        there = await self._sender.connection.rows(
            b"SELECT COUNT(*), MAX(time_ns) FROM reviews WHERE %b" % where
        )
        state = (tuple(there[0]), await self._in_thread(self._outbox.reviews))
        if state == self._seen:
            return
        found = {
            (sequence, reviewer): Review(reviewer, time_ns, verdict, note)
            for sequence, reviewer, time_ns, verdict, note in await self._sender.connection.rows(
                b"SELECT sequence, reviewer, time_ns, verdict, note FROM reviews WHERE %b" % where
            )
        }
        here = await self._in_thread(self._outbox.reviewed)
        meeting = _meet(found, here, self.names)
        try:
            await self._in_thread(lambda: self._apply(meeting))
        except StoreError:
            return  # a first look is being taken: at the next time
        for sequence, name in meeting.withdraw:
            await self._sender.connection.run(
                b"DELETE FROM reviews WHERE %b AND sequence = %d AND reviewer = %b"
                % (where, sequence, literal(name))
            )
        rows = [_row(self._outbox.recorder_id, sequence, review) for sequence, review in meeting.push]
        if rows:
            await self._sender.transaction([(REVIEWS, sorted(rows))])
        self.names = meeting.others
        self._seen = None if meeting.withdraw or rows or meeting.take or meeting.forget else state

    def _apply(self, meeting: _Meeting) -> None:
        self._memory.keep(meeting.others | set(meeting.forget))  # before they are here, or they would be sent
        reviews.take_over(self._database, self._outbox.recorder_id, meeting.take, meeting.forget)
        self._memory.keep(meeting.others)


def _meet(there: dict[Name, Review], here: dict[Name, Review], others: Collection[Name]) -> _Meeting:
    meeting = _Meeting()
    for name, theirs in there.items():
        ours = here.get(name)
        if ours is None and name in others:
            meeting.withdraw.append(name)
            continue
        if ours is None or ours.time_ns < theirs.time_ns:
            meeting.take.append((name[0], theirs))
        elif ours.time_ns > theirs.time_ns:
            meeting.push.append((name[0], ours))
        meeting.others.add(name)
    meeting.forget = [name for name in others if name in here and name not in there]
    return meeting


def _row(recorder_id: bytes, sequence: int, review: Review) -> Row:
    return REVIEWS.row(
        (recorder_id, sequence, review.reviewer, review.time_ns, review.verdict, review.note, None)
    )


class _Memory:
    """The names in a file. For any thread."""

    def __init__(self, path: Path, server: str) -> None:
        self._path = path
        self._server = server

    def all(self) -> set[Name]:
        if not self._path.exists():
            return set()
        with self._open() as connection:
            return set(
                connection.execute(
                    "SELECT sequence, reviewer FROM reviews_of_others WHERE server = ?", (self._server,)
                )
            )

    def keep(self, names: Collection[Name]) -> None:
        if not names and not self._path.exists():
            return
        make_private(self._path)
        with self._open() as connection:
            connection.execute("DELETE FROM reviews_of_others WHERE server = ?", (self._server,))
            connection.executemany(
                "INSERT INTO reviews_of_others VALUES (?, ?, ?)", [(self._server, *name) for name in names]
            )

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=30)) as connection, connection:
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute(_TABLE)
            yield connection
