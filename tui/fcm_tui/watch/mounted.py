"""Where Linux has file systems mounted. `man 5 proc_pid_mountinfo`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from fcm_tui.paths import is_inside

_OCTAL = re.compile(rb"\\([0-7]{3})")


def mount_table() -> bytes:
    """What `/proc/self/mountinfo` says now."""
    with open("/proc/self/mountinfo", "rb") as file:
        return file.read()


def mounted_in(places: Iterable[bytes], table: bytes) -> list[bytes]:
    """The mount points below these real paths, none twice, sorted."""
    points = {_unescaped(line.split(b" ", 5)[4]) for line in table.splitlines() if line.count(b" ") > 5}
    wanted = list(places)
    return sorted(point for point in points if any(point != p and is_inside(point, p) for p in wanted))


def _unescaped(field: bytes) -> bytes:
    return _OCTAL.sub(lambda found: bytes([int(found[1], 8)]), field)
