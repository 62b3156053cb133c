"""One run of a recorder on a data directory: opened, brought up to date, and closed. Synchronous."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from pathlib import Path

from fcm_tui.datadir import LOCK_SUFFIX
from fcm_tui.errors import UsageError
from fcm_tui.intents import INTENTS, Announcements
from fcm_tui.model import NOT_RUNNING
from fcm_tui.pipeline.engine import Engine, Look, Pass
from fcm_tui.pipeline.indexing import Indexing
from fcm_tui.pipeline.progress import Cancelled, Progress, Ready
from fcm_tui.pipeline.pruning import Pruning
from fcm_tui.pipeline.roots import Presence, WatchedRoot, root_of, watched_roots
from fcm_tui.pipeline.scan_process import WORTH_FILES, ScanProcess
from fcm_tui.safetext import visible_path
from fcm_tui.settings.config import Settings
from fcm_tui.store.reading.text_index import SUFFIXES as INDEX_SUFFIXES
from fcm_tui.store.record import Record
from fcm_tui.store.sealing import sealer as sealing
from fcm_tui.watch.deeds import Telling, tells_who
from fcm_tui.watch.hints import Source
from fcm_tui.who.attribution import Attribution
from fcm_tui.who.open_files import OpenFiles

SETTLING = 1.0
"""Seconds that the scan at the start gives to what is being written just then."""
_MISSING = {
    Presence.DELETED: "it is not there, so its files count as deleted; if it was renamed, name its new path",
    Presence.AWAY: "it is unmounted or out of reach: nothing of it is recorded until it is back",
}
_ALERT_SUFFIXES = ("-alerts", "-alerts-wal", "-alerts-shm", "-alerts-journal")
_SUFFIXES = ("", "-wal", "-shm", "-journal", "-filling", LOCK_SUFFIX, *INDEX_SUFFIXES, *_ALERT_SUFFIXES)
"""Of the files of a record; the index for texts and the journal of alerts lie beside it."""


class Session:
    """A record open for writing and the engine that writes it. For one thread."""

    def __init__(
        self,
        database: Path,
        settings: Settings,
        roots: Sequence[bytes],
        pool: Executor,
        *,
        own_paths: Sequence[bytes] = (),
        source: Source | None = None,
        on_commit: Callable[[int, int], None] = lambda first, last: None,
        helper: ScanProcess | None = None,
    ) -> None:
        """Open the record, and load what it knows of the roots (absolute paths, none twice).

        `own_paths` are never recorded: the data directory, above all. `source` is armed with the
        folders that are looked at, and says who changed them where it knows. `helper` was started for this record
        beforehand; it is closed with the session, or before.

        Raises:
            StoreError: the database cannot be used.
        """
        self.settings = settings
        self._pool = pool
        sealing.hold(settings.encryption)
        self.record = Record(database)
        with contextlib.ExitStack() as undo:
            undo.callback(self.record.close)
            own = self.record.set_roots(roots)
            files = [os.fsencode(f"{database}{suffix}") for suffix in _SUFFIXES]
            watched = watched_roots(
                own,
                settings,
                [*files, os.fsencode(database.parent / INTENTS), *own_paths],
                source.arm if source else None,
            )
            self.engine = Engine(self.record, watched, pool, on_commit=on_commit)
            if helper is not None:
                self.engine.helper = helper
                undo.callback(helper.close)
            elif self.record.files_ever() >= WORTH_FILES:
                self.engine.helper = ScanProcess(database)
            self.engine.announce(Announcements(database.parent / INTENTS))
            self._who = Attribution(_telling(source, watched), OpenFiles())
            self.engine.ask(self._who)
            self.engine.load()
            self.indexing = Indexing(self.record)
            self.pruning = Pruning(self.record, settings.retention, database.parent / INTENTS)
            undo.pop_all()
        self._unlistable: dict[bytes, str] = {}

    def close(self, *, all_recorded: bool = True, goes_on: bool = False) -> None:
        """Leave the record tidy: the moment noted up to which all is recorded, the log moved into the file.

        Without `all_recorded` that moment stays as it was, for the next start to tell since when changes were missed.
        Where the process `goes_on` with another session, that one does what somebody asked this one for.

        Raises:
            sqlite3.Error: the disk refuses; all is ended nevertheless.
        """
        self._end_helper()
        self.indexing.close()
        self.pruning.close(goes_on=goes_on)
        self.engine.close()
        with self.record:
            if all_recorded:
                self.engine.ledger.passed(is_settled=True)
                self.record.still_here()
            self.record.checkpoint()

    def catch_up(
        self,
        *,
        patient: bool,
        on_progress: Callable[[Progress], None] = lambda progress: None,
        is_cancelled: Callable[[], bool] = lambda: False,
        missed: str = NOT_RUNNING,
    ) -> Ready:
        """Take the baselines that are missing, and find what changed while nothing recorded, for the reason `missed`.

        Raises:
            Cancelled: `is_cancelled` said so.
            UsageError: a new root is no folder that can be listed.
        """
        begun = self._who.begin_scan()
        try:
            ready = self._catch_up(patient, on_progress, is_cancelled, missed)
            self.engine.is_up_to_date(begun)
            return ready
        finally:
            self._end_helper()

    def _catch_up(
        self,
        patient: bool,
        on_progress: Callable[[Progress], None],
        is_cancelled: Callable[[], bool],
        missed: str,
    ) -> Ready:
        engine, record = self.engine, self.record
        known = [root for root in engine.roots if root.baseline]
        new = [root for root in engine.roots if not root.baseline]
        for root in new:
            root.known_inside = record.known_inside(root.root)
        begun = [root for root in new if root.tree.count() or root.known_inside]
        if new:
            with record.baseline():
                cancelled = self._take_baselines(new, on_progress, is_cancelled)
            give_back()
            if cancelled:
                raise Cancelled
        known += begun
        result = Pass(first=record.sequence + 1, last=record.sequence)
        if known:
            ledger = engine.ledger
            ledger.miss([root for root in known if not ledger.concerns(root)], missed)
            result = self._reconcile(known, patient)
            self.note_unlistable(result.unlistable, whole=True)
        self.note_devices()
        return Ready(len(engine.roots), self.files(), result.changes)

    def prune(self) -> None:
        """A step of retention, if there is one to be taken now."""
        if self.pruning.is_due():
            self.pruning.step()

    def _end_helper(self) -> None:
        helper, self.engine.helper = self.engine.helper, None
        if helper is not None:
            helper.close()

    def _take_baselines(
        self,
        roots: list[WatchedRoot],
        on_progress: Callable[[Progress], None],
        is_cancelled: Callable[[], bool],
    ) -> bool:
        """True if cancelled: what was recorded until then stays, and the next start goes on."""
        from fcm_tui.pipeline.baseline import take_baseline

        for root in roots:
            if root.presence() is not Presence.HERE:
                raise UsageError(f"{os.fsdecode(root.path)}: no such folder: name one that exists")
            try:
                findings = take_baseline(self.record, root, on_progress, is_cancelled)
            except Cancelled:
                return True
            if any(folder == root.path for folder, _ in findings.unlistable):
                error = findings.unlistable[0][1]
                raise UsageError(
                    f"{os.fsdecode(root.path)}: {error.strerror}: name a folder that you can read"
                )
            self.note_unlistable(findings.unlistable, whole=False)
            self.record.baseline_stands(root.root)
            root.baseline = True
            root.returned = False
        return False

    def _reconcile(self, roots: list[WatchedRoot], patient: bool) -> Pass:
        """Scan some roots, and give what is still being written a moment to settle."""
        result = self.engine.run(Look(whole=roots), patient=patient)
        deadline = time.monotonic() + SETTLING
        again_in = result.again_in
        while again_in is not None and time.monotonic() + again_in < deadline:
            time.sleep(again_in)
            later = self.engine.run(Look())
            result.last, again_in = later.last, later.again_in
        return result

    def note_devices(self) -> None:
        """Remember which device each root is on, to tell an unmounted root from an emptied one."""
        for root in self.engine.roots:
            try:
                device = os.stat(root.path).st_dev
            except OSError:
                continue
            if device != root.device and not self.engine.ledger.concerns(root):
                root.device = device
                self.record.set_device(root.root, device)

    def note_unlistable(self, folders: Sequence[tuple[bytes, OSError]], *, whole: bool) -> None:
        """Remember which folders cannot be read; a scan of everything tells of all.

        One of whose files the record knows some is a gap until it can be read again.
        """
        found = {folder: error.strerror or "unreadable" for folder, error in folders}
        for folder in [folder for folder in self._unlistable if whole and folder not in found]:
            self.note_readable(folder)
        for folder, why in found.items():
            root = root_of(self.engine.roots, folder)
            node = root.tree.find(folder) if root is not None else None
            if root is not None and node is not None and (node.files or node.folders):
                reason = f"{visible_path(folder)} could not be read ({why})"
                self.engine.ledger.miss([root], reason, folder=folder)
        self._unlistable.update(found)

    def note_readable(self, folder: bytes) -> None:
        """A folder that could not be read has been scanned, or is gone."""
        self._unlistable.pop(folder, None)
        self.engine.ledger.is_readable(folder)

    def readable_again(self) -> set[bytes]:
        """Folders that could not be read, and can be now: to be looked at again."""
        return {folder for folder in self._unlistable if _is_readable(folder)}

    @property
    def trouble(self) -> str:
        """What cannot be recorded, in a few words; empty where all can."""
        missing = [f"{visible_path(r.path)}: {_MISSING[r.at]}" for r in self.engine.roots if r.at in _MISSING]
        return "; ".join(filter(None, [*missing, self._unlistable_told(), self._held_told()]))

    def _held_told(self) -> str:
        held = self.engine.held()
        if not held:
            return ""
        more = f" and {len(held) - 1} more" if len(held) > 1 else ""
        return (
            f"{visible_path(held[0])}{more}: another program keeps it for itself: recorded once it is let go"
        )

    def _unlistable_told(self) -> str:
        if not self._unlistable:
            return self.pruning.trouble
        folder, why = next(iter(self._unlistable.items()))
        more = f" and {len(self._unlistable) - 1} more" if len(self._unlistable) > 1 else ""
        return f"{visible_path(folder)}{more}: {why}: what is inside cannot be recorded"

    @property
    def is_waiting(self) -> bool:
        """Something is to be looked at again soon."""
        return self.engine.is_waiting

    def files(self) -> int:
        """How many files are recorded now."""
        return sum(root.tree.count() for root in self.engine.roots)


def _telling(source: Source | None, roots: Sequence[WatchedRoot]) -> Telling | None:
    """The source, if it tells who does what; then it tells nothing of what is ignored."""
    if source is None or not tells_who(source):
        return None
    source.leave_out({root.path: root.scanner.rules for root in roots})
    return source


def _is_readable(folder: bytes) -> bool:
    try:
        os.scandir(folder).close()
    except (FileNotFoundError, NotADirectoryError):
        return True  # it is no longer a folder that cannot be read
    except OSError:
        return False
    return True


def give_back() -> None:
    """Return to the system what a first look or a burst allocated and freed: with glibc it would stay with the process.

    Without it, and with what is kept in memory at its bounds, 90,000 changes left 16 MiB behind; with it none.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
