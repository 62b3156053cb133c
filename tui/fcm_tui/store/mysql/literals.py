"""Values as SQL has them. Built by hand and in bytes: a driver's placeholders take three times as long."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_SHORT = 64
"""Bytes that are written as hexadecimal; longer ones as an escaped string, which is half as long."""


def literal(value: object) -> bytes:
    """One value, for a connection in utf8mb4 whose `sql_mode` lacks NO_BACKSLASH_ESCAPES and ANSI_QUOTES.

    Raises:
        UnicodeEncodeError: a text has lone surrogates in it.
        TypeError: it is no value of a column.
    """
    if value is None:
        return b"NULL"
    if isinstance(value, int):
        return b"%d" % value
    if isinstance(value, str):
        return b"'%b'" % _escaped(value.encode())
    if isinstance(value, bytes | bytearray | memoryview):
        data = bytes(value)
        if len(data) <= _SHORT:
            return b"X'%b'" % data.hex().encode()
        return b"_binary'%b'" % _escaped(data)
    raise TypeError(f"{type(value).__name__} is no value of a column")


def row(values: Iterable[object]) -> bytes:
    """A row of `VALUES`."""
    return b"(%b)" % b",".join(map(literal, values))


def listed(values: Sequence[object]) -> bytes:
    """What stands behind `IN`."""
    return b"(%b)" % b",".join(map(literal, values))


def _escaped(data: bytes) -> bytes:
    return data.replace(b"\\", b"\\\\").replace(b"'", b"\\'").replace(b"\0", b"\\0")
