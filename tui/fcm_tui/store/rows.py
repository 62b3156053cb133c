"""Drafts turned into rows: numbered, chained, and in statements that take many of them at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import itemgetter

from fcm_tui.model import Capture, DiskState, Draft, Kind, Operation
from fcm_tui.store import chain
from fcm_tui.store.sealing.sealer import Sealer
from fcm_tui.store.seen import Seen, seen, signed
from fcm_tui.store.statements import Insert, Row, Statement

_CHANGE_COLUMNS = ("recorder_id", *chain.CHAINED_COLUMNS, *chain.LATER_COLUMNS, "chain_hash")

INSERT_FILE = Insert(
    "files (present, first_seen_ns, changes, file_id, root_id, path, digest, capture, size, mode, mtime_ns, inode, uid,"
    " gid, stamp, attributes)",
    16,
)
_FILE_GONE = Statement("UPDATE files SET present = 0, changes = changes + 1 WHERE file_id = ?")
_FILE_IN_PLACE = Statement(
    "UPDATE files SET digest = ?, capture = ?, size = ?, mode = ?, mtime_ns = ?, uid = ?, gid = ?, stamp = ?,"
    " attributes = ?, changes = changes + 1 WHERE file_id = ?"
)
"""Path and inode are as they were: their indexes need not be looked at, which takes half of the time."""
_FILE_ELSEWHERE = Statement(
    "UPDATE files SET digest = ?, capture = ?, size = ?, mode = ?, mtime_ns = ?, uid = ?, gid = ?, stamp = ?,"
    " attributes = ?, root_id = ?, path = ?, inode = ?, changes = changes + 1 WHERE file_id = ?"
)
_MAP = Insert(
    "backup_paths (recorder_id, file_id, digest, original_file, backup_file, time_ns, size)", 7,
    "ON CONFLICT DO UPDATE SET seen_ns = excluded.time_ns",
)  # fmt: skip
_DIFFERENCE = Insert("differences", 4, "ON CONFLICT DO NOTHING")
_LINK = Insert("change_differences", 8)
_CHANGE = Insert(f"changes ({','.join(_CHANGE_COLUMNS)})", len(_CHANGE_COLUMNS))


@dataclass(slots=True)
class Rows:
    """What some changes put into the tables."""

    last: int
    """The last sequence."""
    chain_hash: bytes
    """Of that change."""
    files: dict[Statement, list[Row]] = field(default_factory=dict)
    """By statement; no file is in two of them, so their order is free."""
    versions: list[Row] = field(default_factory=list)
    differences: dict[bytes, Row] = field(default_factory=dict)
    links: list[Row] = field(default_factory=list)
    changes: list[Row] = field(default_factory=list)
    roots: Counter[bytes] = field(default_factory=Counter)
    """How many changes each root has of them."""

    def statements(self) -> Iterator[tuple[Statement, Sequence[Row]]]:
        """Each with its rows, in the order in which they are to be executed."""
        yield from self.files.items()
        yield _MAP, self.versions
        yield _DIFFERENCE, sorted(self.differences.values(), key=itemgetter(0))  # as its index has them
        yield _LINK, self.links
        yield _CHANGE, self.changes


def rows_of(
    drafts: Sequence[Draft],
    stamps: Sequence[bytes],
    groups: dict[Hashable, int],
    recorder_id: bytes,
    sequence: int,
    chain_hash: bytes,
    sealer: Sealer | None = None,
) -> Rows:
    """The rows of changes.

    Args:
        drafts: in the order in which replaying them gives the disk.
        stamps: of each draft's file after the change (empty for a deletion).
        groups: first sequence of each group; it grows with the groups that begin here.
        sequence: of the change before the first.
        chain_hash: of that one.
        sealer: seals the lines of differences, if given.
    """
    rows = Rows(sequence, chain_hash)
    for draft, stamp in zip(drafts, stamps, strict=True):
        rows.last = sequence = sequence + 1
        hunks: list[chain.HunkRow] = []
        for ordinal, (hunk, digest, affected, replaced) in enumerate(draft.differences):
            if sealer is not None:
                digest = sealer.keyed(digest)
                if digest not in rows.differences:
                    rows.differences[digest] = _sealed(sealer, digest, hunk.operation, affected, replaced)
            else:
                rows.differences[digest] = (digest, hunk.operation.value, affected, replaced)
            rows.links.append((recorder_id, sequence, ordinal, digest, *hunk))
            hunks.append((digest, *hunk))
        group = None if draft.group is None else groups.setdefault(draft.group, sequence)
        columns = (sequence, *_columns(draft, group))
        later = _later(draft)
        rows.chain_hash = chain.link(rows.chain_hash, columns, hunks, later)
        rows.roots[draft.root_id] += 1
        rows.changes.append((recorder_id, *columns, *later, rows.chain_hash))
        statement, values = _file(draft, stamp)
        rows.files.setdefault(statement, []).append(values)
        if draft.after is not None and draft.capture == Capture.STORED and draft.state is not None:
            address = f"sha256:{draft.after.hex()}"
            rows.versions.append(
                (
                    recorder_id,
                    draft.file_id,
                    draft.after,
                    draft.path,
                    address,
                    draft.time_ns,
                    draft.state.size,
                )
            )
    return rows


def _sealed(sealer: Sealer, digest: bytes, operation: Operation, affected: str, replaced: str | None) -> Row:
    """A row of `differences` whose lines only the key's owner reads."""
    sides = sealer.seal_lines(digest, "affected", affected), sealer.seal_lines(digest, "replaced", replaced)
    return (digest, operation.value, *sides)


def file_row(found: Seen, file_id: bytes, root_id: bytes, first_seen_ns: int, changes: int = 0) -> Row:
    """A file that is new to the record, for `INSERT_FILE`; with so many changes to it."""
    return (1, first_seen_ns, changes, file_id, root_id, *found)


def _file(draft: Draft, stamp: bytes) -> tuple[Statement, Row]:
    """What brings the file's row to where and what it is now."""
    state = draft.state
    if state is None:
        return _FILE_GONE, (draft.file_id,)
    if draft.kind is Kind.CREATED:
        found = seen(draft.path, draft.after, draft.capture, state, stamp)
        return INSERT_FILE, file_row(found, draft.file_id, draft.root_id, draft.time_ns, 1)
    values = (
        draft.after, draft.capture, state.size, state.mode, state.mtime_ns, state.uid, state.gid, stamp,
        state.attributes,
    )  # fmt: skip
    if _is_in_place(draft, state):
        return _FILE_IN_PLACE, (*values, draft.file_id)
    return _FILE_ELSEWHERE, (*values, draft.root_id, draft.path, signed(state.inode), draft.file_id)


def _is_in_place(draft: Draft, state: DiskState) -> bool:
    return draft.kind is not Kind.MOVED and draft.previous is not None and draft.previous.inode == state.inode


def _columns(draft: Draft, group: int | None) -> Row:
    state, previous, counts = draft.state, draft.previous, draft.counts
    return (
        draft.time_ns, draft.root_id, draft.file_id, draft.path, draft.previous_path, draft.kind, draft.before, draft.after,
        *_seen(state, draft.after), *_seen(previous, draft.before),
        draft.owner, draft.process, draft.capture, draft.origin, group,
        counts.inserted if counts else None, counts.updated if counts else None, counts.deleted if counts else None,
        draft.encoding, draft.newline,
    )  # fmt: skip


def _seen(state: DiskState | None, digest: bytes | None) -> Row:
    """Size, mode and mtime; unknown where nobody looked at the file."""
    if state is None:
        return (None, None, None)
    if state.mode:
        return (state.size, state.mode, state.mtime_ns)
    return (None if digest is None else state.size, None, None)


def _later(draft: Draft) -> Row:
    state, previous = draft.state, draft.previous
    return (
        state.attributes if state else None,
        previous.attributes if previous else None,
        draft.process_info,
    )
