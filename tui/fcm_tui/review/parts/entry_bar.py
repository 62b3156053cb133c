"""A bar in which a person writes one line, and a second line under it with help while they do."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip

from fcm_tui.review import keys, wording
from fcm_tui.review.look.theme import Palette
from fcm_tui.review.parts.entry import Entry
from fcm_tui.review.parts.entry_line import EntryLine

_STATE = 14
"""Cells of what is said at the right: `1,234,567+ found`."""
_TROUBLE = 4
"""Lines that what is wrong may take."""


def fitted(segments: Sequence[Segment], width: int) -> list[Segment]:
    """What there is room for in so many cells; blanks at the end need none, and what is cut ends in an ellipsis."""
    if wording.cells("".join(segment.text for segment in segments).rstrip()) <= width:
        return list(segments)
    made: list[Segment] = []
    room = width
    for segment in segments:
        if wording.cells(segment.text) >= room:
            return [*made, Segment(wording.fit(f"{segment.text}…", room), segment.style)]
        room -= wording.cells(segment.text)
        made.append(segment)
    return made


class EntryBar(EntryLine):
    """Hidden while there is nothing in it and nobody writes."""

    BINDINGS = keys.bindings(keys.ENTRY)
    DEFAULT_CSS = "EntryBar { height: 1; }"
    PROMPT = " "
    ABOUT_CHANGE = False
    """What is written is about the change in sight, which stays there for as long."""

    class Left(Message):
        """The person goes back to the log."""

    def __init__(self, palette: Palette) -> None:
        super().__init__(palette)
        self.is_writing = False
        self.display = False

    def changed(self) -> None:
        """Called after another letter, with the text as it is now."""

    def help(self) -> list[Segment]:
        """The second line, behind the prompt's place."""
        return self.ways_out()

    def trouble(self) -> str:
        """What is wrong, which is said in full in the help's place; empty for nothing."""
        return ""

    def state(self) -> str:
        """What is said at the right of the first line."""
        return ""

    def mistake(self) -> range:
        """The letters that are wrong."""
        return range(0)

    def open(self) -> None:
        """Let a person write, from the very next key on."""
        self.display = True
        self.entry.press("end")
        self.screen.set_focus(self)

    def write(self, text: str) -> None:
        """Have a text stand there as if a person had written it."""
        self.entry = Entry(text)
        self.written()

    def clear(self) -> None:
        """Nothing is written any more."""
        self.write("")

    def written(self) -> None:
        self.changed()
        self.display = self.is_writing or bool(self.entry.text)
        self.say_help()

    def say_help(self) -> None:
        """Take as many lines as the help needs, or what is wrong."""
        self.styles.height = 1 + len(self._under(self.size.width)) if self.is_writing else 1
        self.refresh()

    # --- keys

    def on_key(self, event: events.Key) -> None:
        super().on_key(event)
        if event.key == "shift+tab":
            event.stop()
            event.prevent_default()

    def on_click(self) -> None:
        self.focus()

    def on_focus(self) -> None:
        self.is_writing = True
        self.say_help()

    def on_blur(self) -> None:
        self.is_writing = False
        self.display = bool(self.entry.text)
        self.say_help()

    def on_resize(self) -> None:
        self.say_help()

    def action_complete(self) -> None:
        """What may stand here, where that is known."""

    def action_keep(self) -> None:
        self.post_message(self.Left())

    def action_drop(self) -> None:
        self.clear()
        self.post_message(self.Left())

    # --- drawing

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if y == 0:
            strip = Strip(self._line(width))
        else:
            under = self._under(width)
            blank = Segment(" " * wording.cells(self.PROMPT), self.palette("title"))
            strip = Strip(fitted([blank, *under[y - 1]], width) if y <= len(under) else [])
        return strip.adjust_cell_length(width, self.palette("title"))

    def _under(self, width: int) -> list[list[Segment]]:
        """The lines below what is written."""
        trouble = self.trouble()
        if not trouble:
            return [self.help()]
        told = wrap(trouble, max(10, width - wording.cells(self.PROMPT)), break_on_hyphens=False)
        if len(told) > _TROUBLE:
            told = [*told[: _TROUBLE - 1], " ".join(told[_TROUBLE - 1 :])]
        return [[Segment(line, self.palette("title", "warning"))] for line in told]

    def _line(self, width: int) -> list[Segment]:
        state = self.state().rjust(_STATE) if width >= 40 else ""
        room = max(1, width - wording.cells(self.PROMPT) - len(state) - 1)
        start, end = self.entry.window(room)
        segments = [Segment(self.PROMPT, self.palette("title", "key"))]
        segments += [Segment(self.entry.text[at], self._style(at)) for at in range(start, end)]
        used = wording.cells(self.entry.text[start:end])
        if self.entry.at == end and self.is_writing:
            segments.append(Segment(" ", self._cursor))
            used += 1
        segments.append(Segment(" " * max(0, room - used + 1), self.palette("title")))
        return [*segments, Segment(state, self.palette("title", "muted"))]

    @property
    def _cursor(self) -> Style:
        return self.palette("title") + Style(reverse=True)

    def _style(self, at: int) -> Style:
        if self.is_writing and at == self.entry.at:
            return self._cursor
        if at in self.mistake():
            return self.palette("title", "bad") + Style(underline=True)
        return self.palette("title", "text")

    def ways_out(self) -> list[Segment]:
        """What Enter and Esc do."""
        keep, drop = keys.shown("entry.keep"), keys.shown("entry.drop")
        return [*self.way(keep, "keeps"), *self.way(drop, "clears")]

    def way(self, shown: str, does: str) -> list[Segment]:
        """What a key does, or several in turn."""
        return [
            Segment(f"{shown} ", self.palette("title", "key")),
            Segment(f"{does}  ", self.palette("title", "muted")),
        ]
