"""The recording engine: from hints and scans to committed changes. For one thread; it sleeps nowhere.

What is recorded is always the difference between disk and record: a pass lists what was hinted at (or
everything), reads what differs, decides who is who, and commits in slices. What cannot be settled in a
pass is kept and looked at again in a later one, whose time the pass tells.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field

from fcm_tui.capture.growing import read_unsettled
from fcm_tui.capture.stable import Outcome
from fcm_tui.model import Capture, FileRecord, Origin
from fcm_tui.pipeline.bulk import capture_of
from fcm_tui.pipeline.drafts import Found, prepare, same_metadata
from fcm_tui.pipeline.roots import Presence, WatchedRoot, root_of
from fcm_tui.pipeline.similar import Similarity
from fcm_tui.pipeline.waiting import Waiting
from fcm_tui.pipeline.work import SLICE_FILES, Target, read_all, slices
from fcm_tui.store.record import Record
from fcm_tui.watch.renames import Verdict, identify
from fcm_tui.watch.scan import Findings
from fcm_tui.watch.scan_process import ScanProcess
from fcm_tui.watch.tree import is_inside, join


@dataclass(slots=True)
class Look:
    """What a pass is to look at."""

    folders: set[bytes] = field(default_factory=set)
    """To be listed."""
    deep: set[bytes] = field(default_factory=set)
    """To be listed with everything below them, and watched anew."""
    whole: list[WatchedRoot] = field(default_factory=list)
    """To be scanned from top to bottom."""

    def __bool__(self) -> bool:
        return bool(self.folders or self.deep or self.whole)


@dataclass(slots=True)
class Pass:
    """What came of a pass."""

    first: int = 0
    last: int = 0
    """Sequences committed; `last < first` for none."""
    again_in: float | None = None
    """Seconds until something waits to be looked at again; None for nothing."""
    unlistable: list[tuple[bytes, OSError]] = field(default_factory=list)
    returned: bool = False
    """A root stood there anew: what watches it has to begin anew."""

    @property
    def changes(self) -> int:
        return self.last - self.first + 1


class Engine:
    """Records the changes of some roots into one record."""

    def __init__(
        self,
        record: Record,
        roots: Sequence[WatchedRoot],
        pool: Executor,
        *,
        on_commit: Callable[[int, int], None],
    ) -> None:
        """`on_commit` is told the first and last sequence after each commit, in the engine's thread."""
        self.record = record
        self.roots = list(roots)
        self._pool = pool
        self._on_commit = on_commit
        self._waiting = Waiting()
        self.helper: ScanProcess | None = None
        """Takes half of a scan of everything while there is one."""
        self.restored: Callable[[bytes, bytes | None], bool] = lambda path, digest: False

    def load(self) -> None:
        """Fill the trees from the record."""
        for root in self.roots:
            root.tree.fill(self.record.stamps(root.root))
            baseline_ns, device = self.record.baseline_of(root.root)
            root.baseline = baseline_ns is not None
            root.device = None if device is None else device % (1 << 64)

    @property
    def is_waiting(self) -> bool:
        """Something could not be settled yet."""
        return self._waiting.next_in() is not None

    def run(self, look: Look, *, patient: bool = True) -> Pass:
        """One pass.

        Args:
            look: what to look at, besides what waits from earlier passes.
            patient: whether a vanished file may still turn up elsewhere, and a file just written
                may go on changing; without it all is recorded as it is now.
        """
        result = Pass(first=self.record.sequence + 1)
        findings = Findings()
        here = [root for root in self.roots if self._is_here(root)]
        back = [root for root in here if root.returned]
        deleted = [root for root in here if root.identity is None]
        whole = {root.path: root for root in [*look.whole, *back, *deleted] if root in here}
        for root in whole.values():
            root.returned = False
            if self.helper is not None:
                self.helper.scan_all(root.scanner, findings)
            else:
                root.scanner.scan_all(findings)
        scanned = [*findings.changed, *findings.vanished]
        hinted: dict[bytes, list[tuple[bytes, bool]]] = {}
        for folder, deep in _without_repeats(look):
            owner = root_of(here, folder)
            if owner is not None and owner.path not in whole:
                hinted.setdefault(owner.path, []).append((folder, deep))
        for root in here:
            if root.path in hinted:
                root.scanner.scan_hinted(hinted[root.path], findings)
        self._waiting.scan_origin.update(dict.fromkeys(scanned, Origin.SCAN))
        self._record(findings, patient)
        self._prune(findings.folders_gone)
        result.unlistable = findings.unlistable
        result.last = self.record.sequence
        result.again_in = self._waiting.next_in()
        result.returned = bool(back)
        for root in back:
            self._close_gap(root, result.changes)
        return result

    def _is_here(self, root: WatchedRoot) -> bool:
        """Whether a root can be looked at; while it is away its gap stays open."""
        presence = root.presence()
        if presence is Presence.AWAY:
            if root.gap is None:
                root.gap = self.record.open_gap(
                    root.root, time.time_ns(), "the root was unmounted or out of reach"
                )
            return False
        return presence is Presence.HERE or root.tree.count() > 0

    def _close_gap(self, root: WatchedRoot, changes: int) -> None:
        if root.gap is not None:
            self.record.close_gap(root.gap, time.time_ns(), changes)
            root.gap = None

    def _record(self, findings: Findings, patient: bool) -> None:
        waiting = self._waiting
        changed = list(dict.fromkeys([*findings.changed, *waiting.due()]))
        vanished = dict.fromkeys([*findings.vanished, *waiting.vanished])
        gone_folders = frozenset(waiting.gone_folders(findings.folders_gone))
        records = self._vanished_records(vanished, changed)
        targets = []
        for path in sorted(set(changed)):
            root = root_of(self.roots, path)
            if root is not None and (not patient or waiting.may_read(path)):
                targets.append(Target(path, root.size_limit))
        targets = self._likely_moves_first(targets, records)
        parts = list(slices(targets)) or [[]]
        for number, part in enumerate(parts):
            found = self._read(part, records, patient)
            final = number == len(parts) - 1
            self._commit(found, records, gone_folders, patient, deletions=final)
        waiting.forget_groups()

    def _vanished_records(self, vanished: Iterable[bytes], changed: list[bytes]) -> dict[bytes, FileRecord]:
        """Records whose path is empty, by path. A path that is there again is added to `changed`."""
        records: dict[bytes, FileRecord] = {}
        for path in vanished:
            root = root_of(self.roots, path)
            record = self.record.file_at(root.root.root_id, path) if root is not None else None
            if record is None:
                self._waiting.returned(path)
            elif os.path.lexists(path) and _is_file_or_link(path):
                self._waiting.returned(path)
                changed.append(path)
            else:
                records[path] = record
        return records

    def _likely_moves_first(self, targets: list[Target], records: dict[bytes, FileRecord]) -> list[Target]:
        """Files that have a vanished file's inode come first, so that a move and its source meet in one slice."""
        if not records:
            return targets
        inodes = {record.state.inode for record in records.values()}
        return sorted(targets, key=lambda target: _inode(target.path) not in inodes)

    def _read(
        self, targets: Sequence[Target], records: dict[bytes, FileRecord], patient: bool
    ) -> list[Found]:
        """Read the targets; what is not settled waits, what did not change is refreshed."""
        found: list[Found] = []
        newcomers: list[Found] = []
        refreshed: list[tuple[bytes, bytes, bytes]] = []
        for reading in read_all(targets, self._pool, settle=patient):
            root = root_of(self.roots, reading.path)
            if root is None:
                continue
            if reading.outcome is Outcome.UNSETTLED:
                size = reading.state.size if reading.state else 0
                overdue = self._waiting.unsettled(reading.path, size)
                if patient and not overdue:
                    continue
                reading = read_unsettled(reading.path, root.size_limit)
                self._waiting.captured(reading.path)
            else:
                self._waiting.settled(reading.path)
            known = self.record.file_at(root.root.root_id, reading.path)
            if reading.outcome is Outcome.GONE or reading.state is None:
                if known is not None:
                    records.setdefault(reading.path, known)
                self._waiting.settled(reading.path)
                continue
            arrival = Found(
                reading.path, root.root.root_id, reading.state, reading.digest, known,
                reading.stamp, reading.data, capture_of(reading, root.is_secret(reading.path)),
            )  # fmt: skip
            if arrival.capture != Capture.STORED:
                arrival.data = None
            if known is not None and _is_closed_only(known, arrival):
                arrival.digest, arrival.capture = known.digest, known.capture
            if known is not None and _is_unchanged(known, arrival):
                refreshed.append((arrival.stamp, arrival.root_id, arrival.path))
                root.tree.put(arrival.path, arrival.stamp)
                continue
            if known is None:
                newcomers.append(arrival)
            found.append(arrival)
        present = {arrival.path for arrival in found}
        for arrival in newcomers:
            self._missed_source(arrival, records, present)
        if refreshed:
            self.record.refresh(refreshed)
        return found

    def _missed_source(self, arrival: Found, records: dict[bytes, FileRecord], present: set[bytes]) -> None:
        """A new file with the inode of a recorded one: look whether that one's path is empty now."""
        for path in self.record.paths_of_inode(arrival.state.inode):
            if path in present or path in records or os.path.lexists(path):
                continue
            root = root_of(self.roots, path)
            record = self.record.file_at(root.root.root_id, path) if root is not None else None
            if record is not None:
                records[path] = record

    def _commit(
        self,
        found: list[Found],
        records: dict[bytes, FileRecord],
        gone_folders: frozenset[bytes],
        patient: bool,
        *,
        deletions: bool,
    ) -> None:
        """Decide who is who, and commit; of the vanished, those that need wait no longer."""
        waiting = self._waiting
        verdict = identify(list(records.values()), found, Similarity(self.record.contents))
        paths = {arrival.path for arrival in found}
        ready = [
            record
            for record in verdict.deleted
            if not patient or waiting.gone_for_good(record.path) or _in_the_way(record.path, paths)
        ]
        if not deletions:
            ready = [record for record in ready if _in_the_way(record.path, paths)]
        verdict.deleted[:] = ready
        if not (verdict.deleted or verdict.moved or verdict.modified or verdict.created):
            return
        deleted = verdict.deleted
        for at in range(SLICE_FILES, len(deleted), SLICE_FILES):
            self._write(Verdict(deleted[at : at + SLICE_FILES], [], [], []), records, gone_folders)
        verdict.deleted[:] = deleted[:SLICE_FILES]
        self._write(verdict, records, gone_folders)

    def _write(
        self, verdict: Verdict, records: dict[bytes, FileRecord], gone_folders: frozenset[bytes]
    ) -> None:
        """One transaction, and what follows from it in memory."""
        record, waiting = self.record, self._waiting
        prepared = prepare(
            verdict, gone_folders, self._origin, record.contents, record.new_id, _now_ns(), self._pool
        )
        first, last = record.commit(prepared.drafts, prepared.stamps, prepared.rows, waiting.groups)
        for version in prepared.versions:
            record.contents.remember(version)
        for old in [*verdict.deleted, *(source for source, _ in verdict.moved)]:
            records.pop(old.path, None)
            waiting.returned(old.path)
            root = root_of(self.roots, old.path)
            if root is not None:
                root.tree.drop(old.path)
        for draft, stamp in zip(prepared.drafts, prepared.stamps, strict=True):
            waiting.scan_origin.pop(draft.path, None)
            root = root_of(self.roots, draft.path)
            if draft.state is not None and root is not None:
                root.tree.put(draft.path, stamp)
        self._on_commit(first, last)

    def _origin(self, path: bytes, digest: bytes | None) -> Origin:
        if self.restored(path, digest):
            return Origin.RESTORE
        return self._waiting.scan_origin.get(path, Origin.EVENT)

    def _prune(self, folders: Iterable[bytes]) -> None:
        """Take vanished folders out of the trees once no file in them waits."""
        for folder in folders:
            root = root_of(self.roots, folder)
            if root is not None and not os.path.isdir(folder):
                root.tree.prune(folder)


def _without_repeats(look: Look) -> list[tuple[bytes, bool]]:
    """Folders to list, and whether with all below; none below one that is looked through anyway."""
    deep: list[bytes] = []
    for folder in sorted(look.deep):
        if not deep or not is_inside(folder, deep[-1]):
            deep.append(folder)
    return [(folder, False) for folder in sorted(look.folders - look.deep)] + [
        (folder, True) for folder in deep
    ]


def _is_unchanged(known: FileRecord, arrival: Found) -> bool:
    """Nothing that the record tells differs: a link made to it, a save of the same bytes at the same time."""
    return (
        known.digest == arrival.digest
        and known.capture == arrival.capture
        and known.state.inode == arrival.state.inode
        and same_metadata(known.state, arrival.state)
    )


def _is_closed_only(known: FileRecord, arrival: Found) -> bool:
    """It can no longer be read, and nothing else about it tells of another content."""
    old, new = known.state, arrival.state
    return (
        arrival.capture == Capture.UNREADABLE
        and (old.size, old.mtime_ns, old.inode) == (new.size, new.mtime_ns, new.inode)
        and old.is_link == new.is_link
    )


def _in_the_way(path: bytes, arrivals: set[bytes]) -> bool:
    """A vanished file whose path is now a folder above an arrival, or was below one."""
    if not arrivals:
        return False
    parent = os.path.dirname(path)
    while parent and parent != os.path.dirname(parent):
        if parent in arrivals:
            return True
        parent = os.path.dirname(parent)
    if not os.path.isdir(path):
        return False
    inside = join(path, b"")
    return any(is_inside(arrival, path) or arrival.startswith(inside) for arrival in arrivals)


def _now_ns() -> int:
    """The time as the log tells it, in whole microseconds: a moment read there names the same change."""
    return time.time_ns() // 1000 * 1000


def _is_file_or_link(path: bytes) -> bool:
    return os.path.islink(path) or os.path.isfile(path)


def _inode(path: bytes) -> int:
    try:
        return os.lstat(path).st_ino
    except OSError:
        return -1
