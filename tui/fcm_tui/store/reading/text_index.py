"""The index of changed lines: any substring of three characters or more leads to the changes that may have it.

It lies in a file of its own beside the record and holds nothing but what can be made again from it: SQLite's FTS5 with
the trigrams of each difference, without the lines themselves. It leads to candidates only; whether a change has the text is
always asked of the record. What it does not reach yet, the newest changes, is looked through without it, and so is
all of a record where there is none: an encrypted one, or one whose SQLite has no trigrams.

A difference is indexed under a number that counts up with the first change that has it; those of the record's rows do so
from commit to commit alone. `repeats` are the changes that have a difference that an earlier one had.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from pathlib import Path
from typing import NamedTuple

from fcm_tui.datadir import make_private
from fcm_tui.store.chain import change_hash
from fcm_tui.store.database import BUSY_MS
from fcm_tui.store.sealing.sealer import keys_of

SUFFIX = "-search"
SUFFIXES = (f"{SUFFIX}-wal", f"{SUFFIX}-shm", f"{SUFFIX}-journal", SUFFIX)
"""Of all files that belong to it, behind the name of the record's."""
_LAYOUT = 2
_SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE reached (                        -- one row: how far the index goes
    recorder_id BLOB NOT NULL,
    sequence    INTEGER NOT NULL,             -- of the last change that is in it
    chain_hash  BLOB NOT NULL,                -- of that change: tells that the record is still the same
    difference  INTEGER NOT NULL              -- number of the last difference
);
CREATE TABLE firsts (
    difference INTEGER PRIMARY KEY,           -- its number
    sequence   INTEGER NOT NULL,
    record_row INTEGER NOT NULL               -- of the record's table of differences
);
CREATE UNIQUE INDEX firsts_row ON firsts (record_row);
CREATE TABLE repeats (sequence INTEGER NOT NULL, difference INTEGER NOT NULL, PRIMARY KEY (sequence, difference))
    WITHOUT ROWID;
CREATE VIRTUAL TABLE trigrams USING fts5(
    lines, content='', columnsize=0, detail=none, tokenize='trigram case_sensitive 1'
);
PRAGMA user_version={_LAYOUT};
COMMIT;
"""
_EMPTY = """
BEGIN IMMEDIATE;
DELETE FROM reached; DELETE FROM firsts; DELETE FROM repeats;
INSERT INTO trigrams(trigrams) VALUES ('delete-all');
COMMIT;
"""
_NEXT = """
SELECT l.sequence, d.rowid, d.affected_lines, d.replaced_lines
    FROM change_differences l JOIN differences d ON d.digest = l.difference_digest
    WHERE l.recorder_id = ? AND l.sequence > ? AND l.sequence <= ? ORDER BY l.sequence, l.ordinal"""
TRIGRAM = 3
"""Characters; shorter texts are not in the index."""


class Reached(NamedTuple):
    """How far an index goes."""

    recorder_id: bytes
    sequence: int
    chain_hash: bytes
    difference: int


def index_of(database: Path) -> Path:
    """Where the index of a record is, or would be."""
    return database.with_name(f"{database.name}{SUFFIX}")


def reached(index: sqlite3.Connection, record: sqlite3.Connection) -> Reached | None:
    """How far an index goes; None where it is another record's, or of a state that the record no longer has.

    Raises:
        sqlite3.Error: the index cannot be used.
    """
    if index.execute("PRAGMA user_version").fetchone()[0] != _LAYOUT:
        return None
    row = index.execute("SELECT recorder_id, sequence, chain_hash, difference FROM reached").fetchone()
    if row is None or [type(value) for value in row] != [bytes, int, bytes, int]:
        return None
    found = Reached(*row)
    is_same = record.execute(
        "SELECT c.chain_hash = ? FROM changes c WHERE c.recorder_id = ? AND c.sequence = ?",
        (found.chain_hash, found.recorder_id, found.sequence),
    ).fetchone()
    return found if is_same == (1,) else None


class TextIndex:
    """The index open for writing. For one thread; what it reads of the record it reads in short statements.

    Raises (from every method): sqlite3.Error, OSError where the index cannot be written. It is whole by itself then.
    """

    def __init__(self, record: sqlite3.Connection, database: Path) -> None:
        """`record` reads the record at `database`."""
        self._record = record
        self._database = database
        self._index: sqlite3.Connection | None = None
        self._at: Reached | None = None

    def close(self) -> None:
        """End; what was not committed is indexed again by the next one."""
        index, self._index = self._index, None
        if index is not None:
            index.close()

    def discard(self) -> None:
        """Away with the index, and with every trace of what was in it."""
        self.close()
        for suffix in SUFFIXES:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(f"{self._database}{suffix}")

    def step(self, seconds: float) -> bool:
        """Index for about so long, at least one change; False once all changes are in it. `commit` makes it last."""
        until = time.monotonic() + seconds
        if keys_of(self._record):
            self.discard()
            return False
        newest = self._record.execute(
            "SELECT recorder_id, sequence, chain_hash FROM changes"
            " WHERE recorder_id = (SELECT recorder_id FROM recorders LIMIT 1) ORDER BY sequence DESC LIMIT 1"
        ).fetchone()
        if newest is None:
            return False
        index = self._opened()
        if self._at is None:
            index.executescript(_EMPTY)
            self._at = Reached(newest[0], 0, b"", 0)
        if self._at.sequence >= newest[1]:
            return False
        if not index.in_transaction:
            index.execute("BEGIN IMMEDIATE")
        self._at = self._take(index, self._at, newest[1], until)
        return bool(self._at.sequence < newest[1])

    def commit(self) -> None:
        """What was indexed can be found from now on."""
        index, at = self._index, self._at
        if index is None or at is None or not index.in_transaction:
            return
        # Without the change the record is another one now, and the index of no use.
        chain_hash = change_hash(self._record, at.recorder_id, at.sequence)
        index.execute("DELETE FROM reached")
        index.execute(
            "INSERT INTO reached VALUES (?, ?, ?, ?)",
            (at.recorder_id, at.sequence, chain_hash, at.difference),
        )
        index.execute("COMMIT")

    def rest(self) -> None:
        """Give back what memory the work took."""
        if self._index is not None:
            self._index.execute("PRAGMA shrink_memory")

    def _opened(self) -> sqlite3.Connection:
        """The connection; one that cannot be used is begun anew, once."""
        if self._index is None:
            try:
                self._index = self._open()
            except sqlite3.DatabaseError:
                self.discard()
                self._index = self._open()
        return self._index

    def _open(self) -> sqlite3.Connection:
        path = index_of(self._database)
        make_private(path)
        index = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=BUSY_MS / 1000)
        with contextlib.ExitStack() as undo:
            undo.callback(index.close)
            index.execute("PRAGMA page_size=16384")
            index.execute("PRAGMA journal_mode=WAL")
            index.execute(
                "PRAGMA synchronous=NORMAL"
            )  # a power cut may cost the newest part, which is made again
            index.execute("PRAGMA secure_delete=ON")
            index.execute("PRAGMA cache_size=-8192")
            index.execute(f"PRAGMA journal_size_limit={16 << 20}")
            if not index.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
                index.executescript(_SCHEMA)
            elif index.execute("PRAGMA user_version").fetchone()[0] != _LAYOUT:
                raise sqlite3.DatabaseError("an index of another layout")
            self._at = reached(index, self._record)
            undo.pop_all()
        return index

    def _take(self, index: sqlite3.Connection, at: Reached, newest: int, until: float) -> Reached:
        """Index the next changes, none of them in part, until a moment of the clock."""
        last, difference = at.sequence, at.difference
        found = self._record.execute(_NEXT, (at.recorder_id, at.sequence, newest))
        with contextlib.closing(found):
            for sequence, row, affected, replaced in found:
                if sequence != last:
                    if last != at.sequence and time.monotonic() >= until:
                        return Reached(at.recorder_id, last, b"", difference)
                    last = sequence
                lines = f"{affected}\n{replaced}" if replaced else affected
                if isinstance(lines, str) and len(lines) >= TRIGRAM:
                    difference += _add(index, sequence, row, lines, difference + 1)
        return Reached(at.recorder_id, newest, b"", difference)


def _add(index: sqlite3.Connection, sequence: int, row: int, lines: str, number: int) -> bool:
    """Have a difference lead to a change; whether it is new, and got the number."""
    known = index.execute("SELECT difference FROM firsts WHERE record_row = ?", (row,)).fetchone()
    if known is not None:
        index.execute("INSERT OR IGNORE INTO repeats VALUES (?, ?)", (sequence, *known))
        return False
    index.execute("INSERT INTO firsts VALUES (?, ?, ?)", (number, sequence, row))
    # FTS5 takes a NUL for the end.
    index.execute("INSERT INTO trigrams (rowid, lines) VALUES (?, ?)", (number, lines.replace("\0", "\n")))
    return True
