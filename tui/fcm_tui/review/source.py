"""The screen's way to the record: a reader that works in a thread of its own, off the event loop."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol, TypeVar

from fcm_tui.errors import StoreError
from fcm_tui.model import Change, Gap
from fcm_tui.store.reading.changes import Key
from fcm_tui.store.reading.filters import Filters
from fcm_tui.store.reading.kept_lines import KeptHunk
from fcm_tui.store.reading.queries import FolderEntry, Reader, RecorderInfo, RootSummary, Sizes
from fcm_tui.store.values import reading

T = TypeVar("T")


class Record(Protocol):
    """What the screens read a record with; `store.queries.Reader` is one."""

    def close(self) -> None: ...
    def recorder(self) -> RecorderInfo | None: ...
    def roots(self) -> list[RootSummary]: ...
    def log(
        self,
        filters: Filters | None = None,
        *,
        limit: int | None = 200,
        before: Key | None = None,
        after: Key | None = None,
        reverse: bool = False,
    ) -> list[Change]: ...
    def count(self) -> int: ...
    def found(self, filters: Filters) -> int: ...
    def until(self, unwanted: Callable[[], bool]) -> AbstractContextManager[None]: ...
    def data_version(self) -> int: ...
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

    def __init__(self, database: Path, opener: Callable[[Path], Record] = Reader) -> None:
        self._database = database
        self._opener = opener
        self._thread = ThreadPoolExecutor(1, "reader")
        self._record: Record | None = None
        self._file: tuple[int, int] | None = None

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
            self._record, self._file = self._opener(self._database), file
        try:
            with reading(self._database):
                return work(self._record)
        except StoreError:
            self._record.close()
            self._record = None
            raise

    def _file_now(self) -> tuple[int, int] | None:
        try:
            found = os.stat(self._database)
        except OSError:
            return None
        return found.st_dev, found.st_ino

    async def close(self) -> None:
        """Close the record and end the thread, after what it is doing."""

        def close() -> None:
            if self._record is not None:
                self._record.close()
                self._record = None

        await asyncio.get_running_loop().run_in_executor(self._thread, close)
        self._thread.shutdown(wait=False)
