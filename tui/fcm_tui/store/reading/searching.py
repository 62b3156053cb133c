"""Which versions of a file have a text in them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from fcm_tui.capture.text import detect, to_utf8
from fcm_tui.errors import FcmError
from fcm_tui.store.reading.histories import FileKey
from fcm_tui.store.reading.queries import Reader

LARGEST = 32 << 20
"""Bytes of a version that is looked into: more would hold up everybody else who reads."""
SECONDS = 0.05
"""After which a look ends, for what else is to be read."""
_AT_ONCE = 200
"""Versions that one look asks for."""


@dataclass(slots=True)
class Search:
    """A text that is looked for in versions; in any case, unless it has a capital."""

    text: str
    seen: dict[bytes, bool | None] = field(default_factory=dict)
    """By content: whether it has the text, None where that cannot be known."""

    def has(self, data: bytes) -> bool:
        """Whether a version has it."""
        found = detect(data)
        lines = (to_utf8(data, found.encoding) if found else data).decode("utf-8", "replace")
        return self.text in (lines if self.text != self.text.lower() else lines.lower())


def look(
    reader: Reader, file: FileKey, search: Search, numbers: Sequence[int]
) -> list[tuple[int, bool | None]]:
    """Whether the versions that these changes left have it, in their order, as far as `SECONDS` reach: one at least.

    None where a version was not kept, or is too large. For a thread.
    """
    wanted = numbers[:_AT_ONCE]
    rows = {
        number: (digest, size or 0)
        for number, digest, size in reader.connection.execute(
            "SELECT sequence, after_digest, size FROM changes WHERE recorder_id = ?"
            f" AND sequence IN ({', '.join('?' * len(wanted))})",
            (file.recorder_id, *wanted),
        )
    }
    until = time.monotonic() + SECONDS
    found: list[tuple[int, bool | None]] = []
    for number in wanted:
        digest, size = rows.get(number, (None, 0))
        found.append((number, has_it(reader, search, digest, size)))
        if time.monotonic() > until:
            break
    return found


def has_it(reader: Reader, search: Search, digest: bytes | None, size: int) -> bool | None:
    """Whether a version has it, as `look` tells; a deletion leaves none."""
    if digest is None:
        return False
    if digest not in search.seen:
        search.seen[digest] = _looked_into(reader, search, digest, size)
    return search.seen[digest]


def _looked_into(reader: Reader, search: Search, digest: bytes, size: int) -> bool | None:
    if size > LARGEST:
        return None
    try:
        return search.has(reader.content(digest))
    except FcmError:
        return None
