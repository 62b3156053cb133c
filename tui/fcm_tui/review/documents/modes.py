"""The mode of a file in words: its type and who may do what with it."""

from __future__ import annotations

import stat

_TYPES = {stat.S_IFREG: "a file", stat.S_IFLNK: "a symbolic link"}


def told(old: int | None, new: int | None) -> str:
    """The mode after, and the one before where that is known and another; what it was where it is of another type."""
    now = stat.filemode(new) if new is not None else "unknown"
    if not old or old == new:
        return f"mode {now}"
    was, is_now = (_TYPES.get(stat.S_IFMT(mode or 0), "") for mode in (old, new))
    types = f": it was {was} and is {is_now} now" if was and is_now and was != is_now else ""
    return f"mode {stat.filemode(old)} → {now}{types}"


def differ(old: int | None, new: int | None) -> bool:
    """Whether both are known, and not the same."""
    return bool(old) and bool(new) and old != new
