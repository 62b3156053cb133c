"""Rows in the binary form of the protocol: long values go as they are, where SQL has to be escaped here and read letter by
letter there.

Source: MariaDB's and MySQL's documentation of COM_STMT_PREPARE and COM_STMT_EXECUTE.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

PREPARE, EXECUTE = 0x16, 0x17
"""Commands."""
_LONGLONG, _NULL, _BLOB, _STRING = b"\x08\x00", b"\x06\x00", b"\xfc\x00", b"\xfe\x00"
"""Types of parameters, none of them unsigned."""
_AT_ONCE = struct.Struct("<IBI")


def prepared(answer: bytes, places: int) -> int:
    """The number of a prepared statement with so many places, and no columns.

    Raises:
        struct.error, ValueError: the server answers something else.
    """
    status, number, columns, found = struct.unpack_from("<BIHH", answer)
    if (status, columns, found) != (0, 0, places):
        raise ValueError(f"{found} places for {places}")
    return int(number)


def execution(number: int, rows: Sequence[Sequence[object]]) -> bytes:
    """What follows EXECUTE for a statement that takes all values of some rows.

    Raises:
        TypeError: it is no value of a column.
    """
    nulls = bytearray((sum(map(len, rows)) + 7) // 8)
    types: list[bytes] = []
    values: list[bytes] = []
    at = 0
    for row in rows:
        for value in row:
            if value is None:
                nulls[at >> 3] |= 1 << (at & 7)
                types.append(_NULL)
            elif isinstance(value, int):
                types.append(_LONGLONG)
                values.append(struct.pack("<q", value))
            elif isinstance(value, bytes):
                types.append(_BLOB)
                values += (_length(len(value)), value)
            elif isinstance(value, str):
                types.append(_STRING)
                text = value.encode()
                values += (_length(len(text)), text)
            else:
                raise TypeError(f"{type(value).__name__} is no value of a column")
            at += 1
    return b"".join((_AT_ONCE.pack(number, 0, 1), nulls, b"\x01", *types, *values))


def _length(number: int) -> bytes:
    if number < 251:
        return bytes((number,))
    if number < 1 << 16:
        return b"\xfc" + struct.pack("<H", number)
    if number < 1 << 24:
        return b"\xfd" + struct.pack("<I", number)[:3]
    return b"\xfe" + struct.pack("<Q", number)
