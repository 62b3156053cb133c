"""The local record as what is still to be sent: read in order, in batches, already as SQL. For one thread at a time."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from fcm_tui.ship.tables import CHANGES, DIFFERENCES, FILES, LINKS, RECORDERS, ROOTS, VERSIONS, Row, Table
from fcm_tui.store.chain import change_hash
from fcm_tui.store.database import open_reader
from fcm_tui.store.reviews import Review

CHANGES_AT_ONCE = 1000
FILES_AT_ONCE = 500
BYTES_AT_ONCE = 4 << 20
"""Of SQL in one batch, or one change where that has more."""
_PARAMETERS = 500
_IS_FIRST = "SELECT 1 FROM changes WHERE file_id = ? AND sequence < ? LIMIT 1"
"""No row: then the change is the file's first, and what was before it came with the baseline."""

_NO_LINES: tuple[int, list[tuple[Row, Row]]] = (sys.maxsize, [])


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
            file_ids: set[bytes] = set()
            root_ids: set[bytes] = set()
            versions: set[tuple[bytes, bytes]] = set()
            lines = self._lines(after)
            at, of_change = next(lines, _NO_LINES)
            for values in self.connection.execute(
                f"{CHANGES.select} WHERE recorder_id = ? AND sequence > ? ORDER BY sequence LIMIT {CHANGES_AT_ONCE}",
                (self.recorder_id, after),
            ):
                change = dict(zip(CHANGES.columns, values, strict=True))
                row = CHANGES.row(values)
                while at < change["sequence"]:
                    at, of_change = next(lines, _NO_LINES)
                found = of_change if at == change["sequence"] else []
                links, differences = [link for link, _ in found], [difference for _, difference in found]
                size += len(row.sql) + sum(len(r.sql) for r in links) + sum(len(r.sql) for r in differences)
                if made is None:
                    made = Batch(change["sequence"], 0, b"", change["time_ns"])
                elif size > BYTES_AT_ONCE:
                    break
                made.last, made.last_hash = change["sequence"], change["chain_hash"]
                made.changes.append(row)
                made.links += links
                made.differences.update((r.key[0], r) for r in differences)
                file_ids.add(change["file_id"])
                root_ids.add(change["root_id"])
                versions.update(self._versions(change))
                self._want(made, change)
            if made is not None:
                made.files = self._rows(FILES, "file_id", file_ids)
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

    def all_of(self, table: Table) -> list[Row]:
        """All rows of this recorder in a small table."""
        cursor = self.connection.execute(f"{table.select} WHERE recorder_id = ?", (self.recorder_id,))
        return sorted(map(table.row, cursor))

    def _lines(self, after: int) -> Iterator[tuple[int, list[tuple[Row, Row]]]]:
        """Links and differences of the changes that follow, those that have any, by sequence."""
        cursor = self.connection.execute(
            f"SELECT {LINKS.listed}, {DIFFERENCES.listed} FROM change_differences"
            " JOIN differences ON digest = difference_digest WHERE recorder_id = ? AND sequence > ?"
            " ORDER BY sequence, ordinal",
            (self.recorder_id, after),
        )
        columns = len(LINKS.columns)
        for sequence, rows in groupby(cursor, lambda values: values[1]):
            yield sequence, [(LINKS.row(row[:columns]), DIFFERENCES.row(row[columns:])) for row in rows]

    def _want(self, batch: Batch, change: dict[str, Any]) -> None:
        for digest, size in (("before_digest", "previous_size"), ("after_digest", "size")):
            if change[digest] is not None and (change[size] or 0) <= self._limit:
                batch.contents[change[digest]] = None
        for digest in ("attributes", "previous_attributes"):
            if change[digest]:
                batch.contents[change[digest]] = None

    def _versions(self, change: dict[str, Any]) -> Iterator[tuple[bytes, bytes]]:
        """File and digest of each version that a change may be the first to speak of."""
        if change["after_digest"] is not None:
            yield change["file_id"], change["after_digest"]
        if (
            change["before_digest"] is not None
            and self.connection.execute(_IS_FIRST, (change["file_id"], change["sequence"])).fetchone() is None
        ):
            yield change["file_id"], change["before_digest"]

    def _mapped(self, versions: Collection[tuple[bytes, bytes]]) -> list[Row]:
        found: list[Row] = []
        statement = f"{VERSIONS.select} WHERE recorder_id = ? AND file_id = ? AND digest = ?"
        for file_id, digest in sorted(versions):
            found += map(
                VERSIONS.row, self.connection.execute(statement, (self.recorder_id, file_id, digest))
            )
        return found

    def _rows(self, table: Table, column: str, among: Collection[bytes]) -> list[Row]:
        found: list[Row] = []
        for part in _parts(sorted(among)):
            marks = ",".join("?" * len(part))
            found += map(
                table.row, self.connection.execute(f"{table.select} WHERE {column} IN ({marks})", part)
            )
        return sorted(found)

    @contextmanager
    def _snapshot(self) -> Iterator[None]:
        """What is read in it stood so at one moment. Short: a reader keeps the write-ahead log from being emptied."""
        self.connection.execute("BEGIN")
        try:
            yield
        finally:
            if self.connection.in_transaction:
                self.connection.execute("COMMIT")


def _parts(values: Sequence[bytes]) -> Iterable[Sequence[bytes]]:
    return (values[at : at + _PARAMETERS] for at in range(0, len(values), _PARAMETERS))
