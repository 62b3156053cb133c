"""Times in which nothing reached the team's database, as lines of the log."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from fcm_tui.model import Gap
from fcm_tui.review import wording
from fcm_tui.ship import troubles


class Sending:
    """What the recorder of a record has noted of its sending, in this process or in another."""

    def __init__(self, database: Path | None) -> None:
        """None: what is read is the team's database itself."""
        self._database = database
        self._seen: tuple[int, int] | None = None

    def has_news(self) -> bool:
        """Whether there is more to tell than when this was asked last."""
        seen, self._seen = self._seen, self._file()
        return self._seen != seen

    def _file(self) -> tuple[int, int] | None:
        if self._database is None:
            return None
        try:
            found = os.stat(troubles.place(self._database))
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino

    def among(self, gaps: Sequence[Gap]) -> list[Gap]:
        """The gap ledger, newest first, with these times at their places. For a thread."""
        unsent = troubles.kept(self._database) if self._database is not None else []
        lines = [Gap(0, None, t.from_ns, t.to_ns, wording.UNSENT + t.reason, None) for t in unsent]
        return sorted([*gaps, *lines], key=lambda gap: gap.from_ns, reverse=True)
