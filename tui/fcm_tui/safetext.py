"""Where hostile text becomes safe: file names, file content, database rows, error messages.

Everything that is shown to a person on a terminal passes through `visible` once, at the border
from engine data to text. Escape sequences, bidirectional controls, zero-width characters, line
breaks in names, undecodable bytes, what is no character or nobody's, and floods of combining marks
come out as something that can be seen and does nothing.
"""

from __future__ import annotations

import os
import re
from itertools import groupby

_NO_CHARACTERS = "".join(f"{chr(end - 1)}{chr(end)}" for end in range(0x1FFFF, 0xEFFFF + 1, 0x10000))
_HOSTILE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0"
    "\ufff0-\ufffb\ufffe\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    f"\U000f0000-\U0010ffff{_NO_CHARACTERS}]"
)
_MARKS = 4
"""As many marks on one letter as any script needs; a flood of them runs over the lines above and below."""
_MAYBE_FLOOD = re.compile(rf"(?:(?!\w)[^\x00-\x7f]){{{_MARKS + 1},}}")


def _picture(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)  # ESC becomes ␛, LF becomes ␊
    if code == 0x7F:
        return "\u2421"
    if 0xDC80 <= code <= 0xDCFF:  # an undecodable byte, as `ls -b` shows it
        return f"\\x{code - 0xDC00:02x}"
    return f"<{code:04X}>"


def _thinned(match: re.Match[str]) -> str:
    from unicodedata import category  # most texts need none of it

    found = []
    for is_marks, group in groupby(match[0], lambda char: category(char) in ("Mn", "Me")):
        chars = "".join(group)
        rest = len(chars) - _MARKS if is_marks else 0
        found.append(chars if rest <= 0 else f"{chars[:_MARKS]}<+{rest}>")
    return "".join(found)


def visible(text: str) -> str:
    """`text` with every character that could act on a terminal or mislead an eye made visible."""
    if text.isascii() and text.isprintable():
        return text
    return _MAYBE_FLOOD.sub(_thinned, _HOSTILE.sub(_picture, text))


def visible_path(path: bytes) -> str:
    """A path's bytes as safe text."""
    return visible(path_text(path))


def path_text(path: bytes) -> str:
    """A path's bytes as text, as `os.fsdecode` has it; on Windows also what only POSIX can name and recorded."""
    try:
        return os.fsdecode(path)
    except UnicodeDecodeError:
        return path.decode("utf-8", "surrogateescape")
