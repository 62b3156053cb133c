"""What a reader reads from: SQLite's file, or a server (`store.mysql.engine`)."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple, Protocol

from fcm_tui.settings.database import Server
from fcm_tui.store.database import open_reader
from fcm_tui.store.reading.dialect import Connection
from fcm_tui.store.reading.patience import reading_until
from fcm_tui.store.reading.text_index import SUFFIX as INDEX
from fcm_tui.store.reading.text_search import TextSearch
from fcm_tui.store.values import reading

Place = Path | Server
"""Where a record is."""


class OnDisk(NamedTuple):
    """Bytes that a record takes, how many of them wait to be used again, and what the index beside it takes."""

    database: int
    free: int
    beside: int


class Engine(Protocol):
    """A connection, and what a reader asks of it beside rows."""

    @property
    def connection(self) -> Connection: ...
    @property
    def texts(self) -> TextSearch | None:
        """The index of changed lines, where there may be one."""

    def close(self) -> None: ...
    def interrupt(self) -> None:
        """From any thread: nothing is waited for any longer."""

    def until(self, unwanted: Callable[[], bool]) -> AbstractContextManager[None]: ...
    def translated(self) -> AbstractContextManager[None]:
        """Around reading: what is wrong with the record is told as `StoreError`."""

    def version(self) -> object:
        """Something that differs once another connection has committed."""

    def on_disk(self) -> OnDisk: ...


class LocalEngine:
    """SQLite's file."""

    def __init__(self, path: Path) -> None:
        """
        Raises:
            StoreError: there is no record yet, or it cannot be read.
        """
        self._path = path
        self.connection = open_reader(path)
        self.texts = TextSearch(path, self.connection)

    def close(self) -> None:
        self.texts.close()
        self.connection.close()

    def interrupt(self) -> None:
        """The disk does not keep anybody waiting."""

    def until(self, unwanted: Callable[[], bool]) -> AbstractContextManager[None]:
        """As `patience.reading_until`."""
        return reading_until(self.connection, unwanted)

    def translated(self) -> AbstractContextManager[None]:
        """As `values.reading`."""
        return reading(self._path)

    def version(self) -> object:
        """Cheap enough to ask ten times a second."""
        return int(self.connection.execute("PRAGMA data_version").fetchone()[0])

    def on_disk(self) -> OnDisk:
        """The files' bytes now."""
        free, page = (
            self.connection.execute(f"PRAGMA {what}").fetchone()[0]
            for what in ("freelist_count", "page_size")
        )
        return OnDisk(self._bytes("", "-wal"), int(free * page), self._bytes(INDEX, f"{INDEX}-wal"))

    def _bytes(self, *suffixes: str) -> int:
        names = [f"{os.fspath(self._path)}{suffix}" for suffix in suffixes]
        return sum(os.path.getsize(name) for name in names if os.path.exists(name))


def open_engine(place: Place) -> Engine:
    """What reads a record.

    Raises:
        StoreError: there is none yet, or it cannot be read.
    """
    if isinstance(place, Server):
        from fcm_tui.store.mysql.engine import ServerEngine  # the driver takes 60 ms

        return ServerEngine(place)
    return LocalEngine(place)
