"""The journal of alerts: up to which change rules were asked, what they raised, what became of each message.

A SQLite file beside the record, so that neither waits for the other. What a rule raised and how far it has got is one
transaction, so a recorder that is killed goes on where it was; what was not sent yet is sent after it.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from fcm_tui.alerts.alert import Alert
from fcm_tui.alerts.entries import Delivery, Entry, Sent, TargetState
from fcm_tui.datadir import make_private
from fcm_tui.errors import StoreError
from fcm_tui.store.database import code_of

SUFFIX = "-alerts"
"""Behind the name of the record."""
KEPT = 1000
"""Alerts that are kept; of older ones nothing is left."""
WAITING = 500
"""Messages that wait for one target at most; what is raised beyond that is not sent to it, which is counted."""

_DAMAGED = frozenset((sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT))

_TABLES = """
CREATE TABLE IF NOT EXISTS alerts (
    number  INTEGER PRIMARY KEY,      -- in the order of their coming
    id      TEXT NOT NULL UNIQUE,
    rule    TEXT NOT NULL,
    time_ns INTEGER NOT NULL,
    alert   TEXT NOT NULL,            -- all of it, as JSON
    is_read INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS deliveries (
    number   INTEGER NOT NULL,
    target   TEXT NOT NULL,
    state    TEXT NOT NULL,           -- waiting, sent, given-up, not-sent
    tries    INTEGER NOT NULL DEFAULT 0,
    next_ns  INTEGER NOT NULL,        -- not before
    error    TEXT,
    done_ns  INTEGER,
    PRIMARY KEY (number, target)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS deliveries_waiting ON deliveries (target, next_ns) WHERE state = 'waiting';
CREATE TABLE IF NOT EXISTS targets (
    target   TEXT NOT NULL PRIMARY KEY,
    sent     INTEGER NOT NULL DEFAULT 0,
    failed   INTEGER NOT NULL DEFAULT 0,  -- tries
    not_sent INTEGER NOT NULL DEFAULT 0,  -- messages that were given up, or had no room
    error    TEXT,                        -- of the last try; NULL where that succeeded
    since_ns INTEGER                      -- of the first try of those that failed one after the other
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS quiet (
    rule  TEXT NOT NULL PRIMARY KEY,
    state TEXT NOT NULL                   -- as JSON
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS reached (
    recorder_id BLOB NOT NULL PRIMARY KEY,
    sequence    INTEGER NOT NULL,         -- rules were asked of all changes up to this one
    gap         INTEGER NOT NULL
) WITHOUT ROWID;
"""


def journal_path(database: Path) -> Path:
    """Where the journal of the record at `database` is."""
    return Path(f"{database}{SUFFIX}")


def open_to_read(path: Path) -> Journal | None:
    """A journal that is there, for reading; None where no alert was ever raised.

    Raises:
        sqlite3.Error: it cannot be read.
    """
    if not path.exists():
        return None
    journal = Journal(path, read_only=True)
    if not journal.is_made():
        journal.close()
        return None
    return journal


class Journal:
    """One connection to a journal. For one thread at a time.

    Raises (from every method): sqlite3.Error where the disk refuses, or the file is no journal.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        """Open it; made (0600) where it is missing, unless it is only to be read.

        Raises:
            DataDirError: it cannot be made.
            StoreError: it is damaged.
        """
        if read_only:
            self._connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False, timeout=10
            )
            return
        if (
            not path.exists()
        ):  # else not: closing any handle of the file would end the locks of our other connections
            make_private(path)
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
        try:
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=FULL")
            self._connection.execute(f"PRAGMA journal_size_limit={1 << 20}")
            self._connection.executescript(_TABLES)
        except BaseException as error:
            self._connection.close()
            if isinstance(error, sqlite3.DatabaseError) and code_of(error) in _DAMAGED:
                raise StoreError(
                    f"{path}: the journal of alerts is damaged ({error}): move it away, and one is made anew"
                ) from None
            raise

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing of it."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def is_made(self) -> bool:
        """Whether it has its tables: who makes it is a moment ahead of them."""
        return bool(self._connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'reached'").fetchone())

    def version(self) -> int:
        """A number that differs once another connection has written."""
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    # How far rules have got

    def reached(self, recorder_id: bytes) -> tuple[int, int] | None:
        """Sequence and gap up to which rules were asked; None where they never were."""
        row = self._connection.execute(
            "SELECT sequence, gap FROM reached WHERE recorder_id = ?", (recorder_id,)
        ).fetchone()
        return None if row is None else (row[0], row[1])

    def set_reached(self, recorder_id: bytes, sequence: int, gap: int) -> None:
        self._connection.execute(
            "INSERT INTO reached VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET"
            " sequence = excluded.sequence, gap = excluded.gap",
            (recorder_id, sequence, gap),
        )

    def settled(self) -> tuple[bytes, int, int] | None:
        """The recorder, and the sequence and gap up to which its rules were asked; None where more is to be told of what
        they raised, or a message waits."""
        folded = [state.get("folded") for state in self.quiet().values()]  # none of what `verify` raised
        if any(isinstance(tally, dict) and tally["count"] for tally in folded) or self.waiting_targets():
            return None
        rows = self._connection.execute("SELECT recorder_id, sequence, gap FROM reached").fetchall()
        return rows[0] if len(rows) == 1 else None

    def quiet(self) -> dict[str, dict[str, object]]:
        """What was noted of the quiet times, by rule."""
        return {
            rule: json.loads(state)
            for rule, state in self._connection.execute("SELECT rule, state FROM quiet")
        }

    def set_quiet(self, rule: str, state: dict[str, object] | None) -> None:
        """Note, or forget, the quiet time of a rule."""
        if state is None:
            self._connection.execute("DELETE FROM quiet WHERE rule = ?", (rule,))
        else:
            self._connection.execute(
                "INSERT INTO quiet VALUES (?, ?) ON CONFLICT DO UPDATE SET state = excluded.state",
                (rule, json.dumps(state)),
            )

    # Alerts

    def add(self, alert: Alert, targets: Iterable[str], *, is_read: bool = False) -> None:
        """Keep an alert, once, and what is to be sent of it. Part of a transaction.

        Args:
            is_read: it is not meant for the screen, which need not count it.
        """
        found = self._connection.execute(
            "INSERT INTO alerts (id, rule, time_ns, alert, is_read) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT DO NOTHING RETURNING number",
            (alert.id, alert.rule, alert.time_ns, alert.stored(), is_read),
        ).fetchone()
        if found is None:
            return
        for target in targets:
            has_room = self._waiting(target) < WAITING
            self._connection.execute(
                "INSERT INTO deliveries (number, target, state, next_ns) VALUES (?, ?, ?, ?)",
                (found[0], target, "waiting" if has_room else "not-sent", time.time_ns()),
            )
            if not has_room:
                self._count(target, "not_sent")
        self._forget(found[0] - KEPT)

    def _waiting(self, target: str) -> int:
        return int(
            self._connection.execute(
                "SELECT count(*) FROM deliveries WHERE target = ? AND state = 'waiting'", (target,)
            ).fetchone()[0]
        )

    def _forget(self, until: int) -> None:
        self._connection.execute("DELETE FROM deliveries WHERE number <= ?", (until,))
        self._connection.execute("DELETE FROM alerts WHERE number <= ?", (until,))

    def entries(self, limit: int = KEPT, *, unread: bool = False, id: str | None = None) -> list[Entry]:
        """Alerts, the newest first."""
        where, values = (" WHERE id = ?", [id]) if id else (" WHERE NOT is_read" if unread else "", [])
        rows = self._connection.execute(
            f"SELECT number, alert, is_read FROM alerts{where} ORDER BY number DESC LIMIT ?", (*values, limit)
        ).fetchall()
        sent: dict[int, list[Sent]] = {}
        for number, *rest in self._connection.execute(
            "SELECT number, target, state, tries, error FROM deliveries WHERE number >= ? ORDER BY target",
            (rows[-1][0] if rows else 0,),
        ):
            sent.setdefault(number, []).append(Sent(*rest))
        return [Entry(n, Alert.of_stored(text), bool(r), tuple(sent.get(n, ()))) for n, text, r in rows]

    def unread(self) -> int:
        """How many alerts nobody has read."""
        return int(self._connection.execute("SELECT count(*) FROM alerts WHERE NOT is_read").fetchone()[0])

    def last(self) -> int:
        """The number of the newest alert, 0 where there is none."""
        return int(self._connection.execute("SELECT coalesce(max(number), 0) FROM alerts").fetchone()[0])

    def read(self, numbers: Sequence[int] | None = None) -> None:
        """Somebody has read some of them, or all."""
        if numbers is None:
            self._connection.execute("UPDATE alerts SET is_read = 1 WHERE NOT is_read")
        else:
            self._connection.executemany(
                "UPDATE alerts SET is_read = 1 WHERE number = ?", [(n,) for n in numbers]
            )

    # Sending

    def take(self, target: str, now_ns: int, lease_ns: int) -> Delivery | None:
        """The next message for a target that is due; nobody else takes it before `lease_ns`."""
        with self.transaction():
            row = self._connection.execute(
                "SELECT d.number, d.target, d.tries, a.alert FROM deliveries d JOIN alerts a USING (number)"
                " WHERE d.target = ? AND d.state = 'waiting' AND d.next_ns <= ? ORDER BY d.next_ns, d.number LIMIT 1",
                (target, now_ns),
            ).fetchone()
            if row is None:
                return None
            self._connection.execute(
                "UPDATE deliveries SET next_ns = ?, tries = tries + 1 WHERE number = ? AND target = ?",
                (lease_ns, row[0], target),
            )
        return Delivery(row[0], row[1], row[2], Alert.of_stored(row[3]))

    def next_due(self, target: str) -> int | None:
        """When (ns) the next message for a target is due; None where none waits."""
        row = self._connection.execute(
            "SELECT min(next_ns) FROM deliveries WHERE target = ? AND state = 'waiting'", (target,)
        ).fetchone()
        return None if row[0] is None else int(row[0])

    def waiting_targets(self) -> list[str]:
        """Targets for which messages wait."""
        return [
            t
            for (t,) in self._connection.execute(
                "SELECT DISTINCT target FROM deliveries WHERE state = 'waiting'"
            )
        ]

    def untried(self) -> int:
        """Messages of which no try has come to its end."""
        return int(
            self._connection.execute(
                "SELECT count(*) FROM deliveries WHERE state = 'waiting' AND error IS NULL"
            ).fetchone()[0]
        )

    def was_sent(self, delivery: Delivery) -> None:
        """It arrived."""
        with self.transaction():
            self._end(delivery, "sent", None)
            self._count(delivery.target, "sent")
            self._connection.execute(
                "UPDATE targets SET error = NULL, since_ns = NULL WHERE target = ?", (delivery.target,)
            )

    def failed(self, delivery: Delivery, error: str, again_ns: int | None) -> None:
        """It did not; it is tried again at a moment, or (None) given up."""
        with self.transaction():
            if again_ns is None:
                self._end(delivery, "given-up", error)
                self._count(delivery.target, "not_sent")
            else:
                self._connection.execute(
                    "UPDATE deliveries SET next_ns = ?, error = ? WHERE number = ? AND target = ?",
                    (again_ns, error, delivery.number, delivery.target),
                )
            self._count(delivery.target, "failed")
            self._connection.execute(
                "UPDATE targets SET error = ?, since_ns = coalesce(since_ns, ?) WHERE target = ?",
                (error, time.time_ns(), delivery.target),
            )

    def _end(self, delivery: Delivery, state: str, error: str | None) -> None:
        self._connection.execute(
            "UPDATE deliveries SET state = ?, error = ?, done_ns = ? WHERE number = ? AND target = ?",
            (state, error, time.time_ns(), delivery.number, delivery.target),
        )

    def _count(self, target: str, column: str) -> None:
        self._connection.execute(
            f"INSERT INTO targets (target, {column}) VALUES (?, 1) ON CONFLICT DO UPDATE SET {column} = {column} + 1",
            (target,),
        )

    def give_up(self, target: str, error: str) -> None:
        """No message for a target can ever be sent: it is not configured any more."""
        with self.transaction():
            self._connection.execute(
                "UPDATE deliveries SET state = 'given-up', error = ? WHERE target = ? AND state = 'waiting'",
                (error, target),
            )
            self._connection.execute("DELETE FROM targets WHERE target = ?", (target,))

    def targets(self) -> list[TargetState]:
        """How sending goes, by target."""
        return [
            TargetState(target, sent, failed, not_sent, self._waiting(target), error, since_ns)
            for target, sent, failed, not_sent, error, since_ns in self._connection.execute(
                "SELECT target, sent, failed, not_sent, error, since_ns FROM targets ORDER BY target"
            ).fetchall()
        ]
