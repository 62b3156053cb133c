"""The first version's rows made into a record: every copy a version of its file, every difference a text of its own.

The old tables know neither when something happened nor which file a difference belonged to, so nothing of that is
said: all changes have the time at which they were brought in, and the gap ledger tells that. Differences are files
named by their id and operation, with their lines as content.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Hashable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from fcm_tui.capture.stable import Outcome, Reading
from fcm_tui.legacy.names import DIFFERENCES, ELSEWHERE, difference_path, is_on_share, place_of
from fcm_tui.legacy.tables import Copy, Difference, LegacyTables
from fcm_tui.model import UNSEEN, Capture, Draft, FileRecord, Kind, Origin, Root
from fcm_tui.pipeline.content import Work, before_of, work_out
from fcm_tui.pipeline.lines import NOTHING
from fcm_tui.pipeline.secrecy import SecretRules
from fcm_tui.pipeline.taking import Taken, Taker, Target, read
from fcm_tui.settings.config import Settings
from fcm_tui.store.contents.store import ContentRow
from fcm_tui.store.record import Record

REASON = "brought in from the first version's database, which does not know when these changes were made"
_AT_ONCE = 200
_BYTES_AT_ONCE = 16 << 20
_ATTEMPTS = 3

Item = TypeVar("Item")


@dataclass(slots=True)
class Tally:
    """What came of the rows."""

    copies: Counter[str] = field(default_factory=Counter)
    """Rows of `backup_paths` by what the record has of their copy: a `Capture`, `same` for one that the version before
    equals, `nameless` for a row that names no file."""
    differences: Counter[str] = field(default_factory=Counter)
    """Rows of `differences` by operation."""
    missing: list[tuple[Copy, str]] = field(default_factory=list)
    """Copies that could not be read, the first thousand of them, and why."""


class BringIn:
    """Reads rows, and writes them into a record, or nowhere: then it only tells what would come of it."""

    def __init__(self, settings: Settings, record: Record | None) -> None:
        self._settings = settings
        self._record = record
        self._taker = Taker(record.contents) if record else None
        self._roots: dict[bytes, Root] = {}
        self._rules: dict[bytes, SecretRules] = {}
        self._files: dict[bytes, FileRecord] = {}
        self._drafts: list[Draft] = []
        self._rows: list[ContentRow] = []
        self._groups: dict[Hashable, int] = {}
        self.tally = Tally()

    async def run(self, tables: LegacyTables) -> None:
        """Bring in all rows.

        Raises:
            Whatever the connection raises, sqlite3.Error, OSError: then not all of it is in the record.
        """
        roots = {ELSEWHERE}
        async for original in tables.originals():
            if (place := place_of(original)) is not None:
                roots.add(place[0])
        await asyncio.to_thread(self._begin, sorted(roots))
        began = time.time_ns()
        async for copies in _batches(tables.copies()):
            await asyncio.to_thread(self._take_copies, copies)
        async for differences in _batches(tables.differences()):
            await asyncio.to_thread(self._take_differences, differences)
        await asyncio.to_thread(self._end, began)

    def _begin(self, roots: Sequence[bytes]) -> None:
        if self._record is not None:
            self._roots = {root.path: root for root in self._record.set_roots(roots)}

    def _end(self, began_ns: int) -> None:
        self._flush()
        if self._record is not None:
            self._record.set_roots([])  # nobody watches them here
            gap = self._record.open_gap(None, began_ns, REASON)
            self._record.close_gap(gap, time.time_ns(), self._record.sequence)

    def _take_copies(self, copies: Sequence[Copy]) -> None:
        for row in copies:
            place = place_of(row.original)
            if place is None:
                self.tally.copies["nameless"] += 1
                self._miss(row, "the row names no file")
                continue
            self._take_copy(row, *place)

    def _take_copy(self, row: Copy, root: bytes, path: bytes) -> None:
        known = self._files.get(path)
        if known is not None and any(draft.path == path for draft in self._drafts):
            self._flush()  # the version before has to be there to be compared with
        taken, why = self._taken(row, root, path, known)
        reading, capture, work = taken
        if known is not None and reading.digest is not None and reading.digest == known.digest:
            self.tally.copies["same"] += 1
            return
        self.tally.copies[capture] += 1
        if why:
            self._miss(row, why)
        state = UNSEEN if reading.state is None else reading.state._replace(attributes=None)
        file = FileRecord(
            known.file_id if known else self._id(), self._root_id(root), path, reading.digest, capture, state
        )
        self._files[path] = file
        self._add(file, known, work)

    def _taken(self, row: Copy, root: bytes, path: bytes, known: FileRecord | None) -> tuple[Taken, str]:
        """What came of reading a copy; why it could not be read, where it could not."""
        if is_on_share(row.copy):
            return _nothing(
                row
            ), "it is on a share, which is not asked for a row's sake: copy it to this machine"
        if not row.copy or b"\0" in row.copy:
            return _nothing(row), "the row names no copy"
        rules = self._rules_of(root)
        target = Target(
            row.copy,
            self._settings.size_limit,
            rules.by_name(path),
            before_of(known),
            0,
            rules.detectors(path),
        )
        for _ in range(_ATTEMPTS):
            taken = self._taker.take(target, False) if self._taker else read(target, False)
            if taken.reading.outcome is not Outcome.UNSETTLED:
                break
        outcome, state = taken.reading.outcome, taken.reading.state
        if outcome in (Outcome.READ, Outcome.TOO_LARGE) and not (state and state.is_link):
            return taken, ""
        error = taken.reading.error
        why = {
            Outcome.GONE: "there is no such file",
            Outcome.UNSETTLED: "it keeps changing",
            Outcome.HELD: "another program keeps it for itself",
        }.get(outcome, (error.strerror if error else None) or "it is a link")
        return _nothing(row), why

    def _take_differences(self, differences: Sequence[Difference]) -> None:
        for row in differences:
            self.tally.differences[row.operation] += 1
            if self._record is None:
                continue
            digest = hashlib.sha256(row.lines).digest()
            state = UNSEEN._replace(size=len(row.lines))
            path = difference_path(row.id, row.operation)
            file = FileRecord(self._id(), self._root_id(ELSEWHERE), path, digest, Capture.STORED, state)
            self._add(file, None, work_out(None, None, False, row.lines, digest), group=DIFFERENCES)

    def _add(
        self, file: FileRecord, known: FileRecord | None, work: Work | None, group: Hashable = None
    ) -> None:
        if self._record is None:
            return
        lines = work.lines if work else NOTHING
        self._drafts.append(
            Draft(
                time_ns=time.time_ns(),
                kind=Kind.MODIFIED if known else Kind.CREATED,
                root_id=file.root_id,
                file_id=file.file_id,
                path=file.path,
                origin=Origin.SCAN,
                capture=file.capture,
                before=known.digest if known else None,
                after=file.digest,
                state=file.state,
                previous=known.state if known else None,
                group=group,
                counts=lines.counts,
                encoding=lines.format.encoding if lines.format else None,
                newline=lines.format.newline if lines.format else None,
                differences=lines.differences,
            )
        )
        if work is not None:
            self._rows += work.packed.rows
        if len(self._drafts) >= _AT_ONCE or sum(len(row[-1]) for row in self._rows) > _BYTES_AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        if self._record is not None and self._drafts:
            self._record.commit(self._drafts, [b"" for _ in self._drafts], self._rows, self._groups)
        self._drafts, self._rows = [], []

    def _id(self) -> bytes:
        return self._record.new_id() if self._record else b""

    def _root_id(self, path: bytes) -> bytes:
        return self._roots[path].root_id if self._record else b""

    def _rules_of(self, root: bytes) -> SecretRules:
        if root not in self._rules:
            settings = self._settings
            self._rules[root] = SecretRules(root, settings.secrets, settings.detectors, settings.allowed)
        return self._rules[root]

    def _miss(self, row: Copy, why: str) -> None:
        if len(self.tally.missing) < 1000:
            self.tally.missing.append((row, why))


def _nothing(row: Copy) -> Taken:
    return Taken(Reading(row.copy, Outcome.UNREADABLE), Capture.UNREADABLE, None)


async def _batches(items: AsyncIterator[Item]) -> AsyncIterator[list[Item]]:
    batch: list[Item] = []
    async for item in items:
        batch.append(item)
        if len(batch) == _AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch
