"""File names as git writes them in a patch: bytes that could mislead are quoted as in C."""

from __future__ import annotations

import re

_SPECIAL = re.compile(rb'[\x00-\x1f"\\\x7f-\xff]')
_LETTERS = dict(zip(b'\a\b\t\n\v\f\r"\\', b'abtnvfr"\\', strict=True))


def _escape(match: re.Match[bytes]) -> bytes:
    byte = match[0][0]
    letter = _LETTERS.get(byte)
    return b"\\%c" % letter if letter else b"\\%03o" % byte


def quote(name: bytes, *, spaces: bool = False) -> bytes:
    """`name` as it is where that is plain ASCII, else in double quotes with escapes (core.quotePath).

    `spaces` quotes a name with a space too: where a line holds two names, GNU patch reads each up
    to a space.
    """
    if _SPECIAL.search(name) or (spaces and b" " in name):
        return b'"%s"' % _SPECIAL.sub(_escape, name)
    return name
