"""Which file is which after names moved: identity by inode, then by path, then by content, then by likeness.

A record is *homeless* when its path is empty or has another inode. A homeless record follows its
inode to where it is now, if what is there still looks like it (inodes are reused at once, so the
content has to agree). A path whose own record is dead keeps its identity when something is renamed
over it: that is how editors save, and the history of the path is what a person looks for. Where the
path's record lives on elsewhere (a rotated log), the newcomer keeps its own identity. Swaps, where
no order of renames replays, are told as modifications.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from fcm_tui.model import DiskState, FileRecord
from fcm_tui.paths import SEPARATOR


@dataclass(slots=True, eq=False)
class Arrival:
    """What stands at a path now, where it is not what the record has there."""

    path: bytes
    root_id: bytes
    state: DiskState
    digest: bytes | None
    known: FileRecord | None
    """The record of this path, if it has one."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Who is who. Replayed as deleted, moved (in order), modified, created, it leads to the disk."""

    deleted: list[FileRecord]
    moved: list[tuple[FileRecord, Arrival]]
    modified: list[tuple[FileRecord, Arrival]]
    created: list[Arrival]


Move = tuple[FileRecord, Arrival]


def identify(
    vanished: Sequence[FileRecord],
    arrivals: Sequence[Arrival],
    similar: Callable[[FileRecord, Arrival], bool],
    alike: Callable[[Sequence[FileRecord], Sequence[Arrival]], Sequence[Move]] = lambda lost, free: (),
) -> Verdict:
    """Decide for every record without its file, and every file without its record, which belong together.

    Args:
        vanished: records whose path is empty now.
        arrivals: new or changed files, each path once.
        similar: whether an arrival with a record's inode but other content is an edit of it.
        alike: of records and arrivals that nothing else brings together, those whose contents do.
    """
    homeless = [*vanished, *(a.known for a in arrivals if a.known and a.known.state.inode != a.state.inode)]
    empty = {record.file_id for record in vanished}

    def same(record: FileRecord, arrival: Arrival) -> bool:
        return _same_file(record, arrival, similar, is_replaced=record.file_id not in empty)

    targets = _by_inode(homeless, arrivals, same)
    accepted = _acceptable(targets)
    moved_ids = {record.file_id for record, _ in accepted}
    taken = {arrival.path for _, arrival in accepted}

    free = [a for a in arrivals if a.path not in taken and (a.known is None or a.known.file_id in moved_ids)]
    lost = [r for r in vanished if r.file_id not in moved_ids]
    for pairs in (_by_content, alike):
        more = pairs(lost, free)
        accepted += more
        moved_ids.update(record.file_id for record, _ in more)
        taken.update(arrival.path for _, arrival in more)
        lost = [r for r in lost if r.file_id not in moved_ids]
        free = [a for a in free if a.path not in taken]

    return Verdict(
        deleted=[r for r in vanished if r.file_id not in moved_ids],
        moved=_in_order(accepted),
        modified=[
            (a.known, a)
            for a in arrivals
            if a.path not in taken and a.known and a.known.file_id not in moved_ids
        ],
        created=free,
    )


def _by_inode(
    homeless: Iterable[FileRecord],
    arrivals: Iterable[Arrival],
    same: Callable[[FileRecord, Arrival], bool],
) -> dict[bytes, Move]:
    """Where each homeless record's inode is now, by file id, one record a place."""
    places: dict[int, list[Arrival]] = {}
    for arrival in arrivals:
        if arrival.state.inode and (
            arrival.known is None or arrival.known.state.inode != arrival.state.inode
        ):
            places.setdefault(arrival.state.inode, []).append(arrival)
    targets: dict[bytes, Move] = {}
    used: set[bytes] = set()
    for record in homeless:
        for arrival in places.get(record.state.inode, ()):
            if arrival.path not in used and arrival.path != record.path and same(record, arrival):
                targets[record.file_id] = (record, arrival)
                used.add(arrival.path)
                break
    return targets


def _same_file(
    record: FileRecord,
    arrival: Arrival,
    similar: Callable[[FileRecord, Arrival], bool],
    *,
    is_replaced: bool,
) -> bool:
    """Whether what has a record's inode now is its file. `is_replaced`: another file is at its path."""
    old, new = record.state, arrival.state
    if old.size == new.size and old.mtime_ns == new.mtime_ns:
        return record.digest == arrival.digest or record.digest is None or arrival.digest is None
    if record.digest == arrival.digest and record.digest is not None:
        # A file that was saved over by renaming leaves its inode to the next one, which may be of the same content.
        return new.size > 0 and not is_replaced
    return similar(record, arrival)


def _acceptable(targets: dict[bytes, Move]) -> list[Move]:
    """Moves to paths that are free, or whose own record moves away acceptably. Circles are not."""
    verdicts: dict[bytes, bool] = {}
    for start in targets:
        trail: list[bytes] = []
        file_id: bytes = start
        while True:
            if file_id in verdicts:
                good = verdicts[file_id]
            elif file_id not in targets or file_id in trail:
                good = False  # its path's record is dead, or the moves form a circle
            else:
                trail.append(file_id)
                known = targets[file_id][1].known
                if known is not None:
                    file_id = known.file_id
                    continue
                good = True
            break
        verdicts.update((i, good) for i in trail)
    return [move for file_id, move in targets.items() if verdicts[file_id]]


def _by_content(lost: Iterable[FileRecord], free: Iterable[Arrival]) -> list[Move]:
    """Pair what vanished with what came by equal content, the same name first. Empty files are never paired."""
    waiting: dict[bytes, list[Arrival]] = {}
    for arrival in free:
        if arrival.digest is not None and arrival.state.size:
            waiting.setdefault(arrival.digest, []).append(arrival)
    moves: list[Move] = []
    second: list[FileRecord] = []
    for record in lost:
        candidates = waiting.get(record.digest) if record.digest is not None else None
        if not candidates:
            continue
        name = record.path.rpartition(SEPARATOR)[2]
        for index, arrival in enumerate(candidates):
            if arrival.path.rpartition(SEPARATOR)[2] == name:
                moves.append((record, candidates.pop(index)))
                break
        else:
            second.append(record)
    for record in second:
        candidates = waiting.get(record.digest) if record.digest is not None else None
        if candidates:
            moves.append((record, candidates.pop(0)))
    return moves


def _in_order(moves: list[Move]) -> list[Move]:
    """Each after the one that vacates its path."""
    by_file = {record.file_id: (record, arrival) for record, arrival in moves}
    done: set[bytes] = set()
    ordered: list[Move] = []
    for record, _ in moves:
        trail: list[Move] = []
        file_id: bytes | None = record.file_id
        while file_id is not None and file_id in by_file and file_id not in done:
            done.add(file_id)
            move = by_file[file_id]
            trail.append(move)
            file_id = move[1].known.file_id if move[1].known else None
        ordered.extend(reversed(trail))
    return ordered


def folder_moves(moves: Sequence[Move], gone: Iterable[bytes]) -> dict[bytes, tuple[bytes, bytes]]:
    """For files that moved because a folder above them did: file id to (old folder, new folder).

    Args:
        moves: the accepted moves.
        gone: folders that are not there any more.
    """
    vanished = set(gone)
    found: dict[bytes, tuple[bytes, bytes]] = {}
    if not vanished:
        return found
    for record, arrival in moves:
        old, new = record.path.split(SEPARATOR), arrival.path.split(SEPARATOR)
        same = 0
        while same < min(len(old), len(new)) - 1 and old[-1 - same] == new[-1 - same]:
            same += 1
        for kept in range(same, 0, -1):
            folder = SEPARATOR.join(old[:-kept])
            if folder in vanished:
                found[record.file_id] = (folder, SEPARATOR.join(new[:-kept]))
                break
    return found


def top_folder(path: bytes, gone: frozenset[bytes]) -> bytes | None:
    """The topmost vanished folder above a path."""
    best: bytes | None = None
    folder = path.rpartition(SEPARATOR)[0]
    while folder:
        if folder in gone:
            best = folder
        folder = folder.rpartition(SEPARATOR)[0]
    return best
