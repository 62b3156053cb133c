"""Times in which nothing reached the team's database, as lines of the log."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fcm_tui.model import Gap
from fcm_tui.review import wording
from fcm_tui.ship import troubles
from fcm_tui.whole_file import state_of


class Sending:
    """What the recorder of a record has noted of its sending, in this process or in another."""

    def __init__(self, database: Path | None) -> None:
        """None: what is read is the team's database itself."""
        self._database = database
        self._seen: tuple[int, int, int] | None = None

    def has_news(self) -> bool:
        """Whether there is more to tell than when this was asked last. For a thread."""
        seen = self._seen
        self._seen = state_of(troubles.place(self._database)) if self._database is not None else None
        return self._seen != seen

    def among(self, gaps: Sequence[Gap]) -> list[Gap]:
        """The gap ledger, newest first, with these times at their places. For a thread."""
        unsent = troubles.kept(self._database) if self._database is not None else []
        lines = [Gap(0, None, t.from_ns, t.to_ns, wording.UNSENT + t.reason, None) for t in unsent]
        return sorted([*gaps, *lines], key=lambda gap: gap.from_ns, reverse=True)
