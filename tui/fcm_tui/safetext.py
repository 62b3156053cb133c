"""Where hostile text becomes safe: file names, file content, database rows, error messages.

Everything that is shown to a person on a terminal passes through `visible` once, at the border
from engine data to text. Escape sequences, bidirectional controls, zero-width characters, line
breaks in names and undecodable bytes come out as something that can be seen and does nothing.
"""

from __future__ import annotations

import os
import re

_HOSTILE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def _picture(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)  # ESC becomes ␛, LF becomes ␊
    if code == 0x7F:
        return "\u2421"
    if 0xDC80 <= code <= 0xDCFF:  # an undecodable byte, as `ls -b` shows it
        return f"\\x{code - 0xDC00:02x}"
    return f"<{code:04X}>"


def visible(text: str) -> str:
    """`text` with every character that could act on a terminal or mislead an eye made visible."""
    if text.isascii() and text.isprintable():
        return text
    return _HOSTILE.sub(_picture, text)


def visible_path(path: bytes) -> str:
    """A path's bytes as safe text."""
    return visible(path_text(path))


def path_text(path: bytes) -> str:
    """A path's bytes as text, as `os.fsdecode` has it; on Windows also what only POSIX can name and recorded."""
    try:
        return os.fsdecode(path)
    except UnicodeDecodeError:
        return path.decode("utf-8", "surrogateescape")
