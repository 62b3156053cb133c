"""What lies in an archive: names, sizes and checksums, without unpacking it anywhere.

Archives are hostile until shown otherwise: headers are read here, by hand, going only ever forward;
members, the length of their names and what is decompressed to see them are bounded.
"""

from __future__ import annotations

import bz2
import lzma
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

MOST = 10_000
"""Members that are looked at."""
_NAME = 1024
_UNPACKED = 16 << 20
"""Bytes of a compressed tar that are decompressed."""
_MEMORY = 64 << 20
_ENTRY = struct.Struct("<4s6H3I5H2I")  # APPNOTE.TXT 4.3.12
_END = struct.Struct("<4s4H2IH")  # 4.3.16
_BLOCK = 512


@dataclass(slots=True)
class Members:
    """The members of an archive by name."""

    found: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Size in bytes and CRC-32. Names are as they stand in the archive: not safe to show."""
    whole: bool = True
    """That is all of them."""


def members_of(data: bytes) -> Members | None:
    """The members of a ZIP or tar archive, the latter also compressed; None where it is none, or damaged."""
    try:
        if data.startswith(b"PK"):
            return _zip(data)
        if data.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0")):
            unpacked, whole = _unpacked(data)
            found = _tar(unpacked)
            if found is not None:
                found.whole = found.whole and whole
            return found
        return _tar(data)
    except (struct.error, ValueError, zlib.error, lzma.LZMAError, OSError, EOFError):
        return None


def differing(old: Mapping[str, object], new: Mapping[str, object]) -> list[str]:
    """The names that only one archive has, or that both have with another content, in order."""
    return sorted(name for name in {*old, *new} if old.get(name) != new.get(name))


def _zip(data: bytes) -> Members | None:
    end = data.rfind(b"PK\5\6", max(0, len(data) - _END.size - 0xFFFF))
    if end < 0:
        return None
    _, _, _, _, count, size, _, _ = _END.unpack_from(data, end)
    at = end - size
    if at < 0 or count == 0xFFFF:  # ZIP64, or damaged
        return None
    made = Members(whole=count <= MOST)
    for _ in range(min(count, MOST)):
        entry = _ENTRY.unpack_from(data, at)
        if entry[0] != b"PK\1\2":
            return None
        flags, crc, length, name_size, extra, comment = entry[3], entry[7], entry[9], *entry[10:13]
        name = data[at + _ENTRY.size : at + _ENTRY.size + min(name_size, _NAME)]
        made.found[name.decode("utf-8" if flags & 0x800 else "cp437", "replace")] = length, crc
        at += _ENTRY.size + name_size + extra + comment
    return made


def _tar(data: bytes) -> Members | None:
    """POSIX ustar with the names of GNU and pax headers."""
    if data[257:262] != b"ustar":
        return None
    made, at, long_name = Members(), 0, ""
    while at + _BLOCK <= len(data) and (header := data[at : at + _BLOCK]).strip(b"\0"):
        if len(made.found) >= MOST:
            made.whole = False
            break
        size = int(header[124:136].strip(b"\0 ") or b"0", 8) if header[124] < 0x80 else -1
        if size < 0:
            return None
        content = memoryview(data)[at + _BLOCK : at + _BLOCK + size]
        kind = header[156:157]
        if kind == b"L":
            long_name = bytes(content[:_NAME]).rstrip(b"\0").decode("utf-8", "surrogateescape")
        elif kind == b"x":
            long_name = _pax_path(bytes(content[: 4 * _NAME])) or long_name
        elif kind != b"g":
            name, prefix = header[:100].split(b"\0")[0], header[345:500].split(b"\0")[0]
            full = prefix + b"/" + name if prefix and header[257:263] == b"ustar\0" else name
            made.found[long_name or full.decode("utf-8", "surrogateescape")] = size, zlib.crc32(content)
            long_name = ""
        at += _BLOCK + -(-size // _BLOCK) * _BLOCK
    return made


def _pax_path(records: bytes) -> str:
    """The path in `LENGTH KEY=VALUE` records, if it is there."""
    at = records.find(b" path=")
    if at < 0:
        return ""
    return records[at + 6 :].split(b"\n")[0][:_NAME].decode("utf-8", "surrogateescape")


def _unpacked(data: bytes) -> tuple[bytes, bool]:
    """The first bytes of what was compressed, and whether that is all."""
    if data.startswith(b"\x1f\x8b"):
        gzip = zlib.decompressobj(31)
        return gzip.decompress(data, _UNPACKED), gzip.eof
    unpacker: bz2.BZ2Decompressor | lzma.LZMADecompressor
    unpacker = bz2.BZ2Decompressor() if data.startswith(b"BZh") else lzma.LZMADecompressor(memlimit=_MEMORY)
    return unpacker.decompress(data, _UNPACKED), unpacker.eof
