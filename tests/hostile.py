"""Text that acts on terminals, on markup or on eyes: as names of files and as what they hold."""

from __future__ import annotations

import re
import sys
import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One kind of hostile text."""

    name: bytes
    """A file name, without a slash or NUL."""
    content: bytes


def _both(text: str | bytes) -> Kind:
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    return Kind(raw, b"first\n%b\nlast\n" % raw)


KINDS = {
    "CSI": _both("x\x1b[2J\x1b[31mOWNED\x1b[6n"),
    "OSC title": _both("x\x1b]0;OWNED\x07y\x1b]8;;http:OWNED\x1b\\"),
    "OSC 52": _both("x\x1b]52;c;T1dORUQ=\x07"),
    "DCS": _both("x\x1bP$qOWNED\x1b\\"),
    "APC, PM and SOS": _both("x\x1b_OWNED\x1b\\\x1b^OWNED\x1b\\\x1bXOWNED\x1b\\"),
    "C1 in UTF-8": _both("x\x9b31mOWNED\x9d0;OWNED\x9c\x90q\x85"),
    "C1 as bytes": _both(b"x\x9b31mOWNED\x9d0;OWNED\x9c"),
    "charsets and resets": _both("x\x1bc\x1b(0\x0e\x0f\x1b#8"),
    "markup": _both("a[red]OWNED[@click=app.quit]x[] [link=http:OWNED]"),
    "bidi": _both("x\u202eexe.\u2066gpj\u2069\u200f\u061c"),
    "zero width": _both("x\u200b\u200c\u2060\ufeff\u180ey"),
    "newlines": _both("x\nfcm-tui: OWNED\n\ny"),
    "returns": _both("x\rfcm-tui: OWNED\r"),
    "tabs": _both("x\ty\v\f"),
    "backspaces and bell": _both("x\b\b\b\x07OWNED"),
    "surrogates": _both("x\ud83d\udc80\udfff"),
    "combining flood": _both("x" + "\u0301" * 100 + "y"),
    "Thai flood": _both("\u0e01" + "\u0e47" * 60 + "y"),
    "very wide": _both("漢字\ufdfd𒐫𒈙꧅" * 6),
    "emoji": _both("👩\u200d👩\u200d👧\u200d👦🏴\U000e0067\U000e0062\U000e007f❤\ufe0f"),
    "BOM": _both("\ufeffx\ufffe"),
    "NUL and DEL": Kind(b"x\x7f\x01y", b"first\x00OWNED\x7f\x00\n"),
    "ANSI in UTF-16": Kind(
        "\ufeffx\x1b[31m".encode("utf-16-le").replace(b"\0", b"\1"), "\ufefffirst\n\x1b[31mOWNED\x07\n".encode("utf-16-le")
    ),
    "long line": Kind(b"n" * 255, b"first\n" + b"\x1b[1mO" * 150_000 + b"\nlast\n"),
    "lone continuation bytes": _both(b"x\x80\x81\xbf\xfe\xff"),
    "overlong": _both(b"x\xc0\x9b\xe0\x80\x9b\xc0\xaf..\xc0\x80"),
    "non-characters": _both("x\ufdd0\uffff\U0001fffe\U0010ffff"),
    "private use": _both("x\ue000\U000f0000\uf8ff"),
    "variation selectors": _both("x\ufe00\ufe0e\U000e0100"),
    "Hangul fillers": _both("x\u115f\u1160\u3164\uffa0y"),
    "line separators": _both("x\u2028fcm-tui: OWNED\u2029\x85\x1c\x1d\x1e"),
    "right to left": _both("שלום.عربي.txt"),
    "options": Kind(b"-rf", b"--help\n"),
    "long option": Kind(b"--help", b"-rf\n"),
    "lookalikes of dots": _both("‥․․﹒．．∕etc⁄x"),
    "format of strings": _both("{}%s%n{0.__class__}\\x1b\\033"),
    "quotes and SQL": _both("'; DROP TABLE changes; --\"`$(OWNED)%_"),
    "shorthand and music": _both("x\U0001bca0\U0001d173\U0001d17a"),
}  # fmt: skip

OURS = re.compile(r"\x1b\[[0-9;]*m|\r?\x1b\[K|\r\n")
"""What our own commands may send to a terminal: colours, one line renewed, line ends."""
_ACTING = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
_SHOWN_THOUGH_FORMAT = {0x600, 0x601, 0x602, 0x603, 0x604, 0x605, 0x6DD, 0x70F, 0x8E2}
_BLANK = {
    0x34F, 0x115F, 0x1160, 0x3164, 0xFFA0, *range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0),
}  # fmt: skip
_FLOOD = 12
"""Marks in a row that are too many."""


def acting(text: str) -> str:
    """The characters of a text that act on a terminal or cannot be seen, as escapes; empty where there are none."""
    found, marks = "", 0
    for char in text:
        kind = unicodedata.category(char)
        marks = marks + 1 if kind in ("Mn", "Me") else 0
        if (char not in "\n\t" and _acts(ord(char), kind)) or marks >= _FLOOD:
            found += char
    return found.encode("unicode_escape").decode()


def _acts(code: int, category: str) -> bool:
    if category in _ACTING:
        return code not in _SHOWN_THOUGH_FORMAT
    return code in _BLANK or 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE


def usable(name: bytes) -> bool:
    """Whether this system takes the name."""
    return sys.platform == "linux" or (
        sys.platform != "win32" and name.decode("utf-8", "replace").encode() == name
    )
