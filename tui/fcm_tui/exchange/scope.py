"""Which part of the disk is exported, and what its files are called in Git."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fcm_tui.exchange.git_names import accepted
from fcm_tui.paths import SEPARATOR, is_inside, join
from fcm_tui.safetext import visible_path


@dataclass(frozen=True, slots=True)
class Scope:
    """Files at or below some paths, named from the deepest folder that holds all of them."""

    top: bytes
    """Absolute; empty where nothing holds them all, as with two drives of Windows."""
    paths: tuple[bytes, ...]

    @classmethod
    def of(cls, paths: Sequence[bytes], files: Iterable[bytes] = ()) -> Scope:
        """The scope of absolute paths; those among `files` are files, and named from the folder above."""
        alone = set(files)
        folders = [os.path.dirname(path) if path in alone else path for path in paths]
        try:
            top = os.path.commonpath(folders)
        except ValueError:
            top = b""
        return cls(top, tuple(paths))

    def __contains__(self, path: bytes) -> bool:
        return any(is_inside(path, one) for one in self.paths)

    def below(self, path: bytes) -> bytes:
        """A path from the top on, with slashes."""
        if not self.top:
            return path.replace(b":", b"", 1).replace(SEPARATOR, b"/").lstrip(b"/")
        return path[len(join(self.top, b"")) :].replace(SEPARATOR, b"/")

    def shown(self, path: bytes) -> str:
        """A path for people: from the top on, or all of it where it lies elsewhere."""
        return visible_path(path if self.top and not is_inside(path, self.top) else self.below(path))

    def git_name(self, path: bytes) -> bytes:
        """`below`, with names that Git refuses put into such as it takes; no two paths have the same."""
        return accepted(self.below(path))
