"""Text or binary, in which encoding, with which line ends: a label, the bytes stay as they are.

The order of tests: byte order mark, NUL (UTF-16 by its parity, else binary), ASCII and strict UTF-8,
then `legacy` guesses among the 8-bit encodings. Works in chunks, so that a text of any size keeps
the GIL for a millisecond at a time and needs no copy of itself.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass

from fcm_tui.capture.legacy import guess_legacy

_CHUNK = 1 << 18
_SAMPLE = 1 << 15
"""Bytes looked at, at the start and as many at the end, for control characters and NULs."""

_MARKS = (  # UTF-32 first: its little-endian mark starts with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Bell, backspace, tab, the line ends, form feed, shifts, Ctrl-Z and ESC occur in texts.
_CONTROLS = bytes(set(range(32)) - {7, 8, 9, 10, 11, 12, 13, 14, 15, 26, 27} | {127})
_CONTROLS_ALLOWED = 20
"""One control character in so many bytes of ASCII or UTF-8 is still a text."""


@dataclass(frozen=True, slots=True)
class TextFormat:
    """How a text is stored. `data.decode(encoding)` is the text."""

    encoding: str
    """A Python codec's name; `utf-8` for ASCII too, `utf-8-sig` with a byte order mark."""
    newline: str
    """`lf`, `crlf`, `cr`, `mixed`, or `none` where the text has no line end at all."""


def detect(data: bytes) -> TextFormat | None:
    """The format of `data` where it is text, None where it is binary."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            found = _unicode(data, encoding)
            if found or encoding != "utf-32":
                return found
    if b"\0" in data:
        guess = _parity(data)
        return _unicode(data, guess) if guess else None
    if _is_utf8(data):
        sample = data[:_SAMPLE] + data[max(_SAMPLE, len(data) - _SAMPLE) :]
        if len(sample) - len(sample.translate(None, _CONTROLS)) > len(sample) // _CONTROLS_ALLOWED:
            return None
        return TextFormat("utf-8", _newline(_chunks(data)))
    legacy = guess_legacy(data)
    return TextFormat(legacy, _newline(_chunks(data))) if legacy else None


def decode(data: bytes, encoding: str) -> str:
    """The text of `data`, whose encoding `detect` told."""
    return data.decode(encoding)


def to_utf8(data: bytes, encoding: str) -> bytes:
    """The text as UTF-8 without a byte order mark; `data` itself where it is that already."""
    if encoding == "utf-8":
        return data
    if encoding == "utf-8-sig":
        return data[len(codecs.BOM_UTF8) :]
    return b"".join(text.encode() for text in _decoded(data, encoding))


def _chunks(data: bytes) -> Iterator[bytes]:
    if len(data) <= _CHUNK:
        yield data
    else:
        for start in range(0, len(data), _CHUNK):
            yield data[start : start + _CHUNK]


def _decoded(data: bytes, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)()
    for chunk in _chunks(data):
        yield decoder.decode(chunk)
    yield decoder.decode(b"", True)


def _is_utf8(data: bytes) -> bool:
    rest = b""
    try:
        for chunk in _chunks(data):
            if rest or not chunk.isascii():
                chunk = rest + chunk
                _, used = codecs.utf_8_decode(chunk, "strict", False)
                rest = chunk[used:]
    except UnicodeDecodeError:
        return False
    return not rest


def _unicode(data: bytes, encoding: str) -> TextFormat | None:
    """The format if `data` is valid in `encoding` and reads as text."""
    controls = size = 0

    def checked() -> Iterator[bytes]:
        nonlocal controls, size
        for text in _decoded(data, encoding):
            plain = text.encode()
            controls += len(plain) - len(plain.translate(None, _CONTROLS))
            size += len(plain)
            yield plain

    try:
        newline = _newline(checked())
    except UnicodeError:  # a lone surrogate cannot be decoded, an odd byte at the end neither
        return None
    return TextFormat(encoding, newline) if controls * _CONTROLS_ALLOWED <= size else None


def _parity(data: bytes) -> str | None:
    """UTF-16 without its mark, where every other byte of Latin text, or nearly, is NUL."""
    if len(data) % 2:
        return None
    sample = data[: 2 * _SAMPLE]
    pairs = len(sample) // 2
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    few, many = pairs // 50, pairs * 3 // 10
    if odd > many and even <= few:
        return "utf-16-le"
    if even > many and odd <= few:
        return "utf-16-be"
    return None


def _newline(chunks: Iterator[bytes]) -> str:
    """The line ends of a text given in chunks of an ASCII-compatible encoding."""
    feed = both = alone = False  # whether there is a bare line feed, a CR LF, a bare carriage return
    after_return = False
    for chunk in chunks:
        if not chunk:
            continue
        if after_return:
            if chunk.startswith(b"\n"):
                both = True
                chunk = chunk[1:]
            else:
                alone = True
        after_return = chunk.endswith(b"\r")
        if b"\r" not in chunk:  # finding one byte is ten times as fast as counting it
            feed = feed or b"\n" in chunk
        elif not (feed and both):
            pairs = chunk.count(b"\r\n")
            both = both or pairs > 0
            feed = feed or chunk.count(b"\n") > pairs
            alone = alone or chunk.count(b"\r") > pairs + after_return
    alone = alone or after_return
    if feed + both + alone > 1:
        return "mixed"
    return "crlf" if both else "cr" if alone else "lf" if feed else "none"
