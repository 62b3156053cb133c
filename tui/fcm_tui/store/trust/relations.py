"""Whether a record's tables fit each other: what no hash of the chain and no digest covers."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from fcm_tui.capture.attributes import BadSet, decode
from fcm_tui.errors import ContentMissing
from fcm_tui.store import row_hashes, schema
from fcm_tui.store.contents.store import ContentStore
from fcm_tui.store.reading.dialect import Connection
from fcm_tui.store.trust.problems import Problem, hex_text, of_recorder, safe_path
from fcm_tui.store.values import wrong_values


def strays(connection: Connection) -> Iterator[Problem]:
    """Rows of `change_differences` that lead nowhere."""
    several = _several(connection)
    for recorder_id, sequence, ordinal, digest, has_change in connection.execute(
        "SELECT l.recorder_id, l.sequence, l.ordinal, l.difference_digest, c.sequence IS NOT NULL FROM change_differences l"
        " LEFT JOIN changes c ON c.recorder_id = l.recorder_id AND c.sequence = l.sequence"
        " LEFT JOIN differences d ON d.digest = l.difference_digest WHERE c.sequence IS NULL OR d.digest IS NULL"
    ):
        problem = (
            f"its hunk {ordinal + 1} names the difference {hex_text(digest)}, which is not there"
            if has_change
            else f"is not there, but has the hunk {ordinal + 1}"
        )
        yield Problem("change", of_recorder(recorder_id, sequence, several), problem)
    for recorder_id, sequence, hunks in connection.execute(
        "SELECT recorder_id, sequence, count(*) FROM change_differences GROUP BY recorder_id, sequence"
        " HAVING min(ordinal) <> 0 OR max(ordinal) <> count(*) - 1"
    ):
        where = of_recorder(recorder_id, sequence, several)
        yield Problem("change", where, f"its {hunks} hunks are not numbered from 0 on")


def _several(connection: Connection) -> bool:
    return int(connection.execute("SELECT count(*) FROM recorders").fetchone()[0]) > 1


def _files(connection: sqlite3.Connection) -> Iterator[Problem]:
    """What the record says of each file now is what its last change says: else the log's end was cut off.

    A file that never changed is as its one backup says. A root may have handed it to one inside or around it.
    """
    strange_root = (
        "f.root_id <> c.root_id AND NOT EXISTS (SELECT 1 FROM roots r WHERE r.root_id = f.root_id"
        " AND substr(f.path, 1, length(r.path)) = r.path)"
    )
    for path, sequence in connection.execute(
        "SELECT f.path, c.sequence FROM files f JOIN changes c"
        " ON (c.file_id, c.sequence) = (f.file_id, (SELECT max(l.sequence) FROM changes l WHERE l.file_id = f.file_id))"
        " WHERE f.present <> (c.kind <> 'deleted')"
        f" OR f.present AND (f.path <> c.path OR f.digest IS NOT c.after_digest OR f.capture <> c.capture"
        " OR f.size IS NOT coalesce(c.size, 0) OR f.mode IS NOT coalesce(c.mode, 0)"
        f" OR f.mtime_ns IS NOT coalesce(c.mtime_ns, 0) OR {strange_root}"
        " OR f.attributes IS NOT c.attributes)"
        " OR NOT f.present AND (f.path <> c.path OR f.digest IS NOT c.before_digest OR f.size IS NOT c.previous_size"
        f" OR f.mode IS NOT c.previous_mode OR f.mtime_ns IS NOT c.previous_mtime_ns OR {strange_root}"
        " OR f.attributes IS NOT c.previous_attributes)"
    ):
        yield Problem("file", safe_path(path), f"is not as its last change, {sequence}, left it")
    for path, first in connection.execute(
        "SELECT f.path, b.original_file FROM files f JOIN roots r ON r.root_id = f.root_id JOIN backup_paths b"
        " ON (b.recorder_id, b.file_id, b.digest) = (r.recorder_id, f.file_id, f.digest)"
        " WHERE NOT EXISTS (SELECT 1 FROM changes c WHERE c.file_id = f.file_id)"
        " AND (f.present <> 1 OR f.capture <> 'stored' OR (f.path, f.size, f.first_seen_ns)"
        " IS NOT (b.original_file, b.size, b.time_ns))"
    ):
        yield Problem(
            "file", safe_path(path), f"never changed, but is not as its backup of {safe_path(first)} says"
        )


def _attributes(connection: sqlite3.Connection) -> Iterator[Problem]:
    """Each set of extended attributes that a change or file has is in the store, and is one."""
    store = ContentStore(connection)
    for table, column, key in (
        ("changes", "attributes", "sequence"),
        ("changes", "previous_attributes", "sequence"),
        ("files", "attributes", "path"),
    ):
        for digest, first in connection.execute(
            f"SELECT {column}, min({key}) FROM {table} WHERE {column} > X'' GROUP BY {column}"
        ).fetchall():
            try:
                decode(store.get(digest))
            except ContentMissing:
                problem = "cannot be had from the store"
            except BadSet as error:
                problem = str(error)
            else:
                continue
            where = ("change", f"{first}") if table == "changes" else ("file", safe_path(first))
            yield Problem(*where, f"its set of extended attributes {hex_text(digest)} {problem}")


def _small_rows(connection: sqlite3.Connection) -> Iterator[Problem]:
    """Rows of the tables that carry hashes of themselves, and that no gap's number is left out."""
    if schema.steps_of(connection) < schema.WITH_ROW_HASHES:
        return
    yield from hashed_rows(connection)


def hashed_rows(connection: Connection) -> Iterator[Problem]:
    """As `_small_rows`, of a record whose rows carry their hashes."""
    several = _several(connection)
    for table in row_hashes.COLUMNS:
        for columns in row_hashes.altered(connection, table):
            name = hex_text(columns[0])
            if table == "roots":
                name = of_recorder(columns[1], safe_path(columns[2]), several)
            elif table == "gaps":
                name = of_recorder(columns[0], columns[1], several)
            yield Problem(table[:-1], name, "its hash is not that of its columns")
    for recorder_id, last, rows in connection.execute(
        "SELECT recorder_id, max(gap), count(*) FROM gaps GROUP BY recorder_id"
    ):
        if last != rows:
            where = hex_text(recorder_id) if several else ""
            yield Problem("gap", where, f"{rows} are there where the last has the number {last}")


def ownerless(connection: Connection) -> Iterator[Problem]:
    """Changes and files whose root is not there, and roots whose recorder is not."""
    for table in ("changes", "files"):
        for root, rows in connection.execute(
            f"SELECT root_id, count(*) FROM {table} t WHERE NOT EXISTS"
            " (SELECT 1 FROM roots r WHERE r.root_id = t.root_id) GROUP BY root_id"
        ):
            yield Problem("root", hex_text(root), f"is not there, but {rows} rows of `{table}` are in it")
    for table in ("roots", "backup_paths", "changes"):
        for recorder, rows in connection.execute(
            f"SELECT recorder_id, count(*) FROM {table} t WHERE NOT EXISTS"
            " (SELECT 1 FROM recorders r WHERE r.recorder_id = t.recorder_id) GROUP BY recorder_id"
        ):
            yield Problem(
                "recorder", hex_text(recorder), f"is not there, but {rows} rows of `{table}` are its own"
            )


def _values(connection: sqlite3.Connection) -> Iterator[Problem]:
    """Tables that no hash covers hold what belongs there."""
    for table, column in wrong_values(connection, ("recorders", "roots", "files", "gaps")):
        yield Problem("record", table, f"has a value in `{column}` that does not belong there")


def _counts(connection: sqlite3.Connection) -> Iterator[Problem]:
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
            where = hex_text(name) if what == "recorder" else safe_path(name)
            yield Problem(what, where, f"has {found} {counted}, not {said}")
    for path, digest in connection.execute(
        "SELECT original_file, digest FROM backup_paths b WHERE seen_ns IS NOT NULL AND NOT EXISTS (SELECT 1"
        " FROM changes c WHERE c.file_id = b.file_id AND c.after_digest = b.digest AND c.time_ns = b.seen_ns)"
    ):
        yield Problem("backup", safe_path(path), f"was not {hex_text(digest)} again at the time that it says")


CHECKS = (
    ("change_differences", strays),
    ("files", _files),
    ("changes", _attributes),
    ("recorders", _small_rows),
    ("roots", ownerless),
    ("recorders", _values),
    ("files", _counts),
)
"""The table that each is about, and the check."""
