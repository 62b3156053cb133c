"""What a binary content is, by its first bytes, and how large a picture is, by its header alone."""

from __future__ import annotations

import struct

_AT_START: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "PNG image"),
    (b"\xff\xd8\xff", "JPEG image"),
    (b"GIF87a", "GIF image"),
    (b"GIF89a", "GIF image"),
    (b"II*\0", "TIFF image"),
    (b"MM\0*", "TIFF image"),
    (b"\0\0\1\0", "icon"),
    (b"%PDF-", "PDF document"),
    (b"PK\3\4", "ZIP archive"),
    (b"PK\5\6", "ZIP archive"),
    (b"\x1f\x8b", "gzip data"),
    (b"BZh", "bzip2 data"),
    (b"\xfd7zXZ\0", "xz data"),
    (b"\x28\xb5\x2f\xfd", "Zstandard data"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip archive"),
    (b"Rar!\x1a\7", "RAR archive"),
    (b"!<arch>\n", "ar archive"),
    (b"\x7fELF", "ELF program or library"),
    (b"MZ", "Windows program or library"),
    (b"\xcf\xfa\xed\xfe", "Mach-O program or library"),
    (b"\xca\xfe\xba\xbe", "Java class or Mach-O program"),
    (b"\0asm", "WebAssembly module"),
    (b"SQLite format 3\0", "SQLite database"),
    (b"PACK", "git pack"),
    (b"OggS", "Ogg media"),
    (b"fLaC", "FLAC audio"),
    (b"ID3", "MP3 audio"),
    (b"\x1aE\xdf\xa3", "Matroska or WebM video"),
    (b"\0\1\0\0\0", "TrueType font"),
    (b"OTTO", "OpenType font"),
    (b"wOFF", "WOFF font"),
    (b"wOF2", "WOFF2 font"),
    (b"\xed\xab\xee\xdb", "RPM package"),
)
_IN_RIFF = {b"WEBP": "WebP image", b"WAVE": "WAV audio", b"AVI ": "AVI video"}
_SEGMENTS = 1000
"""Segments of a JPEG in front of its frame header; a sound one has a dozen."""


def type_of(data: bytes) -> str:
    """What the content is, in words: `PNG image`; `Binary` where the first bytes do not tell."""
    for mark, name in _AT_START:
        if data.startswith(mark):
            return name
    if data.startswith(b"RIFF") and data[8:12] in _IN_RIFF:
        return _IN_RIFF[data[8:12]]
    if data.startswith(b"BM") and data[6:10] == b"\0\0\0\0":
        return "BMP image"
    if data[4:8] == b"ftyp":
        return "MP4 or similar media"
    if data[257:262] == b"ustar":
        return "tar archive"
    return "Binary"


def dimensions(data: bytes) -> tuple[int, int] | None:
    """Width and height in pixels of a PNG, JPEG or GIF; None for all else, and where its header is damaged."""
    try:
        if data.startswith(b"\x89PNG\r\n\x1a\n") and data[12:16] == b"IHDR":
            width, height = struct.unpack_from(">II", data, 16)
        elif data.startswith((b"GIF87a", b"GIF89a")):
            width, height = struct.unpack_from("<HH", data, 6)
        elif data.startswith(b"\xff\xd8"):
            return _jpeg(data)
        else:
            return None
    except struct.error:
        return None
    return width, height


def _jpeg(data: bytes) -> tuple[int, int] | None:
    """From the frame header, ITU T.81 B.2.2: one segment after another until it comes."""
    at = 2
    for _ in range(_SEGMENTS):
        if data[at : at + 1] != b"\xff":
            return None
        while data[at + 1 : at + 2] == b"\xff" and at < 1 << 20:
            at += 1
        marker, length = struct.unpack_from(">BH", data, at + 1)
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", data, at + 5)
            return width, height
        if marker in (0xD9, 0xDA) or length < 2:
            return None
        at += 2 + length
    return None
