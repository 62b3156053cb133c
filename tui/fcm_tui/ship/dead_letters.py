"""Rows that the server refuses for good: kept in a file of their own, to be read and sent again. Nothing is dropped."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from fcm_tui.datadir import make_private
from fcm_tui.store.chain import encode

_TABLE = """
CREATE TABLE IF NOT EXISTS dead_letters (
    server  TEXT NOT NULL,   -- its URL
    name    TEXT NOT NULL,   -- of the table
    key     TEXT NOT NULL,   -- as JSON, bytes in hexadecimal
    reason  TEXT NOT NULL,
    time_ns INTEGER NOT NULL,
    PRIMARY KEY (server, name, key)
) WITHOUT ROWID"""


class DeadLetter(NamedTuple):
    """One row, by its key."""

    table: str
    key: tuple[Any, ...]
    """As JSON has it: bytes in hexadecimal."""
    reason: str
    time_ns: int = 0


class DeadLetters:
    """The list for one server. For any thread and process."""

    def __init__(self, path: Path, server: str) -> None:
        self.path = path
        self._server = server

    def add(self, letters: Iterable[DeadLetter]) -> None:
        """Keep some; on disk when this returns."""
        make_private(self.path)
        with self._open() as connection:
            connection.executemany(
                "INSERT INTO dead_letters VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET reason = excluded.reason",
                [
                    (self._server, name, encode(key), reason, time.time_ns())
                    for name, key, reason, _ in letters
                ],
            )

    def all(self) -> list[DeadLetter]:
        """Every one, the oldest first."""
        if not self.path.exists():
            return []
        with self._open() as connection:
            rows = connection.execute(
                "SELECT name, key, reason, time_ns FROM dead_letters WHERE server = ? ORDER BY time_ns",
                (self._server,),
            ).fetchall()
        return [
            DeadLetter(name, tuple(json.loads(key)), reason, time_ns) for name, key, reason, time_ns in rows
        ]

    def remove(self, letter: DeadLetter) -> None:
        """It was sent after all."""
        with self._open() as connection:
            connection.execute(
                "DELETE FROM dead_letters WHERE server = ? AND name = ? AND key = ?",
                (self._server, letter.table, encode(letter.key)),
            )

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.path, timeout=30)) as connection, connection:
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute(_TABLE)
            yield connection
