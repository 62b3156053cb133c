"""What a program drew on a terminal, as text: pyte, without what it does not know."""

from __future__ import annotations

import re
from typing import ClassVar

import pyte

# what pyte 0.8 would take for text or for something else
_UNKNOWN = re.compile(
    rb"\x1b\[[?=><][0-9;]*u|\x1b\[\?[0-9;]*\$p|\x1b\[[<>][0-9;]*[a-zA-Z]|\x1bP[^\x1b]*\x1b\\"
    rb"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b\[\?(?:1049|20\d\d|10\d\d)[hl]|\x1b\[[0-9;]*t"
)
_FRAME_BEGINS, _FRAME_ENDS = b"\x1b[?2026h", b"\x1b[?2026l"
_BEGUN = re.compile(rb"\x1b(?:\[[0-9;?<>=$\"]*|P[^\x1b]*|\][^\x07\x1b]*)?\x1b?$")


class _Screen(pyte.Screen):
    @property
    def display(self) -> list[str]:
        """pyte's own fails on a cell that only a combining mark is in."""
        return ["".join(self.buffer[y][x].data for x in range(self.columns)) for y in range(self.lines)]

    def select_graphic_rendition(self, *attributes: int, private: bool = False, **_: object) -> None:
        if not private:
            super().select_graphic_rendition(*attributes)

    def scroll_up(self, count: int = 1) -> None:
        """CSI S, which tmux writes and pyte 0.8 does not know: the lines between the margins move up."""
        row = self.cursor.y
        _, self.cursor.y = self.margins or (0, self.lines - 1)
        for _ in range(count or 1):
            self.index()
        self.cursor.y = row

    def scroll_down(self, count: int = 1) -> None:
        """CSI T: they move down."""
        row = self.cursor.y
        self.cursor.y, _ = self.margins or (0, self.lines - 1)
        for _ in range(count or 1):
            self.reverse_index()
        self.cursor.y = row


class _Stream(pyte.ByteStream):
    csi: ClassVar[dict[str, str]] = {**pyte.ByteStream.csi, "S": "scroll_up", "T": "scroll_down"}
    events = pyte.ByteStream.events | {"scroll_up", "scroll_down"}


class Drawn:
    """A screen, and what was drawn on it piece by piece; of a synchronized update, as on a terminal, all or nothing.

    Half a frame is no screen that a person sees: a test that waits for a word would find what the frame before left.
    """

    def __init__(self, columns: int, rows: int) -> None:
        self.screen = _Screen(columns, rows)
        self._stream = _Stream(self.screen)
        self._begun = b""
        self._frame = b""
        """What has come of a frame that has not ended."""

    @property
    def text(self) -> str:
        """The screen as lines of text."""
        return "\n".join(self.screen.display)

    def feed(self, data: bytes) -> None:
        """Take in what the program wrote; a sequence may come in pieces."""
        data = self._begun + data
        begun = _BEGUN.search(data)
        self._begun = data[begun.start() :] if begun and len(data) - begun.start() < 200 else b""
        if self._begun:
            data = data[: -len(self._begun)]
        data = self._frame + data
        begins = data.rfind(_FRAME_BEGINS)
        is_open = begins > data.rfind(_FRAME_ENDS)
        whole, self._frame = (data[:begins], data[begins:]) if is_open else (data, b"")
        self._stream.feed(_UNKNOWN.sub(b"", whole))
