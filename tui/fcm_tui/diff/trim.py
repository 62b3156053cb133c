"""The lines that two texts have in common at their head and tail."""

from __future__ import annotations

from dataclasses import dataclass

_FIRST_STEP = 1 << 12
_SHORT_STEP = 256
"""Bytes that are compared as two numbers: quicker than halving them further."""
SURROUNDINGS = 1024
"""Bytes of equal text around a difference that decide where its hunks come to lie."""
_LAST_STEP = 1 << 18  # compared at once: well under a millisecond, so other threads get their turn


def trim(old: bytes, new: bytes) -> tuple[int, int, int]:
    """Where the difference starts in both, where it ends in `old`, where it ends in `new`.

    Byte offsets, each at the start of a line or the end of the text.
    """
    shorter = min(len(old), len(new))
    head = old.rfind(b"\n", 0, equal_run(old, 0, new, 0)) + 1
    tail = _common_tail(old, new, shorter - head)
    if tail:
        old_start, new_start = len(old) - tail, len(new) - tail
        if not (at_line(old, old_start, head) and at_line(new, new_start, head)):
            end = old.find(b"\n", old_start)
            tail = len(old) - end - 1 if end >= 0 else 0
    return head, len(old) - tail, len(new) - tail


@dataclass(frozen=True, slots=True)
class Middle:
    """Where two texts differ, with the lines around it in which its hunks may move."""

    old: bytes
    new: bytes
    first: int
    """Equal lines in front of both."""


def middle(old: bytes, new: bytes) -> Middle:
    """The part of both texts that a diff needs to look at."""
    return around(old, new, *trim(old, new))


def around(old: bytes, new: bytes, head: int, old_end: int, new_end: int) -> Middle:
    """`middle` of two texts that are trimmed already."""
    start = old.find(b"\n", head - SURROUNDINGS, head) + 1 if head > SURROUNDINGS else 0
    end = old.find(b"\n", old_end + SURROUNDINGS) + 1 or len(old)
    return Middle(old[start:end], new[start : end + new_end - old_end], count_newlines(old, 0, start))


def at_line(data: bytes, offset: int, head: int) -> bool:
    """A line starts at `offset`; one is known to start at `head`."""
    return offset == head or data[offset - 1] == 0x0A


def equal_run(old: bytes, old_from: int, new: bytes, new_from: int) -> int:
    """How many bytes from these two offsets on are equal."""
    limit = min(len(old) - old_from, len(new) - new_from)
    same, step = 0, _FIRST_STEP
    while same < limit and new.startswith(old[old_from + same : old_from + same + step], new_from + same):
        same += step
        step = min(step * 2, _LAST_STEP)
    if same >= limit:
        return limit
    while step > _SHORT_STEP:
        step //= 2
        if new.startswith(old[old_from + same : old_from + same + step], new_from + same):
            same += step
    ours = int.from_bytes(old[old_from + same : old_from + same + step], "little")
    theirs = int.from_bytes(new[new_from + same : new_from + same + step], "little")
    differing = ours ^ theirs
    if not differing:
        return min(same + step, limit)
    lowest = (differing & -differing).bit_length() - 1
    return min(same + lowest // 8, limit)


def could_stand_higher(text: bytes, start: int, end: int) -> bool:
    """Lines that only one text has could as well stand one line higher: their last is also in front of them."""
    before = text[text.rfind(b"\n", 0, start - 1) + 1 : start]
    return text.endswith(before, start, end) and at_line(text, end - len(before), start)


def _common_tail(old: bytes, new: bytes, limit: int) -> int:
    old_size, new_size = len(old), len(new)
    same, step = 0, _FIRST_STEP
    while same < limit:
        reach = min(same + step, limit)
        if not new.endswith(old[old_size - reach : old_size - same], 0, new_size - same):
            break
        same = reach
        step = min(step * 2, _LAST_STEP)
    differs = min(same + step, limit)
    while same < differs:
        middle = (same + differs + 1) // 2
        if new.endswith(old[old_size - middle : old_size - same], 0, new_size - same):
            same = middle
        else:
            differs = middle - 1
    return same


def count_newlines(data: bytes, start: int, end: int) -> int:
    """The line feeds in `data[start:end]`."""
    if end - start <= _LAST_STEP:
        return data.count(b"\n", start, end)
    return sum(data.count(b"\n", at, min(at + _LAST_STEP, end)) for at in range(start, end, _LAST_STEP))
