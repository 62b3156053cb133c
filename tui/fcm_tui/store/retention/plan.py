"""What retention would thin now, and how: worked out over a connection that only reads, beside a recorder at work.

A content goes when no version that stays needs it: not as its own content (in whichever file), not as a piece
of a large one. What stays and builds on it is stored anew first. All that is worked out holds as of
`Plan.sequence`; what changes later is for `retention_apply.Thinning` to spare.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from fcm_tui.capture.codec import CodecError, DeltaBase, decode, encode
from fcm_tui.errors import ContentMissing
from fcm_tui.settings.config import Retention
from fcm_tui.store import reviews
from fcm_tui.store.contents.store import ContentRow, ContentStore
from fcm_tui.store.database import open_reader
from fcm_tui.store.retention.rules import kept

_TABLES = """
CREATE TEMP TABLE going_versions (
    digest BLOB, recorder_id BLOB, file_id BLOB, size INTEGER, PRIMARY KEY (digest, recorder_id, file_id)
) WITHOUT ROWID;
CREATE TEMP TABLE staying_versions (time_ns INTEGER, digest BLOB, recorder_id BLOB, file_id BLOB, size INTEGER);
CREATE TEMP TABLE pieces (digest BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TEMP TABLE going (place INTEGER PRIMARY KEY, digest BLOB UNIQUE);
CREATE TEMP TABLE dependents (base BLOB, place INTEGER, digest BLOB, PRIMARY KEY (base, digest)) WITHOUT ROWID;
"""
_VERSIONS = """
SELECT recorder_id, file_id, digest, coalesce(seen_ns, time_ns) AS time_ns, size
    FROM backup_paths NOT INDEXED ORDER BY recorder_id, file_id, time_ns DESC, rowid DESC"""
_SETS = """
    SELECT attributes FROM changes WHERE attributes > X''
    UNION ALL SELECT previous_attributes FROM changes WHERE previous_attributes > X''
    UNION ALL SELECT attributes FROM files WHERE attributes > X''"""
"""Sets of extended attributes that a change or file has: they stay as long as it does, whatever content is like one."""
_NEEDED_ELSEWHERE = f"""
DELETE FROM going_versions WHERE digest IN (
    SELECT b.digest FROM backup_paths b NOT INDEXED WHERE b.digest IN (SELECT digest FROM going_versions)
        GROUP BY b.digest HAVING count(*) > (SELECT count(*) FROM going_versions g WHERE g.digest = b.digest)
    UNION ALL SELECT digest FROM files NOT INDEXED WHERE present AND digest IN (SELECT digest FROM going_versions)
    UNION ALL SELECT digest FROM going_versions WHERE digest IN ({_SETS}))"""
_UNREVIEWED = """
SELECT before_digest, after_digest FROM changes c WHERE file_id = ? AND NOT EXISTS (
    SELECT 1 FROM reviews r WHERE r.recorder_id = c.recorder_id AND r.sequence = c.sequence)"""

_VersionRow = tuple[bytes, bytes, bytes, int, int]


@dataclass(frozen=True, slots=True)
class Reencode:
    """Store a content that stays in another way, as the one that it builds on goes."""

    row: ContentRow
    instead_of: bytes
    """The base that it builds on until then."""


@dataclass(frozen=True, slots=True)
class Drop:
    """Take a content out."""

    digest: bytes
    versions: tuple[tuple[bytes, bytes], ...]
    """Recorder and file ids of the versions that it was; none for a piece."""
    size: int
    """Bytes of the version."""


Operation = Reencode | Drop


@dataclass(slots=True)
class Totals:
    """What a plan comes to."""

    versions: int = 0
    """Contents of files that go, each once for each file."""
    files: int = 0
    """That have them."""
    contents: int = 0
    """The same contents, each once, pieces of large ones included."""
    version_bytes: int = 0
    """Their length, before they were compressed."""
    stored_bytes: int = 0
    """What they take in the database; a part of it may be taken again by what built on them."""
    held: int = 0
    """Versions that only stay because nobody has reviewed their change yet."""


@dataclass(slots=True)
class Plan:
    """What goes. Make it with `Plan.of`, and close it."""

    connection: sqlite3.Connection
    retention: Retention
    now_ns: int
    totals: Totals = field(default_factory=Totals)
    sequence: int = 0
    """Of the newest change when it was made."""
    _spared: set[bytes] = field(default_factory=set)
    _is_cancelled: Callable[[], bool] = lambda: False

    @classmethod
    def of(
        cls,
        database: Path,
        retention: Retention,
        *,
        now_ns: int | None = None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> Plan:
        """Work out what goes now.

        Raises:
            StoreError: there is no record.
            sqlite3.Error: it cannot be read.
        """
        connection = open_reader(database)
        plan = cls(connection, retention, time.time_ns() if now_ns is None else now_ns)
        plan._is_cancelled = is_cancelled
        connection.set_progress_handler(is_cancelled, 100_000)  # which ends a long statement
        try:
            connection.executescript(_TABLES)
            connection.execute("BEGIN")
            plan._make()
            connection.execute("COMMIT")
        except BaseException:
            connection.close()
            raise
        return plan

    def close(self) -> None:
        self.connection.close()

    def __enter__(self) -> Plan:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def operations(self) -> Iterator[Operation]:
        """What is to be done, in this order; a content's dependents come before it. To be iterated once.

        After each operation the record holds together, whether or not others follow.
        """
        store = ContentStore(self.connection)
        for place, digest in self._places():
            for dependent in self._staying_dependents(place, digest):
                operation = self._reencoded(store, dependent, digest)
                if operation is None:
                    self._spared.add(digest)
                else:
                    yield operation
            if digest not in self._spared:
                yield self._drop(digest)

    def _places(self) -> Iterator[tuple[int, bytes]]:
        """What goes, last come first; some at a time, as an open statement would keep the log from being emptied."""
        last = (1 << 63) - 1
        while not self._is_cancelled():
            rows = self.connection.execute(
                "SELECT place, digest FROM going WHERE place < ? ORDER BY place DESC LIMIT 256", (last,)
            ).fetchall()
            if not rows:
                return
            yield from rows
            last = rows[-1][0]

    # Which versions go

    def _make(self) -> None:
        one = self.connection.execute
        self.sequence = one(
            "SELECT coalesce(max(sequence), 0) FROM changes"
            " WHERE recorder_id = (SELECT recorder_id FROM recorders LIMIT 1)"
        ).fetchone()[0]
        if not self.retention.is_on:
            return
        limit = self.retention.max_size
        is_over = limit is not None and used_bytes(self.connection) > limit
        self._sort_out(is_over)
        one(_NEEDED_ELSEWHERE)
        if is_over and limit is not None:
            self._oldest_until(limit)
            one(_NEEDED_ELSEWHERE)
        self._find_contents()
        self._count()

    def _sort_out(self, is_over: bool) -> None:
        """Ask the rules, file by file. Where the store is too large, note also what else could go."""
        is_reviewing = self.retention.keep_unreviewed and reviews.is_in_use(self.connection)
        pinned = reviews.pinned(self.connection)
        for (recorder_id, file_id), rows in groupby(self._versions(), key=lambda row: row[:2]):
            versions = list(rows)
            stays = kept([row[3] for row in versions], self.retention, self.now_ns)
            if all(stays) and not is_over:
                continue
            current = self._current(file_id)
            unreviewed = self._unreviewed(file_id) if is_reviewing else frozenset()
            for (_, _, digest, time_ns, size), stay in zip(versions, stays, strict=True):
                if digest == current or digest in pinned.get(file_id, ()):
                    continue
                if digest in unreviewed:
                    self.totals.held += not stay
                elif not stay:
                    self._goes(digest, recorder_id, file_id, size)
                elif is_over:
                    self.connection.execute(
                        "INSERT INTO staying_versions VALUES (?, ?, ?, ?, ?)",
                        (time_ns, digest, recorder_id, file_id, size),
                    )

    def _versions(self) -> Iterator[_VersionRow]:
        for number, row in enumerate(self.connection.execute(_VERSIONS)):
            if number % 4096 == 0 and self._is_cancelled():
                return
            yield row

    def _current(self, file_id: bytes) -> bytes | None:
        """The content of a file that is there."""
        row = self.connection.execute(
            "SELECT digest FROM files WHERE file_id = ? AND present", (file_id,)
        ).fetchone()
        return row[0] if row else None

    def _unreviewed(self, file_id: bytes) -> frozenset[bytes | None]:
        rows = self.connection.execute(_UNREVIEWED, (file_id,))
        return frozenset(digest for row in rows for digest in row)

    def _goes(self, digest: bytes, recorder_id: bytes, file_id: bytes, size: int) -> None:
        self.connection.execute(
            "INSERT INTO going_versions VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (digest, recorder_id, file_id, size),
        )

    def _oldest_until(self, limit: int) -> None:
        """Let the oldest versions go as well until the store should be as small as it may be.

        What they give back is estimated, and rather too high: what builds on them has to be stored anew.
        """
        store = ContentStore(self.connection)
        left = used_bytes(self.connection) - limit
        going = self.connection.execute("SELECT DISTINCT digest FROM going_versions").fetchall()
        left -= sum(self._stored(store, digest) for (digest,) in going)
        rows = self.connection.execute(
            "SELECT digest, recorder_id, file_id, size FROM staying_versions ORDER BY time_ns, digest"
        )
        counted: set[bytes] = set()
        for digest, recorder_id, file_id, size in rows:
            if left <= 0:
                break
            self._goes(digest, recorder_id, file_id, size)
            if digest not in counted:
                counted.add(digest)
                left -= self._stored(store, digest)

    def _stored(self, store: ContentStore, digest: bytes) -> int:
        """Bytes that a content takes in the database, its pieces included."""
        size = "SELECT coalesce(sum(length(data)), 0), max(codec) FROM contents WHERE digest = ?"
        own, codec = self.connection.execute(size, (digest,)).fetchone()
        if codec != "c":
            return int(own)
        pieces = (self.connection.execute(size, (piece,)).fetchone()[0] for piece in store.needs(digest))
        return int(own + sum(pieces))

    # Which contents go with them

    def _find_contents(self) -> None:
        one = self.connection.execute
        if not _exists(self.connection, "going_versions"):
            return
        one(
            "INSERT INTO going SELECT c.rowid, c.digest FROM (SELECT DISTINCT digest FROM going_versions) g"
            " JOIN contents c ON c.digest = g.digest AND c.chunk = 0"
        )
        self._find_pieces()
        one("DELETE FROM going_versions WHERE digest NOT IN (SELECT digest FROM going)")
        one(
            "INSERT INTO dependents SELECT base_digest, rowid, digest FROM contents NOT INDEXED"
            " WHERE base_digest IN (SELECT digest FROM going)"
        )

    def _find_pieces(self) -> None:
        """Pieces of large contents that go, where no content that stays has them."""
        store, one = ContentStore(self.connection), self.connection.execute
        lists = (
            "SELECT DISTINCT digest FROM contents INDEXED BY contents_lists"
            " WHERE codec = 'c' AND digest {} IN (SELECT digest FROM going)"
        )
        for (digest,) in one(lists.format("")).fetchall():
            self._each("INSERT INTO pieces VALUES (?) ON CONFLICT DO NOTHING", store.needs(digest))
        for (digest,) in one(lists.format("NOT")).fetchall():
            try:
                needed = store.needs(digest)
            except CodecError:  # which pieces it has cannot be told, so all stay
                one("DELETE FROM pieces")
                return
            self._each("DELETE FROM pieces WHERE digest = ?", needed)
            self._each("DELETE FROM going WHERE digest = ?", needed)  # a version that is a piece of another
        if _exists(self.connection, "pieces"):
            one(
                "DELETE FROM pieces WHERE digest IN (SELECT digest FROM backup_paths NOT INDEXED"
                " WHERE digest IN (SELECT digest FROM pieces))"
            )
            one(f"DELETE FROM pieces WHERE digest IN ({_SETS})")
            one(
                "INSERT INTO going SELECT c.rowid, c.digest FROM pieces p JOIN contents c"
                " ON c.digest = p.digest AND c.chunk = 0 WHERE true ON CONFLICT DO NOTHING"
            )

    def _each(self, sql: str, digests: list[bytes]) -> None:
        self.connection.executemany(sql, ((digest,) for digest in digests))

    def _count(self) -> None:
        one, totals = self.connection.execute, self.totals
        totals.versions, totals.files = one(
            "SELECT count(*), count(DISTINCT file_id) FROM going_versions"
        ).fetchone()
        totals.version_bytes = one("SELECT coalesce(sum(size), 0) FROM going_versions").fetchone()[0]
        totals.contents, totals.stored_bytes = one(
            "SELECT count(DISTINCT g.digest), coalesce(sum(length(c.data)), 0) FROM going g"
            " JOIN contents c ON c.digest = g.digest"
        ).fetchone()

    # How they go

    def _staying_dependents(self, place: int, digest: bytes) -> list[bytes]:
        """What builds on a content that goes and has not gone before it."""
        rows = self.connection.execute(
            "SELECT d.digest, d.place, g.place IS NOT NULL FROM dependents d LEFT JOIN going g ON g.digest = d.digest"
            " WHERE d.base = ? ORDER BY d.place",
            (digest,),
        ).fetchall()
        return [d for d, own_place, goes in rows if not (goes and own_place > place) or d in self._spared]

    def _reencoded(self, store: ContentStore, digest: bytes, base: bytes) -> Reencode | None:
        """A content on the nearest base that stays, or whole; None where it cannot be read, and so needs what it has."""
        self.connection.execute("BEGIN")
        try:
            data = store.version(digest).data
            below = self._staying_base(store, base)
            old = store.version(below) if below is not None else None
        except (CodecError, ContentMissing):
            return None
        finally:
            self.connection.execute("COMMIT")
        delta_base = DeltaBase(old.digest, old.data, old.pieces[0].steps) if old is not None else None
        encoded = encode(data, delta_base)
        again = decode(encoded.codec, bytes(encoded.data), old.data if encoded.base and old else None)
        if hashlib.sha256(again).digest() != digest:
            return None
        return Reencode(ContentRow(digest, 0, encoded.codec, encoded.base, encoded.data), base)

    def _staying_base(self, store: ContentStore, digest: bytes) -> bytes | None:
        """The first below a content that goes which does not go."""
        below: bytes | None = digest
        while below is not None and below not in self._spared and self._is_going(below):
            below = next(iter(store.needs(below)), None)
        return below

    def _is_going(self, digest: bytes) -> bool:
        return (
            self.connection.execute("SELECT 1 FROM going WHERE digest = ?", (digest,)).fetchone() is not None
        )

    def _drop(self, digest: bytes) -> Drop:
        rows = self.connection.execute(
            "SELECT recorder_id, file_id, size FROM going_versions WHERE digest = ?", (digest,)
        ).fetchall()
        return Drop(digest, tuple(row[:2] for row in rows), rows[0][2] if rows else 0)


def used_bytes(connection: sqlite3.Connection) -> int:
    """What the database holds, without pages that wait to be used again."""
    pages, free, size = (
        connection.execute(f"PRAGMA main.{name}").fetchone()[0]
        for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)


def _exists(connection: sqlite3.Connection, table: str) -> bool:
    """Whether a table has a row."""
    return connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is not None
