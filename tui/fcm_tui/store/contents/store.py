"""The content store: every version's bytes once, by SHA-256, in the table `contents`.

Writing is split so that the costly half needs no connection: `packing.pack` makes rows in any
thread, `ContentStore.insert` puts many of them into the transaction of the changes that they belong
to. Reading follows a delta's bases down to a whole piece, and never hands out bytes whose SHA-256 is
not the one that was asked for.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator

from fcm_tui.capture.codec import MAX_STEPS, CodecError, decode, encode, is_delta, steps_of, with_steps
from fcm_tui.errors import ContentMissing
from fcm_tui.store.contents.cache import ContentCache
from fcm_tui.store.contents.packing import CHUNKS, DIGEST_SIZE, ContentRow, Packed, Piece, Version, pack
from fcm_tui.store.database import code_of
from fcm_tui.store.reading.dialect import Connection, dialect_of
from fcm_tui.store.sealing.sealer import SEALED, Sealer, opener
from fcm_tui.store.statements import Insert

__all__ = ["ContentRow", "ContentStore", "Packed", "Piece", "Version", "pack"]

NOT_SENT = "it is larger than its recorder sends, or still on its way"
"""Why a content is not in the team's database."""
_PARAMETERS = 500
_LONGEST_WALK = 4096
_HEAVIEST_WALK = 256 << 20

_INSERT = Insert(
    "contents (digest, chunk, codec, base_digest, data)", 5, "ON CONFLICT (digest, chunk) DO NOTHING"
)


_Row = tuple[str, bytes | None, bytes]
"""Codec, base digest and data."""


class ContentStore:
    """Reads and inserts content over one connection; used from the thread that the connection is.

    Reading needs nothing but SELECT, so a read-only connection will do. Transactions are the
    caller's: `insert` neither begins nor commits one.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        cache_bytes: int = 32 << 20,
        max_bytes: int = 1 << 30,
        sealer: Sealer | None = None,
    ) -> None:
        """Keep at most `cache_bytes` of decoded pieces; refuse a version of more than `max_bytes`.

        `max_bytes` keeps a hostile database from filling the memory with one small row, and has to
        be at least the size limit that was recorded with. What is inserted is sealed by `sealer`, if given.
        """
        self._connection = connection
        self._cache = ContentCache(cache_bytes)
        self._max_bytes = max_bytes
        self._sealer = sealer

    @property
    def _writing(self) -> sqlite3.Connection:
        """The connection, where something is written: that is only ever done here."""
        assert isinstance(self._connection, sqlite3.Connection)
        return self._connection

    @property
    def cached_bytes(self) -> int:
        """Bytes of decoded pieces in memory now."""
        return self._cache.size

    def known(self, digests: Iterable[bytes]) -> set[bytes]:
        """Those of the digests whose content is in the store."""
        wanted = list(dict.fromkeys(digests))
        found: set[bytes] = set()
        for start in range(0, len(wanted), _PARAMETERS):
            part = wanted[start : start + _PARAMETERS]
            places = ",".join("?" * len(part))
            found.update(
                digest
                for (digest,) in self._connection.execute(
                    f"SELECT digest FROM contents WHERE chunk = 0 AND digest IN ({places})",
                    part,
                )
            )
        return found

    def insert(self, rows: Iterable[ContentRow]) -> int:
        """Insert rows in their order, and say how many were new; content that is there stays.

        A delta's base has to be there already or to come before it, which is also what rules out
        circles. The steps that a delta's row states are set right here, where the base's are known, and one
        with more than `MAX_STEPS` below it is stored whole, whatever its packer took the base for.

        Raises:
            ValueError: a delta's base is neither in the store nor before it; the transaction is to be rolled back.
        """
        rows = rows if isinstance(rows, list) else list(rows)
        before = self._writing.total_changes
        if self._sealer is None and all(row.base_digest is None for row in rows):
            _INSERT.run(self._writing, rows)
            return self._writing.total_changes - before
        steps = self._steps(row.base_digest for row in rows if row.base_digest is not None)
        ready: list[ContentRow] = []
        for row in rows:
            own = 0
            if row.base_digest is not None:
                below = steps.get(row.base_digest)
                if below is None:
                    raise ValueError(
                        f"{_name(row.digest)} builds on {_name(row.base_digest)}, which is not stored"
                    )
                own = below + 1
                if own > MAX_STEPS:
                    _INSERT.run(self._writing, ready)  # the base may be among them
                    ready.clear()
                    row = self._made_whole(row, row.base_digest)
                    own = 0
                elif row.data[0] != own:
                    row = row._replace(data=with_steps(row.data, own))
            if row.chunk == 0 and row.codec != CHUNKS:
                steps.setdefault(row.digest, own)
            ready.append(self._sealer.seal_row(row) if self._sealer else row)
        _INSERT.run(self._writing, ready)
        return self._writing.total_changes - before

    def _made_whole(self, row: ContentRow, base: bytes) -> ContentRow:
        """A delta as the row of its content, whole; as it is where the base is damaged."""
        try:
            whole = encode(decode(row.codec, bytes(row.data), self._piece(base)[0]))
        except CodecError:
            return row
        return row._replace(codec=whole.codec, base_digest=None, data=whole.data)

    def replace(self, row: ContentRow, instead_of: bytes) -> bool:
        """Store a delta in another way, where its base still is `instead_of`; whether that was so.

        Its place in the order of rows stays, so that what builds on it still comes after it.

        Raises:
            ValueError: the new base is not in the store.
        """
        if row.base_digest is not None:
            below = self._steps([row.base_digest]).get(row.base_digest)
            if below is None:
                raise ValueError(f"{_name(row.digest)} cannot build on {_name(row.base_digest)}: not stored")
            row = row._replace(data=with_steps(row.data, below + 1))
        if self._sealer:
            row = self._sealer.seal_row(row)
        changed = self._writing.execute(
            "UPDATE contents SET codec = ?, base_digest = ?, data = ? WHERE digest = ? AND chunk = 0 AND base_digest = ?",
            (row.codec, row.base_digest, row.data, row.digest, instead_of),
        )
        return changed.rowcount == 1

    def remove(self, digest: bytes) -> None:
        """Take a content out. That nothing needs it is for the caller to know."""
        self._writing.execute("DELETE FROM contents WHERE digest = ?", (digest,))
        self._cache.drop(digest)

    def needs(self, digest: bytes) -> list[bytes]:
        """The contents that this one cannot be read without: its base, or its pieces.

        Raises:
            CodecError: what is stored is damaged.
        """
        rows = self._rows(digest)
        if rows and rows[0][0] == CHUNKS:
            listed = b"".join(data for _, _, data in rows)
            return [listed[at : at + DIGEST_SIZE] for at in range(0, len(listed), DIGEST_SIZE)]
        return [base for _, base, _ in rows if base is not None]

    def remember(self, version: Version, instead_of: Version | None = None) -> None:
        """Keep a version of one piece in memory, as its file's next version will build on it.

        Call it once the version's rows are committed, where this store is also inserted into.
        `instead_of` is the file's version before, which is not expected to be asked for again.
        """
        if instead_of is not None:
            self._cache.drop(instead_of.digest)
        if len(version.pieces) == 1:
            self._cache.put(version.digest, version.data, version.pieces[0].steps)

    def get(self, digest: bytes) -> bytes:
        """A version's bytes, exact.

        Raises:
            ContentMissing: they are not in the store, what is there is damaged, or sealed without a key here.
        """
        return self.version(digest).data

    def get_many(self, digests: Iterable[bytes]) -> Iterator[tuple[bytes, bytes]]:
        """Each digest with its version's bytes, in the order given and one at a time in memory.

        Raises:
            ContentMissing: as `get`, when its turn comes.
        """
        for digest in digests:
            yield digest, self.get(digest)

    def version(self, digest: bytes) -> Version:
        """A version's bytes and how they are stored: the base to `pack` the next version against.

        Raises:
            ContentMissing: as `get`.
        """
        cached = self._cache.get(digest)
        if cached is not None:
            return Version(digest, cached[0], (Piece(digest, len(cached[0]), cached[1]),))
        try:
            version = self._decode(digest)
        except CodecError as error:
            raise ContentMissing(
                f"the content {_name(digest)} is damaged: it {error}; `fcm-tui verify` lists all damage,"
                " a backup of the database has it whole"
            ) from error
        if version is None:
            why = (
                f"was not sent there: {NOT_SENT}"
                if dialect_of(self._connection).is_server
                else "is not in the store: it was never kept, or was thinned out"
            )
            raise ContentMissing(f"the content {_name(digest)} {why}")
        return version

    def problem(self, digest: bytes) -> str:
        """What is wrong with a content, as the end of a sentence about it; empty where it is sound."""
        try:
            return "" if self._decode(digest) is not None else "is not in the store"
        except CodecError as error:
            return str(error)

    def verify_all(self, progress: Callable[[int, int], None] | None = None) -> Iterator[tuple[bytes, str]]:
        """Check every content, and yield the digest and the problem of each that does not hold.

        `progress` is called now and then with how many contents are checked, and of how many. What
        is in memory is not trusted. The digest is empty where a row has none that can be told.
        """
        # The audit reads through this class.
        from fcm_tui.store.contents.audit import audit

        return audit(self._writing, max_bytes=self._max_bytes, progress=progress)

    def _decode(self, digest: bytes) -> Version | None:
        row = self._row(digest)
        if row is None:
            return None
        if row[0] == CHUNKS:
            return self._assemble(digest)
        data, steps = self._piece(digest, row)
        return Version(digest, data, (Piece(digest, len(data), steps),))

    def _assemble(self, digest: bytes) -> Version:
        """A version from the pieces that its rows list."""
        listed = b"".join(data for _, _, data in self._rows(digest))
        if len(listed) % DIGEST_SIZE:
            raise CodecError("lists a part of a digest")
        whole = bytearray()
        pieces: list[Piece] = []
        for start in range(0, len(listed), DIGEST_SIZE):
            name = listed[start : start + DIGEST_SIZE]
            try:
                data, steps = self._piece(name)
            except CodecError as error:
                raise CodecError(f"has the piece {_name(name)}, which {error}") from error
            if len(whole) + len(data) > self._max_bytes:
                raise CodecError(f"is larger than {self._max_bytes} bytes")
            whole += data
            pieces.append(Piece(name, len(data), steps))
        joined = bytes(whole)
        if hashlib.sha256(joined).digest() != digest:
            raise CodecError("has other bytes than its digest says")
        return Version(digest, joined, tuple(pieces))

    def _piece(self, digest: bytes, row: _Row | None = None) -> tuple[bytes, int]:
        """A piece's bytes and its steps: down to a whole or cached base, and up again."""
        cached = self._cache.get(digest)
        if cached is not None:
            return cached
        row = row or self._row(digest)
        if row is None:
            raise CodecError("is not in the store")
        steps = steps_of(row[0], row[2])
        deltas: list[tuple[str, bytes]] = []
        seen, weight = {digest}, 0
        while cached is None and is_delta(row[0]):
            codec, base, delta = row
            if base is None:
                raise CodecError("is a delta without a base")
            if base in seen:
                raise CodecError("stands in a circle of deltas")
            seen.add(base)
            deltas.append((codec, delta))
            weight += len(delta)
            if len(deltas) > _LONGEST_WALK or weight > _HEAVIEST_WALK:
                raise CodecError("has more deltas below it than are ever made")
            cached = self._cache.get(base)
            if cached is None:
                row = self._row(base)
                if row is None:
                    raise CodecError(f"lacks its base {_name(base)}")
        data = cached[0] if cached is not None else decode(row[0], row[2])
        for codec, delta in reversed(deltas):
            data = decode(codec, delta, data)
        if hashlib.sha256(data).digest() != digest:
            raise CodecError("has other bytes than its digest says")
        self._cache.put(digest, data, steps)
        return data, steps

    def _row(self, digest: bytes) -> _Row | None:
        rows = self._rows(digest, "AND chunk = 0")
        return rows[0] if rows else None

    def _rows(self, digest: bytes, which: str = "ORDER BY chunk") -> list[_Row]:
        """Rows of a content, with the types of the schema, which SQLite itself does not insist on."""
        try:
            found = self._connection.execute(
                f"SELECT codec, base_digest, data FROM contents WHERE digest = ? {which}", (digest,)
            ).fetchall()
        except sqlite3.DatabaseError as error:
            if code_of(error) not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):  # a lock is no damage
                raise
            raise CodecError(f"cannot be read ({error})") from error
        for codec, base, data in found:
            if not (isinstance(codec, str) and isinstance(data, bytes) and isinstance(base, bytes | None)):
                raise CodecError("has a row with values of the wrong type")
            if base is not None and not is_delta(codec.removeprefix(SEALED)):
                raise CodecError("names a base although it is no delta")
        return [self._opened(digest, chunk, row) for chunk, row in enumerate(found)]

    def _opened(self, digest: bytes, chunk: int, row: _Row) -> _Row:
        """A row as it was before it was sealed, if it is."""
        codec, base, data = row
        if not codec.startswith(SEALED):
            return row
        sealer = self._sealer or opener(self._connection)
        return codec[len(SEALED) :], base, sealer.open_data(digest, chunk, codec, data)

    def _steps(self, digests: Iterable[bytes]) -> dict[bytes, int]:
        """The steps of those digests that are stored as pieces."""
        wanted = list(dict.fromkeys(digests))
        found: dict[bytes, int] = {}
        for start in range(0, len(wanted), _PARAMETERS):
            part = wanted[start : start + _PARAMETERS]
            places = ",".join("?" * len(part))
            for digest, codec, first in self._connection.execute(
                # A piece stored whole is not loaded only to look at its first byte.
                "SELECT digest, codec, CASE WHEN base_digest IS NULL THEN x'' ELSE substr(data, 1, 1) END"
                f" FROM contents WHERE chunk = 0 AND codec <> '{CHUNKS}' AND digest IN ({places})",
                part,
            ):
                found[digest] = steps_of(codec.removeprefix(SEALED), first)
        return found


def _name(digest: bytes) -> str:
    return f"sha256:{digest.hex()}"
