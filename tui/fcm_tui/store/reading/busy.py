"""The files and folders with the most changes, out of counts that come in the order of their paths."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from fcm_tui.paths import SEPARATOR, is_inside


class Counted(NamedTuple):
    """So many changes at a path, or below it."""

    changes: int
    path: bytes


class Busiest:
    """Keeps those that count most, in bounded memory."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: list[Counted] = []

    def add(self, changes: int, path: bytes) -> None:
        if len(self._kept) < self._most:
            heapq.heappush(self._kept, Counted(changes, path))
        elif changes > self._kept[0].changes:
            heapq.heapreplace(self._kept, Counted(changes, path))

    def found(self) -> list[Counted]:
        """The busiest first; of equals in the order of their paths."""
        return sorted(self._kept, key=lambda counted: (-counted.changes, counted.path))


class _Folder:
    __slots__ = ("changes", "most", "prefix")

    def __init__(self, prefix: bytes) -> None:
        self.prefix = prefix
        self.changes = self.most = 0


def busiest(
    counts: Iterable[tuple[bytes, int]], roots: Sequence[bytes], most: int
) -> tuple[list[Counted], list[Counted]]:
    """The files, and the folders with all that is below them, that have the most changes.

    A folder all of whose changes are in one folder inside it is left out for that one.

    Args:
        counts: changes by path, in the order of the paths' bytes; a path may come several times. One that ends with a
            separator is the folder itself, and may take changes away that would count twice.
        roots: folders above which there is nothing to tell.
    """
    files, folders = Busiest(most), Busiest(most)
    open_: list[_Folder] = []

    def close() -> None:
        folder = open_.pop()
        if open_:
            open_[-1].changes += folder.changes
            open_[-1].most = max(open_[-1].most, folder.changes)
        path = folder.prefix[: -len(SEPARATOR)] or SEPARATOR
        if folder.changes > folder.most and any(is_inside(path, root) for root in roots):
            folders.add(folder.changes, path)

    last, count = b"", 0
    for path, changes in counts:
        if path == last:
            count += changes
        else:
            if count > 0 and not last.endswith(SEPARATOR):
                files.add(count, last)
            last, count = path, changes
        prefix = path[: path.rfind(SEPARATOR) + 1]
        if not open_ or open_[-1].prefix != prefix:
            while open_ and not prefix.startswith(open_[-1].prefix):
                close()
            at = len(open_[-1].prefix) if open_ else 0
            while at < len(prefix):
                at = prefix.index(SEPARATOR, at) + 1
                open_.append(_Folder(prefix[:at]))
        if open_:
            open_[-1].changes += changes
    if count > 0 and not last.endswith(SEPARATOR):
        files.add(count, last)
    while open_:
        close()
    return files.found(), folders.found()


def shared_folder(path: bytes, other: bytes) -> bytes:
    """The deepest folder that two paths are in, with a separator at its end; empty where there is none."""
    end = 0
    for one, two in zip(path.split(SEPARATOR)[:-1], other.split(SEPARATOR)[:-1], strict=False):
        if one != two:
            break
        end += len(one) + 1
    return path[:end]
