"""The record as commits, oldest first: what first looks found, and then change by change or burst by burst."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from fcm_tui.diff.patch import git_mode
from fcm_tui.exchange.arrivals import Arrivals
from fcm_tui.exchange.git.commits import (
    Commit,
    Mark,
    Person,
    Put,
    Remove,
    Rename,
    Step,
    first_look,
    message,
)
from fcm_tui.exchange.git.tree import Placed, Tree
from fcm_tui.exchange.scope import Scope
from fcm_tui.exchange.selection import Selection
from fcm_tui.model import Capture, Change, Kind
from fcm_tui.store.reading.neighbours import are_together
from fcm_tui.store.reading.queries import Reader
from fcm_tui.store.reading.results import RecorderInfo
from fcm_tui.times import local_text

_MOST = 4096
"""Changes in one commit: what has to be known of them at once."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is exported, and how."""

    scope: Scope
    selection: Selection
    by_burst: bool = False


class History:
    """Makes the commits that follow a mark, and remembers how far it has come."""

    def __init__(self, reader: Reader, recorder: RecorderInfo, plan: Plan, done: Mark, tree: Tree) -> None:
        """`done`: what the repository has; what led there is gone through again, without a word."""
        self._reader, self._plan, self._done, self._tree = reader, plan, done, tree
        self._recorder = recorder
        self._committer = Person.of("fcm-tui", recorder.host)
        self._arrivals = Arrivals(reader, recorder.recorder_id)
        self._greatest = b""
        self._batch = 0
        self._mark = done
        self._has_begun = False
        self._burst: list[tuple[Change, list[Step]]] = []
        self._in_burst: set[bytes] = set()
        self.changes = 0
        """Written so far."""

    @property
    def reached(self) -> int:
        """The change that it has come to."""
        return self._mark.sequence

    def commits(self) -> Iterator[Commit]:
        """All that are missing; what is recorded from now on is for the next time."""
        last = self._reader.last_sequence()
        newest = self._reader.connection.execute("SELECT coalesce(max(file_id), x'') FROM files").fetchone()[
            0
        ]
        selection = self._plan.selection
        self._join(new=False)
        for change in selection.changes(self._reader, self._recorder.recorder_id, last):
            self._greatest = max(self._greatest, change.file_id)
            is_new = self._is_new(change)
            if is_new:
                yield from self._begin()
            yield from self._first_looks(self._greatest, change.time_ns)
            if self._burst and not self._continues(change):
                yield self._commit()
            is_inside = self._concerns(change)
            steps = self._steps(change, is_new) if is_inside else []
            if not is_new or not is_inside:
                self._reached(change)
                continue
            self._burst.append((change, steps))
            self._in_burst.add(change.file_id)
        if self._burst:
            yield self._commit()
        yield from self._begin()
        until_ns = selection.until_ns
        yield from self._first_looks(newest if until_ns is None else b"", until_ns or 0)

    def _is_new(self, change: Change) -> bool:
        since = self._plan.selection.since_ns
        is_late = self._has_begun or since is None or change.time_ns >= since
        return is_late and change.sequence > self._done.sequence

    def _begin(self) -> Iterator[Commit]:
        """Before the first change that is new: all that stood there at the moment asked for, or what joins now."""
        if self._has_begun:
            return
        selection = self._plan.selection
        if selection.since_ns is not None:
            yield from self._first_looks(b"", selection.since_ns)
        self._has_begun = True
        if selection.terms:
            self._batch += 1
            self._join(new=True)
            yield from self._look(self._batch, None)
        elif selection.since_ns is not None and not self._done.sequence and not self._done.file_id:
            yield from self._look(None, selection.since_ns)

    def _first_looks(self, file_id: bytes, time_ns: int) -> Iterator[Commit]:
        if self._plan.selection.terms:
            return
        is_new = self._has_begun or self._plan.selection.since_ns is None
        if self._burst and self._arrivals.is_waiting(file_id, time_ns):
            yield self._commit()
        self._batch += 1
        seen_ns = None
        for arrival in self._arrivals.until(file_id, time_ns):
            file = arrival.file
            is_done = file.file_id <= self._done.file_id
            if file.path in self._plan.scope:
                self._tree.put(file, None if is_done or not is_new else self._batch)
                if is_new and not is_done:
                    seen_ns = arrival.seen_ns
            self._mark = replace(self._mark, file_id=max(self._mark.file_id, file.file_id))
        if seen_ns is not None:
            yield from self._look(self._batch, None, seen_ns)

    def _look(self, batch: int | None, since_ns: int | None, time_ns: int | None = None) -> Iterator[Commit]:
        count = self._tree.count(batch)
        if not count:
            return
        since = None if since_ns is None else local_text(since_ns)
        when = next(at for at in (time_ns, since_ns, self._plan.selection.since_ns, 0) if at is not None)
        author = Person.of(self._recorder.user, self._recorder.host)
        steps = (Put(file) for file in self._tree.files(batch))
        yield Commit(author, self._committer, when, first_look(count, self._mark, since), steps)

    def _join(self, *, new: bool) -> None:
        """With a filter: the files whose first change that it lets through is new or is not, as they were before."""
        selection = self._plan.selection
        if not selection.terms or (not new and not self._done.sequence):
            return
        met: set[bytes] = set()
        last = self._reader.last_sequence()
        for change in selection.changes(self._reader, self._recorder.recorder_id, last):
            if change.file_id in met or (selection.since_ns or 0) > change.time_ns:
                continue
            met.add(change.file_id)
            path = change.previous_path or change.path
            if change.kind is Kind.CREATED or path not in self._plan.scope:
                continue
            if (change.sequence > self._done.sequence) is new:
                mode = self._reader.state_before(change)[0]
                file = Placed(change.file_id, path, change.before, mode, None, Capture.NONE, 0)
                self._tree.put(file, self._batch)

    def _concerns(self, change: Change) -> bool:
        scope = self._plan.scope
        return change.path in scope or (change.previous_path is not None and change.previous_path in scope)

    def _continues(self, change: Change) -> bool:
        last = self._burst[-1][0]
        return (
            self._plan.by_burst
            and len(self._burst) < _MOST
            and are_together(change, last)
            and change.file_id not in self._in_burst  # no version is left out
        )

    def _steps(self, change: Change, is_new: bool) -> list[Step]:
        """What a change does to the tree, which has it from now on."""
        standing = self._tree.get(change.file_id)
        if change.kind is Kind.DELETED or change.path not in self._plan.scope:
            self._tree.take_out(change.file_id)
            return [] if standing is None else [Remove(standing.path)]
        digest = change.after
        if change.capture is Capture.QUOTA:
            # what it was before stays in its place; whether it was so when it was exported nobody knows
            digest = standing.digest if is_new and standing is not None else None
        file = Placed(
            change.file_id, change.path, digest, change.mode, change.size, change.capture, change.sequence
        )
        self._tree.put(file)
        if standing is None:
            return [Put(file)]
        if standing.path != file.path and not standing.sequence and self._done.file_id:
            # from a look before this run: were it not in the repository after all, git would not rename it
            return [Remove(standing.path), Put(file)]
        steps: list[Step] = [] if standing.path == file.path else [Rename(standing.path, file.path)]
        is_same = standing.digest == digest is not None and git_mode(standing.mode) == git_mode(file.mode)
        return steps if is_same else [*steps, Put(file)]

    def _reached(self, change: Change) -> None:
        self._mark = replace(self._mark, sequence=max(self._mark.sequence, change.sequence))

    def _commit(self) -> Commit:
        changes = [change for change, _ in self._burst]
        steps = [step for _, steps in self._burst for step in steps]
        self._burst = []
        self._in_burst.clear()
        self._reached(changes[-1])
        self.changes += len(changes)
        owners = Counter(change.owner or self._recorder.user for change in changes)
        author, *others = (Person.of(owner, self._recorder.host) for owner, _ in owners.most_common())
        text = message(changes, self._plan.scope.shown, self._mark, others)
        return Commit(author, self._committer, changes[-1].time_ns, text, steps)
