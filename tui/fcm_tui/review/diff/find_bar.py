"""The bar under a diff in which one writes what to look for in it."""

from __future__ import annotations

from typing import Protocol

from rich.segment import Segment

from fcm_tui.review import keys
from fcm_tui.review.look.theme import Palette
from fcm_tui.review.parts.entry_bar import EntryBar


class Searched(Protocol):
    """What is searched."""

    def seek(self, text: str) -> None: ...
    def told(self) -> str: ...
    def focus(self) -> object: ...


class FindBar(EntryBar):
    """Each letter looks anew, from where one was."""

    PROMPT = " / "
    ABOUT_CHANGE = True

    def __init__(self, palette: Palette, view: Searched) -> None:
        super().__init__(palette)
        self._view = view

    def changed(self) -> None:
        self._view.seek(self.entry.text)

    def action_keep(self) -> None:
        self._view.focus()

    def action_drop(self) -> None:
        self.clear()
        self._view.focus()

    def help(self) -> list[Segment]:
        hints = [Segment(f"{self._view.told()}  ", self.palette("title", "text"))] if self.entry.text else []
        hints += self.ways_out()
        for key, does in (("find.next", "next"), ("find.previous", "before")):
            hints += [
                Segment(f"{keys.shown(key)} ", self.palette("title", "key")),
                Segment(f"{does}  ", self.palette("title", "muted")),
            ]
        return hints
