"""All that happened to one file, by the identity that survives renames: its changes, oldest to newest.

A file that was deleted and made again is another one, and for a person the same: so lives at one path are told in turn.
"""

from __future__ import annotations

from array import array
from typing import NamedTuple

from fcm_tui.model import Capture, Change, Kind, Origin
from fcm_tui.store.reading.dialect import Connection, dialect_of
from fcm_tui.store.reading.filters import of_host
from fcm_tui.store.reading.queries import Reader
from fcm_tui.store.values import RowTypes

FIRST_LOOK = 0
"""Stands for the number of a change where there is none: the version that the first look found."""
MOST_LIVES = 1000
"""Lives at one path that are followed to each side, as a program that makes a file anew again and again leaves."""
_FOUND = RowTypes("s b b b? s i i")


class _Way(NamedTuple):
    """A direction in time in which lives are followed: orders of SQL, and the kinds of change at their borders."""

    to_end: str
    ends: Kind
    beyond: str
    from_end: str
    begins: Kind


_BACK = _Way("ASC", Kind.CREATED, "<", "DESC", Kind.DELETED)
_ON = _Way("DESC", Kind.DELETED, ">", "ASC", Kind.CREATED)


class FileKey(NamedTuple):
    """One file of one recorder."""

    recorder_id: bytes
    file_id: bytes


def key_of_change(change: Change) -> FileKey:
    """The file that a change is about."""
    return FileKey(change.recorder_id, change.file_id)


def key_at(connection: Connection, path: bytes, host: str = "") -> FileKey | None:
    """The file at a path, or else the one that stood there last; None where the record knows none.

    Where several hosts have such a path, `host` tells whose it is, as `hosts.is_of` takes it.
    """
    on_host = ""
    values: list[bytes | str] = [path]
    if host:
        is_of, names = of_host(host)
        on_host = f" AND r.recorder_id IN (SELECT h.recorder_id FROM recorders h WHERE {is_of})"
        values += names
    row = connection.execute(
        "SELECT r.recorder_id, f.file_id FROM roots r CROSS JOIN files f ON f.root_id = r.root_id"
        f" WHERE f.path = ?{on_host} ORDER BY f.present DESC, r.active DESC, (SELECT max(c.sequence) FROM changes c"
        " WHERE c.file_id = f.file_id AND c.recorder_id = r.recorder_id) DESC LIMIT 1",
        values,
    ).fetchone()
    row = (
        row
        or connection.execute(
            "SELECT r.recorder_id, r.file_id FROM changes r WHERE r.path = ?"
            f"{on_host} ORDER BY r.sequence DESC LIMIT 1",
            values,
        ).fetchone()
    )
    return None if row is None else FileKey(*row)


def earlier_lives(connection: Connection, file: FileKey) -> list[FileKey]:
    """The files that were deleted where the next was made, up to this one, oldest first."""
    return _lives(connection, file, _BACK)[::-1]


def later_lives(connection: Connection, file: FileKey) -> list[FileKey]:
    """The files that were made where the one before was deleted, from this one on, in their order."""
    return _lives(connection, file, _ON)


def _lives(connection: Connection, file: FileKey, way: _Way) -> list[FileKey]:
    """The files at one path in a direction, nearest first, as far as each begins or ends there."""
    found: list[FileKey] = []
    while len(found) < MOST_LIVES:
        life = found[-1] if found else file
        end = connection.execute(
            "SELECT sequence, path, kind FROM changes WHERE file_id = ? AND recorder_id = ?"
            f" ORDER BY sequence {way.to_end} LIMIT 1",
            (life.file_id, file.recorder_id),
        ).fetchone()
        if end is None or end[2] != way.ends:
            break
        neighbour = connection.execute(
            f"SELECT file_id, kind FROM changes WHERE path = ? AND recorder_id = ? AND sequence {way.beyond} ?"
            f" ORDER BY sequence {way.from_end} LIMIT 1",
            (end[1], file.recorder_id, end[0]),
        ).fetchone()
        if neighbour is None or neighbour[1] != way.begins:
            break
        found.append(FileKey(file.recorder_id, neighbour[0]))
    return found


def sequences(connection: Connection, file: FileKey, *, after: int = 0) -> array[int]:
    """The numbers of a file's changes behind `after`, oldest first: from an index alone, 100,000 in some 30 ms."""
    rows = connection.execute(
        "SELECT sequence FROM changes WHERE file_id = ? AND recorder_id = ? AND sequence > ? ORDER BY sequence",
        (file.file_id, file.recorder_id, after),
    )
    return array("q", (number for (number,) in rows))


def changes(reader: Reader, file: FileKey, numbers: array[int]) -> list[Change]:
    """The changes of these numbers, in their order."""
    return [reader.change(number, file.recorder_id) for number in numbers]


def first_look(reader: Reader, file: FileKey) -> Change | None:
    """The version of a file that the first look found, as a change numbered `FIRST_LOOK`; None where it came later."""
    oldest = reader.connection.execute(
        "SELECT sequence FROM changes WHERE file_id = ? AND recorder_id = ? ORDER BY sequence LIMIT 1",
        (file.file_id, file.recorder_id),
    ).fetchone()
    if oldest is not None:
        first = reader.change(oldest[0], file.recorder_id)
        if first.kind is Kind.CREATED or first.before is None:
            return None
        copy = reader.connection.execute(
            "SELECT time_ns, size FROM backup_paths WHERE recorder_id = ? AND file_id = ? AND digest = ?",
            (file.recorder_id, file.file_id, first.before),
        ).fetchone()
        time_ns, size = copy if copy is not None else (first.time_ns, None)
        path = first.previous_path or first.path
        is_kept = copy is not None or first.before in reader.contents.known([first.before])
        # why not is not on record: for the reason of the version after it, if that was not kept, too
        why_not = Capture.NONE if first.capture is Capture.STORED else first.capture
        capture = Capture.STORED if is_kept else why_not
        return _found(file, first.host, first.root, path, first.before, capture, time_ns, size)
    row = reader.connection.execute(
        "SELECT i.host, r.path, f.path, f.digest, f.capture, f.first_seen_ns, f.size"
        f" FROM {dialect_of(reader.connection).files} f"
        " JOIN roots r ON r.root_id = f.root_id JOIN recorders i ON i.recorder_id = r.recorder_id"
        " WHERE f.file_id = ? AND r.recorder_id = ?",
        (file.file_id, file.recorder_id),
    ).fetchone()
    if row is None:
        return None
    _FOUND.check(row)
    host, root, path, digest, capture, time_ns, size = row
    return _found(file, host, root, path, digest, Capture(capture), time_ns, size)


def _found(
    file: FileKey, host: str, root: bytes, path: bytes, digest: bytes | None, capture: Capture, time_ns: int,
    size: int | None,
) -> Change:  # fmt: skip
    return Change(
        recorder_id=file.recorder_id, host=host, sequence=FIRST_LOOK, time_ns=time_ns, kind=Kind.CREATED,
        root=root, file_id=file.file_id, path=path, previous_path=None, before=None, after=digest, size=size,
        mode=None, mtime_ns=None, owner=None, process=None, capture=capture, origin=Origin.SCAN, group=None,
        inserted=0, updated=0, deleted=0, encoding=None, newline=None, reviewed=False,
    )  # fmt: skip
