"""The filter bar: an expression, what is wrong with it, what it may become, and how much it finds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.message import Message

from fcm_tui.errors import FilterError
from fcm_tui.model import Change
from fcm_tui.review import keys, wording
from fcm_tui.review.look.theme import Palette
from fcm_tui.review.parts.entry_bar import EntryBar, fitted
from fcm_tui.safetext import visible
from fcm_tui.who.words import names as names_of

if (
    TYPE_CHECKING
):  # what knows the language of filters is imported with the first one, not at every start: 15 ms
    from fcm_tui.query.complete import Completion
    from fcm_tui.query.terms import Term


def _words_before(text: str, at: int) -> str:
    while at and not text[at - 1].isspace():
        at -= 1
    return text[:at]


def names_in(changes: Iterable[Change]) -> dict[str, list[str]]:
    """Hosts, owners, processes, and both of these, of some changes: the most frequent first, without those that cannot be
    written as they are, as what would be shown instead finds nothing."""
    known: dict[str, Counter[str | None]] = {key: Counter() for key in ("host", "owner", "process", "by")}
    for change in changes:
        programs = names_of(change.process)
        for key in ("host", "owner"):
            known[key][getattr(change, key)] += 1
        known["host"].update([change.apart] * bool(change.apart))
        known["process"].update(programs)
        known["by"].update((change.owner, *programs))
    return {
        key: [name for name, _ in names.most_common(20) if name and visible(name) == name]
        for key, names in known.items()
    }


class FilterBar(EntryBar):
    """Shows the filter in force as long as there is one."""

    PROMPT = " / "

    class Written(Message):
        """Another expression: its terms, of the part before its mistake if it has one; may its last word begin a key."""

        def __init__(self, terms: tuple[Term, ...] | None, is_beginning: bool) -> None:
            super().__init__()
            self.terms = terms
            self.is_beginning = is_beginning

    def __init__(self, palette: Palette, saved: Mapping[str, str]) -> None:
        super().__init__(palette)
        self.saved = saved
        self.values: Mapping[str, Sequence[str]] = {}
        """Names that are known, by key, for completion."""
        self._found = ""
        self._error: FilterError | None = None
        self._insists = False
        """What has a mistake was to be kept: the mistake is said, whatever it may become."""
        self._completing: Completion | None = None
        self._option = -1

    @property
    def is_wrong(self) -> bool:
        """Whether what stands there has a mistake."""
        return self._error is not None

    def say_found(self, found: str) -> None:
        """How many changes the filter lets through."""
        if found != self._found:
            self._found = found
            self.refresh()

    def open(self) -> None:
        super().open()
        self._complete()

    def state(self) -> str:
        return self._found

    def mistake(self) -> range:
        return range(0) if self._error is None else range(self._error.start, self._error.end)

    def changed(self) -> None:
        self._complete()
        self._parse()

    def _complete(self) -> None:
        from fcm_tui.query.complete import complete

        self._completing = complete(self.entry.text, self.entry.at, self.values, self.saved)
        self._option = -1

    def _parse(self) -> None:
        from fcm_tui.query.parse import parse

        text = self.entry.text
        terms: tuple[Term, ...] | None = None
        self._error = None
        self._insists = False
        try:
            terms = parse(text, self.saved)
        except FilterError as error:
            self._error = error
            with suppress(FilterError):  # what is right before the mistake goes on to filter
                terms = parse(_words_before(text, error.start), self.saved)
        is_word = self.entry.at > 0 and not self.entry.text[self.entry.at - 1].isspace()
        self.post_message(self.Written(terms, bool(is_word and self._options())))

    def action_keep(self) -> None:
        """Keep it, unless there is a mistake: that is said for as long as it is there."""
        if self._error is None:
            super().action_keep()
        else:
            self._insists = True
            self.say_help()

    def action_complete(self) -> None:
        """What may stand here, one after the other; behind a key that is the only one, its values."""
        options = self._options()
        if self._completing is None or not options:
            return
        self._option = (self._option + 1) % len(options)
        start = self._completing.start
        self.entry.replace(start, self._completing.end, options[self._option])
        self._completing = replace(self._completing, end=self.entry.at)
        if len(options) == 1 and options[0].endswith(":"):
            self._complete()
        self._parse()
        self.say_help()

    def _options(self) -> tuple[str, ...]:
        return () if self._completing is None else self._completing.options

    def trouble(self) -> str:
        if self._error is None:
            return ""
        is_begun = self._options() and self.entry.at == self._error.end
        return str(self._error) if self._insists or not is_begun else ""

    def help(self) -> list[Segment]:
        options = self._options()
        segments = [Segment("Tab ", self.palette("title", "key"))] if options else []
        first = self._first_in_sight()
        if first:
            segments.append(Segment("… ", self.palette("title", "muted")))
        for number, option in enumerate(options[first:], first):
            style = self.palette("title", "accent" if number == self._option else "muted")
            segments += [Segment(option, style), Segment(" ", self.palette("title"))]
        segments += self.ways_out()
        used = wording.cells(self.PROMPT + "".join(segment.text for segment in segments))
        return [*segments, *self._way_to_keep(self.size.width - used)]

    def _way_to_keep(self, room: int) -> list[Segment]:
        if not self.entry.text.strip() or self._error is not None:
            return []
        way = self.way(f"{keys.shown('entry.keep')} {keys.shown('log.keep-filter')}", "names it")
        return way if fitted(way, room) == way else []

    def _first_in_sight(self) -> int:
        """From which of what may stand here on there is room for the one that was taken."""
        room = self.size.width - wording.cells(f"{self.PROMPT}Tab … …")
        taken = self._options()[: self._option + 1]
        first = 0
        while first < self._option and wording.cells(" ".join(taken[first:])) > room:
            first += 1
        return first
