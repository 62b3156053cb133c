"""Asks the rules of each change that is in the record, in order, and puts what they raise into the journal."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

from fcm_tui.alerts.alert import Alert, stable_id
from fcm_tui.alerts.encryption import EncryptionJudge
from fcm_tui.alerts.journal import Journal
from fcm_tui.alerts.rules import Rule
from fcm_tui.alerts.tally import Tally
from fcm_tui.alerts.tracker import Raised, Tracker
from fcm_tui.settings.alerts import SCREEN, AlertRule
from fcm_tui.store.reading.ends import Ends, ends_of
from fcm_tui.store.reading.queries import Reader
from fcm_tui.store.reading.watched import Watched

BATCH = 1000
SAVED_EVERY = 2.0
"""Seconds after which it is noted how far rules have got, where they raise nothing."""
_REMEMBERED = 100_000
"""Changes from before this run that rates begin with."""


class Evaluator:
    """For one thread."""

    def __init__(self, database: Path, rules: Sequence[Rule], journal: Journal, start: Ends | None) -> None:
        """`start` is where to begin in a record that the journal knows nothing of; None: at its end.

        Raises:
            StoreError: the record cannot be read.
            sqlite3.Error: nor the journal.
        """
        with contextlib.ExitStack() as undo:
            self._reader = undo.enter_context(contextlib.closing(Reader(database)))
            self._journal = journal
            recorder = self._reader.recorder()
            assert recorder is not None  # a record that is open for writing has one
            self._recorder_id, self._host = recorder.recorder_id, recorder.host
            judge = EncryptionJudge(self._reader.content)
            known = journal.quiet()
            self._trackers = [
                Tracker(rule, judge if rule.settings.watches == "encryption" else None)
                for rule in rules
                if rule.settings.watches not in ("gaps", "tampering")
            ]
            self._gap_trackers = [Tracker(rule) for rule in rules if rule.settings.watches == "gaps"]
            for tracker in self._all:
                if tracker.rule.name in known:
                    tracker.restore(known[tracker.rule.name])
            connection = self._reader.connection
            assert isinstance(connection, sqlite3.Connection), "rules are asked where it is recorded"
            self._watched = Watched(connection, [tracker.rule.filter for tracker in self._trackers])
            reached = journal.reached(self._recorder_id)
            self._sequence, self._gap = reached or start or ends_of(self._reader.connection)
            self._saved = time.monotonic() if reached else 0.0
            self._saved_at = reached
            self._data_version: object = None
            self._warm_up()
            undo.pop_all()

    def close(self) -> None:
        """Note how far it has got.

        Raises:
            sqlite3.Error: the disk refuses; all is ended nevertheless.
        """
        with contextlib.closing(self._reader):
            self._save([])

    @property
    def _all(self) -> list[Tracker]:
        return [*self._trackers, *self._gap_trackers]

    def look(self) -> bool:
        """Ask the rules of all that came; whether they raised anything.

        Raises:
            sqlite3.Error: record or journal cannot be read or written; nothing is forgotten.
        """
        is_raised = False
        version = self._reader.data_version()
        if version != self._data_version:
            while self._batch() == BATCH:
                is_raised |= self._tell()
            self._gaps()
            self._data_version = version
        return self._tell() or is_raised

    def seconds_to_wait(self) -> float:
        """Until a summary is due, at most a second."""
        moments = [due for tracker in self._all if (due := tracker.due_ns()) is not None]
        return max(0.0, min([1.0, *((due - time.time_ns()) / 1e9 for due in moments)]))

    def _batch(self) -> int:
        """Ask of the next changes; how many there were."""
        batch = self._watched.batch(self._recorder_id, self._sequence, BATCH)
        now = time.time_ns()
        for seen, flags in batch:
            for tracker, is_let_through in zip(self._trackers, flags, strict=True):
                if is_let_through:
                    tracker.feed(seen, now)
        if batch:
            self._sequence = batch[-1][0].sequence
        return len(batch)

    def _gaps(self) -> None:
        now = time.time_ns()
        for gap in self._watched.gaps(self._recorder_id, self._gap) if self._gap_trackers else ():
            for tracker in self._gap_trackers:
                tracker.gap(gap, now)
            self._gap = gap.gap

    def _tell(self) -> bool:
        now = time.time_ns()
        raised = [(tracker, found) for tracker in self._all if (found := tracker.take(now)) is not None]
        if raised or time.monotonic() - self._saved >= SAVED_EVERY:
            self._save(raised)
        return bool(raised)

    def _save(self, raised: Sequence[tuple[Tracker, Raised]]) -> None:
        if not raised and self._saved_at == (self._sequence, self._gap):
            return
        with self._journal.transaction():
            for tracker, found in raised:
                add(self._journal, self._alert(tracker.rule.settings, found), tracker.rule.settings)
            for tracker in self._all:
                if tracker.told or tracker.quiet_until_ns:
                    self._journal.set_quiet(tracker.rule.name, tracker.stored())
            self._journal.set_reached(self._recorder_id, self._sequence, self._gap)
        self._saved, self._saved_at = time.monotonic(), (self._sequence, self._gap)

    def _alert(self, rule: AlertRule, raised: Raised) -> Alert:
        number = f"{raised.tally.first_sequence} {raised.tally.last_sequence} {self._gap}"
        id = stable_id(self._recorder_id.hex(), rule.name, raised.kind, number, *raised.tally.details)
        return made(rule, raised.kind, raised.title, raised.tally, id, self._host, self._recorder_id.hex())

    def _warm_up(self) -> None:
        """Let rates begin with what was recorded lately."""
        reach = max((tracker.reach_ns for tracker in self._trackers), default=0)
        if not reach or not self._sequence:
            return
        last = self._watched.batch(self._recorder_id, self._sequence - 1, 1, self._sequence)
        if not last:
            return
        first = self._watched.since(
            self._recorder_id, last[0][0].time_ns - reach, self._sequence, _REMEMBERED
        )
        at = first - 1
        while batch := self._watched.batch(self._recorder_id, at, BATCH, self._sequence):
            for seen, flags in batch:
                for tracker, is_let_through in zip(self._trackers, flags, strict=True):
                    if is_let_through:
                        tracker.warm(seen)
            at = batch[-1][0].sequence


def made(rule: AlertRule, kind: str, title: str, tally: Tally, id: str, host: str, recorder: str) -> Alert:
    """An alert of a rule."""
    return Alert(
        id=id,
        rule=rule.name,
        severity=rule.severity,
        kind=kind,
        time_ns=time.time_ns(),
        host=host,
        recorder=recorder,
        title=title,
        count=tally.count,
        kinds=dict(tally.kinds),
        first_sequence=tally.first_sequence,
        last_sequence=tally.last_sequence,
        first_time_ns=tally.first_time_ns,
        last_time_ns=tally.last_time_ns,
        found_by_scan=tally.found_by_scan,
        files=tuple(tally.files),
        details=tuple(tally.details),
    )


def add(journal: Journal, alert: Alert, rule: AlertRule) -> None:
    """Put an alert into the journal, for the rule's targets. Part of a transaction."""
    targets = [target for target in rule.targets if target != SCREEN]
    journal.add(alert, targets, is_read=SCREEN not in rule.targets)
