"""Much work cut into parts: slices that are committed together, jobs for the threads of a pool."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

SLICE_FILES = 256
FIRST_SLICE_FILES = 128
SLICE_BYTES = 32 << 20
_INLINE = 4


def slices(
    paths: Sequence[bytes], size_of: Callable[[bytes], int], first: int | None = None
) -> Iterator[list[bytes]]:
    """Paths in their order, in lists of at most 256 files and, large files aside, 32 MiB.

    The first has another length, by default less: the sooner it can be put into the record while the next is taken.
    """
    part: list[bytes] = []
    total = 0
    files = first or FIRST_SLICE_FILES
    for path in paths:
        size = size_of(path)
        if part and (len(part) >= files or total + size > SLICE_BYTES):
            yield part
            part, total, files = [], 0, SLICE_FILES
        part.append(path)
        total += size
    if part:
        yield part


def spread(work: Callable[[T], R], items: Sequence[T], pool: Executor) -> list[R]:
    """`[work(item) for item in items]`, on the pool in jobs large enough to be worth handing over."""
    if len(items) <= _INLINE:
        return [work(item) for item in items]
    size = max(_INLINE, min(128, (len(items) + 3) // 4))
    jobs = [items[at : at + size] for at in range(0, len(items), size)]
    return [result for part in pool.map(lambda job: [work(item) for item in job], jobs) for result in part]
