"""From what a pass found to committed changes: read, told who is who, compared, and put into the record.

Slices of files are taken while the slice before them is put into the record, and several slices are
committed together: a commit has to reach the disk, whatever it holds.
"""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass

from fcm_tui.capture.growing import read_unsettled
from fcm_tui.capture.stable import Outcome
from fcm_tui.model import Capture, FileRecord
from fcm_tui.pipeline import clocks
from fcm_tui.pipeline.ahead import Ahead, Begun
from fcm_tui.pipeline.bulk import capture_of
from fcm_tui.pipeline.content import before_of
from fcm_tui.pipeline.drafts import Found, Prepared, is_closed_only, is_unchanged, prepare
from fcm_tui.pipeline.missed import Missed
from fcm_tui.pipeline.restored import Restored
from fcm_tui.pipeline.roots import WatchedRoot, root_of
from fcm_tui.pipeline.similar import Similarity
from fcm_tui.pipeline.taking import Taken, Target, read
from fcm_tui.pipeline.waiting import Waiting
from fcm_tui.pipeline.way import Come, Way, in_the_way
from fcm_tui.pipeline.work import SLICE_FILES, slices
from fcm_tui.store.record import Record
from fcm_tui.watch.paths import on_disk
from fcm_tui.watch.renames import Verdict, identify
from fcm_tui.watch.scan import Findings
from fcm_tui.who.attribution import Attribution

_TOGETHER_FILES = 1024
_TOGETHER_BYTES = 32 << 20
_TOGETHER_SECONDS = 0.3
"""After so many files, bytes or seconds what was put into the record is committed."""


MOST_ALIKE = 1000
"""Files in a pass up to which renames are told by likeness of content; git's own `diff.renameLimit`."""


@dataclass(slots=True)
class _Written:
    """What follows in memory from changes, once they are committed."""

    verdict: Verdict
    prepared: Prepared


class Bookkeeper:
    """Records what differs between disk and record. For one thread."""

    def __init__(
        self,
        record: Record,
        roots: Sequence[WatchedRoot],
        waiting: Waiting,
        pool: Executor,
        on_commit: Callable[[int, int], None],
    ) -> None:
        """`on_commit` is told the first and last sequence after each commit."""
        self.record = record
        self.roots = roots
        self.restored = Restored(record, waiting)
        self.who = Attribution(None, lambda drafts: {})
        """Says who made a change."""
        self._waiting = waiting
        self._pool = pool
        self._on_commit = on_commit
        self._ahead = Ahead(record.database, pool)
        self._known: dict[bytes, FileRecord | None] = {}
        """What the record says of the paths that this pass reads, as it began."""
        self._moved: set[bytes] = set()
        """Paths of which this pass has recorded that a file came from, went to, or was deleted there."""
        self._written: list[_Written] = []
        self._began = 0.0
        """When this pass began; monotonic, seconds."""
        self._way = Way(roots)
        self._come = Come()
        self._missed = Missed(record, roots)

    def close(self) -> None:
        """End what helps it."""
        self._ahead.close()

    def enter(self, findings: Findings, patient: bool) -> None:
        """Record what a pass found, and what waited for this one."""
        waiting = self._waiting
        self._began = time.monotonic()
        self._way, self._come = Way(self.roots), Come()
        changed = list(dict.fromkeys([*findings.changed, *waiting.due(patient)]))
        vanished = dict.fromkeys([*findings.vanished, *waiting.vanished])
        gone_folders = frozenset(waiting.gone_folders(findings.folders_gone))
        records = self._vanished_records(vanished, changed)
        paths = [path for path in sorted(set(changed)) if self._is_to_be_read(path, patient)]
        paths = self._likely_moves_first(paths, records)
        try:
            if records or paths:
                with _without_looking_for_cycles():
                    self._record_slices(paths, records, gone_folders, patient)
        finally:
            self._ahead.rest()
            self._known.clear()
            self._moved.clear()
            self._written.clear()
        waiting.forget_groups(self.restored.groups() if waiting.groups else ())

    def _is_to_be_read(self, path: bytes, patient: bool) -> bool:
        if not self._way.is_clear(path):
            self._waiting.settled(path)
            return False
        return not patient or self._waiting.may_read(path)

    def _record_slices(
        self,
        paths: Sequence[bytes],
        records: dict[bytes, FileRecord],
        gone_folders: frozenset[bytes],
        patient: bool,
    ) -> None:
        """Put what is at these paths into the record, and what vanished; several slices in a transaction."""
        # Who is like whom can only be told where all are at hand.
        together = bool(records) and len(paths) <= MOST_ALIKE
        taken_slices = self._taken(paths, patient, MOST_ALIKE if together else None)
        is_first, is_last = True, False
        while not is_last:
            with self._transaction():
                first = self.record.sequence + 1
                until = time.monotonic() + _TOGETHER_SECONDS
                files = size = 0
                for taken, is_last in taken_slices:
                    found = self._arrivals(taken, records, patient)
                    alike = is_first and is_last and together
                    self._put(found, records, gone_folders, patient, deletions=is_last, alike=alike)
                    is_first = False
                    files += len(taken)
                    size += sum(arrival.state.size for arrival in found)
                    if files >= _TOGETHER_FILES or size >= _TOGETHER_BYTES or time.monotonic() > until:
                        break
            self._committed(first)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """One of the record, after whose failure no group has a number that was rolled back."""
        groups = dict(self._waiting.groups)
        try:
            with self.record.transaction():
                yield
        except BaseException:
            self._waiting.groups = groups
            self.who.forget()
            raise

    def _taken(
        self, paths: Sequence[bytes], patient: bool, first: int | None
    ) -> Iterator[tuple[list[Taken], bool]]:
        """What came of the paths, slice by slice, and whether it is the last; meanwhile the next is taken."""
        parts = slices(paths, self._size, first)
        self._ahead.expect(len(paths))
        begun: Begun | None = self._ahead.begin(self._targets(next(parts, [])), patient)
        while begun is not None:
            taken = self._ahead.finish(begun)
            part = next(parts, None)
            begun = self._ahead.begin(self._targets(part), patient) if part is not None else None
            yield taken, begun is None

    def _size(self, path: bytes) -> int:
        """Bytes that are read of a file."""
        root = root_of(self.roots, path)
        try:
            return min(os.lstat(on_disk(path)).st_size, root.size_limit if root is not None else 0)
        except OSError:
            return 0

    def _vanished_records(self, vanished: Iterable[bytes], changed: list[bytes]) -> dict[bytes, FileRecord]:
        """Records whose path is empty, by path. A path that is there again is added to `changed`."""
        records: dict[bytes, FileRecord] = {}
        for path in vanished:
            root = root_of(self.roots, path)
            record = self.record.file_at(root.root.root_id, path) if root is not None else None
            if record is None:
                self._waiting.returned(path)
            elif self._way.may_lead_to_file(path):
                self._waiting.returned(path)
                changed.append(path)
            else:
                records[path] = record
        return records

    def _likely_moves_first(self, paths: list[bytes], records: dict[bytes, FileRecord]) -> list[bytes]:
        """Files that have a vanished file's inode come first, so that a move and its source meet in one slice."""
        if not records:
            return paths
        inodes = {record.state.inode for record in records.values()}
        return sorted(paths, key=lambda path: _inode(path) not in inodes)

    def _targets(self, paths: Sequence[bytes]) -> list[Target]:
        """What is to be read, with what the record says of it now."""
        owned: dict[bytes, tuple[WatchedRoot, list[bytes]]] = {}
        for path in paths:
            root = root_of(self.roots, path)
            if root is not None:
                owned.setdefault(root.path, (root, []))[1].append(path)
        for root, inside in owned.values():
            self._known.update(self.record.files_at(root.root.root_id, inside))
        targets = {path: self._target(root, path) for root, inside in owned.values() for path in inside}
        return [targets[path] for path in paths if path in targets]

    def _target(self, root: WatchedRoot, path: bytes) -> Target:
        known = self._known.get(path)
        inode = known.state.inode if known is not None else 0
        secrets = root.secrets
        return Target(
            path, root.size_limit, secrets.by_name(path), before_of(known), inode, secrets.detectors(path)
        )

    def _arrivals(
        self, taken: Sequence[Taken], records: dict[bytes, FileRecord], patient: bool
    ) -> list[Found]:
        """What was read and differs; what is not settled waits, what did not change is refreshed."""
        found: list[Found] = []
        refreshed: list[tuple[bytes, bytes, bytes]] = []
        for reading, capture, work in taken:
            path = reading.path
            root = root_of(self.roots, path)
            if root is None:
                continue
            known = self._known.get(path)
            if path in self._moved:  # in a slice before this one: what was worked out is of no use
                known = self._known[path] = self.record.file_at(root.root.root_id, path)
                reading, capture, work = read(self._target(root, path), patient)
            if reading.outcome is Outcome.UNSETTLED:
                size = reading.state.size if reading.state else 0
                overdue = self._waiting.unsettled(path, size)
                if patient and not overdue:
                    continue
                reading = read_unsettled(path, root.size_limit)
                capture = capture_of(reading, root.secrets.by_name(path), root.secrets.detectors(path))
                self._waiting.captured(path)
            elif reading.outcome is not Outcome.HELD:
                self._waiting.settled(path)
            if reading.state is None and reading.outcome is Outcome.UNREADABLE:
                continue  # a folder above cannot be entered: nobody knows
            if reading.outcome is Outcome.HELD and not (self._waiting.held(path) and patient):
                continue
            if reading.outcome is Outcome.GONE or reading.state is None:
                if known is not None:
                    records.setdefault(path, known)
                self._waiting.settled(path)
                continue
            records.pop(path, None)
            self._waiting.returned(path)
            arrival = Found(
                path, root.root.root_id, reading.state, reading.digest, known,
                reading.stamp, reading.data, capture, work, reading.attributes,
            )  # fmt: skip
            if arrival.capture != Capture.STORED:
                arrival.data = None
            if known is not None and is_closed_only(known, arrival):
                arrival.digest, arrival.capture = known.digest, known.capture
                arrival.state = arrival.state._replace(attributes=known.state.attributes)
            if known is not None and is_unchanged(known, arrival):
                if reading.outcome is Outcome.HELD:
                    continue
                refreshed.append((arrival.stamp, arrival.root_id, path))
                root.tree.put(path, arrival.stamp)
                continue
            found.append(arrival)
        early = self._come.early([arrival.path for arrival in found])
        for path in early:
            self._waiting.look_again(path)
        found = [arrival for arrival in found if arrival.path not in early]
        for path, record in self._missed.because_of(found, records, self._way):
            records.setdefault(path, record)
        if refreshed:
            self.record.refresh(refreshed)
        return found

    def _put(
        self,
        found: list[Found],
        records: dict[bytes, FileRecord],
        gone_folders: frozenset[bytes],
        patient: bool,
        *,
        deletions: bool,
        alike: bool,
    ) -> None:
        """Decide who is who, and record it; of the vanished, those that need wait no longer."""
        waiting = self._waiting
        similarity = Similarity(self.record.contents)
        pairs = similarity.pairs if alike else lambda lost, free: ()
        verdict = identify(list(records.values()), found, similarity, pairs)
        blocking = in_the_way(verdict.deleted, [arrival.path for arrival in found])
        ready = [
            record
            for record in verdict.deleted
            if record.path in blocking
            or (deletions and (not patient or waiting.gone_for_good(record.path, self._began)))
        ]
        verdict.deleted[:] = [
            record for record in ready if not self._is_back(record.path) or record.path in blocking
        ]
        if not (verdict.deleted or verdict.moved or verdict.modified or verdict.created):
            return
        deleted = verdict.deleted
        for at in range(SLICE_FILES, len(deleted), SLICE_FILES):
            self._write(Verdict(deleted[at : at + SLICE_FILES], [], [], []), records, gone_folders)
        verdict.deleted[:] = deleted[:SLICE_FILES]
        self._write(verdict, records, gone_folders)

    def _is_back(self, path: bytes) -> bool:
        """Something stands again where a file was missed: it is looked at in the next pass."""
        is_back = self._way.may_lead_to_file(path)
        if is_back:
            self._waiting.look_again(path)
        return is_back

    def _write(
        self, verdict: Verdict, records: dict[bytes, FileRecord], gone_folders: frozenset[bytes]
    ) -> None:
        prepared = prepare(
            verdict,
            gone_folders,
            self.restored.noticing(),
            self.record.contents,
            self.record.new_id,
            clocks.log_ns(),
            self._pool,
        )
        self.who.attribute(prepared.drafts)
        self.record.commit(prepared.drafts, prepared.stamps, prepared.rows, self._waiting.groups)
        self._moved.update(arrival.path for _, arrival in verdict.moved)
        self._come.add(arrival.path for arrival in verdict.created)
        self._come.add(arrival.path for _, arrival in verdict.moved)
        for old in _left(verdict):
            self._moved.add(old.path)
            records.pop(old.path, None)
        self._written.append(_Written(verdict, prepared))

    def _committed(self, first: int) -> None:
        """What follows in memory from what was put into the record, now that it is there for good."""
        record, waiting = self.record, self._waiting
        for written in self._written:
            for version in written.prepared.versions:
                record.contents.remember(version)
            for old in _left(written.verdict):
                waiting.returned(old.path)
                root = root_of(self.roots, old.path)
                if root is not None:
                    root.tree.drop(old.path)
            for draft, stamp in zip(written.prepared.drafts, written.prepared.stamps, strict=True):
                waiting.scan_origin.pop(draft.path, None)
                root = root_of(self.roots, draft.path)
                if draft.state is not None and root is not None:
                    root.tree.put(draft.path, stamp)
        self._written.clear()
        self.who.recorded()
        if record.sequence >= first:
            self._on_commit(first, record.sequence)


@contextmanager
def _without_looking_for_cycles() -> Iterator[None]:
    """Nothing that a change is made of refers to itself, and looking for it takes a twentieth of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _left(verdict: Verdict) -> list[FileRecord]:
    """The records whose file is no longer where it was."""
    return [*verdict.deleted, *(source for source, _ in verdict.moved)]


def _inode(path: bytes) -> int:
    try:
        return os.lstat(on_disk(path)).st_ino
    except OSError:
        return -1
