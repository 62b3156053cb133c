"""The log's pane: its title, the log, and under it the filter bar."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.message import Message
from textual.timer import Timer

from fcm_tui.review import wording
from fcm_tui.review.log.filter import FilterBar, names_in
from fcm_tui.review.log.inbox import Inbox
from fcm_tui.review.log.reading import Notes
from fcm_tui.review.look.keys_in_turn import KeysInTurn
from fcm_tui.review.look.theme import Palette
from fcm_tui.review.parts.entry import Entry
from fcm_tui.review.parts.entry_bar import EntryBar
from fcm_tui.review.parts.pane import Pane
from fcm_tui.safetext import visible

if TYPE_CHECKING:
    from fcm_tui.query.terms import Term

_PAUSE = 0.12
"""Seconds without a key after which what is written so far is looked for."""

_BEGINNING = 0.6
"""The same where the last word may become a key: `ki` is seldom what is looked for."""

_WHILE = 4.0
"""Seconds that something is told in passing."""


class NoteBar(EntryBar):
    """What there is to say about a change that is reviewed."""

    PROMPT = " note: "
    ABOUT_CHANGE = True
    _had = False
    """There was a note."""

    class Noted(Message):
        """The note is written."""

        def __init__(self, note: str) -> None:
            super().__init__()
            self.note = note

    def ask(self, notes: Notes, changes: int) -> None:
        """Let a person write a note on some changes, or another for those that there are; none takes them away."""
        self._had = notes.number > 0
        self.PROMPT = (
            f" note, in place of {wording.number(notes.number)}: " if self._had and changes > 1 else " note: "
        )
        self.entry = Entry(notes.common)
        self.open()

    def action_keep(self) -> None:
        note = self.entry.text.strip()
        self.action_drop()
        if note or self._had:
            self.post_message(self.Noted(note))


class LogPane(Pane):
    """Wires the bar to the log."""

    def __init__(self, palette: Palette, log: Inbox, saved: Mapping[str, str]) -> None:
        super().__init__(palette, "Log", log)
        self.log_view = log
        self.on = ""
        """What people are told is the recorder of the path that the log is narrowed to, where there are several."""
        self.bar = FilterBar(palette, saved)
        self.note = NoteBar(palette)
        log.ask_filter = self._ask_filter
        log.ask_note = self.note.ask
        self._pause: Timer | None = None
        """Until what is written is looked for."""
        self._terms: tuple[Term, ...] = ()
        """What is written."""
        self._said = ""
        self._saying: Timer | None = None
        self._is_readable = True

    def compose(self) -> ComposeResult:
        yield from super().compose()
        yield self.bar
        yield self.note

    def say_title(self) -> None:
        """Where the log is, how much there is, and how much the filter finds."""
        log = self.log_view
        path, on = log.filters.path, f"{visible(self.on)}: " if self.on else ""
        where = f"in {on}{wording.name_of(path)}" if path else ""
        state = f"{wording.number(log.rows)}{'' if log.complete else '+'}" if log.is_loaded else ""
        if not log.rows and log.total:
            state = wording.number(log.total)
        elif log.rows:
            live = "  ● live" if self._is_readable else ""
            state = f"{state}{live}" if log.following else f"{wording.number(log.row + 1)} of {state}"
        said = self._said
        if log.range_from is not None:  # which hardly shows in some themes
            said = f"{wording.plural(len(log.selected_rows), 'change')} selected"
        self.title.say(said or where, state, is_said=bool(said))
        if log.is_looking or self._pause is not None:
            self.bar.say_found("…")
        elif log.filters.terms:
            found = wording.number(log.rows) + "+" if log.found is None else wording.number(log.found)
            found = found if log.rows else wording.number(log.total)  # times in which nothing was recorded
            self.bar.say_found(f"{found} found")
        else:
            self.bar.say_found("")

    def say_readable(self, is_readable: bool) -> None:
        """Whether what is recorded can be read just now: else nothing is live."""
        if is_readable != self._is_readable:
            self._is_readable = is_readable
            self.say_title()

    def on_inbox_said(self, message: Inbox.Said) -> None:
        """Tell it in the title for a while."""
        self._said = message.words
        if self._saying is not None:
            self._saying.stop()
        self._saying = self.set_timer(_WHILE, self._forget)
        self.say_title()

    def _forget(self) -> None:
        self._said = ""
        self.log_view.asked = None  # a question that nobody sees any more is not answered
        self.say_title()

    def on_note_bar_noted(self, message: NoteBar.Noted) -> None:
        self.log_view.add_note(message.note)

    def out(self) -> bool:
        """Leave what is selected, else show everything again; whether there was something to leave."""
        if self.log_view.out():
            self.say_title()
            return True
        if not self.bar.entry.text:
            return False
        self.bar.clear()
        return True

    def _ask_filter(self) -> None:
        self.bar.values = names_in(self.log_view.known())
        self.bar.open()

    def on_filter_bar_written(self, message: FilterBar.Written) -> None:
        if self._pause is not None:
            self._pause.stop()
            self._pause = None
        if message.terms is None:
            return
        if message.terms != self.log_view.filters.terms:
            self.bar.say_found("…")  # what stands there is of another filter
        self._terms = message.terms
        if self.bar.is_writing:
            self._pause = self.set_timer(_BEGINNING if message.is_beginning else _PAUSE, self._search)
        else:
            self._search()
            self.wait()

    def _search(self) -> None:
        self._pause = None
        self.log_view.narrow(terms=self._terms)
        if self._terms == self.log_view.filters.terms:  # what stands there is of this filter
            self.say_title()

    def wait(self) -> None:
        """Keys that come now are for the list that was asked for."""
        assert isinstance(self.app, KeysInTurn)
        self.app.opens(self.log_view.narrowed(), "log-narrowed")

    def on_entry_bar_left(self) -> None:
        self.log_view.focus()
        if self._pause is not None:
            self._pause.stop()
            self._search()
        self.wait()
