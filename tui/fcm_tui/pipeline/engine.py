"""The recording engine: from hints and scans to what differs, which its bookkeeper records. It sleeps nowhere.

For one thread. What is recorded is always the difference between disk and record: a pass lists what was
hinted at (or everything), and hands on what differs to be read, told who is who, and committed. What cannot be settled in a
pass is kept and looked at again in a later one, whose time the pass tells.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field

from fcm_tui.intents import Announcements
from fcm_tui.model import Origin
from fcm_tui.paths import is_inside
from fcm_tui.pipeline import ledger
from fcm_tui.pipeline.bookkeeper import Bookkeeper
from fcm_tui.pipeline.ledger import Ledger
from fcm_tui.pipeline.roots import Presence, WatchedRoot, root_of
from fcm_tui.pipeline.scan_process import ScanProcess
from fcm_tui.pipeline.waiting import Waiting
from fcm_tui.store.record import Record
from fcm_tui.store.stamps import stamps
from fcm_tui.watch.paths import on_disk, stands
from fcm_tui.watch.scan import Findings
from fcm_tui.who.attribution import Attribution


@dataclass(slots=True)
class Look:
    """What a pass is to look at."""

    folders: set[bytes] = field(default_factory=set)
    """To be listed."""
    deep: set[bytes] = field(default_factory=set)
    """To be listed with everything below them, and watched anew."""
    again: set[bytes] = field(default_factory=set)
    """As `deep`, and nobody hinted at what differs there: a scan finds it."""
    whole: list[WatchedRoot] = field(default_factory=list)
    """To be scanned from top to bottom."""

    def __bool__(self) -> bool:
        return bool(self.folders or self.deep or self.again or self.whole)


@dataclass(slots=True)
class Pass:
    """What came of a pass."""

    first: int = 0
    last: int = 0
    """Sequences committed; `last < first` for none."""
    again_in: float | None = None
    """Seconds until something waits to be looked at again; None for nothing."""
    unlistable: list[tuple[bytes, OSError]] = field(default_factory=list)
    scan_seconds: float = 0.0
    """What going through the roots from top to bottom took, without the recording of what was found."""
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
        self.ledger = Ledger(record)
        self._waiting = Waiting()
        self._bookkeeper = Bookkeeper(record, self.roots, self._waiting, pool, on_commit)
        self.helper: ScanProcess | None = None
        """Takes half of a scan of everything while there is one."""

    def load(self) -> None:
        """Fill the trees from the record."""
        for root in self.roots:
            root.tree.fill(stamps(self.record.connection, root.root.root_id))
            baseline_ns, device = self.record.baseline_of(root.root)
            root.baseline = baseline_ns is not None
            root.device = None if device is None else device % (1 << 64)
        self.ledger.take_over(self.roots)

    def announce(self, announced: Announcements) -> None:
        """Which paths get which contents from a restore, and in which group, is to be asked there."""
        self._bookkeeper.restored.announced = announced

    def is_up_to_date(self, begun: int) -> None:
        """All that was there when deeds had been lost so often is recorded, as baseline or as changes."""
        self._bookkeeper.who.scanned(begun)
        self._bookkeeper.who.passed(is_settled=True)

    def ask(self, who: Attribution) -> None:
        """Who made a change is to be asked there."""
        self._bookkeeper.who = who

    def close(self) -> None:
        """End what helps it."""
        self._bookkeeper.close()

    @property
    def is_waiting(self) -> bool:
        """Something could not be settled yet."""
        return self._waiting.next_in() is not None

    def held(self) -> list[bytes]:
        """Files that wait to be recorded, as other programs keep them for themselves."""
        return self._waiting.held_now()

    def run(self, look: Look, *, patient: bool = True) -> Pass:
        """One pass.

        Args:
            look: what to look at, besides what waits from earlier passes.
            patient: whether a vanished file may still turn up elsewhere, and a file just written
                may go on changing; without it all is recorded as it is now.
        """
        result = Pass(first=self.record.sequence + 1)
        self._bookkeeper.restored.begin()
        begun = self._bookkeeper.who.begin_scan()
        findings = Findings()
        here = [root for root in self.roots if self._is_here(root)]
        back = [root for root in here if root.returned]
        deleted = [root for root in here if root.identity is None]
        missed = [root for root in here if self.ledger.concerns(root)]
        whole = {root.path: root for root in [*look.whole, *back, *deleted, *missed] if root in here}
        self.ledger.write()
        started = time.monotonic()
        for root in whole.values():
            root.returned = False
            if self.helper is not None:
                self.helper.scan_all(root.scanner, findings)
            else:
                root.scanner.scan_all(findings)
        result.scan_seconds = time.monotonic() - started
        for folder in look.again:
            owner = root_of(here, folder)
            if owner is not None and owner.path not in whole:
                owner.scanner.scan_hinted([(folder, True)], findings)
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
        self._bookkeeper.enter(findings, patient)
        self._bookkeeper.restored.end()
        self._prune(findings.folders_gone)
        result.unlistable = findings.unlistable
        result.last = self.record.sequence
        result.again_in = self._waiting.next_in()
        result.returned = bool(back)
        self.ledger.scanned(whole.values())
        who = self._bookkeeper.who
        if here and len(whole) == len(here):
            who.scanned(begun)
        who.passed(is_settled=result.again_in is None)
        self.ledger.passed(is_settled=result.again_in is None)
        return result

    def _is_here(self, root: WatchedRoot) -> bool:
        """Whether a root can be looked at; while it is not there, or once it was replaced, the gap ledger says so."""
        seen_ns = root.seen_ns
        presence = root.at = root.presence()
        if presence is not Presence.HERE:
            reason = ledger.AWAY if presence is Presence.AWAY else ledger.GONE
            self.ledger.miss([root], reason, from_ns=seen_ns)
        elif root.returned and seen_ns is not None and not self.ledger.concerns(root):
            self.ledger.miss([root], ledger.REPLACED, from_ns=seen_ns)
        return presence is Presence.HERE or (presence is Presence.DELETED and root.tree.count() > 0)

    def _prune(self, folders: Iterable[bytes]) -> None:
        """Take vanished folders out of the trees once no file in them waits."""
        for folder in folders:
            root = root_of(self.roots, folder)
            if root is not None and not (stands(folder, root.path) and os.path.isdir(on_disk(folder))):
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
