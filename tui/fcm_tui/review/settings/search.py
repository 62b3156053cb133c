"""Searching among the fields of a section: those that have all the words stay."""

from __future__ import annotations

from textual.message import Message

from fcm_tui.review import wording
from fcm_tui.review.look.theme import Palette
from fcm_tui.review.parts.entry_bar import EntryBar
from fcm_tui.review.settings import fields
from fcm_tui.review.settings.fields import Row


class FieldSearch(EntryBar):
    """The bar under the fields."""

    PROMPT = " / "

    class Narrowed(Message):
        """Other fields are to be shown."""

    def __init__(self, palette: Palette) -> None:
        super().__init__(palette)
        self._found = ""

    @property
    def is_on(self) -> bool:
        """Whether fields are left out."""
        return bool(self.entry.text.strip())

    def narrowed(self, rows: list[Row]) -> list[Row]:
        """Those that have all the words in what they are called, say or are for."""
        words = self.entry.text.lower().split()
        kept = [row for row in rows if all(word in fields.all_of(row) for word in words)]
        self._found = f"{wording.number(len(kept))} found" if words else ""
        self.refresh()
        return kept

    def state(self) -> str:
        return self._found

    def changed(self) -> None:
        self.post_message(self.Narrowed())
