"""Whether a record holds together: the chain, every difference, every content, every mapping.

Everything is computed again from what the tables say, in one read transaction, so that a recorder may
be at work meanwhile. Rows stream: nothing is held but row numbers (16 bytes a content).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from fcm_tui.capture.codec import CodecError
from fcm_tui.errors import StoreError
from fcm_tui.safetext import visible_path
from fcm_tui.store import chain
from fcm_tui.store.contents.store import ContentStore
from fcm_tui.store.database import code_of
from fcm_tui.store.reading.dialect import Connection
from fcm_tui.store.reading.lengths import FIRST_BYTES, length_of
from fcm_tui.store.retention import prunes
from fcm_tui.store.retention.prunes import WAS_THINNED
from fcm_tui.store.sealing.sealer import keys_of, opener
from fcm_tui.store.trust import relations
from fcm_tui.store.trust.anchors import Anchor, Head, why_not
from fcm_tui.store.trust.problems import Problem, hex_text, of_recorder, safe_path

_EVERY = 4096
_NAMES = (*chain.CHAINED_COLUMNS, *chain.LATER_COLUMNS)
CHAIN_COLUMNS = ", ".join(_NAMES)
"""Of a change, as they are hashed."""
HUNK_COLUMNS = "difference_digest, old_start, old_count, new_start, new_count"
_LATER = len(chain.CHAINED_COLUMNS)
_BLOBS = frozenset(_NAMES.index(name) for name in (
    "root_id", "file_id", "path", "previous_path", "before_digest", "after_digest", "attributes",
    "previous_attributes"))  # fmt: skip
_TEXTS = frozenset(_NAMES.index(name) for name in (
    "kind", "owner", "process", "process_info", "capture", "origin", "encoding", "newline"))  # fmt: skip

Progress = Callable[[str, int, int], None]
"""Told now and then what is being checked, how much of it is done, and of how much."""


@dataclass(slots=True)
class Tally:
    """How much was checked; complete once the checks are through."""

    changes: int = 0
    differences: int = 0
    contents: int = 0
    versions: int = 0
    """Rows of `backup_paths`."""
    thinned: int = 0
    """Contents that retention thinned out."""
    elsewhere: int = 0
    """Versions whose content was not sent to a server, and is where it was recorded, if it was kept."""
    problems: int = 0
    heads: list[Head] = field(default_factory=list)


def verify(
    connection: Connection,
    tally: Tally,
    progress: Progress = lambda what, done, total: None,
    anchors: Sequence[Anchor] = (),
) -> Iterator[Problem]:
    """Check all of a record, and yield each problem as it is found; `tally` is counted up meanwhile.

    `anchors` are heads that it had earlier, and must still lead through.

    The connection is taken over: it reads one snapshot until the end, and texts that are not UTF-8
    come out of it changed instead of stopping it.

    Raises:
        StoreError: the database is locked, or the disk does not give what it holds.
        ContentSealed: it is encrypted, and the key is not there.
    """
    if keys_of(connection):
        opener(connection)
    if not isinstance(connection, sqlite3.Connection):
        from fcm_tui.store.trust.server import verify_server

        yield from verify_server(connection, tally, progress, anchors)
        return
    connection.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
    connection.execute("BEGIN")

    checks = [
        ("changes", anchored(connection, anchors)),
        ("changes", chained(_local_rows(connection), tally, progress)),
        ("differences", _local_differences(connection, tally, progress)),
        ("contents", _contents(connection, tally, progress)),
        ("backup_paths", _backups(connection, tally, progress)),
        ("prunes", _prunes(connection, tally)),
        *((table, check(connection)) for table, check in relations.CHECKS),
    ]
    try:
        for table, check in checks:
            try:
                for problem in check:
                    tally.problems += 1
                    yield problem
            except sqlite3.DatabaseError as error:
                if code_of(error) in (
                    sqlite3.SQLITE_BUSY,
                    sqlite3.SQLITE_LOCKED,
                    sqlite3.SQLITE_NOMEM,
                    sqlite3.SQLITE_INTERRUPT,
                ):
                    raise StoreError(f"the record cannot be checked now ({error}): try again") from error
                tally.problems += 1
                yield Problem("record", "", f"the table `{table}` cannot be read ({error})")
    finally:
        connection.execute("ROLLBACK")


def anchored(connection: Connection, anchors: Sequence[Anchor]) -> Iterator[Problem]:
    """Each head that it had earlier lies in the chain."""
    several = count(connection, "recorders") > 1
    for anchor in anchors:
        if problem := why_not(connection, anchor.head):
            where = of_recorder(anchor.head.recorder, anchor.head.sequence, several)
            yield Problem("anchor", where, problem)


@dataclass(frozen=True, slots=True)
class ChainRows:
    """What a chain is checked with, in the order of recorders and numbers."""

    changes: Iterable[Sequence[Any]]
    """Of each: recorder, hash, and `CHAIN_COLUMNS`."""
    hunks: Iterator[tuple[Any, ...]]
    """Of each: recorder, number, and the columns of `HUNK_COLUMNS`; within a change by ordinal."""
    total: int
    several: bool
    """There are several recorders."""


def _local_rows(connection: sqlite3.Connection) -> ChainRows:
    return ChainRows(
        connection.execute(
            f"SELECT recorder_id, chain_hash, {CHAIN_COLUMNS} FROM changes ORDER BY recorder_id, sequence"
        ),
        connection.execute(
            f"SELECT recorder_id, sequence, {HUNK_COLUMNS}"
            " FROM change_differences ORDER BY recorder_id, sequence, ordinal"
        ),
        count(connection, "changes"),
        count(connection, "recorders") > 1,
    )


def chained(rows: ChainRows, tally: Tally, progress: Progress) -> Iterator[Problem]:
    """Each change's hash from the hash before it, its columns and its hunks."""
    total, several = rows.total, rows.several
    recorder, begun = b"", False
    hunks = _Hunks(rows.hunks)
    sequence, previous = 0, b""
    good_types: set[tuple[type, ...]] = set()
    for own, stored, *columns in rows.changes:
        if not isinstance(own, bytes):
            yield Problem("record", "", "has a change of a recorder whose id is not bytes")
            continue
        if own != recorder or not begun:
            if begun:
                tally.heads.append(Head(recorder, sequence, previous))
            recorder, begun, sequence = own, True, 0
            previous = chain.start(recorder)
        number = columns[0]
        where = of_recorder(recorder, number, several)
        if number <= sequence:
            yield Problem("change", where, "is no such number")
        elif number != sequence + 1:
            missing = f"{sequence + 1}" if number == sequence + 2 else f"{sequence + 1} to {number - 1}"
            yield Problem("change", where, f"{missing} is missing before it")
        sequence = number
        types = tuple(map(type, columns))
        if types not in good_types:
            wrong = _wrong_types(columns)
            if wrong:
                yield Problem("change", where, f"has a value of the wrong type in {', '.join(wrong)}")
            else:
                good_types.add(types)
        try:
            own_hunks = hunks.of(recorder, number)
            found = chain.link(previous, columns[:_LATER], own_hunks, columns[_LATER:])
        except (TypeError, ValueError) as error:
            yield Problem("change", where, f"cannot be hashed ({error})")
            found = stored
        if found != stored:
            yield Problem(
                "change", where, "its hash is not that of its columns, its hunks and the change before it"
            )
        previous = stored if isinstance(stored, bytes) else b""
        tally.changes += 1
        if tally.changes % _EVERY == 0:
            progress("changes", tally.changes, total)
    if begun:
        tally.heads.append(Head(recorder, sequence, previous))


class _Hunks:
    """The rows of `change_differences`, which come in the order of the changes."""

    def __init__(self, rows: Iterator[tuple[Any, ...]]) -> None:
        self._rows = rows
        self._next = next(rows, None)

    def of(self, recorder: bytes, sequence: int) -> list[chain.HunkRow]:
        """The hunks of one change; those of numbers passed over are strays, which another check tells."""
        key = (recorder, sequence)
        found: list[chain.HunkRow] = []
        while self._next is not None:
            own = (self._next[0], self._next[1])
            if own > key:
                break
            if own == key:
                found.append(self._next[2:])
            self._next = next(self._rows, None)
        return found


def _wrong_types(columns: list[object]) -> list[str]:
    """Columns whose type is not the schema's: in the hash, X'ab' and 'ab' would look alike."""
    wrong = []
    for index, value in enumerate(columns):
        wanted = bytes if index in _BLOBS else str if index in _TEXTS else int
        if value is not None and not isinstance(value, wanted):
            wrong.append(_NAMES[index])
    return wrong


def _local_differences(connection: sqlite3.Connection, tally: Tally, progress: Progress) -> Iterator[Problem]:
    rows = connection.execute("SELECT digest, operation, affected_lines, replaced_lines FROM differences")
    return lined(connection, rows, tally, progress)


def lined(
    connection: Connection, rows: Iterable[Sequence[Any]], tally: Tally, progress: Progress
) -> Iterator[Problem]:
    """Each difference has the lines that its digest says; `rows` are digest, operation and both sides."""
    total = count(connection, "differences")
    sealed = bool(keys_of(connection))
    for digest, operation, affected, replaced in rows:
        tally.differences += 1
        try:
            if isinstance(affected, bytes) and sealed:
                sealer = opener(connection)
                affected = sealer.open_lines(digest, "affected", affected)
                replaced = replaced if replaced is None else sealer.open_lines(digest, "replaced", replaced)
                holds = sealer.keyed(chain.difference_digest(operation, affected, replaced)) == digest
            else:
                holds = chain.difference_digest(operation, affected, replaced) == digest
        except (TypeError, AttributeError, CodecError):
            holds = False
        if not holds:
            yield Problem("difference", hex_text(digest), "has other lines than its digest says")
        if tally.differences % _EVERY == 0:
            progress("differences", tally.differences, total)


def _contents(connection: sqlite3.Connection, tally: Tally, progress: Progress) -> Iterator[Problem]:
    def counted(done: int, total: int) -> None:
        tally.contents = total
        progress("contents", done, total)

    for digest, problem in ContentStore(connection).verify_all(counted):
        yield Problem("content", digest.hex(), problem)


def _backups(connection: sqlite3.Connection, tally: Tally, progress: Progress) -> Iterator[Problem]:
    """Each mapping leads to a content of its size; each version said to be stored has one."""
    total = count(connection, "backup_paths")
    for path, digest, backup, size, codec, first, stored in connection.execute(
        "SELECT b.original_file, b.digest, b.backup_file, b.size, c.codec, substr(c.data, 1, ?), length(c.data)"
        " FROM backup_paths b LEFT JOIN contents c ON c.digest = b.digest AND c.chunk = 0",
        (FIRST_BYTES,),
    ):
        tally.versions += 1
        if tally.versions % _EVERY == 0:
            progress("backups", tally.versions, total)
        if backup != f"sha256:{hex_text(digest)}":
            yield Problem(
                "backup",
                safe_path(path),
                f"names {visible_path(str(backup).encode())[:80]} as the copy of {hex_text(digest)}",
            )
        if codec is None:
            yield Problem("backup", safe_path(path), f"its copy {hex_text(digest)} is not in the store")
        elif (length := length_of(connection, digest, codec, first, stored)) != size:
            yield Problem(
                "backup", safe_path(path), f"its copy {hex_text(digest)} has {length} bytes, not {size}"
            )
    yield from _backup_origins(connection)
    for table, where, named, digest in (
        ("changes", "capture = 'stored' AND after_digest IS NOT NULL", "sequence", "after_digest"),
        ("files", "present AND capture = 'stored' AND digest IS NOT NULL", "path", "digest"),
    ):
        own = (
            "t.recorder_id"
            if table == "changes"
            else "(SELECT r.recorder_id FROM roots r WHERE r.root_id = t.root_id)"
        )
        # What retention thinned since is on record; the version of a file that is there never is.
        thinned = (
            WAS_THINNED.format(digest="t.after_digest", sequence="t.sequence") if table == "changes" else 0
        )
        for name, wanted, mapped in connection.execute(
            f"SELECT t.{named}, t.{digest}, EXISTS (SELECT 1 FROM backup_paths b WHERE b.recorder_id = {own}"
            f" AND b.file_id = t.file_id AND b.digest = t.{digest}) AS mapped FROM {table} t WHERE {where}"
            f" AND (NOT mapped OR NOT EXISTS (SELECT 1 FROM contents c WHERE c.digest = t.{digest} AND c.chunk = 0))"
            f" AND (mapped OR NOT {thinned})"
        ):
            what = "is not in the store" if mapped else "has no row in `backup_paths`"
            label = ("change", f"{name}") if table == "changes" else ("file", safe_path(name))
            yield Problem(*label, f"its version {hex_text(wanted)} {what}")


def _backup_origins(connection: sqlite3.Connection) -> Iterator[Problem]:
    """Each backup was made when, and of the path where, a change left it or its file was first seen."""
    for path, digest in connection.execute(
        # `NOT IN` with four columns would go through the whole list for each of them.
        "SELECT b.original_file, b.digest FROM (SELECT file_id, digest, time_ns, original_file FROM backup_paths"
        " EXCEPT SELECT file_id, after_digest, time_ns, path FROM changes) b LEFT JOIN files f ON f.file_id = b.file_id"
        " WHERE b.time_ns IS NOT f.first_seen_ns OR b.original_file IS NOT"
        " coalesce((SELECT coalesce(c.previous_path, c.path) FROM changes c"
        " WHERE c.file_id = b.file_id ORDER BY c.sequence LIMIT 1), f.path)"
    ):
        yield Problem("backup", safe_path(path), f"no version {hex_text(digest)} was left there at its time")


def _prunes(connection: sqlite3.Connection, tally: Tally) -> Iterator[Problem]:
    """Each prune's hash, and that what is said to be thinned is what a prune thinned."""
    for number, problem in prunes.audit(connection):
        yield Problem("prune", number, problem)
    tally.thinned = count(connection, "thinned")


def count(connection: Connection, table: str) -> int:
    """The rows of a table."""
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
