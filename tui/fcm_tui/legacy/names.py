"""Where what the old rows name stands in a record: paths there are absolute, and never lead anywhere else."""

from __future__ import annotations

import os

from fcm_tui.paths import SEPARATOR, join

ELSEWHERE = SEPARATOR + b"first version"
"""Root of what has no place on this system: paths of another one, relative ones, the differences."""
DIFFERENCES = join(ELSEWHERE, b"differences")
_DOTS = {b"": b"%", b".": b"%2E", b"..": b"%2E%2E"}
_LONGEST = 4096


def place_of(original: bytes) -> tuple[bytes, bytes] | None:
    """Root and path of an original file; None where it names none.

    One that is absolute here keeps its path, in the folder that holds it. Any other is below `ELSEWHERE`, as it
    is written.
    """
    if not original or b"\0" in original or len(original) > _LONGEST:
        return None
    folder, name = os.path.split(original)
    if name and _is_plain(original):
        return folder, original
    return ELSEWHERE, join(ELSEWHERE, _harmless(original))


def difference_path(row_id: str, operation: str) -> bytes:
    """Where a row of `differences` stands: as a file of its own, named by what is known of it."""
    name = "".join(
        letter if letter.isalnum() or letter in "-_" else "_" for letter in f"{row_id} {operation}"[:80]
    )
    return join(DIFFERENCES, os.fsencode(name) + b".txt")


def is_on_share(copy: bytes) -> bool:
    """Whether a path leads to another machine: asking Windows for it would show that machine who asks."""
    return os.name == "nt" and copy[:2].replace(b"/", b"\\") == b"\\\\"


def _is_plain(path: bytes) -> bool:
    if os.name == "nt" and not os.path.splitdrive(path)[0]:
        return False
    return os.path.isabs(path) and os.path.normpath(path) == path and not path.startswith(b"//")


def _harmless(path: bytes) -> bytes:
    parts = path.replace(b"\\", SEPARATOR).split(SEPARATOR) if os.name == "nt" else path.split(SEPARATOR)
    return SEPARATOR.join(_DOTS.get(part, part) for part in parts)
