"""Values as SQL has them. Built by hand and in bytes: a driver's placeholders take three times as long."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

_SHORT = 64
"""Bytes that are written as hexadecimal; longer ones as an escaped string, which is half as long."""


def literal(value: object) -> bytes:
    """One value, for a connection in utf8mb4 whose `sql_mode` lacks NO_BACKSLASH_ESCAPES and ANSI_QUOTES.

    Raises:
        UnicodeEncodeError: a text has lone surrogates in it.
        TypeError: it is no value of a column.
    """
    return _WRITERS.get(type(value), _other)(value)


def row(values: Iterable[object]) -> bytes:
    """A row of `VALUES`."""
    return b"(%b)" % b",".join([_WRITERS.get(type(value), _other)(value) for value in values])


def listed(digests: Sequence[bytes]) -> bytes:
    """What stands behind `IN`; there is at least one."""
    return b"(X'%b')" % "',X'".join(map(bytes.hex, digests)).encode()


def _escaped(data: bytes) -> bytes:
    return data.replace(b"\\", b"\\\\").replace(b"'", b"\\'").replace(b"\0", b"\\0")


def _text(value: str) -> bytes:
    return b"'%b'" % _escaped(value.encode())


def _bytes(value: bytes) -> bytes:
    return b"X'%b'" % value.hex().encode() if len(value) <= _SHORT else b"_binary'%b'" % _escaped(value)


def _other(value: object) -> bytes:
    """Kinds of the types below, and what is none."""
    if isinstance(value, bytearray | memoryview):
        return _bytes(bytes(value))
    for kind, write in _WRITERS.items():
        if isinstance(value, kind):
            return write(value)
    raise TypeError(f"{type(value).__name__} is no value of a column")


_WRITERS: dict[type, Callable[[Any], bytes]] = {
    int: b"%d".__mod__,
    bytes: _bytes,
    str: _text,
    type(None): lambda value: b"NULL",
}
