"""What is pasted, taken out of what a terminal sends, so that nothing in it counts as a key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from textual._xterm_parser import BRACKETED_PASTE_END, BRACKETED_PASTE_START

LONGEST: Final = 1 << 20
"""Letters of one paste that are kept."""


class Part(NamedTuple):
    """Of what a terminal sent."""

    text: str
    is_pasted: bool


class Pastes:
    """Textual's parser goes through a paste letter by letter, and takes what in it begins with Esc for keys.

    A beginning that comes in two pieces is left to that parser, as a lone Esc must not wait.
    """

    def __init__(self) -> None:
        self._held: str | None = None
        """What came of a paste so far."""

    def parts(self, text: str) -> Iterator[Part]:
        """The parts of what came, in order; a paste once all of it has come."""
        while text:
            if self._held is None:
                typed, start, text = text.partition(BRACKETED_PASTE_START)
                if typed:
                    yield Part(typed, is_pasted=False)
                self._held = "" if start else None
                continue
            pasted, end, rest = (self._held + text).partition(BRACKETED_PASTE_END)
            if not end:
                tail = len(BRACKETED_PASTE_END) - 1  # which may be how the end begins
                self._held = pasted[:LONGEST] + pasted[LONGEST:][-tail:]
                return
            self._held, text = None, rest
            yield Part(pasted[:LONGEST].replace("\x00", ""), is_pasted=True)
