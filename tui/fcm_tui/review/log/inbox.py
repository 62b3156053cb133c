"""The log as an inbox: what was reviewed, by one change, a range, or all that a filter shows."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from textual import work
from textual.message import Message

from fcm_tui.errors import FcmError
from fcm_tui.review import keys, wording
from fcm_tui.review.documents.document import Burst
from fcm_tui.review.log.reading import LogReading, Marked, Notes
from fcm_tui.review.log.view import EventLog
from fcm_tui.review.look.theme import Palette
from fcm_tui.review.parts.said import Refused
from fcm_tui.safetext import visible
from fcm_tui.store.reading.changes import Where, key_of, place_of
from fcm_tui.store.reading.filters import Filters
from fcm_tui.store.reading.patience import Abandoned
from fcm_tui.store.reviews import State

_EVERYTHING = Where(0, b"", 0)


def _told(done: Marked) -> str:
    """What was reviewed, or not after all, in a few words."""
    what = wording.plural(done.count, "change")
    if done.reviewed:
        return f"{what} reviewed"
    stays = f"note or pin on {wording.number(done.kept)}: stays"
    if done.count:
        return f"{what} not reviewed after all" + (f"; {stays}" if done.kept else "")
    if done.kept:
        return "it has a note or a pin: N changes it" if done.kept == 1 else stays
    return "others reviewed it: that stays"


class Asked(NamedTuple):
    """All changes to be reviewed, from the newest of them on down."""

    newest: Where
    of: Filters | None = None
    """A folder or file; None for what is shown."""

    @property
    def by(self) -> str:
        """The action that asks for it."""
        return "log.mark-shown" if self.of is None else "tree.mark"


class Inbox(EventLog):
    """Marks through whoever has the record open; the recorder needs not be this process."""

    BINDINGS = keys.bindings(keys.LIST, keys.LOG)

    class Said(Message):
        """Something to be told in passing."""

        def __init__(self, words: str) -> None:
            super().__init__()
            self.words = words

    class Reviewed(Message):
        """Something was reviewed, or not after all."""

    def __init__(self, palette: Palette, reading: LogReading, *, id: str) -> None:
        super().__init__(palette, reading, id=id)
        self.ask_note: Callable[[Notes, int], object] = lambda notes, changes: None
        """Let the person write a note, from the one there is; set by the pane."""
        self._to_note: tuple[Where, Where] | None = None
        """What the note that is being written is about, whatever comes meanwhile."""
        self._reviews_seen: State | None = None
        self.asked: Asked | None = None
        """What was asked for once already, and is done the second time."""
        self.may_review = True

    # --- what is selected

    def action_range(self) -> None:
        """Select from here on, or no more."""
        if self.range_from is None and self.refuse():
            return
        self.range_from = None if self.range_from is not None or self._selected is None else self.place
        self.range_newest = -self._pages.arrived
        self.refresh()

    def out(self) -> bool:
        """Leave what is selected; whether there was something."""
        was_range = self.range_from is not None
        self.range_from = None
        self.refresh()
        return was_range

    def refuse(self) -> bool:
        """Say that there is nothing to act on where the line under the cursor is no change; whether that is so.

        Nor is there where it is a burst whose end is not read yet.
        """
        if self.is_being_read:
            self.post_message(
                Refused("All of this burst is still being read: press that key again in a moment.")
            )
            return True
        if self.mark is None:
            return False
        self.post_message(
            Refused("This line is no change, so that key has nothing to do here: go to one above or below.")
        )
        return True

    # --- marking

    async def load(self, filters: Filters | None = None) -> None:
        await super().load(filters)
        self._reviews_seen = None  # somebody may have reviewed something while it was read

    def action_mark(self) -> None:
        """What is selected is reviewed; where all of it is, not after all."""
        if self.range_from is not None or not self.refuse():
            self._review()

    def add_note(self, note: str) -> None:
        """Reviewed, and what there is to say of what a note was asked for."""
        if self._to_note is not None:
            self._write(*self._to_note, note, False)

    def mark_in_sight(self, burst: Burst | None) -> None:
        """The change in sight, or what is told of a burst, is reviewed, or not after all, whatever else is selected."""
        if burst is not None:
            self._write(place_of(burst.newest), place_of(burst.oldest), None, None)
        elif self._selected is not None:
            place = place_of(self._selected)
            self._write(place, place, None, None)
        else:
            self.refuse()

    async def action_note(self) -> None:
        if (self.range_from is None and self.refuse()) or not self.selected_rows:
            return
        span, notes = self.selected_span(), Notes("", 0)
        if span is None:
            return
        self.pinned = True  # until the note is written, when the log has the keyboard again
        with suppress(Abandoned, FcmError):
            notes = await self._reading.notes_of(self._filters, *span)
        self._to_note = span
        self.ask_note(notes, len(self.selected_rows))

    def action_mark_shown(self) -> None:
        """All that the filter shows, the second time it is asked for."""
        newest = self._pages.row(0)
        if newest is None:
            return
        if self.asked is not None and self.asked.of is None:
            self._write(self.asked.newest, _EVERYTHING, None, False)
            return
        count = wording.number(self.rows) + ("" if self.complete else "+")
        self.post_message(self.Said(f"{keys.shown('log.mark-shown')} again: all {count} shown are reviewed"))
        self.asked = Asked(place_of(newest))

    @work(group="log-review", exit_on_error=False)
    async def mark_all_of(self, path: bytes, host: str, on: str) -> None:
        """All changes in a folder, or of a file, on one host or on all, the second time it is asked for.

        `host` tells on which, as filters take it, and `on` what people are told that is.
        """
        filters = Filters(path=path, host=host or None)
        if self.asked is not None and self.asked.of == filters:
            await self._marked(filters, self.asked.newest, _EVERYTHING, None, False)
            return
        name = wording.on_host(wording.name_of(path), on)
        try:
            newest, count = await self._reading.extent(filters)
        except FcmError as error:
            self.post_message(Refused(f"Nothing can be reviewed now: {visible(str(error))}"))
            return
        if newest is None:
            self.post_message(Refused(f"Nothing in {name} has changed yet: there is nothing to review."))
            return
        changes = wording.plural(count, "change")
        self.post_message(self.Said(f"{keys.shown('tree.mark')} again reviews {changes} in {name}"))
        self.asked = Asked(newest, filters)

    def take_back(self, key: str = "") -> None:
        """Another key was pressed than the one that was asked for again, which answers no question from then on."""
        if self.asked is not None and not keys.does(key, self.asked.by):
            self.asked = None
            self.post_message(self.Said(""))

    def cursor_moved(self) -> None:
        self.take_back()
        super().cursor_moved()

    def _review(self) -> None:
        span = self.selected_span()
        if span is not None:
            self._write(*span, None, None)

    @work(group="log-review", exit_on_error=False)
    async def _write(self, newest: Where, oldest: Where, note: str | None, undo: bool | None) -> None:
        await self._marked(self._filters, newest, oldest, note, undo)

    async def _marked(
        self, filters: Filters, newest: Where, oldest: Where, note: str | None, undo: bool | None
    ) -> None:
        self.asked = None
        if not self.may_review:
            return
        try:
            done = await self._reading.review(filters, newest, oldest, note=note, undo=undo)
        except (Abandoned, FcmError) as error:
            self.post_message(Refused(f"Nothing was written: {visible(str(error))}"))
            if note:  # what one wrote is still there, to be tried again
                self._to_note = newest, oldest
                self.ask_note(Notes(note, 0), 1)
            return
        self.range_from = None
        self.post_message(self.Said(_told(done)))
        if not done.reviewed and not done.count:
            self.refresh()
            return
        if filters is self._filters and (done.reviewed or not done.kept):
            self.marked(newest, oldest, reviewed=done.reviewed)
        else:  # some of what is shown
            with suppress(FcmError):
                await self.follow_reviews()
        self.post_message(self.Reviewed())

    async def follow_reviews(self) -> bool:
        """Show what was reviewed since the last time, by whoever, in whichever process; whether anything was.

        Raises:
            StoreError: the record cannot be read.
        """
        pages = self._pages.keys()
        seen, reviewed, noted = await self._reading.reviewed(self._reviews_seen, pages)
        self._reviews_seen = seen
        if reviewed is None:
            return False
        if noted != self._painter.noted:
            self._painter.note(noted)
            self.refresh()
        if self._pages.mark_all({key for page in pages for key in page}, reviewed):
            self._lines.recount(self._row_at)
            if self.total:
                self._selected = self._change() or self._selected
            self.refresh()
        return True

    # --- the next one

    @work(group="log-unreviewed", exclusive=True, exit_on_error=False)
    async def action_unreviewed(self) -> None:
        """To the next that nobody has reviewed; from the oldest on to the newest again."""
        above = self._row_at(self.place - 1) if self.mark is not None else self._selected
        below = None if above is None else key_of(above)
        filters = self._filters
        try:
            found = await self._reading.next_unreviewed(filters, below)
            if found is None:
                found = await self._reading.next_unreviewed(filters, None)
        except (Abandoned, FcmError):
            return
        if found is None:
            self.post_message(self.Said("nothing here is unreviewed"))
        elif filters is self._filters:
            await self.go_to(found)
