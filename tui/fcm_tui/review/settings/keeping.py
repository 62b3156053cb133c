"""A filter as it stands in the bar, kept under a name in the configuration."""

from __future__ import annotations

import asyncio
from pathlib import Path

from fcm_tui.errors import ConfigError, Exists
from fcm_tui.review.acts.ask_name import AskLine
from fcm_tui.review.look.theme import Palette
from fcm_tui.review.settings.check import checked
from fcm_tui.safetext import visible
from fcm_tui.settings.config import is_filter_name
from fcm_tui.settings.draft import Draft, change

_LONGEST = 64
"""Letters of a name."""


def keep(path: Path, name: str, expression: str, *, over: bool) -> None:
    """Write a filter into the configuration at `path`, which is made where there is none. For a thread.

    Raises:
        Exists: the name has another filter, which may not be replaced (`over`).
        ConfigError: it is no name, it is made of itself, or the file is wrong.
        UsageError: the file cannot be written.
    """
    if not is_filter_name(name) or len(name) > _LONGEST:
        raise ConfigError(f"write a name: letters, digits, - and _, at most {_LONGEST}")

    def edit(draft: Draft) -> Draft:
        there = draft.settings().filters.get(name, expression)
        if there != expression and not over:
            raise Exists(f"@{name} is {there} now")
        return checked(draft.with_value(("filters", name), expression), draft)

    change(path, edit)


class AskFilterName(AskLine[str]):
    """Dismissed with the name under which the filter was kept. Another filter of that name goes at a second Enter."""

    def __init__(self, palette: Palette, path: Path, expression: str) -> None:
        super().__init__(
            palette, f"Keep {visible(expression)} as", "", "a name; then @name stands for it in any filter"
        )
        self._path, self._expression = path, expression

    async def take(self, text: str, *, over: bool) -> str:
        name = text.removeprefix("@")
        await asyncio.to_thread(keep, self._path, name, self._expression, over=over)
        return name
