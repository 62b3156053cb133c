"""What came of a restore, told from all else that changed, and the group that it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from fcm_tui.intents import Announcements, Intent, RestoreGroup
from fcm_tui.model import Origin
from fcm_tui.pipeline.drafts import Noticed
from fcm_tui.pipeline.waiting import Waiting
from fcm_tui.store.groups import restored_group
from fcm_tui.store.record import Record


class Restored:
    """Says how a change was noticed. For one thread."""

    def __init__(self, record: Record, waiting: Waiting) -> None:
        self.announced: Announcements | None = None
        self._record = record
        self._waiting = waiting
        self._begun_ns = time.time_ns()
        self._asked: set[RestoreGroup] = set()
        """Groups of which it is known whether an earlier run recorded a part."""

    def begin(self) -> None:
        """A pass looks at all that was hinted at."""
        if self.announced is not None:
            self.announced.begin()

    def end(self) -> None:
        """It is through."""
        if self.announced is not None:
            self.announced.end()

    def groups(self) -> Iterable[RestoreGroup]:
        """Those that go on."""
        return () if self.announced is None else self.announced.groups()

    def noticing(self) -> Callable[[bytes, bytes | None], Noticed]:
        """Tells of a path and the digest that it has now how that change came, by what is announced now."""
        return partial(self._noticed, {} if self.announced is None else self.announced.now())

    def _noticed(
        self, announced: Mapping[Intent, RestoreGroup | None], path: bytes, digest: bytes | None
    ) -> Noticed:
        intent = (path, digest)
        if intent not in announced:
            return Noticed(self._waiting.scan_origin.get(path, Origin.EVENT))
        group = announced[intent]
        if group is not None and group.since_ns < self._begun_ns and group not in self._asked:
            self._asked.add(group)
            meant = {intent for intent, of in announced.items() if of == group}
            begun = restored_group(self._record.connection, self._record.recorder_id, group.since_ns, meant)
            if begun is not None:
                self._waiting.groups.setdefault(group, begun)
        return Noticed(Origin.RESTORE, group)
