"""The part of recording that needs neither database nor order, so that threads can do it: reading and preparing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TypeVar

from fcm_tui.capture.stable import Reading, read_stable

T = TypeVar("T")
R = TypeVar("R")

SLICE_FILES = 512
SLICE_BYTES = 64 << 20
_INLINE = 4


@dataclass(frozen=True, slots=True)
class Target:
    """A path to read and the size above which only its digest is taken."""

    path: bytes
    size_limit: int


def slices(targets: Sequence[Target]) -> Iterator[list[Target]]:
    """Targets in their order, in lists of at most 512 files and, large files aside, 64 MiB."""
    part: list[Target] = []
    total = 0
    for target in targets:
        try:
            size = min(os.lstat(target.path).st_size, target.size_limit)
        except OSError:
            size = 0
        if part and (len(part) >= SLICE_FILES or total + size > SLICE_BYTES):
            yield part
            part, total = [], 0
        part.append(target)
        total += size
    if part:
        yield part


def read_all(targets: Sequence[Target], pool: Executor, *, settle: bool = True) -> list[Reading]:
    """Read every target, in their order, on the pool where there are many."""
    return spread(lambda target: read_stable(target.path, target.size_limit, settle=settle), targets, pool)


def spread(work: Callable[[T], R], items: Sequence[T], pool: Executor) -> list[R]:
    """`[work(item) for item in items]`, on the pool in jobs large enough to be worth handing over."""
    if len(items) <= _INLINE:
        return [work(item) for item in items]
    size = max(_INLINE, min(128, (len(items) + 3) // 4))
    jobs = [items[at : at + size] for at in range(0, len(items), size)]
    return [result for part in pool.map(lambda job: [work(item) for item in job], jobs) for result in part]
