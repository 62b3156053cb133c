"""The filter bar: an expression, what is wrong with it, what it may become, and how much it finds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from fcm_tui.errors import FilterError
from fcm_tui.query.complete import Completion, complete
from fcm_tui.query.parse import parse
from fcm_tui.query.terms import Term
from fcm_tui.review import keys, wording
from fcm_tui.review.entry import Entry
from fcm_tui.review.theme import Palette

_PROMPT = " / "
_FOUND = 14
"""Cells of the count: `1,234,567+`."""


class FilterBar(Widget, can_focus=True):
    """One line with the filter in force; a second one under it, with help, while it is written."""

    ALLOW_SELECT = False
    BINDINGS = keys.bindings(keys.FILTER)
    DEFAULT_CSS = "FilterBar { height: 1; } FilterBar:focus { height: 2; }"

    class Written(Message):
        """Another expression: its terms, None where it has a mistake, whether its last word may begin a key."""

        def __init__(self, terms: tuple[Term, ...] | None, is_beginning: bool) -> None:
            super().__init__()
            self.terms = terms
            self.is_beginning = is_beginning

    class Left(Message):
        """The person goes back to the log."""

    def __init__(self, palette: Palette, saved: Mapping[str, str]) -> None:
        super().__init__()
        self.palette = palette
        self.entry = Entry()
        self.saved = saved
        self.values: Mapping[str, Sequence[str]] = {}
        """Names that are known, by key, for completion."""
        self._found = ""
        self._error: FilterError | None = None
        self._completing: Completion | None = None
        self._option = -1
        self._is_writing = False
        self.display = False

    # --- what it says

    def say_found(self, found: str) -> None:
        """How many changes the filter lets through."""
        if found != self._found:
            self._found = found
            self.refresh()

    def open(self) -> None:
        """Let a person write."""
        self.display = True
        self.entry.press("end")
        self.focus()

    def clear(self) -> None:
        """No filter any more."""
        self.entry = Entry()
        self._changed()

    def check_consume_key(self, key: str, character: str | None) -> bool:
        return character is not None and character.isprintable()

    # --- keys

    def on_key(self, event: events.Key) -> None:
        if event.key == "ctrl+c":
            return
        if event.is_printable and event.character is not None:
            self.entry.insert(event.character)
        elif not self.entry.press(event.key):
            if event.key == "shift+tab":
                event.stop()
            return
        event.stop()
        event.prevent_default()
        self._changed()

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        self.entry.insert(event.text)
        self._changed()

    def on_click(self) -> None:
        self.focus()

    def on_focus(self) -> None:
        self._is_writing = True
        self._changed(tell=False)

    def on_blur(self) -> None:
        self._is_writing = False
        self.display = bool(self.entry.text)
        self.refresh()

    def action_complete(self) -> None:
        """What may stand here, one after the other."""
        if self._completing is None:
            return
        options = self._completing.options
        if not options:
            return
        self._option = (self._option + 1) % len(options)
        start, end = self._completing.start, self._completing.end
        self.entry.replace(start, end, options[self._option])
        self._completing = Completion(start, self.entry.at, options)
        self._changed(completing=True)

    def action_keep(self) -> None:
        self.post_message(self.Left())

    def action_drop(self) -> None:
        self.clear()
        self.post_message(self.Left())

    def _changed(self, *, tell: bool = True, completing: bool = False) -> None:
        terms: tuple[Term, ...] | None = None
        try:
            terms = parse(self.entry.text, self.saved)
            self._error = None
        except FilterError as error:
            self._error = error
        if not completing:
            self._completing = complete(self.entry.text, self.entry.at, self.values, self.saved)
            self._option = -1
        if tell:
            is_word = self.entry.at > 0 and not self.entry.text[self.entry.at - 1].isspace()
            self.post_message(self.Written(terms, bool(is_word and self._options)))
        self.display = self._is_writing or bool(self.entry.text)
        self.refresh()

    # --- drawing

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        strip = Strip(self._expression(width) if y == 0 else self._help())
        return strip.adjust_cell_length(width, self.palette("title"))

    def _expression(self, width: int) -> list[Segment]:
        found = self._found.rjust(_FOUND) if width >= 40 else ""
        room = max(1, width - len(_PROMPT) - len(found) - 1)
        start, end = self.entry.window(room)
        segments = [Segment(_PROMPT, self.palette("title", "key"))]
        segments += [Segment(self.entry.text[at], self._style(at)) for at in range(start, end)]
        used = wording.cells(self.entry.text[start:end])
        if self.entry.at == end and self._is_writing:
            segments.append(Segment(" ", self._cursor))
            used += 1
        segments.append(Segment(" " * max(0, room - used + 1), self.palette("title")))
        return [*segments, Segment(found, self.palette("title", "muted"))]

    @property
    def _cursor(self) -> Style:
        return self.palette("title") + Style(reverse=True)

    def _style(self, at: int) -> Style:
        if self._is_writing and at == self.entry.at:
            return self._cursor
        if self._error is not None and self._error.start <= at < self._error.end:
            return self.palette("title", "bad") + Style(underline=True)
        return self.palette("title", "text")

    def _help(self) -> list[Segment]:
        blank = " " * len(_PROMPT)
        writing_goes_on = self._error is not None and self.entry.at == self._error.end and self._options
        if self._error is not None and not writing_goes_on:
            return [Segment(blank + str(self._error), self.palette("title", "warning"))]
        segments = [Segment(blank, self.palette("title"))]
        if self._options:
            segments.append(Segment("Tab ", self.palette("title", "key")))
            for number, option in enumerate(self._options):
                style = self.palette("title", "accent" if number == self._option else "muted")
                segments += [Segment(option, style), Segment(" ", self.palette("title"))]
        for key, does in (("filter.keep", "keeps"), ("filter.drop", "clears")):
            segments += [
                Segment(f" {keys.shown(key)} ", self.palette("title", "key")),
                Segment(f"{does} ", self.palette("title", "muted")),
            ]
        return segments

    @property
    def _options(self) -> tuple[str, ...]:
        return self._completing.options if self._completing is not None else ()
