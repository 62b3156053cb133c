"""What stood where before a change or at a moment, and what stands there now: what restoring asks of a record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fcm_tui.model import Capture, Change, Hunk, Kind
from fcm_tui.store.contents.store import NOT_SENT
from fcm_tui.store.reading.dialect import Connection, dialect_of
from fcm_tui.store.reading.filters import below
from fcm_tui.store.retention.prunes import prune_of
from fcm_tui.times import local_text

_FILE = "f.file_id, f.path, f.digest, f.size, f.mode, f.mtime_ns, f.uid, f.gid, f.attributes"
_AT_ONCE = 500
"""Changes that one statement asks for."""
_AT_OR_BELOW = "({0} = ? OR ({0} >= ? AND {0} < ?))"


@dataclass(frozen=True, slots=True)
class Version:
    """A file at some time: where it stood and what it was."""

    file_id: bytes
    path: bytes
    digest: bytes | None
    """None where the file could not be read."""
    size: int
    mode: int
    """`st_mode`, the type bits included."""
    mtime_ns: int
    uid: int
    """Of the owner seen last, as is the group: earlier ones are not recorded by number."""
    gid: int
    attributes: bytes | None = None
    """SHA-256 of the set of extended attributes; empty for none, None where not recorded."""


def before(connection: Connection, change: Change) -> Version | None:
    """The version that a change replaced; None where there was none."""
    if change.kind is Kind.CREATED:
        return None
    size, mode, mtime_ns = connection.execute(
        "SELECT previous_size, previous_mode, previous_mtime_ns FROM changes WHERE recorder_id = ? AND sequence = ?",
        (change.recorder_id, change.sequence),
    ).fetchone()
    uid, gid = _owner(connection, change.file_id)
    path = change.previous_path or change.path
    return Version(
        change.file_id, path, change.before, size or 0, mode or 0o100600, mtime_ns or 0, uid, gid,
        change.previous_attributes,
    )  # fmt: skip


def modes_before(
    connection: Connection, recorder_id: bytes, sequences: Sequence[int]
) -> dict[int, int | None]:
    """`st_mode` before each of some changes of a recorder, by their numbers; None where it is not recorded."""
    found: dict[int, int | None] = {}
    for first in range(0, len(sequences), _AT_ONCE):
        some = sequences[first : first + _AT_ONCE]
        found.update(
            connection.execute(
                "SELECT sequence, previous_mode FROM changes"
                f" WHERE recorder_id = ? AND sequence IN ({', '.join('?' * len(some))})",
                (recorder_id, *some),
            ).fetchall()
        )
    return found


def after(connection: Connection, change: Change) -> Version | None:
    """The version that a change left; None after a deletion."""
    if change.kind is Kind.DELETED:
        return None
    uid, gid = _owner(connection, change.file_id)
    return Version(
        change.file_id, change.path, change.after, change.size or 0, change.mode or 0o100600,
        change.mtime_ns or 0, uid, gid, change.attributes,
    )  # fmt: skip


def hunks(connection: Connection, recorder_id: bytes, sequence: int) -> list[Hunk]:
    """The hunks of a change, in order."""
    rows = connection.execute(
        "SELECT old_start, old_count, new_start, new_count FROM change_differences"
        " WHERE recorder_id = ? AND sequence = ? ORDER BY ordinal",
        (recorder_id, sequence),
    )
    return [Hunk(*row) for row in rows]


def present(connection: Connection, path: bytes) -> Version | None:
    """The file that the record has at a path now."""
    row = connection.execute(
        f"SELECT {_FILE} FROM roots r CROSS JOIN {dialect_of(connection).files} f ON f.root_id = r.root_id"
        " WHERE f.path = ? AND f.present ORDER BY r.active DESC LIMIT 1",
        (path,),
    ).fetchone()
    return None if row is None else Version(*row)


def present_file(connection: Connection, file_id: bytes) -> Version | None:
    """Where and what a file is now."""
    row = connection.execute(
        f"SELECT {_FILE} FROM {dialect_of(connection).files} f WHERE f.file_id = ? AND f.present", (file_id,)
    ).fetchone()
    return None if row is None else Version(*row)


def all_present(connection: Connection, path: bytes, recorder_id: bytes) -> dict[bytes, Version]:
    """The file at a path of a recorder, or the files below it, as they are now, by path."""
    rows = connection.execute(
        f"SELECT {_FILE} FROM roots r CROSS JOIN {dialect_of(connection).files} f ON f.root_id = r.root_id"
        f" WHERE r.recorder_id = ? AND {_AT_OR_BELOW.format('f.path')} AND f.present ORDER BY r.active",
        (recorder_id, path, *below(path)),
    )
    return {row[1]: Version(*row) for row in rows}


def all_then(
    connection: Connection,
    recorder_id: bytes,
    path: bytes,
    at_ns: int,
    now: dict[bytes, Version],
    last: int | None = None,
) -> dict[bytes, Version]:
    """The file at a path, or the files below it, as they were at a moment, by path.

    Undoing all later changes of a file, newest first, ends at what the earliest of them says was
    before it; so that one is all that is looked at.

    Args:
        connection: the record.
        recorder_id: whose log.
        path: absolute.
        at_ns: changes at this very moment have happened.
        now: `all_present` of the same path.
        last: the number of the last change that had happened, instead of what `at_ns` says.
    """
    if last is None:
        row = connection.execute(
            # The newest change by then; by number from there on, as a clock may have been set back.
            "SELECT sequence FROM changes WHERE recorder_id = ? AND time_ns <= ?"
            " ORDER BY time_ns DESC, sequence DESC LIMIT 1",
            (recorder_id, at_ns),
        ).fetchone()
        last = row[0] if row else 0
    low, high = below(path)
    touching = f"{_AT_OR_BELOW.format('path')} OR {_AT_OR_BELOW.format('previous_path')}"
    rows = connection.execute(
        "SELECT c.file_id, coalesce(c.previous_path, c.path), c.before_digest, c.previous_size, c.previous_mode,"
        " c.previous_mtime_ns, f.uid, f.gid, c.previous_attributes, c.kind"
        " FROM (SELECT min(sequence) AS sequence FROM changes"
        f" WHERE recorder_id = ? AND sequence > ? AND ({touching}) GROUP BY file_id) early"
        " JOIN changes c ON c.recorder_id = ? AND c.sequence = early.sequence"
        f" LEFT JOIN {dialect_of(connection).files} f ON f.file_id = c.file_id",
        (recorder_id, last, path, low, high, path, low, high, recorder_id),
    ).fetchall()
    changed = {row[0] for row in rows}
    then = {version.path: version for version in now.values() if version.file_id not in changed}
    for file_id, where, digest, size, mode, mtime_ns, uid, gid, attributes, kind in rows:
        if kind != Kind.CREATED and (where == path or low <= where < high):
            then[where] = Version(
                file_id, where, digest, size or 0, mode or 0o100600, mtime_ns or 0,
                -1 if uid is None else uid, -1 if gid is None else gid, attributes,
            )  # fmt: skip
    return then


def capture_of(connection: Connection, file_id: bytes, digest: bytes | None) -> Capture:
    """Why the content of a version is not there; `STORED` or `NONE` where nobody knows."""
    if digest is not None and dialect_of(connection).has_prunes and prune_of(connection, digest) is not None:
        return Capture.QUOTA
    row = connection.execute(
        f"SELECT {dialect_of(connection).capture} FROM changes c WHERE c.file_id = ?"
        " AND coalesce(c.after_digest, X'') = coalesce(?, X'') AND c.kind <> 'deleted'"
        " ORDER BY c.sequence DESC LIMIT 1",
        (file_id, digest),
    ).fetchone()
    row = (
        row
        or connection.execute(
            f"SELECT capture FROM {dialect_of(connection).files} f WHERE f.file_id = ?", (file_id,)
        ).fetchone()
    )
    return Capture(row[0]) if row else Capture.NONE


def why_not_kept(connection: Connection, version: Version) -> str:
    """Why the content of a version cannot be had, as the end of a sentence."""
    thinned = why_thinned(connection, version.digest, version.file_id)
    lost = "it was lost: `fcm-tui verify` lists all that is"
    if dialect_of(connection).is_server:
        lost = f"it was not sent there: {NOT_SENT}"
    return thinned or {
        Capture.TOO_LARGE: "it was too large to keep",
        Capture.SECRET: "it is a secret, so it is not kept",
        Capture.UNREADABLE: "it could not be read",
        Capture.EXCLUDED: "it was excluded",
    }.get(
        capture_of(connection, version.file_id, version.digest),
        lost,
    )


def why_thinned(connection: Connection, digest: bytes | None, file_id: bytes | None = None) -> str:
    """When retention thinned a content out, and from when on its file has versions; empty where it did not."""
    if digest is None or not dialect_of(connection).has_prunes:
        return ""
    prune = prune_of(connection, digest)
    if prune is None:
        return ""
    said = f"retention thinned it out on {local_text(prune.time_ns)} (prune {prune.prune})"
    if file_id is None:
        return said
    oldest = connection.execute(
        "SELECT c.sequence, c.time_ns FROM changes c WHERE c.file_id = ? AND EXISTS (SELECT 1 FROM contents k"
        " WHERE k.digest = c.after_digest AND k.chunk = 0) ORDER BY c.sequence LIMIT 1",
        (file_id,),
    ).fetchone()
    if oldest is None:
        return f"{said}; no version of this file is there any more"
    return f"{said}; the oldest version that is there is that of change {oldest[0]}, {local_text(oldest[1])}"


def _owner(connection: Connection, file_id: bytes) -> tuple[int, int]:
    row = connection.execute(
        f"SELECT uid, gid FROM {dialect_of(connection).files} f WHERE f.file_id = ?", (file_id,)
    ).fetchone()
    return (-1, -1) if row is None else (row[0], row[1])
