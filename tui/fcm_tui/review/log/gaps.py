"""Where in the log changes may have been missed: between which two rows each gap began."""

from __future__ import annotations

import bisect
from collections.abc import Sequence

from fcm_tui.model import Change, Gap
from fcm_tui.watch.tree import is_along

MOST = 1000
"""Gaps that are marked, the newest: those before them `fcm-tui log` tells."""


class LogGaps:
    """The gap ledger, by time."""

    def __init__(self, gaps: Sequence[Gap] = ()) -> None:
        """`gaps` come newest first."""
        self.gaps = list(gaps)
        self._begins = [-gap.from_ns for gap in gaps]

    def below(self, change: Change, older: Change | None, path: bytes | None) -> Gap | None:
        """The newest gap that began between a change and the one before it, None for the log's end.

        Where only what is at a `path` is shown, only a gap that concerns it.
        """
        at = bisect.bisect_right(self._begins, -change.time_ns)
        for gap in self.gaps[at:]:
            if older is not None and gap.from_ns < older.time_ns:
                break
            if path is None or gap.root is None or is_along(path, gap.root):
                return gap
        return None
