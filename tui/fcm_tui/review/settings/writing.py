"""What would be written, as a diff of the TOML, before it is."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from textual.app import ComposeResult
from textual.screen import ModalScreen
from textual.strip import Strip

from fcm_tui.review import keys, wording
from fcm_tui.review.look.theme import Palette
from fcm_tui.review.parts.cursor_view import CursorView
from fcm_tui.review.parts.menu import Choice, Menu
from fcm_tui.review.parts.pane import Pane
from fcm_tui.safetext import visible
from fcm_tui.settings.draft import Draft

WRITE, DROP = "write", "drop"
"""What becomes of changes that are not written."""
_STYLES = {"+": ("added", "added-sign"), "-": ("removed", "removed-sign"), "@": ("fold", "fold")}


class TomlDiff(CursorView):
    """Lines of a unified diff."""

    BINDINGS = keys.bindings(keys.LIST)

    def __init__(self, palette: Palette, lines: Sequence[str]) -> None:
        super().__init__(palette, id="toml")
        self._lines = list(lines)

    @property
    def total(self) -> int:
        return len(self._lines)

    def draw(self, row: int, width: int, *, cursor: str | None) -> Strip:
        line = self._lines[row]
        style, sign = _STYLES.get(line[:1], ("text", "text"))
        mark, text = ("", line) if line.startswith("@@") else (line[:1], line[1:])
        text = wording.fit(visible(text), max(1, width - 3))
        return Strip(
            [Segment(f" {mark:1} ", self.palette(style, sign)), Segment(text, self.palette(style))]
        ).adjust_cell_length(width, self.palette(style))


class WriteScreen(ModalScreen[bool]):
    """Dismissed with whether to write."""

    BINDINGS = keys.bindings(keys.WRITE)
    CSS = """
    WriteScreen { background: transparent; }
    #toml-pane { dock: bottom; }
    """

    def __init__(self, palette: Palette, heading: str, lines: Sequence[str]) -> None:
        super().__init__()
        self._view = TomlDiff(palette, lines)
        self._pane = Pane(palette, "Write", self._view)
        self._pane.title.say(
            heading, f"{keys.shown('write.yes')} writes it  {keys.shown('write.no')} does not"
        )

    def compose(self) -> ComposeResult:
        self._pane.styles.height = min(self._view.total + 1, max(6, self.app.size.height - 4))
        yield self._pane

    def on_mount(self) -> None:
        self._view.focus()

    def action_yes(self) -> None:
        self.dismiss(True)

    def action_no(self) -> None:
        self.dismiss(False)


def leaving(palette: Palette, heading: str) -> Menu:
    """Asks what becomes of changes that are not written, before one leaves them; gives `WRITE`, `DROP` or nothing."""
    choices = [
        Choice("w", "see them as TOML, write them, and leave", WRITE),
        Choice("d", "drop them, and leave", DROP),
        Choice("s", "stay in the settings", ""),
    ]
    return Menu(palette, "Not written yet", heading, choices)


def result(before: Draft | None, written: Draft) -> str:
    """What comes of a file that was written."""
    new, old = written.document(), before.document() if before is not None else {}
    later = [key for key in ("database", "encryption") if new.get(key) != old.get(key)]
    if later:
        return f"Written. {' and '.join(later)} counts from the next start on; the rest is taken up now."
    return "Written. What records here takes it up within a second."
