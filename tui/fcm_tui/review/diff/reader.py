"""What the diff pane is to show, read in a thread of its own: a change, two versions, a version and the disk."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from textual.worker import WorkType

from fcm_tui.errors import FcmError, StoreError
from fcm_tui.model import Change
from fcm_tui.review import wording
from fcm_tui.review.diff import matches
from fcm_tui.review.diff.finding import FindingView
from fcm_tui.review.diff.view import DiffView
from fcm_tui.review.documents.document import Burst, Document, sorry
from fcm_tui.review.look.theme import Palette
from fcm_tui.review.parts.said import Refused
from fcm_tui.review.source import Record, Source
from fcm_tui.safetext import visible
from fcm_tui.settings.config import Settings
from fcm_tui.store.reading.changes import key_of

if TYPE_CHECKING:
    from fcm_tui.query.terms import Term

_A_LOOK = 0.02
"""Seconds from a selection to the reading of what is selected."""
_IN_PASSING = 0.1
"""Seconds within which another selection follows where a key is held down: what one passes over is not read."""
_LATE = 0.15
"""Seconds of reading after which it is said that the change before is still in sight."""
_AGAIN = 1.0
"""Seconds until a record is read again that could not be read."""
_GOES_ON = 1.0
"""Seconds after which a burst that goes on is told anew, however quickly its changes come."""
_HELD = 2
"""Selections that followed so quickly from which on a key counts as held down."""


@dataclass(slots=True)
class Mark:
    """What others are compared with, wherever it was marked."""

    change: Change | None = None
    """The one whose version that is."""

    def is_on(self, change: Change | None) -> bool:
        """Whether that version is the marked one; first looks have one number, and are of a file each."""
        if self.change is None or change is None:
            return False
        return (key_of(change), change.file_id) == (key_of(self.change), self.change.file_id)


class DiffReader:
    """Reads for one view, and only what was asked for last."""

    def __init__(self, view: DiffView, source: Source, settings: Settings) -> None:
        self._view = view
        self._source = source
        self.settings = settings
        """What is a secret; others once the configuration says otherwise."""
        self._wanted = 0
        self._due: asyncio.TimerHandle | None = None
        """The reading that is about to begin."""
        self._late: asyncio.TimerHandle | None = None
        self._grown: asyncio.TimerHandle | None = None
        """The reading of what came to a burst meanwhile."""
        self.awaited: Change | None = None
        """What is being read, once that takes long."""
        self._selected: Change | None = None
        self._selected_at = 0.0
        """When (monotonic)."""
        self._quick = 0
        """Selections that each came right after the one before."""
        self.within: Callable[[], bytes | None] = lambda: None
        """The folder that is meant where many files are compared; None for all."""
        self._burst: Burst | None = None
        """Of which what is selected is the newest change, where all of it is told."""
        self._compared = ""
        """As in the document that was asked for last, which may not be there yet."""
        self._reviews = 0
        """How often somebody has reviewed something since the start."""
        self.mark = Mark()
        """Other views may have the same."""

    def select(self, change: Change | None, burst: Burst | None = None) -> None:
        """Show a change, or what a burst did of which it is the newest; nothing for None."""
        goes_on = burst is not None and burst.goes_on(self._burst)
        self._selected, self._burst = change, burst
        if goes_on:
            self._follow_burst()
        else:
            self._select(change, burst)

    def _follow_burst(self) -> None:
        if self._grown is None and not self._compared:
            loop = asyncio.get_running_loop()
            self._grown = loop.call_later(_GOES_ON, lambda: self._select(self._selected, self._burst))

    def _select(self, change: Change | None, burst: Burst | None) -> None:
        self._compared = ""
        if self._grown is not None:
            self._grown.cancel()
            self._grown = None
        before, self._selected_at = self._selected_at, time.monotonic()
        self._quick = self._quick + 1 if self._selected_at - before < _IN_PASSING else 0
        if change is None:
            self._wanted += 1
            self._in_time()
            self._view.show(None)
            return

        def read(record: Record) -> Document:
            if burst is not None:
                from fcm_tui.review.documents import bursts

                return bursts.of(record, burst)
            from fcm_tui.review.documents import loading  # the diff engine is imported here, in the thread

            return loading.load_reviewed(record, change)

        wait = _IN_PASSING if self._quick >= _HELD else _A_LOOK
        self._read(change, read, wait if self._view.document is not None else 0.0)

    def tell(self, said: Sequence[str]) -> None:
        """Nothing is selected, and that is what there is to say instead; safe to show."""
        self.select(None)
        self._view.tell(said)

    def reviewed(self) -> None:
        """Somebody has reviewed something: what they say of the change in sight may be other words now."""
        self._reviews += 1
        document = self._view.document
        if document is None or document.files or (document.compared and document.burst is None):
            return
        self._start(partial(self._read_reviews, document.change, document.burst), "diff-reviews")

    async def _read_reviews(self, change: Change, burst: Burst | None) -> None:
        def read(record: Record) -> list[str]:
            from fcm_tui.review.documents import bursts, loading

            return loading.reviews(record, change) if burst is None else bursts.noted(record, burst)

        with suppress(FcmError):
            self._view.say_reviews(change, await self._source.call(read))

    def turn_mark(self) -> None:
        """Mark the change that is selected, or take its mark away."""
        if self._nothing("mark"):
            return
        self.mark.change = None if self.mark.is_on(self._selected) else self._selected

    def _nothing(self, to: str) -> bool:
        """Whether no change is selected, which is said."""
        if self._selected is None:
            self._view.post_message(Refused(f"No change is selected: there is nothing to {to}."))
        return self._selected is None

    def _no_file(self) -> bool:
        """Whether no change of one file is selected, which is said."""
        if self._burst is not None and self._burst.files > 1:
            self._view.post_message(Refused(self._burst.refusal))
            return True
        return self._nothing("compare")

    def compare(self) -> None:
        """The version of the marked change with that of the selected one, or the change itself again."""
        marked, selected = self.mark.change, self._selected
        if self._no_file() or selected is None or self._back_from("marked"):
            return

        def read(record: Record) -> Document:
            from fcm_tui.review.documents import versions

            if marked is None:
                return sorry(selected, "Nothing is marked to compare it with.", compared="marked")
            return versions.of_two(record, marked, selected)

        self._read(selected, read)

    def with_disk(self) -> None:
        """The version of the selected change with the file on disk now, or the change itself again."""
        selected = self._selected
        if self._no_file() or selected is None or self._back_from("disk"):
            return

        def read(record: Record) -> Document:
            from fcm_tui.review.documents import versions

            return versions.with_disk(record, selected, self.settings)

        self._read(selected, read)

    def span(self) -> None:
        """All files between the marked change and the selected one, or the change itself again."""
        marked, selected, within = self.mark.change, self._selected, self.within()
        if self._nothing("compare") or selected is None or self._back_from("span"):
            return

        def read(record: Record) -> Document:
            from fcm_tui.review.documents import span

            if marked is None:
                return sorry(selected, "No change is marked from which on files are to be compared.")
            if marked.recorder_id != selected.recorder_id:
                of = f"{wording.number_of(marked)} and {wording.number_of(selected)}"
                return sorry(
                    selected, f"{of} are of two recorders: the moments are to be of one.", compared="span"
                )
            return span.between(record, marked, selected, within)

        self._read(selected, read)

    def _back_from(self, comparison: str) -> bool:
        """Whether that is what one has already, and goes back from."""
        if self._compared == comparison:
            self._select(self._selected, self._burst)
            return True
        self._compared = comparison
        return False

    def _read(self, change: Change, work: Callable[[Record], Document], wait: float = 0.0) -> None:
        self._wanted += 1
        read = partial(self._start, partial(self._show, change, work, self._wanted), "diff")
        self._in_time()
        loop = asyncio.get_running_loop()
        self._late = loop.call_later(wait + _LATE, self._say_late, change)
        if wait:  # without a worker until then: what one passes over costs nothing
            self._due = loop.call_later(wait, read)
        else:
            read()

    def _say_late(self, change: Change) -> None:
        if self._view.is_attached:
            self.awaited = change
            self._view.post_message(DiffView.Moved())

    def _in_time(self) -> None:
        """Nothing is waited for any more."""
        self.awaited = None
        for timer in (self._due, self._late):
            if timer is not None:
                timer.cancel()
        self._due = self._late = None

    def _start(self, work: WorkType[None], group: str) -> None:
        """In the background, and no more of what the group was at before: what has not begun never does."""
        if self._view.is_attached:
            self._view.run_worker(work, group=group, exclusive=True, exit_on_error=False)

    async def _show(self, change: Change, work: Callable[[Record], Document], wanted: int) -> None:
        """Both versions and their hunks; only for what is wanted still."""
        reviews, told = self._reviews, ""
        while wanted == self._wanted:
            try:
                document = await self._source.call(
                    lambda record: work(record) if wanted == self._wanted else None
                )
            except StoreError as error:
                why = visible(str(error))
                if wanted == self._wanted and why != told:
                    self._in_time()
                    self._view.show(sorry(change, why))
                told = why
                await asyncio.sleep(_AGAIN)  # a server comes back
                continue
            except FcmError as error:
                document = sorry(change, visible(str(error)))
            if document is not None and wanted == self._wanted:
                self._in_time()
                self._view.show(document)
                if reviews != self._reviews:  # after what they said was read
                    self.reviewed()
            return


class ChangeView(FindingView):
    """The diff pane that reads what it shows: a change, or what that is compared with."""

    def __init__(self, palette: Palette, versions: Source, settings: Settings, *, id: str) -> None:
        super().__init__(palette, id=id)
        self.reader = DiffReader(self, versions, settings)
        self._terms: tuple[Term, ...] = ()

    def mark_found(self, terms: tuple[Term, ...]) -> None:
        """Mark the texts that a filter looks for."""
        if terms is not self._terms:
            from fcm_tui.query.terms import texts  # with the filter's language, once there is one

            self._terms = terms
            self.give(matches.exactly(texts(terms)))

    def action_mark(self) -> None:
        self.reader.turn_mark()
        self.post_message(self.Moved())

    def action_compare(self) -> None:
        self.reader.compare()

    def action_span(self) -> None:
        self.reader.span()

    def action_with_disk(self) -> None:
        self.reader.with_disk()
