"""Searching in the diff in sight: what is found is marked, and keys go from one to the next."""

from __future__ import annotations

import asyncio
import re
from array import array
from bisect import bisect_left

from textual import events, work

from fcm_tui.review import keys, wording
from fcm_tui.review.diff import matches
from fcm_tui.review.diff.find_bar import FindBar
from fcm_tui.review.diff.hunks import HunksView
from fcm_tui.review.diff.rows import REMOVED
from fcm_tui.review.documents.document import Document
from fcm_tui.review.look.theme import Palette
from fcm_tui.review.parts.pane import Pane
from fcm_tui.review.parts.said import Refused

_PAUSE = 0.05
"""Seconds without a key after which what is written so far is looked for."""


class FindingView(HunksView):
    """A diff in which one searches. What was looked for stays so in the next diff, until it is cleared."""

    def __init__(self, palette: Palette, *, id: str) -> None:
        super().__init__(palette, id=id)
        self.sought = ""
        """What is looked for; empty for nothing."""
        self._given: re.Pattern[str] | None = None
        self._hits: tuple[set[int], set[int]] | None = None
        """The lines of each side that have it, once they are known."""
        self._found = array("i")
        self._hidden = 0
        self._at_found: int | None = None
        self._came_round = ""
        self._steps: list[int] = []
        """Where to go once the lines are known: to the next (1), to the one before (-1); 0 to the first from `_from`."""
        self._from = 0
        self._bar: FindBar | None = None

    def give(self, found: re.Pattern[str] | None) -> None:
        """Mark what brought one here, as long as nothing else is looked for."""
        if found != self._given:
            self._given = found
            self._mark()

    def told(self) -> str:
        """How many lines have it, and which of them one is at."""
        if not self.sought or self.is_list:
            return ""
        if self._hits is None:
            return "searching…"
        count = len(self._found)
        if not count:
            folded = f", {wording.number(self._hidden)} in folds" if self._hidden else ""
            return f"not found{folded}"
        if self._at_found is None:
            return wording.plural(count, "line") + " found"
        at = bisect_left(self._found, self._at_found) + 1
        return f"found {wording.number(at)} of {wording.number(count)}{self._came_round}"

    # --- looking

    def show(self, document: Document | None) -> None:
        super().show(document)
        self._hits = None
        self._index()
        if self.sought:
            self._look()
        self._mark()

    def seek(self, text: str) -> None:
        """Look for another text; the first line that has it from where one was comes into sight."""
        self.sought, self._hits = text, None
        self._steps = [0] if text else []
        self._index()
        self._look()
        self._mark()
        self.post_message(self.Moved())

    @work(group="find", exclusive=True, exit_on_error=False)
    async def _look(self) -> None:
        document, text = self._document, self.sought
        await asyncio.sleep(_PAUSE)
        if not text or document is None:
            return
        sides = document.old.lines, document.new.lines
        hits = await asyncio.to_thread(
            lambda: (matches.lines_with(sides[0], text), matches.lines_with(sides[1], text))
        )
        if document is not self._document or text != self.sought:
            return
        self._hits = hits
        self._index()
        steps, self._steps = self._steps, []
        for step in steps:
            self._step(step)
        self.post_message(self.Moved())

    def _lay_out(self) -> None:
        at, round_ = self._at_found, self._came_round
        place = self._rows.place(at) if at is not None else None
        super()._lay_out()
        self._index()
        if place is not None and len(self._rows) and (row := self._rows.row_of(place)) in self._found:
            self._at_found, self._came_round = row, round_
            self._mark()

    def _shaped(self) -> None:
        """Another layout; the match that is in sight stays where it is on the screen."""
        at = self._at_found
        line = -1 if at is None else self._above + self._lines.start(at) - self.scroll_offset.y
        super()._shaped()
        if self._at_found is not None and 0 <= line < self.size.height:
            top = self._above + self._lines.start(self._at_found) - line
            # forced, as lines that have just come have no scroll bar yet, and without one nothing scrolls
            self.scroll_to(y=max(0, top), animate=False, force=True)

    def _index(self) -> None:
        """In which rows it stands, as they are laid out now."""
        self._at_found, self._came_round = None, ""
        old, new = self._hits or (set(), set())
        self._found = matches.rows_with(self._rows, old, new)
        self._hidden = matches.hidden(self._rows, new)
        self._mark()

    def _mark(self) -> None:
        if self._painter is not None:
            self._painter.mark(matches.pattern(self.sought) if self.sought else self._given, self._at_found)
            self.refresh()
        if self._bar is not None:
            self._bar.refresh()

    # --- going there

    def _step(self, step: int) -> None:
        if not self._found:
            self._refuse()
            return
        if step == 0:
            number = bisect_left(self._found, self._from)
        elif self._at_found is not None and self._at_found in self._in_sight():
            number = bisect_left(self._found, self._at_found) + step
        else:
            number = bisect_left(self._found, self._in_sight().start) - (step < 0)
        count = len(self._found)
        self._came_round = "" if 0 <= number < count else ", from the top" if number > 0 else ", from the end"
        self._at_found = self._found[number % count]
        self._reveal(self._at_found)
        self._mark()
        self.post_message(self.Moved())

    def _refuse(self) -> None:
        if self._bar is not None and self._bar.is_writing:
            return  # which says so itself
        why = f"Not found here: {self.sought}"
        if self._hidden:
            lines = wording.plural(self._hidden, "line")
            why += f" ({lines} that are folded have it: {keys.shown('diff.whole')} shows them)"
        self.post_message(Refused(why))

    def _reveal(self, row: int) -> None:
        """Bring the first place in a row into sight where it is not."""
        assert self._document is not None and self._painter is not None and self._hits is not None
        shown = self._rows
        is_old = shown.old[row] in self._hits[0] and (shown.kinds[row] == REMOVED or shown.split)
        if shown.split and shown.new[row] in self._hits[1]:
            is_old = False
        side, line = (0, shown.old[row]) if is_old else (1, shown.new[row])
        text = (self._document.old, self._document.new)[side].lines[line]
        match = matches.pattern(self.sought).search(text)
        start, end = match.span() if match is not None else (0, 0)
        self._bring(row, side, start, end)

    # --- keys

    def on_key(self, event: events.Key) -> None:
        """As long as something is looked for, what goes from one place to the next comes before all other keys."""
        for key in keys.KEYMAP if self.sought else ():
            if key.context == keys.FIND and event.key in key.keys:
                event.stop()
                event.prevent_default()
                self._go({"find.next": 1, "find.previous": -1}[key.id])

    def _go(self, step: int) -> None:
        if self._hits is None:
            self._steps.append(step)
        else:
            self._step(step)

    def action_find_next(self) -> None:
        self._go(1)

    def action_find_previous(self) -> None:
        self._go(-1)

    async def action_find(self) -> None:
        """Let the person write what to look for."""
        if self._document is None or not isinstance(self.parent, Pane):
            self.post_message(Refused("There is no diff here to search in."))
            return
        if self.is_list:  # files are found by the filter
            await self.run_action("app.filter")
            return
        self._from = self._in_sight().start
        if self._bar is None:
            self._bar = FindBar(self.palette, self)
            await self.parent.mount(self._bar)
        self._bar.open()

    def out(self) -> bool:
        """Look for nothing any more; whether something was looked for."""
        if not self.sought or self._bar is None:
            return False
        self._bar.clear()
        return True
