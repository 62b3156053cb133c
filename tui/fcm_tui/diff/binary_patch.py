"""Content in git's binary patches: deflated, in base 85, whole rather than as a delta."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator

_LINE = 52
"""Bytes in a full line, and what a letter before it can tell."""
_CODED = _LINE // 4 * 5
_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BLOCK = 1000 * _LINE  # encoded at once: a call for each line would take twice as long


def literal(data: bytes) -> Iterator[bytes]:
    """The lines of a hunk that puts `data` in place of whatever is there, the empty last one too."""
    yield b"literal %d\n" % len(data)
    packed = zlib.compress(data)
    for start in range(0, len(packed), _BLOCK):
        text = base64.b85encode(packed[start : start + _BLOCK], pad=True)
        for line in range(0, len(text), _CODED):
            size = min(_LINE, len(packed) - start - line // 5 * 4)
            yield b"%c%s\n" % (_LETTERS[size - 1], text[line : line + _CODED])
    yield b"\n"
