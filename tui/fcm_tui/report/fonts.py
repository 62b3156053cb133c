"""Fonts that a PDF can take along, and what becomes of letters that none of them has."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

_MOST = 4


@dataclass(frozen=True, slots=True)
class Font:
    """A family, its file, and that of its bold letters where there is one."""

    family: str
    path: Path
    bold: Path | None


_KNOWN = (
    ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"),
    ("NotoSans-Regular.ttf", "NotoSans-Bold.ttf"),
    ("segoeui.ttf", "segoeuib.ttf"),
    ("arial.ttf", "arialbd.ttf"),
    ("Arial.ttf", "Arial Bold.ttf"),
    ("LiberationSans-Regular.ttf", "LiberationSans-Bold.ttf"),
    ("Arial Unicode.ttf", ""),
    ("malgun.ttf", "malgunbd.ttf"),
    ("NotoSansSC-Regular.ttf", "NotoSansSC-Bold.ttf"),
    ("NotoSansJP-Regular.ttf", "NotoSansJP-Bold.ttf"),
    ("DroidSansFallbackFull.ttf", ""),
    ("wqy-microhei.ttf", ""),
)
"""File names, the first that is there becomes the font, the others help out."""


def found_fonts() -> list[Font]:
    """Those of the known ones that this machine has, a few."""
    files: dict[str, Path] = {}
    for folder in _folders():
        for above, _, names in os.walk(folder):
            for name in names:
                if name.endswith(".ttf"):
                    files.setdefault(name, Path(above, name))
    found = [
        Font(f"font{number}", files[regular], files.get(bold))
        for number, (regular, bold) in enumerate(_KNOWN)
        if regular in files
    ]
    return found[:_MOST]


def _folders() -> Iterable[Path]:
    if sys.platform == "win32":
        yield Path(os.environ.get("SYSTEMROOT", r"C:\Windows"), "Fonts")
    elif sys.platform == "darwin":
        yield from (Path("/System/Library/Fonts/Supplemental"), Path("/Library/Fonts"))
    else:
        yield from (
            Path("/usr/share/fonts"),
            Path("/usr/local/share/fonts"),
            Path.home() / ".local/share/fonts",
        )


class Letters:
    """What the fonts of a document can show; without any, what every reader's own can: Latin-1."""

    def __init__(self, fonts: Sequence[Set[int]]) -> None:
        self._fonts = fonts
        self.missing = False
        """A letter was asked for that none has."""

    def safe(self, text: str) -> str:
        """A text with the letters that none has as their numbers."""
        if text.isascii():
            return text
        return "".join(letter if self._has(ord(letter)) else self._number(letter) for letter in text)

    def _has(self, code: int) -> bool:
        return any(code in font for font in self._fonts) if self._fonts else code < 0x100

    def _number(self, letter: str) -> str:
        if letter in "−…":
            return "-" if letter == "−" else "..."
        self.missing = True
        return f"<{ord(letter):04X}>"
