"""The list of sections, and the fields of one of them."""

from __future__ import annotations

from rich.segment import Segment
from textual.message import Message
from textual.strip import Strip

from fcm_tui.review import keys, wording
from fcm_tui.review.look.theme import Palette
from fcm_tui.review.parts.cursor_view import CursorView
from fcm_tui.review.settings.fields import DEFAULT, SECTIONS, Kind, Row

_NEW = (Kind.NEW, Kind.NEW_ROOT, Kind.NAMED)
_LABEL = 20
_ORIGIN = 11


class Moved(Message):
    """Another row of a list has the cursor."""

    def __init__(self, view: CursorView) -> None:
        super().__init__()
        self.view = view


class SectionList(CursorView):
    """The names of the sections."""

    BINDINGS = keys.bindings(keys.LIST)

    @property
    def total(self) -> int:
        return len(SECTIONS)

    def draw(self, row: int, width: int, *, cursor: str | None) -> Strip:
        over = () if cursor is None else (cursor,)
        text = wording.fit(f" {SECTIONS[row][0]}", width)
        return Strip([Segment(text, self.palette("text", *over))], width)

    def cursor_moved(self) -> None:
        self.post_message(Moved(self))


class FieldList(CursorView):
    """Fields: what each is called, says, and where that comes from."""

    BINDINGS = keys.bindings(keys.LIST)

    def __init__(self, palette: Palette) -> None:
        super().__init__(palette, id="fields")
        self.rows: list[Row] = []
        self._is_read = False
        self._changed: frozenset[tuple[object, ...]] = frozenset()

    def show(self, rows: list[Row], written: list[Row]) -> None:
        """Show these; those that are not `written` so in the file are marked."""
        known, ways = {_mark(row) for row in written}, {row.way for row in written}
        self._changed = frozenset(
            mark
            for row in rows
            if (mark := _mark(row)) not in known and (row.origin != DEFAULT or row.way in ways)
        )
        self.rows, self._is_read = rows, True
        self.cursor = max(0, min(self.cursor, len(rows) - 1))
        self.rows_changed()
        self.reveal()

    @property
    def selected(self) -> Row | None:
        """The row under the cursor."""
        return self.rows[self.cursor] if self.cursor < len(self.rows) else None

    @property
    def total(self) -> int:
        return len(self.rows)

    def empty(self) -> list[str]:
        return ["No field here has that."] if self._is_read else []

    def draw(self, row: int, width: int, *, cursor: str | None) -> Strip:
        over = () if cursor is None else (cursor,)
        entry = self.rows[row]
        is_changed = entry.kind not in _NEW and _mark(entry) in self._changed
        label = "accent" if entry.kind in (Kind.ROOT, *_NEW) else "text"
        room = max(4, width - _LABEL - _ORIGIN - 4)  # the last column is the scroll bar's
        value, style = entry.shown, "muted" if entry.origin == DEFAULT else "text"
        if entry.kind in (Kind.FLAG, Kind.DETECTOR):
            value = "[x] on" if entry.value == "true" else "[ ] off"
        fitted = wording.fit_path(value, room) if entry.kind is Kind.ROOT else wording.fit(value, room)
        origin = "not written" if is_changed else entry.origin
        return Strip(
            [
                Segment("*" if is_changed else " ", self.palette("warning", *over)),
                Segment(wording.fit(entry.label, _LABEL) + " ", self.palette(label, *over)),
                Segment(fitted + " ", self.palette(style, *over)),
                Segment(origin.rjust(_ORIGIN), self.palette("muted", *over)),
            ]
        ).adjust_cell_length(width, self.palette(*over))

    def cursor_moved(self) -> None:
        self.post_message(Moved(self))


def _mark(row: Row) -> tuple[object, ...]:
    """What tells a row from one that was changed; those that make new ones are never changed."""
    if row.kind in _NEW:
        return ()
    if row.kind is Kind.ITEM:
        return (row.kind, row.way, row.value)
    return (row.kind, row.way, row.label, row.value, row.origin == DEFAULT)
