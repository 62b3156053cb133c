"""Whether a record holds together: the chain, every difference, every content, every mapping.

Everything is computed again from what the tables say, in one read transaction, so that a recorder may
be at work meanwhile. Rows stream: nothing is held but row numbers (16 bytes a content).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from fcm_tui.capture.codec import CodecError
from fcm_tui.errors import StoreError
from fcm_tui.safetext import visible_path
from fcm_tui.store import chain, prunes, row_hashes, schema
from fcm_tui.store.anchors import Anchor, Head, why_not
from fcm_tui.store.contents import ContentStore
from fcm_tui.store.database import code_of
from fcm_tui.store.lengths import FIRST_BYTES, length_of
from fcm_tui.store.prunes import WAS_THINNED
from fcm_tui.store.sealing import keys_of, opener
from fcm_tui.store.values import wrong_values

_EVERY = 4096
_COLUMNS = ", ".join(chain.CHAINED_COLUMNS)
_BLOBS = frozenset(chain.CHAINED_COLUMNS.index(name) for name in (
    "root_id", "file_id", "path", "previous_path", "before_digest", "after_digest"))  # fmt: skip
_TEXTS = frozenset(chain.CHAINED_COLUMNS.index(name) for name in (
    "kind", "owner", "process", "capture", "origin", "encoding", "newline"))  # fmt: skip

Progress = Callable[[str, int, int], None]
"""Told now and then what is being checked, how much of it is done, and of how much."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that does not hold."""

    what: str
    """`change`, `difference`, `content`, `backup`, `prune`, `file`, `recorder`, `root`, `gap`, `anchor` or `record`."""
    where: str
    """Which one: a change's number, a digest in hexadecimal, a path (as safe text)."""
    problem: str

    def __str__(self) -> str:
        return f"{self.what} {self.where}: {self.problem}" if self.where else f"{self.what}: {self.problem}"


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
    problems: int = 0
    heads: list[Head] = field(default_factory=list)


def verify(
    connection: sqlite3.Connection,
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
    connection.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
    connection.execute("BEGIN")

    def anchored(connection: sqlite3.Connection, tally: Tally, progress: Progress) -> Iterator[Problem]:
        for anchor in anchors:
            if problem := why_not(connection, anchor.head):
                yield Problem("anchor", f"{anchor.head.sequence}", problem)

    checks = (
        ("changes", anchored),
        ("changes", _chain),
        ("differences", _differences),
        ("contents", _contents),
        ("backup_paths", _backups),
        ("prunes", _prunes),
        ("change_differences", _strays),
        ("files", _files),
        ("recorders", _small_rows),
        ("roots", _ownerless),
        ("recorders", _values),
        ("files", _counts),
    )
    try:
        for table, check in checks:
            try:
                for problem in check(connection, tally, progress):
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


def _chain(connection: sqlite3.Connection, tally: Tally, progress: Progress) -> Iterator[Problem]:
    """Each change's hash from the hash before it, its columns and its hunks."""
    total = _count(connection, "changes")
    recorder, begun = b"", False
    several = _count(connection, "recorders") > 1
    hunks = _Hunks(connection)
    sequence, previous = 0, b""
    good_types: set[tuple[type, ...]] = set()
    rows = connection.execute(
        f"SELECT recorder_id, chain_hash, {_COLUMNS} FROM changes ORDER BY recorder_id, sequence"
    )
    for own, stored, *columns in rows:
        if not isinstance(own, bytes):
            yield Problem("record", "", "has a change of a recorder whose id is not bytes")
            continue
        if own != recorder or not begun:
            if begun:
                tally.heads.append(Head(recorder, sequence, previous))
            recorder, begun, sequence = own, True, 0
            previous = chain.start(recorder)
        number = columns[0]
        where = f"{recorder.hex()}:{number}" if several else f"{number}"
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
            found = chain.link(previous, columns, hunks.of(recorder, number))
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

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._rows = connection.execute(
            "SELECT recorder_id, sequence, difference_digest, old_start, old_count, new_start, new_count"
            " FROM change_differences ORDER BY recorder_id, sequence, ordinal"
        )
        self._next = self._rows.fetchone()

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
            self._next = self._rows.fetchone()
        return found


def _wrong_types(columns: list[object]) -> list[str]:
    """Columns whose type is not the schema's: in the hash, X'ab' and 'ab' would look alike."""
    wrong = []
    for index, value in enumerate(columns):
        wanted = bytes if index in _BLOBS else str if index in _TEXTS else int
        if value is not None and not isinstance(value, wanted):
            wrong.append(chain.CHAINED_COLUMNS[index])
    return wrong


def _differences(connection: sqlite3.Connection, tally: Tally, progress: Progress) -> Iterator[Problem]:
    total = _count(connection, "differences")
    sealed = bool(keys_of(connection))
    for digest, operation, affected, replaced in connection.execute(
        "SELECT digest, operation, affected_lines, replaced_lines FROM differences"
    ):
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
            yield Problem("difference", _hex(digest), "has other lines than its digest says")
        if tally.differences % _EVERY == 0:
            progress("differences", tally.differences, total)


def _contents(connection: sqlite3.Connection, tally: Tally, progress: Progress) -> Iterator[Problem]:
    def count(done: int, total: int) -> None:
        tally.contents = total
        progress("contents", done, total)

    for digest, problem in ContentStore(connection).verify_all(count):
        yield Problem("content", digest.hex(), problem)


def _backups(connection: sqlite3.Connection, tally: Tally, progress: Progress) -> Iterator[Problem]:
    """Each mapping leads to a content of its size; each version said to be stored has one."""
    total = _count(connection, "backup_paths")
    for path, digest, backup, size, codec, first, stored in connection.execute(
        "SELECT b.original_file, b.digest, b.backup_file, b.size, c.codec, substr(c.data, 1, ?), length(c.data)"
        " FROM backup_paths b LEFT JOIN contents c ON c.digest = b.digest AND c.chunk = 0",
        (FIRST_BYTES,),
    ):
        tally.versions += 1
        if tally.versions % _EVERY == 0:
            progress("backups", tally.versions, total)
        if backup != f"sha256:{_hex(digest)}":
            yield Problem(
                "backup",
                _path(path),
                f"names {visible_path(str(backup).encode())[:80]} as the copy of {_hex(digest)}",
            )
        if codec is None:
            yield Problem("backup", _path(path), f"its copy {_hex(digest)} is not in the store")
        elif (length := length_of(connection, digest, codec, first, stored)) != size:
            yield Problem("backup", _path(path), f"its copy {_hex(digest)} has {length} bytes, not {size}")
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
            label = ("change", f"{name}") if table == "changes" else ("file", _path(name))
            yield Problem(*label, f"its version {_hex(wanted)} {what}")


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
        yield Problem("backup", _path(path), f"no version {_hex(digest)} was left there at its time")


def _prunes(connection: sqlite3.Connection, tally: Tally, progress: Progress) -> Iterator[Problem]:
    """Each prune's hash, and that what is said to be thinned is what a prune thinned."""
    for number, problem in prunes.audit(connection):
        yield Problem("prune", number, problem)
    tally.thinned = _count(connection, "thinned")


def _strays(connection: sqlite3.Connection, tally: Tally, progress: Progress) -> Iterator[Problem]:
    """Rows of `change_differences` that lead nowhere."""
    for sequence, ordinal, digest, has_change in connection.execute(
        "SELECT l.sequence, l.ordinal, l.difference_digest, c.sequence IS NOT NULL FROM change_differences l"
        " LEFT JOIN changes c ON c.recorder_id = l.recorder_id AND c.sequence = l.sequence"
        " LEFT JOIN differences d ON d.digest = l.difference_digest WHERE c.sequence IS NULL OR d.digest IS NULL"
    ):
        problem = (
            f"its hunk {ordinal + 1} names the difference {_hex(digest)}, which is not there"
            if has_change
            else f"is not there, but has the hunk {ordinal + 1}"
        )
        yield Problem("change", f"{sequence}", problem)
    for sequence, hunks in connection.execute(
        "SELECT sequence, count(*) FROM change_differences GROUP BY recorder_id, sequence"
        " HAVING min(ordinal) <> 0 OR max(ordinal) <> count(*) - 1"
    ):
        yield Problem("change", f"{sequence}", f"its {hunks} hunks are not numbered from 0 on")


def _files(connection: sqlite3.Connection, tally: Tally, progress: Progress) -> Iterator[Problem]:
    """What the record says of each file now is what its last change says: else the log's end was cut off.

    A file that never changed is as its one backup says.
    """
    for path, sequence in connection.execute(
        "SELECT f.path, c.sequence FROM files f JOIN changes c"
        " ON (c.file_id, c.sequence) = (f.file_id, (SELECT max(l.sequence) FROM changes l WHERE l.file_id = f.file_id))"
        " WHERE f.present <> (c.kind <> 'deleted')"
        " OR f.present AND (f.path <> c.path OR f.digest IS NOT c.after_digest OR f.capture <> c.capture"
        " OR f.size IS NOT c.size OR f.mode IS NOT c.mode OR f.mtime_ns IS NOT c.mtime_ns OR f.root_id <> c.root_id)"
        " OR NOT f.present AND (f.path <> c.path OR f.digest IS NOT c.before_digest OR f.size IS NOT c.previous_size"
        " OR f.mode IS NOT c.previous_mode OR f.mtime_ns IS NOT c.previous_mtime_ns OR f.root_id <> c.root_id)"
    ):
        yield Problem("file", _path(path), f"is not as its last change, {sequence}, left it")
    for path, first in connection.execute(
        "SELECT f.path, b.original_file FROM files f JOIN roots r ON r.root_id = f.root_id JOIN backup_paths b"
        " ON (b.recorder_id, b.file_id, b.digest) = (r.recorder_id, f.file_id, f.digest)"
        " WHERE NOT EXISTS (SELECT 1 FROM changes c WHERE c.file_id = f.file_id)"
        " AND (f.present <> 1 OR f.capture <> 'stored' OR (f.path, f.size, f.first_seen_ns)"
        " IS NOT (b.original_file, b.size, b.time_ns))"
    ):
        yield Problem("file", _path(path), f"never changed, but is not as its backup of {_path(first)} says")


def _small_rows(connection: sqlite3.Connection, tally: Tally, progress: Progress) -> Iterator[Problem]:
    """Rows of the tables that carry hashes of themselves, and that no gap's number is left out."""
    if schema.steps_of(connection) < schema.WITH_ROW_HASHES:
        return
    for table in row_hashes.COLUMNS:
        for columns in row_hashes.altered(connection, table):
            name = {"roots": _path(columns[2]), "gaps": f"{columns[1]}"}.get(table, _hex(columns[0]))
            yield Problem(table[:-1], name, "its hash is not that of its columns")
    for last, rows in connection.execute("SELECT max(gap), count(*) FROM gaps GROUP BY recorder_id"):
        if last != rows:
            yield Problem("gap", "", f"{rows} are there where the last has the number {last}")


def _ownerless(connection: sqlite3.Connection, tally: Tally, progress: Progress) -> Iterator[Problem]:
    """Changes and files whose root is not there, and roots whose recorder is not."""
    for table in ("changes", "files"):
        for root, rows in connection.execute(
            f"SELECT root_id, count(*) FROM {table} t WHERE NOT EXISTS"
            " (SELECT 1 FROM roots r WHERE r.root_id = t.root_id) GROUP BY root_id"
        ):
            yield Problem("root", _hex(root), f"is not there, but {rows} rows of `{table}` are in it")
    for table in ("roots", "backup_paths", "changes"):
        for recorder, rows in connection.execute(
            f"SELECT recorder_id, count(*) FROM {table} t WHERE NOT EXISTS"
            " (SELECT 1 FROM recorders r WHERE r.recorder_id = t.recorder_id) GROUP BY recorder_id"
        ):
            yield Problem(
                "recorder", _hex(recorder), f"is not there, but {rows} rows of `{table}` are its own"
            )


def _values(connection: sqlite3.Connection, tally: Tally, progress: Progress) -> Iterator[Problem]:
    """Tables that no hash covers hold what belongs there."""
    for table, column in wrong_values(connection, ("recorders", "roots", "files", "gaps")):
        yield Problem("record", table, f"has a value in `{column}` that does not belong there")


def _counts(connection: sqlite3.Connection, tally: Tally, progress: Progress) -> Iterator[Problem]:
    """What is counted as it comes is as many as there are, and what was seen again was seen then."""
    if schema.steps_of(connection) < schema.WITH_COUNTS:
        return
    for what, table, label, counted, many in (
        ("recorder", "recorders", "recorder_id", "versions", "backup_paths"),
        ("root", "roots", "path", "changes", "changes"),
        ("file", "files", "path", "changes", "changes"),
    ):
        key = f"{what}_id"
        for name, said, found in connection.execute(
            f"SELECT {label}, {counted}, n FROM (SELECT t.{label}, t.{counted},"
            f" (SELECT count(*) FROM {many} m WHERE m.{key} = t.{key}) AS n FROM {table} t) WHERE {counted} <> n"
        ):
            where = _hex(name) if what == "recorder" else _path(name)
            yield Problem(what, where, f"has {found} {counted}, not {said}")
    for path, digest in connection.execute(
        "SELECT original_file, digest FROM backup_paths b WHERE seen_ns IS NOT NULL AND NOT EXISTS (SELECT 1"
        " FROM changes c WHERE c.file_id = b.file_id AND c.after_digest = b.digest AND c.time_ns = b.seen_ns)"
    ):
        yield Problem("backup", _path(path), f"was not {_hex(digest)} again at the time that it says")


def _count(connection: sqlite3.Connection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def _hex(digest: object) -> str:
    return (
        digest.hex()
        if isinstance(digest, bytes)
        else visible_path(str(digest).encode("utf-8", "replace"))[:80]
    )


def _path(path: object) -> str:
    return visible_path(path if isinstance(path, bytes) else str(path).encode("utf-8", "replace"))
