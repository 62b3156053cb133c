"""The ways to paths: through folders only, as what stands behind a link is not of the root; and what is in them."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Iterator, Sequence

from fcm_tui.model import FileRecord
from fcm_tui.paths import SEPARATOR, join
from fcm_tui.pipeline.roots import WatchedRoot, root_of
from fcm_tui.watch.paths import is_folder_found, is_spelled_so, on_disk


class Way:
    """The folders between the roots and the paths of one pass, each looked at once."""

    def __init__(self, roots: Sequence[WatchedRoot]) -> None:
        self._roots = roots
        self._real: dict[bytes, bool] = {}

    def is_clear(self, path: bytes) -> bool:
        """Whether all that lies between the root and this path is a folder, or may be one."""
        folder = os.path.dirname(path)
        real = self._real.get(folder)
        if real is None:
            real = self._real[folder] = self._look(folder)
        return real

    def may_lead_to_file(self, path: bytes) -> bool:
        """Whether a file or link stands at this path, or may."""
        root = root_of(self._roots, path)
        return root is not None and self.is_clear(path) and may_be_file(path, root.path)

    def _look(self, folder: bytes) -> bool:
        root = root_of(self._roots, folder)
        if root is None:
            return False
        here = root.path
        for name in filter(None, folder[len(here) :].split(SEPARATOR)):
            here = join(here, name)
            real = self._real.get(here)
            if real is None:
                real = self._real[here] = _is_folder(here)
            if not real:
                return False
        return True


def in_the_way(vanished: Sequence[FileRecord], arrivals: Sequence[bytes]) -> set[bytes]:
    """Paths of vanished files that are now a folder above an arrival, or were below one."""
    if not vanished or not arrivals:
        return set()
    paths = set(arrivals)
    folders = {folder for path in arrivals for folder in _folders_above(path)}
    return {
        record.path
        for record in vanished
        if record.path in folders or not paths.isdisjoint(_folders_above(record.path))
    }


class Come:
    """What a pass has recorded to have come, and the folders that this takes."""

    def __init__(self) -> None:
        self._paths: set[bytes] = set()
        self._folders: set[bytes] = set()

    def add(self, paths: Iterable[bytes]) -> None:
        """They are in the record now."""
        for path in paths:
            self._paths.add(path)
            folder = os.path.dirname(path)
            if folder not in self._folders:
                self._folders.update((folder, *_folders_above(folder)))

    def early(self, arrivals: Sequence[bytes]) -> set[bytes]:
        """Arrivals below another one, or below or above what has come: read a moment apart, as one of two that cannot
        be there at one time."""
        paths = set(arrivals)
        below: dict[bytes, bool] = {}
        for folder in {os.path.dirname(path) for path in arrivals}:
            here = (folder, *_folders_above(folder))
            below[folder] = not (paths.isdisjoint(here) and self._paths.isdisjoint(here))
        return {path for path in arrivals if below[os.path.dirname(path)] or path in self._folders}


def _folders_above(path: bytes) -> Iterator[bytes]:
    folder = os.path.dirname(path)
    while folder and folder != path:
        yield folder
        path, folder = folder, os.path.dirname(folder)


def may_be_file(path: bytes, root: bytes) -> bool:
    """A file or link of exactly this name stands there, or may: nobody knows while a folder above is closed to us."""
    try:
        mode = os.lstat(on_disk(path)).st_mode
    except OSError as error:
        return _is_closed(path, error)
    return (stat.S_ISREG(mode) or stat.S_ISLNK(mode)) and is_spelled_so(path, root)


def _is_folder(path: bytes) -> bool:
    try:
        return is_folder_found(os.lstat(on_disk(path)))
    except OSError as error:
        return _is_closed(path, error)


def _is_closed(path: bytes, error: OSError) -> bool:
    """On Windows this error may be that of a file about to go: then the folder above can be listed all the same."""
    if not isinstance(error, PermissionError):
        return False
    if sys.platform != "win32":
        return True
    try:
        os.scandir(on_disk(os.path.dirname(path))).close()
    except PermissionError:
        return True
    except OSError:
        return False
    return False
