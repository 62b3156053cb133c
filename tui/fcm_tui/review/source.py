"""The screen's way to the record: a reader that works in a thread of its own, off the event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from fcm_tui.errors import StoreError
from fcm_tui.model import Change, Gap
from fcm_tui.settings.database import Server
from fcm_tui.store.database import file_at
from fcm_tui.store.reading.changes import Key
from fcm_tui.store.reading.engine import Place
from fcm_tui.store.reading.filters import Filters
from fcm_tui.store.reading.kept_lines import KeptHunk
from fcm_tui.store.reading.queries import Reader
from fcm_tui.store.reading.results import FolderEntry, RecorderInfo, RootSummary, Sizes

T = TypeVar("T")
_PAUSE = 1.0
"""Seconds between two tries to reach a server."""


class Record(Protocol):
    """What the screens read a record with; `store.queries.Reader` is one."""

    def close(self) -> None: ...
    def translated(self) -> AbstractContextManager[None]: ...
    def recorder(self) -> RecorderInfo | None: ...
    def recorders(self) -> list[RecorderInfo]: ...
    def roots(self) -> list[RootSummary]: ...
    def log(
        self,
        filters: Filters | None = None,
        *,
        limit: int | None = 200,
        before: Key | None = None,
        after: Key | None = None,
        reverse: bool = False,
        inclusive: bool = False,
    ) -> list[Change]: ...
    def count(self) -> int: ...
    def found(self, filters: Filters) -> int: ...
    @property
    def is_server(self) -> bool: ...
    def newest(self) -> dict[bytes, int]: ...
    def arrived(
        self, filters: Filters, seen: dict[bytes, int], limit: int
    ) -> tuple[list[Change], dict[bytes, int]]: ...
    def until(self, unwanted: Callable[[], bool]) -> AbstractContextManager[None]: ...
    def data_version(self) -> object: ...
    def content(self, digest: bytes) -> bytes: ...
    def kept_hunks(self, change: Change, characters: int) -> list[KeptHunk]: ...
    def state_before(self, change: Change) -> tuple[int | None, int | None]: ...
    def folder(self, root_id: bytes, path: bytes) -> list[FolderEntry]: ...
    def gaps(self, limit: int = 100) -> list[Gap]: ...
    def sizes(self) -> Sizes: ...


def reader_of(record: Record) -> Reader:
    """The reader that a record is, for what rooms of the store ask of its connection.

    Raises:
        StoreError: it is another kind of record.
    """
    if not isinstance(record, Reader):
        raise StoreError("this needs the record itself")
    return record


class Source:
    """One reader in one thread. It opens the record when first asked, and again after an error."""

    def __init__(self, place: Place, opener: Callable[[Place], Record] = Reader) -> None:
        self._place = place
        self._opener = opener
        self._thread = ThreadPoolExecutor(1, "reader")
        self._record: Record | None = None
        self._file: tuple[int, int] | None = None
        self._lost: StoreError | None = None
        self._not_before = 0.0
        """When (monotonic) a server that could not be reached is worth another try."""
        self._is_closing = False

    async def call(self, work: Callable[[Record], T]) -> T:
        """What `work` returns for the record, in the reader's thread.

        Raises:
            StoreError: there is no record yet, or it cannot be read.
        """
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._work, work)

    async def let_go(self) -> None:
        """Close a record whose file is another one by now: what it holds on the disk is not free before."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._let_go)

    def _let_go(self) -> None:
        if self._record is not None and self._file_now() != self._file:  # a first look began anew
            self._record.close()
            self._record = None

    def _work(self, work: Callable[[Record], T]) -> T:
        self._let_go()
        if self._record is None:
            file = self._file_now()
            self._record, self._file = self._open(), file
        try:
            with self._record.translated():
                return work(self._record)
        except StoreError:
            self._record.close()
            self._record = None
            raise

    def _open(self) -> Record:
        """Raises the same as the last time where a server is not to be asked again yet."""
        if self._lost is not None and (self._is_closing or time.monotonic() < self._not_before):
            raise StoreError(str(self._lost))
        try:
            record = self._opener(self._place)
        except StoreError as error:
            if isinstance(self._place, Server):
                self._lost, self._not_before = error, time.monotonic() + _PAUSE
            raise
        self._lost = None
        return record

    def _file_now(self) -> tuple[int, int] | None:
        return None if isinstance(self._place, Server) else file_at(self._place)

    async def close(self) -> None:
        """Close the record and end the thread, after what it is doing; a server is waited for no longer."""
        if self._is_closing:
            return
        self._is_closing = True
        if isinstance(self._record, Reader):
            self._record.interrupt()

        def close() -> None:
            if self._record is not None:
                self._record.close()
                self._record = None

        await asyncio.get_running_loop().run_in_executor(self._thread, close)
        self._thread.shutdown(wait=False)
