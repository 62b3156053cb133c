"""What screens and commands read from a record: pages of changes by keyset, versions, folders, sums."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from fcm_tui.errors import NoSuchChange
from fcm_tui.model import Capture, Change, Gap
from fcm_tui.store.contents.store import ContentStore
from fcm_tui.store.database import open_reader
from fcm_tui.store.reading.changes import ChangeLog, Key
from fcm_tui.store.reading.filters import Filters, below, conditions
from fcm_tui.store.reading.kept_lines import KeptHunk, kept_hunks
from fcm_tui.store.reading.patience import reading_until
from fcm_tui.store.reading.text_index import SUFFIX as INDEX
from fcm_tui.store.reviews import ReviewCounts
from fcm_tui.store.trust.anchors import Head
from fcm_tui.store.values import RowTypes, reading

if TYPE_CHECKING:
    from fcm_tui.store.reading.tallies import StoreTallies, Tallies

_RECORDER = RowTypes("b s s s s i i")
_ROOT = RowTypes("b b i i? i i")
_PATH = RowTypes("b")
_GAP = RowTypes("i b? i i? s i?")


@dataclass(frozen=True, slots=True)
class RecorderInfo:
    """Who recorded."""

    recorder_id: bytes
    host: str
    user: str
    platform: str
    version: str
    first_seen_ns: int
    last_seen_ns: int


@dataclass(frozen=True, slots=True)
class RootSummary:
    """A watched directory with its counts."""

    root_id: bytes
    path: bytes
    active: bool
    baseline_ns: int | None
    files: int
    changes: int
    reviewed: int
    """Of the changes, those that somebody has reviewed."""


@dataclass(frozen=True, slots=True)
class FolderEntry:
    """A child of a folder: present files, and changes at or below it."""

    name: bytes
    is_folder: bool
    files: int
    changes: int
    reviewed: int = 0
    """Of the changes, those that somebody has reviewed."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much the record holds."""

    files: int
    versions: int
    changes: int
    database_bytes: int
    free_bytes: int
    """Of them, what waits in the database to be used again."""
    indexed: int = 0
    """Up to this change the index of changed lines finds them; those behind it are looked through."""
    index_bytes: int = 0
    """Of that index, which lies beside the database."""


@dataclass(frozen=True, slots=True)
class FileNow:
    """A file as the record knows it now (or knew it last)."""

    file_id: bytes
    path: bytes
    present: bool
    digest: bytes | None
    capture: Capture
    size: int
    mode: int
    mtime_ns: int
    first_seen_ns: int


class Reader:
    """Reads one record. Synchronous: for one thread at a time, never for the event loop."""

    def __init__(self, database: str | os.PathLike[str]) -> None:
        self._path = Path(database)
        self._connection = open_reader(self._path)
        self._reviews = ReviewCounts(self._connection)
        self._contents = ContentStore(self._connection, cache_bytes=8 << 20)
        self._changes = ChangeLog(self._path, self._connection)

    def close(self) -> None:
        self._changes.close()
        self._connection.close()

    def __enter__(self) -> Reader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if error is not None:
            with reading(self._path):
                raise error

    @property
    def connection(self) -> sqlite3.Connection:
        """The read-only connection, for the rooms inside the store."""
        return self._connection

    @property
    def contents(self) -> ContentStore:
        return self._contents

    def recorder(self) -> RecorderInfo | None:
        """The recorder of this data directory; None while nothing was recorded."""
        row = self._connection.execute(
            "SELECT recorder_id, host, user, platform, version, first_seen_ns, last_seen_ns FROM recorders LIMIT 1"
        ).fetchone()
        if row is None:
            return None
        _RECORDER.check(row)
        return RecorderInfo(*row)

    def roots(self) -> list[RootSummary]:
        """Every root that was ever recorded, by path."""
        rows = self._connection.execute(
            "SELECT root_id, path, active, baseline_ns,"
            " (SELECT count(*) FROM files f WHERE f.root_id = r.root_id AND f.present),"
            " changes FROM roots r ORDER BY path"
        ).fetchall()
        for row in rows:
            _ROOT.check(row)
        reviewed = self._reviews.roots
        return [RootSummary(i, p, bool(a), b, f, c, reviewed.get(i, 0)) for i, p, a, b, f, c in rows]

    def active_roots(self) -> list[bytes]:
        """The directories that the latest run watched, by path; known at once."""
        rows = self._connection.execute("SELECT path FROM roots WHERE active ORDER BY path").fetchall()
        for row in rows:
            _PATH.check(row)
        return [path for (path,) in rows]

    def log(
        self,
        filters: Filters | None = None,
        *,
        limit: int | None = 200,
        before: Key | None = None,
        after: Key | None = None,
        reverse: bool = False,
    ) -> list[Change]:
        """A page of changes, newest first (oldest first if `reverse`), within the keys given, both exclusive."""
        return list(self.iterate(filters, limit=limit, before=before, after=after, reverse=reverse))

    def iterate(
        self,
        filters: Filters | None = None,
        *,
        limit: int | None = None,
        before: Key | None = None,
        after: Key | None = None,
        reverse: bool = False,
    ) -> Iterator[Change]:
        """As `log`, one at a time.

        Raises:
            ContentSealed: lines are looked for that are encrypted, and the key is not there.
        """
        return self._changes.iterate(
            filters or Filters(), limit=limit, before=before, after=after, reverse=reverse
        )

    def found(self, filters: Filters) -> int:
        """How many changes a filter lets through; takes as long as looking at all that come into question."""
        return self._changes.found(filters)

    def tally(self, filters: Filters, most: int) -> Tallies:
        """As `tallies.tally`."""
        from fcm_tui.store.reading import tallies  # which most starts need not

        return tallies.tally(self._connection, self._changes, filters, most)

    def tally_store(self) -> StoreTallies:
        """As `tallies.tally_store`."""
        from fcm_tui.store.reading import tallies

        return tallies.tally_store(self._connection)

    def largest(self, filters: Filters, most: int) -> list[Change]:
        """The changes with the most lines, the largest first; of secrets none."""
        from fcm_tui.store.reading import tallies

        keys = tallies.largest_changes(self._connection, self._changes, filters, most)
        return [self.change(sequence, recorder_id) for sequence, recorder_id in keys]

    def until(self, unwanted: Callable[[], bool]) -> AbstractContextManager[None]:
        """Around reading: give up, with `Abandoned`, as soon as `unwanted` says so."""
        return reading_until(self._connection, unwanted)

    def change(self, sequence: int, recorder_id: bytes | None = None) -> Change:
        """One change of this recorder, or of the one named.

        Raises:
            NoSuchChange: there is none of that number.
        """
        change = self._changes.one(sequence, recorder_id)
        if change is None:
            last = self.last_sequence()
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
        row = self._connection.execute(
            "SELECT recorder_id, sequence, chain_hash FROM changes"
            " WHERE recorder_id = (SELECT recorder_id FROM recorders LIMIT 1) ORDER BY sequence DESC LIMIT 1"
        ).fetchone()
        return Head(*row) if row else None

    def recorder_of_host(self, host: str) -> bytes:
        """The id of the recorder on a host.

        Raises:
            NoSuchChange: this record knows no such host.
        """
        name = host.encode("utf-8", "replace").decode()
        row = self._connection.execute("SELECT recorder_id FROM recorders WHERE host = ?", (name,)).fetchone()
        if row is None:
            hosts = ", ".join(
                h for (h,) in self._connection.execute("SELECT host FROM recorders ORDER BY host")
            )
            raise NoSuchChange(f"no host {host!r} in this record: it has {hosts or 'none'}")
        return bytes(row[0])

    def last_sequence(self) -> int:
        """The newest sequence, 0 where nothing has changed yet."""
        newest = self._newest()
        return max(newest.values(), default=0)

    def _newest(self) -> dict[bytes, int]:
        """The newest sequence of each recorder, 0 where it has none yet."""
        return dict(
            self._connection.execute(
                "SELECT r.recorder_id, coalesce((SELECT max(c.sequence) FROM changes c"
                " WHERE c.recorder_id = r.recorder_id), 0) FROM recorders r"
            )
        )

    def count(self) -> int:
        """How many changes there are: a recorder numbers them 1, 2, 3…"""
        return sum(self._newest().values())

    def data_version(self) -> int:
        """A number that differs once another connection has committed: cheap enough to ask ten times a second."""
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

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
            "SELECT path, file_id, present, changes FROM files"
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
            "SELECT g.gap, r.path, g.from_ns, g.to_ns, g.reason, g.changes_found"
            " FROM gaps g LEFT JOIN roots r ON r.root_id = g.root_id ORDER BY g.from_ns DESC, g.gap DESC LIMIT ?",
            (-1 if limit is None else limit,),
        ).fetchall()
        for row in rows:
            _GAP.check(row)
        return [Gap(*row) for row in rows]

    def sizes(self) -> Sizes:
        """Counts of the whole record, and the bytes of its files on disk."""
        one = self._connection.execute
        return Sizes(
            files=int(one("SELECT count(*) FROM files WHERE present").fetchone()[0]),
            versions=int(one("SELECT coalesce(sum(versions), 0) FROM recorders").fetchone()[0]),
            changes=self.count(),
            free_bytes=int(
                one("PRAGMA freelist_count").fetchone()[0] * one("PRAGMA page_size").fetchone()[0]
            ),
            database_bytes=self._bytes("", "-wal"),
            indexed=self._changes.indexed(),
            index_bytes=self._bytes(INDEX, f"{INDEX}-wal"),
        )

    def _bytes(self, *suffixes: str) -> int:
        names = [f"{os.fspath(self._path)}{suffix}" for suffix in suffixes]
        return sum(os.path.getsize(name) for name in names if os.path.exists(name))

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
            "SELECT file_id, path, present, digest, capture, size, mode, mtime_ns, first_seen_ns FROM files"
            " WHERE root_id IN (SELECT root_id FROM roots) AND (path = ? OR (path >= ? AND path < ?))"
            + ("" if present is None else " AND present = ?")
            + " ORDER BY path",
            (path, low, high) if present is None else (path, low, high, present),
        )
        return [FileNow(i, p, bool(here), d, Capture(c), s, m, t, f) for i, p, here, d, c, s, m, t, f in rows]
