"""One change as a line of the log, in columns by the width there is."""

from __future__ import annotations

import os
import time
from bisect import bisect_left

from rich.segment import Segment
from textual.strip import Strip

from fcm_tui.model import NOT_RUNNING, Change, Kind, Origin
from fcm_tui.query.hosts import LEAST_ID
from fcm_tui.review import wording
from fcm_tui.review.log.folds import Fold
from fcm_tui.review.log.lines import Mark
from fcm_tui.review.look.theme import Palette
from fcm_tui.review.status import gap_words
from fcm_tui.safetext import visible, visible_path
from fcm_tui.store.reading.changes import Key, key_of
from fcm_tui.who.words import names as names_of

_COUNTS = 15
"""Cells of the line counts: three columns of sign and up to four digits."""
_WHO = 12
_HOST = 10
_HOST_AND_ID = 15
"""Cells of a host with the beginning of an id; where there is little room the latter stands alone."""
_NAME = 12
"""Cells that a path has at least beside words on the change."""
_WIDE = 76
"""Cells from which a date has its time."""
_VAST = 110
"""Cells from which owner or process have a column."""


class RowPainter:
    """What is the same for all rows: colours, whether roots are named, what day it is."""

    def __init__(self, palette: Palette) -> None:
        self._palette = palette
        self.names_roots = False
        """Name the root in front of each path."""
        self.tells_namesakes = False
        """Several recorders have hosts of one name: their ids' beginnings tell them apart."""
        self.is_relative = False
        """Say how long ago it was, not when."""
        self.noted: set[Key] = set()
        """The changes with a note."""
        self._noted: dict[bytes, list[int]] = {}
        """Their numbers in order, by recorder."""
        self.today = (0, 0)
        self.new_day()

    def tell(self, roots: bool, namesakes: bool) -> bool:
        """Set both of these; whether they were otherwise."""
        before = self.names_roots, self.tells_namesakes
        self.names_roots, self.tells_namesakes = roots, namesakes
        return before != (roots, namesakes)

    def note(self, noted: set[Key]) -> None:
        """Which changes have a note by now."""
        self.noted, self._noted = noted, {}
        for sequence, recorder_id in sorted(noted):
            self._noted.setdefault(recorder_id, []).append(sequence)

    def _has_note(self, fold: Fold) -> bool:
        """Whether one of a burst's changes has a note; or one between them that a filter hides."""
        numbers = self._noted.get(fold.newest.recorder_id, [])
        at = bisect_left(numbers, fold.oldest.sequence)
        return at < len(numbers) and numbers[at] <= fold.newest.sequence

    def new_day(self) -> None:
        """Times are told from now on as of this day."""
        now = time.localtime()
        self.today = now[0], now[7]

    def _clock(self, time_ns: int, width: int) -> str:
        wide = width >= _WIDE
        if self.is_relative:
            return wording.ago(time_ns, time.time_ns(), wide=wide)
        return wording.clock(time_ns, self.today, wide=wide)

    def draw(self, change: Change, width: int, over: tuple[str, ...]) -> Strip:
        """A change, in exactly `width` cells; `over` names styles that are laid under it."""
        palette = self._palette
        clock = self._clock(change.time_ns, width)
        who = self._who(change) if width >= _VAST else ""
        host = self._host(change, width)
        counts = self._counts(change, width, over)
        used = sum(wording.cells(segment.text) for segment in counts)
        room = max(4, width - (1 + len(clock) + 1 + 2 + 1 + used + 1) - len(who) - wording.cells(host))
        told = " restored" * (change.origin is Origin.RESTORE) + " note" * (key_of(change) in self.noted)
        if room - len(told) < _NAME:
            told = ""
        segments = [
            Segment(wording.REVIEWED if change.reviewed else " ", palette("good", *over)),
            Segment(f"{clock} ", palette("muted", *over)),
            Segment(f"{wording.SIGNS[change.kind]} ", palette(change.kind.value, *over)),
            Segment(host, palette("muted", *over)),
            *self._path(change, room - len(told), over),
            Segment(told, palette("accent", *over)),
            Segment(" " + who, palette("muted", *over)),
            *counts,
            Segment(" ", palette(*over)),
        ]
        return Strip(segments).adjust_cell_length(width, palette(*over))

    def draw_fold(self, fold: Fold, width: int, over: tuple[str, ...]) -> Strip:
        """A burst: `▸ 412 files in src  12 created  400 modified`; with little room signs stand for the words."""
        palette = self._palette
        clock = self._clock(fold.newest.time_ns, width)
        files = wording.plural(len(fold.files), "file")
        if len(fold.files) != len(fold):
            files = f"{wording.plural(len(fold), 'change')} to {files}"
        root = fold.newest.root
        if fold.folder != root:
            folder = wording.relative_path(fold.folder, root, with_root=self.names_roots)
        else:
            folder = visible_path(os.path.basename(root) or root) if self.names_roots else ""
        where = self._host(fold.newest, width) + (f"{files} in {folder}" if folder else files)
        told = "" if not fold.restored else " restored" if fold.restored == len(fold) else " partly restored"
        told += " note" * self._has_note(fold)
        kinds = {
            Kind.MOVED: fold.moved,
            Kind.CREATED: fold.created,
            Kind.MODIFIED: fold.modified,
            Kind.DELETED: fold.deleted,
        }
        columns = [
            self._kind(kind, number, over, in_words=width >= _WIDE)
            for kind, number in kinds.items() if number
        ]  # fmt: skip
        room = max(4, width - (1 + len(clock) + 1 + 2 + sum(len(column.text) for column in columns) + 1))
        reviewed = (
            " " if not fold.reviewed else wording.REVIEWED if fold.reviewed == len(fold) else wording.PARTLY
        )
        segments = [
            Segment(reviewed, palette("good", *over)),
            Segment(f"{clock} ", palette("muted", *over)),
            Segment("▾ " if fold.is_open else "▸ ", palette("accent", *over)),
            Segment(_with_end(where, told, room), palette("accent", *over)),
            *columns,
        ]
        return Strip(segments).adjust_cell_length(width, palette(*over))

    def draw_mark(self, mark: Mark, width: int, over: tuple[str, ...]) -> Strip:
        """A day, a time in which changes may have been missed, or when recording stopped, started or began."""
        rule, name = wording.GAP, "muted"
        if mark.gap is not None:
            said = gap_words(mark.gap, wide=width >= _WIDE, with_root=self.names_roots)
            if mark.gap.changes_found or mark.gap.reason not in (NOT_RUNNING, wording.BEGAN):
                name = "warning"
        elif mark.more:
            said = f"{wording.number(mark.more)} more: is:gap in the filter lists all"
        else:
            rule, said = "─", wording.date(mark.day_ns)
        style = self._palette(name, *over)
        line = f"{rule * 3} {said} "
        line += rule * max(0, width - wording.cells(line))
        return Strip([Segment(wording.fit(line, width), style)]).adjust_cell_length(width, style)

    def _count(self, sign: str, lines: int | None, style: str, over: tuple[str, ...], column: int) -> Segment:
        text = f"{sign}{wording.short(lines)}" if lines else ""
        cells = max(
            column // 3, len(text) + 1
        )  # a number that fills its column stays apart from what is before it
        return Segment(text.rjust(cells) if column else f" {text}", self._palette(style, *over))

    def _kind(self, kind: Kind, number: int, over: tuple[str, ...], *, in_words: bool) -> Segment:
        """How many changes are of a kind: no number of lines, which has a sign and a column."""
        count = wording.short(number)
        text = f"  {count} {kind.value}" if in_words else f" {wording.SIGNS[kind]}{count}".rjust(_COUNTS // 3)
        return Segment(text, self._palette(kind.value, *over))

    def _host(self, change: Change, width: int) -> str:
        """In a column of its own, where there are several."""
        if not change.at:
            return ""
        widest, least = (_HOST_AND_ID, LEAST_ID) if self.tells_namesakes else (_HOST, _HOST // 2)
        cells = widest if width >= _WIDE else least
        room = cells - len(change.apart) - 1
        if not change.apart:
            told = visible(change.host)
        elif room > 1:
            told = f"{_cut(visible(change.host), room)} {change.apart}"
        else:
            told = change.apart
        return f"{wording.fit(told, cells)} "

    def _who(self, change: Change) -> str:
        who = change.process or change.owner or ""
        if change.process and len(who) > _WHO:
            who = ", ".join(names_of(change.process)) or who
        return (wording.fit(visible(who), _WHO) if who else " " * _WHO) + " "

    def _path(self, change: Change, room: int, over: tuple[str, ...]) -> list[Segment]:
        palette = self._palette
        path = wording.relative_path(change.path, change.root, with_root=self.names_roots)
        style = "muted" if change.kind.value == "metadata" else "text"
        if change.previous_path is None or room < 16:
            return [Segment(wording.fit_path(path, room), palette(style, *over))]
        old = wording.moved_from(
            wording.relative_path(change.previous_path, change.root, with_root=self.names_roots), path
        )
        old_width = min(len(old), (room - 3) // 2)
        new = wording.fit_path(
            path, min(len(path), room - 3 - old_width) if path.isascii() else room - 3 - old_width
        )
        text = f"{new} ← "
        return [
            Segment(text[:-3], palette(style, *over)),
            Segment(" ← ", palette("moved", *over)),
            Segment(
                wording.fit_path(old, max(0, room - Strip([Segment(text)]).cell_length)),
                palette("muted", *over),
            ),
        ]

    def _counts(self, change: Change, width: int, over: tuple[str, ...]) -> list[Segment]:
        """In columns, or as short as they are where the path needs the room."""
        column = _COUNTS if width >= _WIDE else 0
        palette = self._palette
        kept = change.previous_capture or change.capture
        if kept in wording.NOT_KEPT:
            words = wording.NOT_KEPT[kept]
            return [Segment(words.rjust(column), palette("warning", *over))]
        if change.inserted is None and change.updated is None and change.deleted is None:
            words = "" if change.before == change.after else f"binary {wording.size(change.size)}"
            if change.after is None:
                words = "binary" if change.before and change.previous_capture else ""
            return [Segment(words.rjust(column), palette("muted", *over))]
        parts = (
            ("+", change.inserted, "created"),
            ("~", change.updated, "modified"),
            ("-", change.deleted, "deleted"),
        )
        return [
            self._count(sign, lines, style, over, column) for sign, lines, style in parts if column or lines
        ]


def _with_end(text: str, end: str, room: int) -> str:
    """Both in so many cells; of the text what there is room for."""
    if room - len(end) < _NAME:
        end = ""
    return wording.fit(_cut(text, room - len(end)) + end, room)


def _cut(text: str, room: int) -> str:
    """As it is, or in so many cells."""
    return wording.fit(text, min(wording.cells(text), room))
