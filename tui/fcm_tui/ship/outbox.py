"""The local record as what is still to be sent: read in order, in batches, already as SQL. For one thread at a time."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from fcm_tui.ship.tables import (
    CHANGES,
    DIFFERENCES,
    FILES,
    LINE_BLOCKS,
    LINKS,
    PRUNES,
    RECORDERS,
    ROOTS,
    THINNED,
    VERSIONS,
    Row,
    Table,
)
from fcm_tui.store import line_blocks
from fcm_tui.store.chain import change_hash
from fcm_tui.store.database import open_reader
from fcm_tui.store.reviews import Review

T = TypeVar("T")
CHANGES_AT_ONCE = 1000
FILES_AT_ONCE = 500
PRUNES_AT_ONCE = 100
BYTES_AT_ONCE = 4 << 20
"""Of SQL in one batch, or one change where that has more."""
_PARAMETERS = 500
_IS_FIRST = (
    "before_digest IS NOT NULL AND NOT EXISTS (SELECT 1 FROM changes AS earlier"
    " WHERE earlier.file_id = changes.file_id AND earlier.sequence < changes.sequence)"
)
"""Whether a change is the file's first, and what was before it came with the baseline."""


class Head(NamedTuple):
    """The newest change of the record."""

    sequence: int
    time_ns: int


@dataclass(slots=True)
class Batch:
    """Some changes in order, with all that belongs to them but the contents."""

    first: int
    last: int
    last_hash: bytes
    time_ns: int
    """Of the first change."""
    changes: list[Row] = field(default_factory=list)
    links: list[Row] = field(default_factory=list)
    differences: dict[bytes, Row] = field(default_factory=dict)
    """Those of the changes; the server may have some already."""
    versions: list[Row] = field(default_factory=list)
    files: list[Row] = field(default_factory=list)
    roots: list[Row] = field(default_factory=list)
    recorder: list[Row] = field(default_factory=list)
    contents: dict[bytes, None] = field(default_factory=dict)
    """Digests of the versions before and after, in order, as far as they are small enough to be sent."""

    def rows(self) -> Iterator[tuple[Table, list[Row]]]:
        """What is inserted, in the order in which it is."""
        yield RECORDERS, self.recorder
        yield ROOTS, self.roots
        yield FILES, self.files
        yield VERSIONS, self.versions
        yield DIFFERENCES, [self.differences[key] for key in sorted(self.differences)]
        yield LINKS, self.links
        yield CHANGES, self.changes


class _Told(NamedTuple):
    """What of a change's row leads to other rows; the fields are columns."""

    sequence: int
    time_ns: int
    root_id: bytes
    file_id: bytes
    path: bytes
    before_digest: bytes | None
    previous_size: int | None
    after_digest: bytes | None
    size: int | None
    attributes: bytes | None
    previous_attributes: bytes | None
    chain_hash: bytes

    def versions(self, is_first: bool) -> Iterator[tuple[bytes, bytes]]:
        """File and digest of each version that the change may be the first to speak of."""
        if self.after_digest is not None:
            yield self.file_id, self.after_digest
        if is_first and self.before_digest is not None:
            yield self.file_id, self.before_digest

    def contents(self, limit: int) -> Iterator[bytes]:
        """Digests of the contents that belong to it, versions of at most so many bytes."""
        if self.before_digest is not None and (self.previous_size or 0) <= limit:
            yield self.before_digest
        if self.after_digest is not None and (self.size or 0) <= limit:
            yield self.after_digest
        if self.attributes:
            yield self.attributes
        if self.previous_attributes:
            yield self.previous_attributes


_TOLD = itemgetter(*map(CHANGES.columns.index, _Told._fields))


class _Lines(NamedTuple):
    """The differences of a change, and the rows that link them with it."""

    sequence: int
    links: list[Row]
    differences: dict[bytes, Row]
    size: int
    """Bytes of SQL."""


_END = _Lines(sys.maxsize, [], {}, 0)


class Files(NamedTuple):
    """Some files, and what belongs to those of them that never changed."""

    last: bytes
    """The id of the last one."""
    files: list[Row]
    versions: list[Row]
    contents: list[bytes]


class Outbox:
    """A reader of the record."""

    def __init__(self, path: Path, content_limit: int) -> None:
        """`content_limit`: bytes of the largest version whose content is sent.

        Raises:
            StoreError: there is no record, or it cannot be read.
        """
        self.connection = open_reader(path)
        self._limit = content_limit
        self._version = -1
        row = self.connection.execute("SELECT recorder_id FROM recorders LIMIT 1").fetchone()
        self.recorder_id: bytes = row[0] if row else b""

    def close(self) -> None:
        self.connection.close()

    def head(self) -> Head:
        """The newest change; sequence 0 where there is none."""
        row = self.connection.execute(
            "SELECT sequence, time_ns FROM changes WHERE recorder_id = ? ORDER BY sequence DESC LIMIT 1",
            (self.recorder_id,),
        ).fetchone()
        return Head(*row) if row else Head(0, 0)

    def waiting_since(self, sequence: int) -> int | None:
        """When the first change after this one was recorded; None where there is none."""
        row = self.connection.execute(
            "SELECT time_ns FROM changes WHERE recorder_id = ? AND sequence > ? ORDER BY sequence LIMIT 1",
            (self.recorder_id, sequence),
        ).fetchone()
        return row[0] if row else None

    def chain_hash(self, sequence: int) -> bytes | None:
        """The hash of a change; None where there is no such change."""
        return change_hash(self.connection, self.recorder_id, sequence) or None

    def key_id(self) -> bytes:
        """Of the key that the record is encrypted with; empty where it is not."""
        row = self.connection.execute(
            "SELECT key_id FROM sealing_keys ORDER BY since_ns DESC LIMIT 1"
        ).fetchone()
        return row[0] if row else b""

    def batch(self, after: int) -> Batch | None:
        """The changes that follow `after`; None where there are none."""
        with self._snapshot():
            made: Batch | None = None
            size = 0
            files: dict[bytes, tuple[bytes, bytes]] = {}
            root_ids: set[bytes] = set()
            versions: set[tuple[bytes, bytes]] = set()
            lines = self._lines(after)
            found = next(lines, _END)
            for *values, is_first in self.connection.execute(
                f"SELECT {CHANGES.listed}, {_IS_FIRST} FROM changes WHERE recorder_id = ? AND sequence > ?"
                f" ORDER BY sequence LIMIT {CHANGES_AT_ONCE}",
                (self.recorder_id, after),
            ):
                row, told = CHANGES.row(values), _Told(*_TOLD(values))
                while found.sequence < told.sequence:
                    found = next(lines, _END)
                has_lines = found.sequence == told.sequence
                size += len(row.sql) + (found.size if has_lines else 0)
                if made is None:
                    made = Batch(told.sequence, 0, b"", told.time_ns)
                elif size > BYTES_AT_ONCE:
                    break
                made.last, made.last_hash = told.sequence, told.chain_hash
                made.changes.append(row)
                if has_lines:
                    made.links += found.links
                    made.differences.update(found.differences)
                made.contents.update(dict.fromkeys(told.contents(self._limit)))
                files[told.file_id] = told.root_id, told.path
                root_ids.add(told.root_id)
                versions.update(told.versions(is_first))
            if made is not None:
                made.files = self._files(files)
                made.versions = self._mapped(versions)
                made.roots = self._rows(ROOTS, "root_id", root_ids)
                made.recorder = self._rows(RECORDERS, "recorder_id", [self.recorder_id])
            return made

    def unchanged(self, after: bytes) -> Files | None:
        """The files with ids behind this one; None where there are none."""
        with self._snapshot():
            rows = self.connection.execute(
                f"SELECT changes, digest, size, attributes, {FILES.listed} FROM files WHERE file_id > ?"
                f" ORDER BY file_id LIMIT {FILES_AT_ONCE}",
                (after,),
            ).fetchall()
            if not rows:
                return None
            still = [row for row in rows if not row[0]]
            contents = [digest for _, digest, size, *_ in still if digest is not None and size <= self._limit]
            contents += [attributes for _, _, _, attributes, *_ in still if attributes]
            return Files(
                rows[-1][4],
                [FILES.row(row[4:]) for row in still],
                self._mapped({(row[4], row[1]) for row in still if row[1] is not None}),
                contents,
            )

    def line_block(self, number: int) -> list[Row] | None:
        """A block of `store.line_blocks`; None where the lines are encrypted: their letters are to be told to nobody."""
        if self.key_id():
            return None
        first = number * line_blocks.CHANGES + 1
        block = line_blocks.Block()
        with self._snapshot():
            for sequence, *sides in self.connection.execute(
                "SELECT l.sequence, d.affected_lines, d.replaced_lines FROM change_differences l"
                " JOIN differences d ON d.digest = l.difference_digest"
                " WHERE l.recorder_id = ? AND l.sequence >= ? AND l.sequence < ?",
                (self.recorder_id, first, first + line_blocks.CHANGES),
            ):
                block.add(sequence - first, [side for side in sides if isinstance(side, str)])
        return [LINE_BLOCKS.row((self.recorder_id, bucket, number, bits)) for bucket, bits in block.rows()]

    def is_changed(self) -> bool:
        """Whether anybody wrote to the record since this was asked last."""
        before, self._version = self._version, self.connection.execute("PRAGMA data_version").fetchone()[0]
        return before != self._version

    def reviews(self) -> tuple[int, int | None]:
        """How many reviews there are of this recorder's changes, and when the newest was made."""
        row = self.connection.execute(
            "SELECT count(*), max(time_ns) FROM reviews WHERE recorder_id = ?", (self.recorder_id,)
        ).fetchone()
        return row[0], row[1]

    def reviewed(self) -> dict[tuple[int, str], Review]:
        """All reviews of this recorder's changes, by number and reviewer."""
        rows = self.connection.execute(
            "SELECT sequence, reviewer, time_ns, verdict, note FROM reviews WHERE recorder_id = ?",
            (self.recorder_id,),
        )
        return {(sequence, reviewer): Review(reviewer, *rest) for sequence, reviewer, *rest in rows}

    def prunes(self, after: int) -> tuple[int, list[Row], list[Row]]:
        """The prunes behind this one, some of them: number of the last one, they themselves, and what they thinned."""
        with self._snapshot():
            rows = self.connection.execute(
                f"{PRUNES.select} WHERE recorder_id = ? AND prune > ? ORDER BY prune LIMIT {PRUNES_AT_ONCE}",
                (self.recorder_id, after),
            ).fetchall()
            if not rows:
                return after, [], []
            last: int = rows[-1][1]
            thinned = self.connection.execute(
                f"{THINNED.select} WHERE recorder_id = ? AND prune > ? AND prune <= ?",
                (self.recorder_id, after, last),
            )
            return last, [PRUNES.row(row) for row in rows], sorted(map(THINNED.row, thinned))

    def all_of(self, table: Table) -> list[Row]:
        """All rows of this recorder in a small table."""
        cursor = self.connection.execute(f"{table.select} WHERE recorder_id = ?", (self.recorder_id,))
        return sorted(map(table.row, cursor))

    def _lines(self, after: int) -> Iterator[_Lines]:
        """Those of the changes that follow, as far as they have any, in order."""
        cursor = self.connection.execute(
            f"SELECT {LINKS.listed}, {DIFFERENCES.listed} FROM change_differences"
            " JOIN differences ON digest = difference_digest WHERE recorder_id = ? AND sequence > ?"
            " ORDER BY sequence, ordinal",
            (self.recorder_id, after),
        )
        columns = len(LINKS.columns)
        for sequence, rows in groupby(cursor, itemgetter(1)):
            links, differences, size = [], {}, 0
            for row in rows:
                link, difference = LINKS.row(row[:columns]), DIFFERENCES.row(row[columns:])
                links.append(link)
                differences[difference.key[0]] = difference
                size += len(link.sql) + len(difference.sql)
            yield _Lines(sequence, links, differences, size)

    def _mapped(self, versions: Collection[tuple[bytes, bytes]]) -> list[Row]:
        """The mappings of some versions: file and digest of each."""
        found: list[Row] = []
        for part in _parts(sorted(versions), _PARAMETERS // 2):
            marks = ",".join(["(?, ?)"] * len(part))
            found += map(
                VERSIONS.row,
                self.connection.execute(  # in this order, else the table may be gone through for each
                    f"SELECT {VERSIONS.listed} FROM (VALUES {marks}) AS wanted CROSS JOIN backup_paths"
                    " ON recorder_id = ? AND file_id = wanted.column1 AND digest = wanted.column2",
                    [*chain.from_iterable(part), self.recorder_id],
                ),
            )
        return sorted(found)

    def _files(self, at: Mapping[bytes, tuple[bytes, bytes]]) -> list[Row]:
        """Files, each where its last change in a batch left it: it may be elsewhere now, which nothing there tells."""
        found: list[Row] = []
        for file_id, root_id, path, *rest in self._values(FILES, "file_id", at):
            own_root, own_path = at[file_id]
            here = (root_id, path) if path == own_path else (own_root, own_path)
            found.append(FILES.row((file_id, *here, *rest)))
        return sorted(found)

    def _rows(self, table: Table, column: str, among: Collection[bytes]) -> list[Row]:
        return sorted(map(table.row, self._values(table, column, among)))

    def _values(self, table: Table, column: str, among: Collection[bytes]) -> Iterator[tuple[Any, ...]]:
        for part in _parts(sorted(among)):
            marks = ",".join("?" * len(part))
            yield from self.connection.execute(f"{table.select} WHERE {column} IN ({marks})", part)

    @contextmanager
    def _snapshot(self) -> Iterator[None]:
        """What is read in it stood so at one moment. Short: a reader keeps the write-ahead log from being emptied."""
        self.connection.execute("BEGIN")
        try:
            yield
        finally:
            if self.connection.in_transaction:
                self.connection.execute("COMMIT")


def _parts(values: Sequence[T], length: int = _PARAMETERS) -> Iterable[Sequence[T]]:
    return (values[at : at + length] for at in range(0, len(values), length))
