"""Which of the common 8-bit encodings a text that is not UTF-8 is in: a guess with its reasons.

Western texts have single letters above ASCII between plain ones; Cyrillic, Greek, Chinese, Japanese and
Korean ones have runs of them, and differ in which bytes lead. A wrong guess costs strange letters
on the screen and nothing else, so a guess is taken only if it gives the same bytes back.
"""

from __future__ import annotations

_SAMPLE = 1 << 16
_CONTROLS = bytes(set(range(32)) - {7, 8, 9, 10, 11, 12, 13, 26, 27} | {127})
_C1 = bytes(range(0x80, 0xA0))
_CONTROLS_ALLOWED = 100
"""One control character in so many bytes is still a text."""
_HIGH = bytes(range(0x80, 0x100))
_ASCII = bytes(range(0x80))
_UNDEFINED_1252 = (0x81, 0x8D, 0x8F, 0x90, 0x9D)

_WESTERN_850 = bytes((*range(0x80, 0xA6), 0xE1))
"""The accented letters and the sharp s of DOS, among them bytes that are nothing in Windows."""

_BLOCKS = bytes.fromhex("b0b1b2b3babbbcbfc0c4c8c9cdd9dadbdcdffe")
"""The shades, boxes and blocks that art in code page 437 is made of."""

# Encoding, its lower-case letters, the two letters that are a sixth of all text in its languages.
_ALPHABETS = (
    ("cp1251", bytes(range(0xE0, 0x100)), b"\xee\xe0"),
    ("koi8-r", bytes(range(0xC0, 0xE0)), b"\xcf\xc1"),
    ("cp866", bytes((*range(0xA0, 0xB0), *range(0xE0, 0xF0))), b"\xae\xa0"),
    ("cp1253", bytes(range(0xDC, 0xFF)), b"\xe1\xef"),
)


def guess_legacy(data: bytes) -> str | None:
    """A Python codec's name with `data.decode(name).encode(name) == data`, None where it is no text."""
    sample = data if len(data) <= _SAMPLE else data[: _SAMPLE // 2] + data[-_SAMPLE // 2 :]
    if _share(sample, _CONTROLS) * _CONTROLS_ALLOWED > 1:
        return None
    for name in _candidates(sample):
        if _gives_back(data, name):
            return name
    if not any(byte in data for byte in _UNDEFINED_1252):
        return "cp1252"
    if _share(sample.translate(None, _ASCII), _WESTERN_850) > 0.8:
        return "cp850"
    # In ISO 8859-1 these are control characters.
    return "iso8859-1" if _share(sample, _CONTROLS + _C1) * _CONTROLS_ALLOWED <= 1 else None


def _candidates(sample: bytes) -> list[str]:
    high = sample.translate(None, _ASCII)
    if len(high) < 16 or _in_runs(sample, len(high)) < 0.7:
        return []
    if _share(high, _BLOCKS) > 0.7:
        return ["cp437"]
    kana_932 = _share(high, b"\x82\x83")
    if kana_932 > 0.15:
        return ["cp932"]
    found = []
    if not any(byte in high for byte in range(0x80, 0xA0)):
        leads = _leads(sample)
        if leads:
            if _share(leads, b"\xa4\xa5") > 0.25:
                found.append("euc_jp")
            hanzi = _share(leads, bytes(range(0xB0, 0xF8)))
            if hanzi > 0.6:
                # Hangul ends at C8; nearly half of common Chinese characters stand behind it.
                behind = _share(leads, bytes(range(0xC9, 0xF8)))
                found.append("cp949" if behind < 0.1 else "gb18030")
    found += [name for name, lower, common in _ALPHABETS if _reads(high, lower, common)]
    return found


def _in_runs(sample: bytes, high: int) -> float:
    """The share of bytes above ASCII that stand next to another one."""
    alone = sum(len(run) == 1 for run in sample.translate(_TO_SPACES).split())
    return 1 - alone / high


def _leads(sample: bytes) -> bytes:
    """First bytes of the pairs, where every run of bytes above ASCII is even; else nothing."""
    leads = []
    for run in sample.translate(_TO_SPACES).split():
        if len(run) % 2:
            return b""
        leads.append(run[::2])
    return b"".join(leads)


_TO_SPACES = b" " * 0x80 + _HIGH


def _reads(high: bytes, lower: bytes, common: bytes) -> bool:
    return _share(high, lower) > 0.6 and _share(high, common) > 0.1


def _share(data: bytes, of: bytes) -> float:
    return 1 - len(data.translate(None, of)) / len(data) if data else 0.0


def _gives_back(data: bytes, name: str) -> bool:
    try:
        return data.decode(name).encode(name) == data
    except UnicodeError:
        return False
