"""What the changes of a record add up to, all of them or those that a filter lets through; and the store itself.

Every number is read in one snapshot of the record. A million changes take a second or two, and no list is held of them.
"""

from __future__ import annotations

import os
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from fcm_tui.paths import SEPARATOR
from fcm_tui.store.reading.bursts import Burst, BurstFinder
from fcm_tui.store.reading.busy import Counted, busiest, shared_folder
from fcm_tui.store.reading.changes import ChangeLog
from fcm_tui.store.reading.filters import Filters
from fcm_tui.store.reading.quarters import QUARTER_NS
from fcm_tui.store.values import RowTypes
from fcm_tui.who.words import names

_AT_ONCE = 20_000
"""Changes that are counted in one go."""
_ROW = RowTypes("s i i b i?")
_PATH = RowTypes("b i")

_APART = "\x1f"
_UNKNOWN = "\x1e"
_KEY = f" || '{_APART}' || ".join(
    (f"(c.time_ns / {QUARTER_NS})", "c.kind", "c.capture", "c.origin", f"ifnull(c.owner, '{_UNKNOWN}')")
)
"""What changes are told apart by, as one text: that is fetched in half of the time of its parts."""
_COLUMNS = f"{_KEY} || '{_APART}' || ifnull(c.process, '{_UNKNOWN}'), c.sequence, c.time_ns, c.root_id, c.group_sequence"
_MUCH = 4
"""A part of the log from which on looking through all of it is quicker than going to each change by its key."""
_ALL = "changes c"
_PICKED = "temp.picked p CROSS JOIN changes c ON (c.recorder_id, c.sequence) = (p.recorder_id, p.sequence)"


@dataclass(frozen=True, slots=True)
class BurstAt:
    """A burst and where it was: its root, and the folder that holds all of it."""

    burst: Burst
    root: bytes
    folder: bytes


@dataclass(slots=True)
class Tallies:
    """Numbers of changes, by what they have in common."""

    changes: int = 0
    files: int = 0
    """Different files, a renamed one once."""
    first_ns: int = 0
    last_ns: int = 0
    inserted: int = 0
    """Lines, as are the next two."""
    updated: int = 0
    deleted: int = 0
    unreviewed: int = 0
    quarters: Counter[tuple[int, str]] = field(default_factory=Counter)
    """By quarter of an hour (`quarters`) and kind."""
    captures: Counter[str] = field(default_factory=Counter)
    origins: Counter[str] = field(default_factory=Counter)
    owners: Counter[str | None] = field(default_factory=Counter)
    processes: Counter[str | None] = field(default_factory=Counter)
    """Programs, without the numbers of their processes; a change that several had a part in counts for each."""
    busy_files: list[Counted] = field(default_factory=list)
    busy_folders: list[Counted] = field(default_factory=list)
    """With all that is below; one all of whose changes are in one folder inside it is left out for that one."""
    bursts: int = 0
    burst_changes: int = 0
    largest_bursts: list[BurstAt] = field(default_factory=list)

    def add(self, key: str, count: int) -> None:
        """So many changes of a key."""
        quarter, kind, capture, origin, *rest = key.split(_APART)
        owner, _, process = _APART.join(rest).rpartition(_APART)
        self.quarters[int(quarter), kind] += count
        self.captures[capture] += count
        self.origins[origin] += count
        self.owners[None if owner == _UNKNOWN else owner] += count
        for program in [None] if process == _UNKNOWN else names(process) or [process]:
            self.processes[program] += count


@dataclass(frozen=True, slots=True)
class StoreTallies:
    """What the whole store holds, whatever a filter says."""

    versions: int
    version_bytes: int
    """Of every version of every file."""
    contents: int
    content_bytes: int
    """Of every different content once, before it is compressed."""
    growth: dict[int, tuple[int, int, int]]
    """By quarter of an hour: versions that came, their bytes, and the bytes of contents that were new."""


def tally(connection: sqlite3.Connection, log: ChangeLog, filters: Filters, most: int) -> Tallies:
    """Add up the changes that a filter lets through.

    Args:
        most: files, folders and bursts that are listed.

    Raises:
        ContentSealed: lines are looked for that are encrypted, and the key is not there.
    """
    found = Tallies()
    roots = dict(connection.execute("SELECT root_id, path FROM roots").fetchall())
    connection.create_function("shared_folder", 2, shared_folder, deterministic=True)
    with _snapshot(connection), _source(connection, log, filters) as source:
        bursts = _count(connection, source, found, most)
        if not found.changes:
            return found
        one = connection.execute
        found.files = one(f"SELECT count(DISTINCT c.file_id) FROM {source}").fetchone()[0]
        found.unreviewed = found.changes - _reviewed(connection, source)
        found.busy_files, found.busy_folders = busiest(_paths(connection, source), [*roots.values()], most)
        found.largest_bursts = [
            BurstAt(burst, roots.get(burst.root_id, b""), _folder_of(connection, burst)) for burst in bursts
        ]
    return found


def tally_store(connection: sqlite3.Connection) -> StoreTallies:
    """Add up what the store holds."""
    with _snapshot(connection):
        growth = {
            quarter: (versions, size, 0)
            for quarter, versions, size in connection.execute(
                f"SELECT time_ns / {QUARTER_NS}, count(*), sum(size) FROM backup_paths GROUP BY 1"
            )
        }
        contents = content_bytes = 0
        for quarter, count, size in connection.execute(
            f"SELECT since, count(*), sum(size) FROM (SELECT min(time_ns) / {QUARTER_NS} AS since, max(size) AS size"
            " FROM backup_paths GROUP BY digest) GROUP BY since"
        ):
            contents += count
            content_bytes += size
            growth[quarter] = (*growth[quarter][:2], size)
    return StoreTallies(
        sum(came[0] for came in growth.values()), sum(came[1] for came in growth.values()), contents, content_bytes,
        dict(sorted(growth.items())),
    )  # fmt: skip


@contextmanager
def _snapshot(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")


@contextmanager
def _source(connection: sqlite3.Connection, log: ChangeLog, filters: Filters) -> Iterator[str]:
    """What stands behind FROM to have the changes `c` that are wanted."""
    if filters == Filters():
        yield _ALL
        return
    if (stretch := _stretch(connection, filters)) is not None:
        yield stretch
        return
    connection.execute("DROP TABLE IF EXISTS temp.picked")
    connection.execute(
        "CREATE TEMP TABLE picked (recorder_id BLOB, sequence INTEGER, PRIMARY KEY (recorder_id, sequence)) WITHOUT ROWID"
    )
    log.pick(filters, "temp.picked")
    yield _PICKED


def _stretch(connection: sqlite3.Connection, filters: Filters) -> str | None:
    """Where a filter asks for no more than a time that has much of the log in it: the log itself, looked through."""
    since, until = filters.since_ns, filters.until_ns
    if filters != Filters(since_ns=since, until_ns=until):
        return None
    within = f"+time_ns >= {-(1 << 63) if since is None else since:d}"
    within += f" AND +time_ns < {until:d}" if until is not None else ""
    inside = connection.execute(f"SELECT count(*) FROM changes WHERE {within.replace('+', '')}").fetchone()[0]
    if inside * _MUCH < connection.execute("SELECT count(*) FROM changes").fetchone()[0]:
        return None
    return f"(SELECT * FROM changes WHERE {within}) c"


def _count(connection: sqlite3.Connection, source: str, found: Tallies, most: int) -> list[Burst]:
    """All that one walk through the changes, in their order, can tell."""
    finder = BurstFinder(most)
    found.changes, first, last, *lines = connection.execute(
        "SELECT count(*), min(c.time_ns), max(c.time_ns), sum(c.inserted), sum(c.updated), sum(c.deleted)"
        f" FROM {source}"
    ).fetchone()
    if not found.changes:
        return []
    found.first_ns, found.last_ns = first, last
    found.inserted, found.updated, found.deleted = (count or 0 for count in lines)
    rows = connection.execute(f"SELECT {_COLUMNS} FROM {source} ORDER BY c.recorder_id, c.sequence")
    while batch := rows.fetchmany(_AT_ONCE):
        _ROW.check(batch[0])
        keys, sequences, times, roots, groups = zip(*batch, strict=True)
        for key, count in Counter(keys).items():
            found.add(key, count)
        finder.add(zip(sequences, times, roots, groups, strict=True))
    largest = finder.largest()
    found.bursts, found.burst_changes = finder.bursts, finder.changes
    return largest


def _reviewed(connection: sqlite3.Connection, source: str) -> int:
    """Through the reviews, of which there are fewer."""
    reviewed = "(SELECT DISTINCT recorder_id, sequence FROM reviews) v CROSS JOIN"
    others = "temp.picked c" if source is _PICKED else source
    same = "(c.recorder_id, c.sequence) = (v.recorder_id, v.sequence)"
    return int(connection.execute(f"SELECT count(*) FROM {reviewed} {others} ON {same}").fetchone()[0])


def _paths(connection: sqlite3.Connection, source: str) -> Iterator[tuple[bytes, int]]:
    """Changes by path, that before a move too, in order; what would count twice in a folder is taken away there."""
    # The index of paths has all of the log in their order; going from there to each change's time is slow.
    path = "c.path" if source is _ALL else "+c.path"
    moved = f"FROM {source} WHERE c.previous_path IS NOT NULL"
    rows = connection.execute(
        f"SELECT {path}, count(*) FROM {source} GROUP BY {path}"
        f" UNION ALL SELECT c.previous_path, 1 {moved}"
        f" UNION ALL SELECT shared_folder(c.path, c.previous_path), -1 {moved} ORDER BY 1"
    )
    for row in rows:
        _PATH.check(row)
        if row[0]:
            yield row


def _folder_of(connection: sqlite3.Connection, burst: Burst) -> bytes:
    """The folder that holds all of it: what the first and the last of its paths, in their order, share."""
    low, high = connection.execute(
        "SELECT min(path), max(path) FROM changes WHERE recorder_id = (SELECT recorder_id FROM roots WHERE root_id = ?1)"
        " AND sequence BETWEEN ?2 AND ?3 AND root_id = ?1",
        (burst.root_id, burst.first, burst.last),
    ).fetchone()
    if low is None:  # of a root that the record has lost
        return b""
    folder = os.path.dirname(low) if low == high else shared_folder(low, high)
    return folder.removesuffix(SEPARATOR) or SEPARATOR


def largest_changes(
    connection: sqlite3.Connection, log: ChangeLog, filters: Filters, most: int
) -> Sequence[tuple[int, bytes]]:
    """Sequence and recorder of the changes with the most lines, the largest first; of secrets none."""
    with _snapshot(connection), _source(connection, log, filters) as source:
        rows: list[Any] = connection.execute(
            f"SELECT c.sequence, c.recorder_id FROM {source} WHERE c.capture IN ('stored', 'none')"
            " AND c.inserted + c.updated + c.deleted > 0"
            " ORDER BY c.inserted + c.updated + c.deleted DESC, c.recorder_id, c.sequence LIMIT ?",
            (most,),
        ).fetchall()
    return [(int(sequence), bytes(recorder)) for sequence, recorder in rows]
