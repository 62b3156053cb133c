"""Carrying out a plan of retention in the record that is open for writing: small transactions, each whole by itself."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict

from fcm_tui.capture.codec import CodecError
from fcm_tui.settings.config import Retention
from fcm_tui.store import chain, reviews
from fcm_tui.store.record import Record
from fcm_tui.store.retention import prunes
from fcm_tui.store.retention.plan import Drop, Operation, Reencode
from fcm_tui.store.retention.prunes import Prune

_INCREMENTAL = 2
_MOST_PAGES = 256
"""Given back to the file system in one transaction; 4 MiB."""


class Thinning:
    """One plan carried out, a step at a time. For the thread that the record is for.

    What came into the record since the plan was made is spared, with all that it builds on.
    """

    def __init__(self, record: Record, retention: Retention, sequence: int) -> None:
        """`sequence`: of the newest change when the plan was made."""
        self._record = record
        self._rules = json.dumps(asdict(retention), separators=(",", ":"))
        self._seen = sequence
        self._needed: set[bytes] = set()
        self._pinned: set[bytes] = set()
        self._data_version: int | None = None
        """Of the record when the pins were read."""
        self._run: int | None = None
        self.versions = 0
        """Thinned so far."""
        self.version_bytes = 0
        """Their length."""

    def step(self, operations: Iterator[Operation], seconds: float = 0.02) -> bool:
        """Do what can be done in some time, in one transaction; False once there are no more operations.

        Raises:
            sqlite3.Error: nothing of this step was done; its operations are spent, so make a new plan.
        """
        until = time.monotonic() + seconds
        thinned: list[tuple[bytes, int]] = []
        versions = size = 0
        with self._record.transaction():
            self._spare_what_came()
            for operation in operations:
                if isinstance(operation, Reencode):
                    self._record.contents.replace(operation.row, operation.instead_of)
                elif self._drop(operation) and operation.versions:
                    thinned.append((operation.digest, operation.size))
                    versions += len(operation.versions)
                    size += len(operation.versions) * operation.size
                if time.monotonic() >= until:
                    is_more = True
                    break
            else:
                is_more = False
            if thinned:
                self._note(sorted(thinned))
        self.versions += versions
        self.version_bytes += size
        return is_more

    def _spare_what_came(self) -> None:
        connection = self._record.connection
        for sequence, *digests in connection.execute(
            "SELECT sequence, after_digest, attributes FROM changes"
            " WHERE recorder_id = ? AND sequence > ? ORDER BY sequence",
            (self._record.recorder_id, self._seen),
        ).fetchall():
            self._seen = sequence
            self._spare(digests)
        # Only other connections write reviews: while they write nothing, no pin comes.
        version = connection.execute("PRAGMA data_version").fetchone()[0]
        if version != self._data_version:
            self._data_version = version
            self._pinned = set().union(*reviews.pinned(connection).values())

    def _spare(self, digests: Iterable[bytes | None]) -> None:
        """These stay, with what they build on."""
        for digest in digests:
            if digest and digest not in self._needed:
                self._needed.add(digest)
                for below in self._below(digest):
                    self._needed.update((below, *self._below(below)))

    def _below(self, digest: bytes) -> list[bytes]:
        """What a content needs; nothing where it is damaged, and cannot be read anyway."""
        try:
            return self._record.contents.needs(digest)
        except CodecError:
            return []

    def _drop(self, drop: Drop) -> bool:
        connection, contents = self._record.connection, self._record.contents
        if drop.digest in self._pinned:  # since the plan, which would have left it out
            self._spare([drop.digest])
        if drop.digest in self._needed:
            self._needed.update(self._below(drop.digest))  # it comes later in the plan
            return False
        contents.remove(drop.digest)
        gone = connection.executemany(
            "DELETE FROM backup_paths WHERE recorder_id = ? AND file_id = ? AND digest = ?",
            ((recorder_id, file_id, drop.digest) for recorder_id, file_id in drop.versions),
        )
        self._record.count_versions(-gone.rowcount)
        return True

    def _note(self, thinned: list[tuple[bytes, int]]) -> None:
        """Put into the record, for good, what this transaction thins."""
        record = self._record
        number, previous = prunes.last(record.connection, record.recorder_id)
        number += 1
        self._run = self._run or number
        prune = Prune(number, self._run, time.time_ns(), record.sequence, self._rules)
        change_hash = chain.change_hash(record.connection, record.recorder_id, record.sequence)
        record.connection.execute(
            "INSERT INTO prunes VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                record.recorder_id, number, prune.run, prune.time_ns, prune.sequence, prune.rules,
                prunes.link(previous, prune, change_hash, thinned),
            ),
        )  # fmt: skip
        record.connection.executemany(
            "INSERT INTO thinned VALUES (?, ?, ?, ?)",
            ((digest, record.recorder_id, number, size) for digest, size in thinned),
        )


def can_give_back(connection: sqlite3.Connection) -> bool:
    """Whether free pages can be given back to the file system bit by bit; else they only are used again."""
    return int(connection.execute("PRAGMA auto_vacuum").fetchone()[0]) == _INCREMENTAL


class GivingBack:
    """Free pages given back to the file system, a step at a time."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._pages = 16

    def step(self, seconds: float = 0.02) -> bool:
        """Give back what can be in about some time, in one transaction; False once no page is free.

        Raises:
            sqlite3.Error: the disk refuses.
        """
        connection = self._connection
        if not can_give_back(connection) or not _free_pages(connection):
            return False
        started = time.monotonic()
        # By `execute` only one page would go: each is a step of the statement.
        connection.executescript(f"PRAGMA incremental_vacuum({self._pages})")
        took = time.monotonic() - started
        self._pages = max(1, min(_MOST_PAGES, self._pages * 2 if took < seconds / 2 else self._pages))
        if took > seconds:
            self._pages = max(1, self._pages // 2)
        if _free_pages(connection):
            return True
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()  # only now the file becomes shorter
        return False


def _free_pages(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA freelist_count").fetchone()[0])
