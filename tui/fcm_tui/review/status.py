"""The status line: what is being recorded, how it goes, and the keys that lead on."""

from __future__ import annotations

import time
from typing import NamedTuple

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from fcm_tui.model import BEGINNING, NOT_RUNNING, Gap, Shipping
from fcm_tui.review import keys, layout, wording
from fcm_tui.review.engine import Progress, State
from fcm_tui.review.look.theme import Palette
from fcm_tui.safetext import visible
from fcm_tui.ship.wording import text as shipping_text
from fcm_tui.store.reading.results import Sizes
from fcm_tui.times import pause_text

_BAR = 10
_BETWEEN = 3
"""Cells between two fields."""
_APART = 2
"""Cells at least between the last field and the keys."""
_READABLE = 40
"""Cells that a sentence gets before the keys do."""
_BEGINNINGS = {"baseline": "◐ first look", "scanning": "◐ scanning"}


Part = tuple[str, str]
"""Text and the name of its style."""


class Status(NamedTuple):
    """Everything that the line may say."""

    state: State | None
    """None for a viewer."""
    notice: str = ""
    """What the command had to say when it opened the screen."""
    failure: str = ""
    """Why nothing is recorded any more, if so."""
    stopping: bool = False
    wrong: str = ""
    """What somebody has to mend."""
    gap: Gap | None = None
    """The last, as the record has it: of all roots."""
    gap_here: Gap | None = None
    """On which the cursor is."""
    sizes: Sizes | None = None
    unread: int = 0
    """Alerts that nobody has read."""
    unreadable: str = ""
    """Why what is recorded cannot be read just now; safe to show."""
    silent: str = ""
    """Which recorders have told the team's database nothing for a while."""

    @property
    def told(self) -> Part | None:
        """The sentence that a person is to read now."""
        if self.failure or self.unreadable:
            return visible(self.failure or self.unreadable), "warning"
        if self.state is not None and self.state.message:
            return visible(self.state.message), "warning"
        if self.notice:
            return visible(self.notice), "muted"
        return (visible(self.wrong), "warning") if self.wrong else None

    @property
    def tells_warning(self) -> bool:
        """Whether that sentence is more than a notice."""
        return self.told is not None and self.told[1] == "warning"


def parts(status: Status) -> list[list[Part]]:
    """The fields of the line, the most important first."""
    fields: list[list[Part]] = [_head(status)]
    if status.unread:
        fields.append(
            [(f"⚠ {wording.plural(status.unread, 'alert')} ", "bad"), (keys.shown("alerts"), "key")]
        )
    state = status.state
    said = [status.told] if status.told is not None else []
    if status.silent:
        said.insert(1 if status.tells_warning else 0, (visible(status.silent), "warning"))
    fields += [[one] for one in said]
    if state is not None and state.paused is not None:
        fields.insert(1, [(visible(pause_text(state.paused)), "text")])
    if state is not None and state.phase == "recording":
        # the counts of the record stand for those of the engine where they are known
        fields.append([(wording.plural(state.files, "file"), "text")])
    elif state is None and status.sizes is not None:
        fields.append([(wording.plural(status.sizes.files, "file"), "text")])
    if state is not None and state.shipping is not None:
        is_well = state.shipping.state == "connected" and not state.shipping.dead
        fields.insert(len(fields) if is_well else 1, _database(state.shipping))
    gap = _last_gap(state.last_gap if state is not None else None, status.gap)
    if status.gap_here is not None:
        is_named = status.gap_here.reason in (NOT_RUNNING, wording.BEGAN)
        fields.append(_gap(status.gap_here, f"{wording.GAP} " if is_named else f"{wording.GAP} gap "))
    elif gap is not None:
        fields.append(_gap(gap, "last gap "))
    if status.sizes is not None:
        fields.append([("store ", "muted"), (wording.size(status.sizes.database_bytes), "text")])
    return fields


def _head(status: Status) -> list[Part]:
    state = status.state
    if status.stopping:
        return [("◌ stopping", "warning")]
    if state is not None and (status.failure or state.phase == "failed"):
        return [("✗ not recording", "bad")]
    if state is None:
        return [("◇ viewer", "accent")]
    if state.standing_still and state.phase in (*BEGINNING, "recording"):
        return [("✗ standing still", "bad")]
    if state.phase == "recording":
        return [("● recording", "good")]
    if state.phase == "paused":
        return [("‖ paused", "warning"), (f" ({keys.shown('pause')} goes on)", "muted")]
    if state.phase == "stopped":
        return [("○ stopped", "warning")]
    if state.phase == "baseline" and state.progress is not None:
        return [("◐ first look ", "warning"), *_progress(state.progress)]
    return [(_BEGINNINGS.get(state.phase, "◌ starting"), "warning")]


def _progress(progress: Progress) -> list[Part]:
    said: list[Part] = []
    total = progress.files_total
    share = min(1.0, progress.files_done / total) if total else 0.0
    if total:
        full = round(share * _BAR)
        said.append(("━" * full, "accent"))
        said.append(("━" * (_BAR - full) + " ", "rule"))
        said.append(
            (
                f"{wording.number(progress.files_done)} of {wording.plural(progress.files_total, 'file')}",
                "text",
            )
        )
    else:
        said.append((wording.plural(progress.files_done, "file"), "text"))
    if progress.bytes_done:
        said.append((f", {wording.size(progress.bytes_done)}", "muted"))
    if share > 0.02 and progress.seconds > 1:
        said.append((f", {wording.duration(progress.seconds * (1 / share - 1))} left", "muted"))
    return said


def _database(shipping: Shipping) -> list[Part]:
    style = {"connected": "text", "refused": "bad"}.get(shipping.state, "warning")
    return [("database ", "muted"), (visible(shipping_text(shipping)), style)]


def _last_gap(told: Gap | None, read: Gap | None) -> Gap | None:
    """What the recorder told last is of one root; of the others it is known once it was read."""
    if told is None or read is None:
        return told or read
    return read if (told.from_ns, told.reason) == (read.from_ns, read.reason) else told


def _gap(gap: Gap, label: str) -> list[Part]:
    return [(label, "muted"), (gap_words(gap), "text")]


def gap_words(gap: Gap, *, wide: bool = True, with_root: bool = False) -> str:
    """`10:02 to 10:05, 312 changes found by scan (suspended)`, or when recording stopped, started or began."""
    if gap.has_others:
        return f"{visible(gap.whose)}: {gap_words(gap._replace(has_others=False), wide=wide, with_root=with_root)}"
    if with_root and gap.root is not None and gap.reason != wording.BEGAN:
        return f"{wording.name_of(gap.root)}: {gap_words(gap, wide=wide)}"
    today = wording.day(time.time_ns())
    start = wording.since(gap.from_ns, today)
    if gap.reason == wording.BEGAN:
        name = wording.name_of(gap.root or b"")
        return f"recording of {name} began {start}" if wide else f"recording began {start}: {name}"
    if gap.reason.startswith(wording.UNSENT):
        why = visible(gap.reason.removeprefix(wording.UNSENT))
        until = "" if gap.to_ns is None else f" to {wording.since(gap.to_ns, today)}"
        begun = start if until else f"since {start}"
        return f"{'nothing sent to the database' if wide else 'not sent'} {begun}{until}: {why}"
    if gap.reason == NOT_RUNNING:
        return _stopped(gap, start, today, wide=wide)
    stretch = "since " + start if gap.to_ns is None else f"{start} to {wording.since(gap.to_ns, today)}"
    if gap.to_ns is not None and wording.since(gap.to_ns, today) == start:
        stretch = start
    if not wide:
        count = gap.changes_found
        found = "" if count is None else f"{wording.number(count)} found" if count else "nothing missed"
        return f"{stretch}: {found}{' ' if found else ''}({visible(gap.reason)})"
    found = "" if gap.changes_found is None else f", {number_found(gap.changes_found)}"
    return f"{stretch}{found} ({visible(gap.reason)})"


def _stopped(gap: Gap, start: str, today: tuple[int, int], *, wide: bool) -> str:
    if gap.to_ns is None:
        return f"recording stopped {start}: not scanned since"
    again = wording.since(gap.to_ns, today)
    count = gap.changes_found or 0
    if not wide:
        stretch = start if start == again else f"{start} – {again}"
        return f"stopped {stretch}: {f'{wording.number(count)} found' if count else 'nothing missed'}"
    lasted = wording.duration((gap.to_ns - gap.from_ns) / 1e9)
    found = f"{wording.plural(count, 'change')} found" if count else "nothing missed"
    return f"recording stopped {start}, started {again} ({lasted}): {found}"


def number_found(count: int) -> str:
    """What the scan after a gap found."""
    return "nothing missed" if not count else f"{wording.plural(count, 'change')} found by scan"


class StatusLine(Widget):
    """One line; fields that do not fit are left out, the least important first.

    What a person is to read now takes the room of the keys where there is too little, and of all else in a tiny terminal.
    """

    ALLOW_SELECT = False

    def __init__(self, palette: Palette, status: Status, *, id: str) -> None:
        super().__init__(id=id)
        self.palette = palette
        self._status = status
        self._parts = parts(status)

    def say(self, status: Status) -> None:
        """Show another status; draws only if a word of it differs."""
        self._status = status
        said = parts(status)
        if said != self._parts:
            self._parts = said
            self.refresh()

    @property
    def told(self) -> Part | None:
        """The sentence that a person is to read now."""
        return self._status.told

    @property
    def tells_all(self) -> bool:
        """Whether the sentence that a person is to read stands here to its last letter."""
        told = self._status.told
        if told is None:
            return True
        before = [] if layout.is_small(*self.app.size) else self._parts[: self._parts.index([told])]
        used = sum(_cells(said) + _BETWEEN for said in before) if before else 2
        return 1 + used + wording.cells(told[0]) <= self.size.width

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if layout.is_small(*self.app.size):
            return self._too_small(width)
        hints = [
            (f"{keys.shown('help')}", "key"),
            (" help  ", "muted"),
            (keys.shown("quit"), "key"),
            (" quit ", "muted"),
        ]
        segments = [Segment(" ", self.palette("title"))]
        used, end = 1, sum(len(text) for text, _ in hints) + _APART
        for number, said in enumerate(self._parts):
            apart = _BETWEEN if number else 0
            length = _cells(said) + apart
            if used + length + end > width:
                is_told = said == [self._status.told]
                if number > 1 and not is_told:
                    continue
                if is_told and (self._status.tells_warning or number == 1) and width - used - end < _READABLE:
                    hints, end = [], 0
                room = width - used - end - apart
                if room < 10:
                    continue
                room = min(room, length - apart)
                said = _cut(said, room)
                length = room + apart
            if number:
                segments.append(Segment(" " * apart, self.palette("title")))
            segments.extend(Segment(text, self.palette("title", style)) for text, style in said)
            used += length
        if hints and used + end <= width + _APART:
            segments.append(Segment(" " * (width - used - end + _APART), self.palette("title")))
            segments.extend(Segment(text, self.palette("title", style)) for text, style in hints)
        return Strip(segments).adjust_cell_length(width, self.palette("title"))

    def _too_small(self, width: int) -> Strip:
        """How it goes in one sign, and from where on there is more to see."""
        sign, style = self._parts[0][0]
        columns, rows = layout.SMALLEST
        words, told = f"small: {columns}×{rows} shows all", "warning"
        if self._status.told is not None:
            words, told = self._status.told
        elif self._status.unread:
            words, told = f"⚠ {wording.plural(self._status.unread, 'alert')} {keys.shown('alerts')}", "bad"
        return Strip(
            [
                Segment(f" {sign[:1]} ", self.palette("title", style)),
                Segment(wording.fit(words, max(0, width - 3)), self.palette("title", told)),
            ]
        ).adjust_cell_length(width, self.palette("title"))


def _cells(said: list[Part]) -> int:
    return sum(wording.cells(text) for text, _ in said)


def _cut(said: list[Part], room: int) -> list[Part]:
    cut: list[Part] = []
    for text, style in said:
        if room <= 0:
            break
        length = min(room, wording.cells(text))
        cut.append((wording.fit(text, length), style))
        room -= length
    if room > 0:
        cut.append((" " * room, "muted"))
    return cut
