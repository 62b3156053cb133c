"""What the status line tells beside the state of recording: for a while, or until somebody has mended it."""

from __future__ import annotations

import time

READ = 5.0
"""Seconds after which what was told goes with the next key."""
STANDS = 15.0
"""Seconds after which it goes by itself."""


class Notices:
    """One sentence, and what is wrong in one place or another."""

    def __init__(self, text: str) -> None:
        """`text` stays until something else is told."""
        self.text = text
        self.since: float | None = None
        """Since when (monotonic, seconds) the sentence stands; None for one that stays."""
        self._wrong: dict[str, str] = {}

    def tell(self, text: str) -> None:
        """Tell something for a while."""
        self.text, self.since = text, time.monotonic()

    def take_back(self, text: str) -> None:
        """Let go of a sentence, if it is what is told."""
        if self.text == text:
            self.text, self.since = "", None

    def stand(self, text: str) -> None:
        """Tell something that stays, unless something is just being told."""
        if self.since is None:
            self.text = text

    def forget(self, after: float) -> None:
        """Let go of what was told longer ago than so many seconds."""
        if self.since is not None and time.monotonic() - self.since > after:
            self.text, self.since = "", None

    def say_wrong(self, where: str, text: str) -> None:
        """What is to be mended in some place, empty for nothing."""
        self._wrong[where] = text

    def wrong_in(self, where: str) -> str:
        """What is to be mended there."""
        return self._wrong.get(where, "")

    @property
    def wrong(self) -> str:
        """All that is to be mended."""
        return " · ".join(filter(None, self._wrong.values()))
