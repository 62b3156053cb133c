"""Searching in all versions of a file: the bar in which the text is written, and the search while one reads on."""

from __future__ import annotations

import asyncio

from rich.segment import Segment
from textual import work
from textual.app import ComposeResult
from textual.message import Message

from fcm_tui.errors import FcmError
from fcm_tui.model import Change
from fcm_tui.review import keys, wording
from fcm_tui.review.files.versions_view import VersionsView
from fcm_tui.review.look.theme import Palette
from fcm_tui.review.parts.entry_bar import EntryBar
from fcm_tui.review.parts.pane import Pane
from fcm_tui.review.source import Source, reader_of
from fcm_tui.store.reading.histories import FIRST_LOOK
from fcm_tui.store.reading.searching import Search, has_it, look

_PAUSE = 0.2
"""Seconds without a key after which what is written so far is looked for."""


class VersionSearch(EntryBar):
    """Looks into one version after the other, newest first, in small steps; another text begins anew."""

    PROMPT = " / "

    class Found(Message):
        """More is known of which versions have the text."""

    def __init__(self, palette: Palette, source: Source, versions: VersionsView) -> None:
        super().__init__(palette)
        self._source = source
        self._versions = versions
        self._search: Search | None = None
        self.is_searching = False
        self._turn = 0
        """Which of the searches goes on; those before it have ended, or will."""

    @property
    def text(self) -> str:
        """What is looked for; empty for nothing."""
        return self.entry.text

    def changed(self) -> None:
        self._versions.hits.clear()
        self._search = None
        self._look_around()
        self.post_message(self.Found())

    def go_on(self) -> None:
        """There may be newer versions."""
        if self.text and not self.is_searching:
            self._look_around()

    @work(group="version-search", exclusive=True, exit_on_error=False)
    async def _look_around(self) -> None:
        self._turn += 1
        turn, hits = self._turn, self._versions.hits
        self.is_searching = bool(self.text)
        try:
            if self._search is None:
                await asyncio.sleep(_PAUSE)
                self._search = Search(self.text)
            left = [number for number in reversed(self._versions.numbers) if number not in hits]
            while left and self.text:
                found = await self._step(self._search, left)
                hits.update(found)
                left = left[len(found) :]
                self._versions.refresh()
                self.post_message(self.Found())
            if (first := self._versions.first) is not None and FIRST_LOOK not in hits and self.text:
                hits[FIRST_LOOK] = await self._in_first(self._search, first)
                self._versions.refresh()
        except FcmError:
            return
        finally:
            if turn == self._turn:
                self.is_searching = False
                self.post_message(self.Found())

    async def _step(self, search: Search, left: list[int]) -> list[tuple[int, bool | None]]:
        file = self._versions.file
        assert file is not None  # it has versions
        return await self._source.call(lambda record: look(reader_of(record), file, search, left))

    async def _in_first(self, search: Search, first: Change) -> bool | None:
        digest, size = first.after, first.size or 0
        return await self._source.call(lambda record: has_it(reader_of(record), search, digest, size))

    def told(self) -> str:
        """How many versions have it, as far as that is known."""
        if not self.text:
            return ""
        hits = self._versions.hits
        said = f"{wording.number(sum(map(bool, hits.values())))} have it"
        unknown = sum(has is None for has in hits.values())
        if self.is_searching:
            return f"{said}, {wording.number(len(hits))} searched…"
        return f"{said}, {wording.number(unknown)} cannot be searched" if unknown else said

    def help(self) -> list[Segment]:
        hints = []
        for key, does in (("history.hit", "older one that has it"), ("history.hit-newer", "newer one")):
            hints += [
                Segment(f"{keys.shown(key)} ", self.palette("title", "key")),
                Segment(f"{does}  ", self.palette("title", "muted")),
            ]
        return [*self.ways_out(), *hints]


class VersionsPane(Pane):
    """The timeline, and under it what is looked for in its versions."""

    def __init__(self, palette: Palette, source: Source, versions: VersionsView) -> None:
        super().__init__(palette, "History", versions)
        self.search = VersionSearch(palette, source, versions)

    def compose(self) -> ComposeResult:
        yield from super().compose()
        yield self.search

    def on_entry_bar_left(self) -> None:
        self.view.focus()
