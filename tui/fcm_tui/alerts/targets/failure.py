"""What keeps an alert from arriving."""

from __future__ import annotations

from fcm_tui.safetext import visible

_LENGTH = 300


class NotSent(Exception):
    """The alert did not arrive; the text says why and how to mend it, safe to show and without anything secret."""

    def __init__(self, why: str) -> None:
        super().__init__(visible(why)[:_LENGTH])
