"""Whether a change looks as if somebody encrypted the file.

What the record keeps of both versions is looked at, so no file is read again; and only of changes whose new version is
binary. What counts: the new version is as random as chance allows and of no known format, and the one before was not
random, or had a known format; or its name has got another ending. A file that was made beside one that was deleted
(`a.doc` gone, `a.doc.locked` or `a.locked` there) counts as its new version.
"""

from __future__ import annotations

import math
import os
from collections import Counter, OrderedDict
from collections.abc import Callable

from fcm_tui.diff.magic import type_of
from fcm_tui.errors import ContentMissing
from fcm_tui.model import Capture, Kind
from fcm_tui.store.reading.watched import Seen

SAMPLE = 16 << 10
"""Bytes of a version that are counted."""
LEAST = 48
"""Bytes below which nothing can be told."""
LARGEST = 32 << 20
"""Bytes of versions that are looked at; of larger ones only the name speaks."""
_SLACK = 0.15
"""Bits a byte by which random bytes may miss what is expected of them."""
_REMEMBERED = 20_000
"""Files that came, and that went, which may belong together."""


def entropy(data: bytes) -> float:
    """Shannon's, in bits a byte: 8 of endless random bytes, some 4.5 of text."""
    total = len(data)
    return -sum(n / total * math.log2(n / total) for n in Counter(data).values()) if total else 0.0


def is_random(data: bytes) -> bool:
    """Whether bytes may be taken for random ones.

    `n` random bytes are expected to show 8 - 255 / (2 n ln 2) bits a byte (Miller and Madow, 1955); few of them say
    little, so that there another byte has to stand for nearly each one.
    """
    sample = data[:SAMPLE]
    if len(sample) < LEAST:
        return False
    if len(sample) < 1024:
        distinct = 256 * (1 - (255 / 256) ** len(sample))
        return len(set(sample)) >= 0.85 * distinct
    return entropy(sample) >= 8 - 255 / (2 * len(sample) * math.log(2)) - _SLACK


class EncryptionJudge:
    """Asked of each change in order; remembers what came and went lately."""

    def __init__(self, content: Callable[[bytes], bytes]) -> None:
        """`content` gives the bytes of a version, or raises `ContentMissing`."""
        self._content = content
        self._gone: OrderedDict[bytes, Seen] = OrderedDict()
        self._came: OrderedDict[bytes, Seen] = OrderedDict()

    def is_encrypted(self, seen: Seen, within: float) -> bool:
        """Whether a change looks like it.

        Args:
            within: seconds between two changes that may be one: a file came, another one went.
        """
        match seen.kind:
            case Kind.MODIFIED:
                return self._looks(seen, seen.before, seen.previous_size, is_renamed=False)
            case Kind.MOVED if seen.before != seen.after:
                is_renamed = _ending(seen.path) != _ending(seen.previous_path or b"")
                return self._looks(seen, seen.before, seen.previous_size, is_renamed=is_renamed)
            case Kind.CREATED if seen.encoding is None and seen.size:
                for name in _origins(seen.path):
                    gone = self._gone.get(name)
                    if gone is not None and seen.time_ns - gone.time_ns <= within * 1e9:
                        return self._looks(seen, gone.before, gone.previous_size, is_renamed=True)
                for name in _origins(seen.path):
                    _remember(self._came, name, seen)
            case Kind.DELETED:
                for name in (seen.path, os.path.splitext(seen.path)[0]):
                    came = self._came.pop(name, None)
                    if came is not None and seen.time_ns - came.time_ns <= within * 1e9:
                        return self._looks(came, seen.before, seen.previous_size, is_renamed=True)
                    _remember(self._gone, name, seen)
        return False

    def _looks(self, after: Seen, before: bytes | None, before_size: int | None, *, is_renamed: bool) -> bool:
        if after.encoding is not None or not after.size:
            return False  # it is text, or empty
        new = self._version(after.after, after.size) if after.capture == Capture.STORED else None
        if new is None:
            return is_renamed and after.capture != Capture.SECRET
        if not is_random(new) or type_of(new) != "Binary":
            return False
        old = self._version(before, before_size)
        if not old:
            return is_renamed
        return is_renamed or not is_random(old) or type_of(old) != "Binary"

    def _version(self, digest: bytes | None, size: int | None) -> bytes | None:
        if digest is None or (size or 0) > LARGEST:
            return None
        try:
            return self._content(digest)
        except ContentMissing:
            return None


def _ending(path: bytes) -> bytes:
    return os.path.splitext(path)[1].lower()


def _origins(path: bytes) -> tuple[bytes, ...]:
    """What a file that was made out of another may have been called, its last ending taken off."""
    stem, ending = os.path.splitext(path)
    return (stem,) if ending else ()


def _remember(known: OrderedDict[bytes, Seen], name: bytes, seen: Seen) -> None:
    known[name] = seen
    known.move_to_end(name)
    if len(known) > _REMEMBERED:
        known.popitem(last=False)
