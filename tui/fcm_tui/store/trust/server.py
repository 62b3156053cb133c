"""Whether what is on the team's database holds together: for anybody who may read there, and owes it no trust.

Each recorder's chain from its first change to its last, every difference, every content that is there, every mapping of a
version, the hashes of the small rows: computed again from one snapshot, page by page, so that nothing is held but
digests. A content need not be there: the large ones stay where they were recorded, and so they are counted, not blamed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from fcm_tui.store.contents.store import ContentStore
from fcm_tui.store.reading.dialect import MYSQL, Connection
from fcm_tui.store.reading.lengths import FIRST_BYTES, length_of
from fcm_tui.store.retention import prunes
from fcm_tui.store.retention.prunes import WAS_THINNED
from fcm_tui.store.trust import relations
from fcm_tui.store.trust.anchors import Anchor
from fcm_tui.store.trust.problems import Problem, hex_text, of_recorder, safe_path
from fcm_tui.store.trust.verify import (
    CHAIN_COLUMNS,
    HUNK_COLUMNS,
    ChainRows,
    Progress,
    Tally,
    anchored,
    chained,
    count,
    lined,
)

_AT_ONCE = 1000
_EVERY = 256
_UNMAPPED = (
    "SELECT c.recorder_id, c.sequence, c.after_digest FROM changes c WHERE c.capture = 'stored' AND c.after_digest IS NOT"
    " NULL AND NOT EXISTS (SELECT 1 FROM backup_paths b WHERE b.recorder_id = c.recorder_id AND b.file_id = c.file_id"
    " AND b.digest = c.after_digest) AND NOT "
    + WAS_THINNED.format(digest="c.after_digest", sequence="c.sequence")
)
_STRANGE = (
    "SELECT b.recorder_id, b.original_file, b.digest FROM backup_paths b WHERE NOT EXISTS (SELECT 1 FROM changes c"
    " WHERE c.recorder_id = b.recorder_id AND c.file_id = b.file_id"
    " AND (c.after_digest = b.digest OR c.before_digest = b.digest))"
    " AND EXISTS (SELECT 1 FROM changes c WHERE c.recorder_id = b.recorder_id AND c.file_id = b.file_id)"
)


def verify_server(
    connection: Connection, tally: Tally, progress: Progress, anchors: Sequence[Anchor]
) -> Iterator[Problem]:
    """As `verify.verify`, of a server.

    Raises:
        Whatever the connection does where the server is lost.
    """
    connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    connection.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
    recorders = _recorders(connection)
    rows = ChainRows(
        _changes(connection, recorders),
        _hunks(connection, recorders),
        count(connection, "changes"),
        len(recorders) > 1,
    )
    for check in (
        anchored(connection, anchors),
        chained(rows, tally, progress),
        lined(connection, _differences(connection), tally, progress),
        _contents(connection, tally, progress),
        _backups(connection, tally, progress),
        _prunes(connection, tally),
        relations.strays(connection),
        relations.ownerless(connection),
        relations.hashed_rows(connection),
    ):
        for problem in check:
            tally.problems += 1
            yield problem
    connection.execute("ROLLBACK")


def _recorders(connection: Connection) -> list[bytes]:
    """All that have changes, whether they are among the recorders or not."""
    found: list[bytes] = []
    after = b""
    while row := connection.execute(
        "SELECT recorder_id FROM changes WHERE recorder_id > ? ORDER BY recorder_id LIMIT 1", (after,)
    ).fetchone():
        after = row[0]
        found.append(after)
    return found


def _changes(connection: Connection, recorders: Sequence[bytes]) -> Iterator[Sequence[Any]]:
    for recorder_id in recorders:
        after = -1
        while rows := connection.execute(
            f"SELECT recorder_id, chain_hash, {CHAIN_COLUMNS} FROM changes WHERE recorder_id = ? AND sequence > ?"
            f" ORDER BY sequence LIMIT {_AT_ONCE}",
            (recorder_id, after),
        ).fetchall():
            yield from rows
            after = rows[-1][2]


def _hunks(connection: Connection, recorders: Sequence[bytes]) -> Iterator[tuple[Any, ...]]:
    for recorder_id in recorders:
        after = -1
        while row := connection.execute(
            "SELECT sequence FROM change_differences WHERE recorder_id = ? AND sequence > ?"
            f" ORDER BY sequence LIMIT 1 OFFSET {_AT_ONCE - 1}",
            (recorder_id, after),
        ).fetchone():
            yield from _hunks_between(connection, recorder_id, after, row[0])
            after = row[0]
        yield from _hunks_between(connection, recorder_id, after, (1 << 63) - 1)


def _hunks_between(
    connection: Connection, recorder_id: bytes, after: int, last: int
) -> Iterator[tuple[Any, ...]]:
    yield from connection.execute(
        f"SELECT recorder_id, sequence, {HUNK_COLUMNS} FROM change_differences"
        " WHERE recorder_id = ? AND sequence > ? AND sequence <= ? ORDER BY sequence, ordinal",
        (recorder_id, after, last),
    )


def _differences(connection: Connection) -> Iterator[Sequence[Any]]:
    after = b""
    while rows := connection.execute(
        f"SELECT d.digest, d.operation, {MYSQL.lines}"
        f" FROM differences d WHERE digest > ? ORDER BY digest LIMIT {_AT_ONCE // 10}",
        (after,),
    ).fetchall():
        for digest, operation, *lines in rows:
            yield digest, operation, *MYSQL.sides(lines)
        after = rows[-1][0]


def _contents(connection: Connection, tally: Tally, progress: Progress) -> Iterator[Problem]:
    """Each content is what its digest says; a delta right behind its base, which is in memory then."""
    store = ContentStore(connection)
    bases, builds_on = _links(connection)
    tally.contents = len(bases)
    left = [digest for digest, base in bases.items() if base is None or base not in bases]
    done = 0
    while left:
        digest = left.pop()
        del bases[digest]
        left += builds_on.pop(digest, ())
        done += 1
        if done % _EVERY == 0:
            progress("contents", done, tally.contents)
        if problem := store.problem(digest):
            yield Problem("content", digest.hex(), problem)
    for digest in bases:
        yield Problem("content", digest.hex(), "stands in a circle of deltas, or on one")
    for (digest,) in connection.execute(
        "SELECT DISTINCT digest FROM contents c WHERE chunk <> 0"
        " AND NOT EXISTS (SELECT 1 FROM contents f WHERE f.digest = c.digest AND f.chunk = 0)"
    ):
        yield Problem("content", digest.hex(), "has lost its first row")


def _links(connection: Connection) -> tuple[dict[bytes, bytes | None], dict[bytes, list[bytes]]]:
    """The base of each content, and what builds on each."""
    bases: dict[bytes, bytes | None] = {}
    builds_on: dict[bytes, list[bytes]] = {}
    after = b""
    while rows := connection.execute(
        "SELECT digest, base_digest FROM contents WHERE chunk = 0 AND digest > ?"
        f" ORDER BY digest LIMIT {_AT_ONCE * 10}",
        (after,),
    ).fetchall():
        for digest, base in rows:
            bases[digest] = base
            if base is not None:
                builds_on.setdefault(base, []).append(digest)
        after = rows[-1][0]
    return bases, builds_on


def _backups(connection: Connection, tally: Tally, progress: Progress) -> Iterator[Problem]:
    """Each mapping is that of a version of its file, and leads to a content of its size where one is there."""
    total, several = count(connection, "backup_paths"), count(connection, "recorders") > 1
    for recorder_id, path, digest, backup, size, codec, first, stored in _mapped(connection):
        tally.versions += 1
        if tally.versions % _EVERY == 0:
            progress("backups", tally.versions, total)
        if backup != f"sha256:{hex_text(digest)}":
            where = of_recorder(recorder_id, safe_path(path), several)
            yield Problem("backup", where, f"names another copy than {hex_text(digest)}")
        if codec is None:
            tally.elsewhere += 1
        elif (length := length_of(connection, digest, codec, first, stored)) != size:
            where = of_recorder(recorder_id, safe_path(path), several)
            yield Problem("backup", where, f"its copy {hex_text(digest)} has {length} bytes, not {size}")
    for recorder_id, path, digest in connection.execute(_STRANGE):
        where = of_recorder(recorder_id, safe_path(path), several)
        yield Problem("backup", where, f"no version {hex_text(digest)} was ever left there")
    for recorder_id, sequence, digest in connection.execute(_UNMAPPED):
        where = of_recorder(recorder_id, sequence, several)
        yield Problem("change", where, f"its version {hex_text(digest)} has no row in `backup_paths`")


def _prunes(connection: Connection, tally: Tally) -> Iterator[Problem]:
    several = count(connection, "recorders") > 1
    for recorder_id, number, problem in prunes.audit_server(connection):
        yield Problem("prune", of_recorder(recorder_id, number, several), problem)
    tally.thinned = count(connection, "thinned")


def _mapped(connection: Connection) -> Iterator[Sequence[Any]]:
    """Mappings, file by file, each with its recorder and what tells the length of their contents."""
    for recorder_id in [row[0] for row in connection.execute("SELECT recorder_id FROM recorders")]:
        after = b""
        while True:
            files = connection.execute(
                "SELECT DISTINCT file_id FROM backup_paths WHERE recorder_id = ? AND file_id > ?"
                f" ORDER BY file_id LIMIT {_AT_ONCE // 10}",
                (recorder_id, after),
            ).fetchall()
            if not files:
                break
            yield from connection.execute(
                "SELECT b.recorder_id, b.original_file, b.digest, b.backup_file, b.size, c.codec,"
                " substr(c.data, 1, ?), length(c.data)"
                " FROM backup_paths b LEFT JOIN contents c ON c.digest = b.digest AND c.chunk = 0"
                " WHERE b.recorder_id = ? AND b.file_id > ? AND b.file_id <= ?",
                (FIRST_BYTES, recorder_id, after, files[-1][0]),
            )
            after = files[-1][0]
