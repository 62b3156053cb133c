"""Whether a path is reached through folders only: what stands behind a link is not of the root."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence

from fcm_tui.pipeline.roots import WatchedRoot, root_of
from fcm_tui.watch.tree import SEPARATOR, join


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


def may_be_file(path: bytes) -> bool:
    """A file or link stands there, or may: nobody knows while a folder above it cannot be entered."""
    try:
        mode = os.lstat(path).st_mode
    except OSError as error:
        return isinstance(error, PermissionError)
    return stat.S_ISREG(mode) or stat.S_ISLNK(mode)


def _is_folder(path: bytes) -> bool:
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except OSError as error:
        return isinstance(error, PermissionError)
