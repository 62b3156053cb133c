"""What screens and commands read from a record: pages of changes by keyset, versions, folders, sums."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from fcm_tui.errors import NoSuchChange, StoreError
from fcm_tui.model import Capture, Change, Gap
from fcm_tui.paths import is_inside
from fcm_tui.settings.database import Server
from fcm_tui.store.contents.store import ContentStore
from fcm_tui.store.reading import recorders
from fcm_tui.store.reading.active import active_roots
from fcm_tui.store.reading.changes import ChangeLog, Key, place_of
from fcm_tui.store.reading.dialect import Connection, dialect_of
from fcm_tui.store.reading.engine import open_engine
from fcm_tui.store.reading.filters import Filters, below, conditions
from fcm_tui.store.reading.kept_lines import KeptHunk, kept_hunks
from fcm_tui.store.reading.results import FileNow, FolderEntry, RecorderInfo, RootSummary, Sizes
from fcm_tui.store.reviews import ReviewCounts
from fcm_tui.store.trust.anchors import Head
from fcm_tui.store.values import RowTypes

if TYPE_CHECKING:
    from fcm_tui.store.reading.tallies import StoreTallies, Tallies

_ROOT = RowTypes("b b b i i? i i")
_ALL = (1 << 63) - 1
_GAP = RowTypes("i b? i i? s i? b s i")


class Reader:
    """Reads one record. Synchronous: for one thread at a time, never for the event loop."""

    def __init__(self, database: str | os.PathLike[str] | Server) -> None:
        """
        Raises:
            StoreError: there is no record, or it cannot be read.
        """
        self._engine = open_engine(database if isinstance(database, Server) else Path(database))
        self._connection = self._engine.connection
        self._dialect = dialect_of(self._connection)
        self._reviews = ReviewCounts(self._connection)
        self._contents = ContentStore(self._connection, cache_bytes=8 << 20)
        self._changes = ChangeLog(self._connection, self._engine.texts)

    def close(self) -> None:
        self._engine.close()

    def interrupt(self) -> None:
        """From any thread: whatever this waits for, it waits no longer; the reader is to be closed then."""
        self._engine.interrupt()

    def translated(self) -> AbstractContextManager[None]:
        """Around reading: what is wrong with the record is told in a line.

        Raises:
            StoreError: the record cannot be read, or a value in it does not belong there.
        """
        return self._engine.translated()

    def __enter__(self) -> Reader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if error is not None:
            with self.translated():
                raise error

    @property
    def connection(self) -> Connection:
        """The read-only connection, for the rooms inside the store."""
        return self._connection

    @property
    def contents(self) -> ContentStore:
        return self._contents

    @property
    def is_server(self) -> bool:
        """Whether this is the team's database, and not one recorder's own record."""
        return self._dialect.is_server

    def recorder(self) -> RecorderInfo | None:
        """The recorder of this data directory; None while nothing was recorded, and where there are several."""
        found = self.recorders()
        return found[0] if len(found) == 1 else None

    def recorders(self) -> list[RecorderInfo]:
        """All recorders, by host."""
        return recorders.recorders(self._connection)

    def roots(self) -> list[RootSummary]:
        """Every root that was ever recorded, by path."""
        rows = self._connection.execute(
            "SELECT root_id, recorder_id, path, active, baseline_ns,"
            " (SELECT count(*) FROM files f WHERE f.root_id = r.root_id AND f.present),"
            " changes FROM roots r ORDER BY path, root_id"
        ).fetchall()
        for row in rows:
            _ROOT.check(row)
        reviewed = self._reviews.roots
        return [RootSummary(i, w, p, bool(a), b, f, c, reviewed.get(i, 0)) for i, w, p, a, b, f, c in rows]

    def active_roots(self) -> list[bytes]:
        """The directories that the latest run watched, by path; known at once."""
        return active_roots(self._connection)

    def log(
        self,
        filters: Filters | None = None,
        *,
        limit: int | None = 200,
        before: Key | None = None,
        after: Key | None = None,
        reverse: bool = False,
        inclusive: bool = False,
    ) -> list[Change]:
        """A page of changes, newest first (oldest first if `reverse`), within the keys given.

        Args:
            inclusive: the changes of the keys themselves are among them.
        """
        return list(
            self.iterate(
                filters, limit=limit, before=before, after=after, reverse=reverse, inclusive=inclusive
            )
        )

    def iterate(
        self,
        filters: Filters | None = None,
        *,
        limit: int | None = None,
        before: Key | None = None,
        after: Key | None = None,
        reverse: bool = False,
        inclusive: bool = False,
    ) -> Iterator[Change]:
        """As `log`, one at a time.

        Raises:
            ContentSealed: lines are looked for that are encrypted, and the key is not there.
        """
        return self._changes.iterate(
            filters or Filters(),
            limit=limit,
            before=before,
            after=after,
            reverse=reverse,
            inclusive=inclusive,
        )

    def newest(self) -> dict[bytes, int]:
        """The newest sequence of each recorder."""
        return self._newest()

    def arrived(
        self, filters: Filters, seen: dict[bytes, int], limit: int
    ) -> tuple[list[Change], dict[bytes, int]]:
        """What was sent since `seen`, at most so much of each recorder, oldest first; and how far that goes.

        Recorders send when they can, so what arrives may be older than what was there.
        """
        reach = dict(seen)
        rows: list[Change] = []
        for recorder_id, last in self._newest().items():
            after = seen.get(recorder_id, 0)
            if last > after:
                own = self._changes.arrived(filters, recorder_id, after, last, limit)
                rows += own
                reach[recorder_id] = own[-1].sequence if len(own) == limit else last
        return sorted(rows, key=place_of), reach

    def found(self, filters: Filters) -> int:
        """How many changes a filter lets through; takes as long as looking at all that come into question."""
        return self._changes.found(filters)

    def tally(self, filters: Filters, most: int) -> Tallies:
        """As `tallies.tally`.

        Raises:
            StoreError: this is the team's database.
        """
        from fcm_tui.store.reading import tallies  # which most starts need not

        return tallies.tally(self._own(), self._changes, filters, most)

    def tally_store(self) -> StoreTallies:
        """As `tallies.tally_store`."""
        from fcm_tui.store.reading import tallies

        return tallies.tally_store(self._own())

    def largest(self, filters: Filters, most: int) -> list[Change]:
        """The changes with the most lines, the largest first; of secrets none."""
        from fcm_tui.store.reading import tallies

        keys = tallies.largest_changes(self._own(), self._changes, filters, most)
        return [self.change(sequence, recorder_id) for sequence, recorder_id in keys]

    def _own(self) -> sqlite3.Connection:
        """The connection to a recorder's own record."""
        if not isinstance(self._connection, sqlite3.Connection):
            raise StoreError(
                "figures are counted where it was recorded: ask there, or write csv or parquet of the team's database"
            )
        return self._connection

    def until(self, unwanted: Callable[[], bool]) -> AbstractContextManager[None]:
        """Around reading: give up, with `Abandoned`, as soon as `unwanted` says so."""
        return self._engine.until(unwanted)

    def change(self, sequence: int, recorder_id: bytes | None = None) -> Change:
        """One change of this recorder, or of the one named.

        Raises:
            NoSuchChange: there is none of that number, or of several recorders none is named.
        """
        if self.is_server and recorder_id is None:
            having = [one for one, last in self._newest().items() if 0 < sequence <= last]
            if len(having) > 1:
                example = f"{self.names()[having[0]]}:{sequence}"
                raise NoSuchChange(
                    f"{sequence}: several hosts have such a change: name the host too, as in {example}, after --at"
                    f" as in '#{example}'; `fcm-tui status` lists them"
                )
            recorder_id = having[0] if having else None
        change = self._changes.one(sequence, recorder_id)
        if change is None:
            newest = self._newest()
            last = max(newest.values(), default=0) if recorder_id is None else newest.get(recorder_id, 0)
            known = f"this record has 1 to {last}" if last else "this record has none yet"
            raise NoSuchChange(f"no change {sequence}: {known}; `fcm-tui log` lists them")
        return change

    def state_before(self, change: Change) -> tuple[int | None, int | None]:
        """`st_mode` and mtime (ns) of the file before a change; None where there was none."""
        row = self._connection.execute(
            "SELECT previous_mode, previous_mtime_ns FROM changes WHERE recorder_id = ? AND sequence = ?",
            (change.recorder_id, change.sequence),
        ).fetchone()
        return (None, None) if row is None else (row[0], row[1])

    def head(self) -> Head | None:
        """The end of this recorder's chain; None before its first change."""
        return recorders.head(self._connection)

    def heads(self) -> list[Head]:
        """The ends of all chains, of recorders that have changes."""
        return recorders.heads(self._connection)

    def names(self) -> dict[bytes, str]:
        """As `recorders.names`: by what each recorder is called; empty where there is one."""
        return recorders.names(self.recorders())

    def called(self, change: Change) -> str:
        """What commands call a change: `12`, or `web1:12` in a team's database with several recorders."""
        name = self.names().get(change.recorder_id) if self.is_server else None
        return f"{change.sequence}" if name is None else f"{name}:{change.sequence}"

    def recorder_of_host(self, host: str) -> bytes:
        """The id of the recorder on a host, or of the one whose id begins so.

        Raises:
            NoSuchChange: this record knows no such host, or several recorders of that name.
        """
        return recorders.of_host(self.recorders(), host)

    def last_sequence(self) -> int:
        """The newest sequence, 0 where nothing has changed yet."""
        newest = self._newest()
        return max(newest.values(), default=0)

    def _newest(self) -> dict[bytes, int]:
        return recorders.newest(self._connection)

    def count(self) -> int:
        """How many changes there are: a recorder numbers them 1, 2, 3…"""
        return sum(self._newest().values())

    def data_version(self) -> object:
        """Something that differs once another connection has committed: cheap enough to ask several times a second."""
        return self._engine.version()

    def content(self, digest: bytes) -> bytes:
        """The bytes of a version.

        Raises:
            ContentMissing: they were not kept, or are damaged.
        """
        return self._contents.get(digest)

    def kept_hunks(self, change: Change, characters: int) -> list[KeptHunk]:
        """As `kept_lines.kept_hunks`."""
        return kept_hunks(self._connection, change, characters)

    def folder(self, root_id: bytes, path: bytes) -> list[FolderEntry]:
        """What a folder holds or held: folders first, then by name; a deleted file stays as long as it has changes.

        A file that was moved has its changes where it is now.
        """
        low, high = below(path)
        cut = len(low)
        separator = os.fsencode(os.sep)
        folders: dict[bytes, list[int]] = {}
        files: dict[bytes, list[int]] = {}
        reviewed = self._reviews.files
        for full, file_id, *counts in self._connection.execute(
            f"SELECT path, file_id, present, changes FROM {self._dialect.counted} f"
            " WHERE root_id = ? AND path >= ? AND path < ? AND (present OR changes)",
            (root_id, low, high),
        ):
            name, slash, _ = full[cut:].partition(separator)
            sums = (folders if slash else files).setdefault(name, [0, 0, 0])
            for column, number in enumerate((*counts, reviewed.get(file_id, 0))):
                sums[column] += number
        entries = [FolderEntry(name, True, *counts) for name, counts in sorted(folders.items())]
        return entries + [FolderEntry(name, False, *counts) for name, counts in sorted(files.items())]

    def gaps(self, limit: int | None = 100) -> list[Gap]:
        """The gap ledger, newest first."""
        rows = self._connection.execute(
            "SELECT g.gap, r.path, g.from_ns, g.to_ns, g.reason, g.changes_found, g.recorder_id, h.host,"
            " (SELECT count(*) FROM recorders) > 1 FROM gaps g JOIN recorders h ON h.recorder_id = g.recorder_id"
            " LEFT JOIN roots r ON r.root_id = g.root_id ORDER BY g.from_ns DESC, g.gap DESC LIMIT ?",
            (_ALL if limit is None else limit,),
        ).fetchall()
        for row in rows:
            _GAP.check(row)
        own = {one.recorder_id: one.host for one in self.recorders()} if any(row[-1] for row in rows) else {}
        apart = recorders.apart(own)
        return [Gap._make((*row[:-1], bool(row[-1]), apart.get(row[6], ""))) for row in rows]

    def sizes(self) -> Sizes:
        """Counts of the whole record, and the bytes of its files on disk."""
        one = self._connection.execute
        on_disk = self._engine.on_disk()
        return Sizes(
            files=int(one("SELECT count(*) FROM files WHERE present").fetchone()[0]),
            versions=int(one("SELECT coalesce(sum(versions), 0) FROM recorders").fetchone()[0]),
            changes=self.count(),
            free_bytes=on_disk.free,
            database_bytes=on_disk.database,
            indexed=self._changes.indexed(),
            index_bytes=on_disk.beside,
        )

    def recorders_of(self, path: bytes) -> list[bytes]:
        """Who has or had a file at a path or below it; where nobody has, who watches a folder above it."""
        within = "({0} = ? OR ({0} >= ? AND {0} < ?))"
        found = self._connection.execute(
            "SELECT DISTINCT r.recorder_id FROM roots r WHERE"
            f" EXISTS (SELECT 1 FROM files f WHERE f.root_id = r.root_id AND {within.format('f.path')})"
            f" OR EXISTS (SELECT 1 FROM changes c WHERE c.root_id = r.root_id AND ({within.format('c.path')}"
            f" OR {within.format('c.previous_path')})) ORDER BY r.recorder_id",
            (path, *below(path)) * 3,
        ).fetchall()
        above = {root.recorder_id for root in self.roots() if is_inside(path, root.path)}
        return [one for (one,) in found] or sorted(above)

    def knows(self, path: bytes) -> bool:
        """Whether the record has a file or change at a path or below it, or watches a folder there."""
        where, values = conditions(Filters(path=path), False)
        low, high = below(path)
        one = self._connection.execute(
            f"SELECT EXISTS (SELECT 1 FROM changes c WHERE {where[0]})"
            " OR EXISTS (SELECT 1 FROM roots r CROSS JOIN files f ON f.root_id = r.root_id"
            " WHERE f.path = ? OR (f.path >= ? AND f.path < ?))"
            " OR EXISTS (SELECT 1 FROM roots WHERE path = ? OR (path >= ? AND path < ?))",
            (*values, *(path, low, high) * 2),
        )
        return bool(one.fetchone()[0])

    def files(self, path: bytes, *, present: bool | None = True) -> list[FileNow]:
        """The file at a path, or the files below it, by path."""
        low, high = below(path)
        rows = self._connection.execute(
            "SELECT file_id, path, present, digest, capture, size, mode, mtime_ns, first_seen_ns"
            f" FROM {self._dialect.files} f WHERE root_id IN (SELECT root_id FROM roots)"
            " AND (path = ? OR (path >= ? AND path < ?))"
            + ("" if present is None else " AND present = ?")
            + " ORDER BY path",
            (path, low, high) if present is None else (path, low, high, present),
        )
        return [FileNow(i, p, bool(here), d, Capture(c), s, m, t, f) for i, p, here, d, c, s, m, t, f in rows]
