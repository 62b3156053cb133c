"""The report as a PDF document, with fpdf2: the same figures and tables, the charts drawn as lines and boxes."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, BinaryIO

from fcm_tui.errors import UsageError
from fcm_tui.model import Kind
from fcm_tui.report.fonts import Letters, found_fonts
from fcm_tui.report.statistics import Asked, Statistics, measure
from fcm_tui.report.tables import WEEKDAYS, Column, Table, tables
from fcm_tui.report.wording import moment, range_text, shown
from fcm_tui.safetext import visible, visible_path
from fcm_tui.store.reading.queries import Reader

if TYPE_CHECKING:
    from fpdf import FPDF

_MOST_ROWS = 400
"""Of a table; the newest days."""
_MOST_BARS = 180
_COLOURS = {
    Kind.CREATED: (13, 122, 95),
    Kind.MODIFIED: (47, 111, 196),
    Kind.DELETED: (194, 59, 78),
    Kind.MOVED: (125, 79, 192),
    Kind.METADATA: (107, 118, 131),
}
_SHADES = (
    (245, 247, 250), (220, 235, 250), (185, 215, 244), (141, 189, 234), (90, 156, 219), (47, 120, 194), (23, 79, 143),
)  # fmt: skip
_TEXT, _MUTED, _RULE = (27, 35, 44), (85, 96, 109), (221, 227, 234)


def write(out: BinaryIO, reader: Reader, asked: Asked) -> int:
    """Write the document.

    Raises:
        UsageError: fpdf2 is not installed.
    """
    _library()
    figures = measure(reader, asked)
    out.write(_Document(figures).made())
    return figures.changes.changes


def _library() -> type[FPDF]:
    try:
        from fpdf import FPDF
    except ImportError:
        raise UsageError(
            "--format pdf needs fpdf2: install it with `pip install 'fcm-tui[pdf]'`, or print the HTML report"
        ) from None
    logging.getLogger("fpdf").setLevel(logging.ERROR)
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    return FPDF


class _Document:
    """Writes one document from the top to the end."""

    def __init__(self, figures: Statistics) -> None:
        self._figures = figures
        pdf = self._pdf = _library()("P", "mm", "A4")
        pdf.set_auto_page_break(True, 16)
        pdf.set_margins(15, 15, 15)
        pdf.set_creation_date(datetime.fromtimestamp(figures.made_ns / 1e9, UTC))
        pdf.set_creator("fcm-tui")
        self._family, self._letters = "Helvetica", Letters([])
        self._take_fonts()
        pdf.set_title(self._safe(self._title()))
        pdf.add_page()

    def _take_fonts(self) -> None:
        """Fonts of this machine that have more letters than every reader's own."""
        added = []
        for font in found_fonts():
            try:
                self._pdf.add_font(font.family, "", font.path)
                self._pdf.add_font(font.family, "B", font.bold or font.path)
            except Exception:  # noqa: S112 - one font that cannot be read is one less
                continue
            added.append((font.family, getattr(self._pdf.fonts[font.family], "cmap", {})))
        if added:
            self._family = added[0][0]
            self._letters = Letters([frozenset(cmap) for _, cmap in added])
            self._pdf.set_fallback_fonts([family for family, _ in added[1:]], exact_match=False)

    def _safe(self, text: str) -> str:
        return self._letters.safe(text)

    def _title(self) -> str:
        return f"What changed on {visible(self._figures.host)}" if self._figures.host else "What changed"

    def made(self) -> bytes:
        """The document."""
        figures, asked, changes = self._figures, self._figures.asked, self._figures.changes
        self._line(self._title(), 18, style="B")
        self._line(range_text(asked, changes.first_ns, changes.last_ns), 11)
        if asked.path is not None:
            self._line(f"Below {visible_path(asked.path)}", 9)
        if asked.expression:
            self._line(f"Filter: {visible(asked.expression)}", 9)
        self._line(f"Time zone: {figures.zone}. Made {moment(figures.made_ns)}.", 9, _MUTED)
        if not changes.changes:
            self._line("No change is in this range.", 12)
        for table in tables(figures)[1:]:
            if not table.rows:
                continue
            self._heading(table.title)
            if table.name == "hours":
                self._heat()
            elif len(table.rows) == 1:
                self._sums(table)
            else:
                if table.name == "days":
                    self._days()
                self._table(table)
            if table.note:
                self._line(table.note, 8, _MUTED)
        if self._letters.missing:
            self._line(
                "Letters that no font here has stand as their numbers: <4E2D>. DejaVu, Noto or Arial fonts have most.",
                8,
                _MUTED,
            )
        return bytes(self._pdf.output())

    # --- text

    def _font(self, size: float, style: str = "", colour: tuple[int, int, int] = _TEXT) -> None:
        self._pdf.set_font(self._family, style, size)
        self._pdf.set_text_color(*colour)

    def _line(self, text: str, size: float, colour: tuple[int, int, int] = _TEXT, style: str = "") -> None:
        self._font(size, style, colour)
        from fpdf.enums import WrapMode

        wrap = WrapMode.CHAR if len(text) > 150 else WrapMode.WORD
        self._pdf.multi_cell(0, size * 0.5, self._safe(text), new_x="LMARGIN", new_y="NEXT", wrapmode=wrap)

    def _heading(self, text: str) -> None:
        if self._pdf.will_page_break(30):
            self._pdf.add_page()
        self._pdf.ln(5)
        self._line(text, 12, style="B")
        self._pdf.ln(1)

    # --- tables

    def _table(self, table: Table) -> None:
        from fpdf.fonts import FontFace

        rows = table.rows[-_MOST_ROWS:]
        self._font(8)
        self._pdf.set_draw_color(*_RULE)
        self._pdf.set_fill_color(255, 255, 255)
        with self._pdf.table(
            col_widths=tuple(_width(column) for column in table.columns),
            text_align=tuple("RIGHT" if _is_number(column) else "LEFT" for column in table.columns),
            headings_style=FontFace(emphasis="BOLD", color=_MUTED),
            borders_layout="HORIZONTAL_LINES",
            line_height=4.2,
            wrapmode="CHAR",
        ) as made:
            made.row([self._safe(column.title) for column in table.columns])
            for row in rows:
                cells = zip(row, table.columns, strict=True)
                made.row([self._safe(shown(value, column)) for value, column in cells])
        if len(rows) < len(table.rows):
            self._line(f"The last {len(rows):,} of {len(table.rows):,}.", 8, _MUTED)

    def _sums(self, table: Table) -> None:
        """One row, as name and value below one another in two columns."""
        from fpdf.fonts import FontFace

        pairs = [
            (column.title, shown(value, column))
            for value, column in zip(table.rows[0], table.columns, strict=True)
        ]
        half = -(-len(pairs) // 2)
        self._font(8)
        self._pdf.set_draw_color(*_RULE)
        self._pdf.set_fill_color(255, 255, 255)
        with self._pdf.table(
            col_widths=(3, 3, 1, 3, 3), borders_layout="HORIZONTAL_LINES", line_height=4.6, first_row_as_headings=False,
            text_align=("LEFT", "RIGHT", "LEFT", "LEFT", "RIGHT"),
        ) as made:  # fmt: skip
            for left, right in zip(pairs[:half], [*pairs[half:], ("", "")], strict=False):
                row = made.row()
                for at, text in enumerate((*left, "", *right)):
                    row.cell(self._safe(text), style=FontFace(color=_MUTED if at in (0, 3) else _TEXT))

    # --- charts

    def _heat(self) -> None:
        pdf, hours = self._pdf, self._figures.hours
        top = max(max(row) for row in hours) or 1
        left, cell, height = pdf.l_margin + 10, (pdf.epw - 10) / 24, 6.0
        self._font(7, colour=_MUTED)
        for hour in range(24):
            pdf.set_xy(left + hour * cell, pdf.get_y())
            pdf.cell(cell, 4, str(hour), align="C")
        y = pdf.get_y() + 4
        for day, row in enumerate(hours):
            self._font(7, colour=_MUTED)
            pdf.set_xy(pdf.l_margin, y + day * height)
            pdf.cell(10, height - 0.4, WEEKDAYS[day])
            for hour, count in enumerate(row):
                shade = min(6, 1 + int(6 * (count / top) ** 0.5)) if count else 0
                pdf.set_fill_color(*_SHADES[shade])
                pdf.rect(left + hour * cell, y + day * height, cell - 0.4, height - 0.4, style="F")
                if count and count < 10_000:
                    self._font(6, colour=(255, 255, 255) if shade > 4 else _TEXT)
                    pdf.set_xy(left + hour * cell, y + day * height)
                    pdf.cell(cell - 0.4, height - 0.4, str(count), align="C")
        pdf.set_xy(pdf.l_margin, y + 7 * height + 1)

    def _days(self) -> None:
        """Bars, stacked by kind; of the newest days."""
        pdf, days = self._pdf, self._figures.days
        last = max(days)
        first = max(min(days), last - timedelta(days=_MOST_BARS - 1))
        bars = (last - first).days + 1
        top = max(kinds.total() for kinds in days.values())
        width, height, y = pdf.epw / bars, 34.0, pdf.get_y()
        for day, kinds in days.items():
            if day < first:
                continue
            base = y + height
            for kind, colour in _COLOURS.items():
                part = height * kinds[kind] / top
                pdf.set_fill_color(*colour)
                if part:
                    pdf.rect(
                        pdf.l_margin + (day - first).days * width,
                        base - part,
                        min(width * 0.8, 12),
                        part,
                        style="F",
                    )
                base -= part
        pdf.set_draw_color(*_RULE)
        pdf.line(pdf.l_margin, y + height, pdf.l_margin + pdf.epw, y + height)
        pdf.set_xy(pdf.l_margin, y + height + 1)
        self._font(7, colour=_MUTED)
        pdf.cell(pdf.epw / 2, 4, f"{first}, the most {top:,} on a day")
        pdf.cell(pdf.epw / 2, 4, str(last), align="R", new_x="LMARGIN", new_y="NEXT")
        for kind, colour in _COLOURS.items():
            self._font(8, "B", colour)
            pdf.cell(pdf.get_string_width(kind) + 6, 5, kind)
        pdf.ln(7)


def _width(column: Column) -> int:
    return max(
        {"path": 8, "text": 5, "time": 5, "date": 4}.get(column.meaning, 3), -(-len(column.title) // 3)
    )


def _is_number(column: Column) -> bool:
    return column.meaning in ("count", "bytes", "seconds")
