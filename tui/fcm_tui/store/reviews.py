"""Who has looked at which change: the one table that others than the recorder write.

The recorder stays the one writer of changes. A review is a short transaction of its own, from whichever process a
person sits at; both wait for each other as SQLite has them wait.
"""

from __future__ import annotations

import getpass
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from fcm_tui.errors import StoreError
from fcm_tui.settings.database import Server
from fcm_tui.store import schema
from fcm_tui.store.database import BUSY_MS, unusable
from fcm_tui.store.filling import filling_mark
from fcm_tui.store.reading.dialect import Connection
from fcm_tui.store.values import RowTypes

Key = tuple[int, bytes]
"""Sequence and recorder of a change."""

ACCEPTED, PINNED = "accepted", "pinned"
"""Verdicts: looked at; and the version that the change left, or took away, is to stay whatever retention says."""
MOST_NOTED = 100_000
_BATCH = 5000
"""Reviews in one transaction: some 20 ms in which the recorder waits."""
_VALUES = 5000
"""Values in one statement; SQLite takes 32,766."""

_MARK = f"""
INSERT INTO reviews (recorder_id, sequence, reviewer, time_ns, verdict, note)
    SELECT c.recorder_id, c.sequence, ?3, ?4, ?5, nullif(?6, '') FROM changes c WHERE c.sequence = ?1 AND c.recorder_id = ?2
    ON CONFLICT DO UPDATE SET time_ns = excluded.time_ns,
        verdict = CASE reviews.verdict WHEN '{PINNED}' THEN '{PINNED}' ELSE excluded.verdict END,
        note = nullif(coalesce(?6, reviews.note), '')"""
_OF_CHANGE = "SELECT 1 FROM reviews v WHERE v.recorder_id = c.recorder_id AND v.sequence = c.sequence"
IS_REVIEWED = f"EXISTS ({_OF_CHANGE})"
"""Of a change `c`, in SQL; as is the other."""
IS_PINNED = f"EXISTS ({_OF_CHANGE} AND v.verdict = '{PINNED}')"
IS_NOTED = f"EXISTS ({_OF_CHANGE} AND v.note IS NOT NULL)"
HAS_NOTE = f"EXISTS ({_OF_CHANGE} AND instr(lower(v.note), ?))"
"""With a part of the note as its value, in lower case."""
NOTE = f"({_OF_CHANGE.replace('1', 'v.note', 1)} AND v.note IS NOT NULL ORDER BY v.time_ns DESC LIMIT 1)"
"""The newest note on a change `c`."""
_PINNED_CONTENTS = f"""
SELECT c.file_id, coalesce(c.after_digest, c.before_digest) FROM reviews r
    JOIN changes c ON (c.recorder_id, c.sequence) = (r.recorder_id, r.sequence) WHERE r.verdict = '{PINNED}'"""
_UNMARK = "DELETE FROM reviews WHERE sequence = ? AND recorder_id = ? AND reviewer = ?"
_TAKE_OVER = """
INSERT INTO reviews (recorder_id, sequence, reviewer, time_ns, verdict, note) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET time_ns = excluded.time_ns, verdict = excluded.verdict, note = excluded.note"""
_STANDS = f"(note IS NOT NULL OR verdict = '{PINNED}')"
_KEPT = f"SELECT 1 FROM reviews WHERE sequence = ? AND recorder_id = ? AND reviewer = ? AND {_STANDS}"


_REVIEW = RowTypes("s i s s?")


class Review(NamedTuple):
    """Somebody has looked at a change."""

    reviewer: str
    time_ns: int
    verdict: str
    """`ACCEPTED` or `PINNED`."""
    note: str | None


def reviews_of(connection: Connection, change: Key) -> list[Review]:
    """Who has reviewed a change, and what they had to say: the first of them first."""
    rows = connection.execute(
        "SELECT reviewer, time_ns, verdict, note FROM reviews WHERE sequence = ? AND recorder_id = ? ORDER BY time_ns",
        change,
    ).fetchall()
    for row in rows:
        _REVIEW.check(row)
    return [Review(*row) for row in rows]


State = tuple[int, int | None]
"""Differs once anybody has reviewed anything: how many reviews there are, and when the last was written (ns)."""


def state(connection: Connection) -> State:
    """How the reviews stand."""
    found: State = connection.execute("SELECT count(*), max(time_ns) FROM reviews").fetchone()
    return found


def reviewed_of(connection: Connection, changes: Sequence[Key]) -> set[Key]:
    """Those of some changes that somebody has reviewed."""
    return set(_of_changes(connection, "sequence, recorder_id", changes))


def notes_of(connection: Connection, changes: Iterable[Key]) -> list[str]:
    """What whoever sits here noted on some changes."""
    rows = _of_changes(connection, "reviewer, note", changes)
    me = user_name()
    return [note for reviewer, note in rows if reviewer == me and note]


def _of_changes(connection: Connection, columns: str, changes: Iterable[Key]) -> Iterator[tuple[Any, ...]]:
    """These columns of the reviews of some changes."""
    numbers: dict[bytes, list[int]] = {}
    for sequence, recorder_id in changes:
        numbers.setdefault(recorder_id, []).append(sequence)
    for recorder_id, of_recorder in numbers.items():
        for at in range(0, len(of_recorder), _VALUES):
            wanted = of_recorder[at : at + _VALUES]
            yield from connection.execute(
                f"SELECT {columns} FROM reviews WHERE recorder_id = ?"
                f" AND sequence IN ({', '.join('?' * len(wanted))})",
                (recorder_id, *wanted),
            )


def noted(connection: Connection) -> set[Key]:
    """The changes with a note, up to `MOST_NOTED` of them."""
    return set(
        connection.execute(
            "SELECT sequence, recorder_id FROM reviews WHERE note IS NOT NULL LIMIT ?", (MOST_NOTED,)
        )
    )


def user_name() -> str:
    """Who sits here."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "?"


def mark(
    database: Path | Server, changes: Iterable[Key], *, note: str | None = None, pin: bool = False
) -> int:
    """Reviewed, by who sits here, and pinned if wanted; how many changes.

    A note that is not given leaves an earlier one, an empty one takes it away. What is pinned stays so until it is
    unmarked.

    Raises:
        StoreError: the record cannot be written.
    """
    who, now = user_name(), time.time_ns()
    if isinstance(database, Server):
        from fcm_tui.store.mysql import reviewing

        verdict = PINNED if pin else ACCEPTED
        return reviewing.mark(database, changes, who, note=note, verdict=verdict, pinned=PINNED)
    return _write(database, _MARK, ((*key, who, now, PINNED if pin else ACCEPTED, note) for key in changes))


def unmark(database: Path | Server, changes: Iterable[Key], *, keep: bool = False) -> int:
    """Not reviewed by who sits here after all; how many changes. What others reviewed stays so.

    Args:
        keep: a review with a note or a pin stays: what somebody wrote is not lost in passing.

    Raises:
        StoreError: the record cannot be written.
    """
    who = user_name()
    if isinstance(database, Server):
        from fcm_tui.store.mysql import reviewing

        return reviewing.unmark(database, changes, who, unless=_STANDS if keep else "")
    statement = f"{_UNMARK} AND NOT {_STANDS}" if keep else _UNMARK
    return _write(database, statement, ((*key, who) for key in changes))


def kept(connection: Connection, changes: Iterable[Key]) -> int:
    """How many of the changes have a note or a pin of who sits here, which `unmark` may keep."""
    who = user_name()
    return sum(connection.execute(_KEPT, (*key, who)).fetchone() is not None for key in changes)


def _write(database: Path, statement: str, rows: Iterable[tuple[object, ...]]) -> int:
    if filling_mark(database).exists():
        raise StoreError(f"{os.fspath(database)}: the first look is still being taken: try again after it")
    written = 0
    left = iter(rows)
    try:
        with closing(_open(database)) as connection:
            while batch := list(islice(left, _BATCH)):
                connection.execute("BEGIN IMMEDIATE")
                with connection:
                    written += connection.executemany(statement, batch).rowcount
    except sqlite3.Error as error:
        raise unusable(database, error) from error
    return written


def _open(database: Path) -> sqlite3.Connection:
    """A connection that writes, and leaves everything else about the file to the recorder."""
    connection = sqlite3.connect(
        f"{database.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None, timeout=BUSY_MS / 1000
    )
    try:
        schema.check(connection, database)
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA wal_autocheckpoint=0")
    except (sqlite3.Error, StoreError):
        connection.close()
        raise
    return connection


def take_over(
    database: Path,
    recorder_id: bytes,
    written: Iterable[tuple[int, Review]],
    gone: Iterable[tuple[int, str]],
) -> None:
    """Reviews of a recorder's changes from another seat, by the changes' numbers, and those taken back there.

    Raises:
        StoreError: the record cannot be written.
    """
    _write(
        database,
        _TAKE_OVER,
        ((recorder_id, number, one.reviewer, one.time_ns, one.verdict, one.note) for number, one in written),
    )
    _write(database, _UNMARK, ((number, recorder_id, reviewer) for number, reviewer in gone))


def is_in_use(connection: Connection) -> bool:
    """Whether anybody reviews here. A pin alone is no reviewing."""
    row = connection.execute("SELECT 1 FROM reviews WHERE verdict <> ? LIMIT 1", (PINNED,)).fetchone()
    return row is not None


def pinned(connection: Connection) -> dict[bytes, set[bytes]]:
    """The contents that are to stay, by file."""
    found: dict[bytes, set[bytes]] = {}
    for file_id, digest in connection.execute(_PINNED_CONTENTS):
        if digest is not None:
            found.setdefault(file_id, set()).add(digest)
    return found


class ReviewCounts:
    """How many changes of each file and root somebody has reviewed, counted again only after a review."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._seen: State | None = None
        self._files: dict[bytes, int] = {}
        self._roots: dict[bytes, int] = {}

    @property
    def files(self) -> dict[bytes, int]:
        """By file_id, where there are any."""
        self._look()
        return self._files

    @property
    def roots(self) -> dict[bytes, int]:
        """By root_id, where there are any."""
        self._look()
        return self._roots

    def _look(self) -> None:
        now = state(self._connection)
        if now == self._seen:
            return
        self._files, self._roots = {}, {}
        for file_id, root_id, count in self._connection.execute(
            "SELECT c.file_id, c.root_id, count(*) FROM (SELECT DISTINCT recorder_id, sequence FROM reviews) v"
            " JOIN changes c ON (c.recorder_id, c.sequence) = (v.recorder_id, v.sequence) GROUP BY 1, 2"
        ):
            self._files[file_id] = self._files.get(file_id, 0) + count
            self._roots[root_id] = self._roots.get(root_id, 0) + count
        self._seen = now
