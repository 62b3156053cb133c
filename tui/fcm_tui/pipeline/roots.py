"""A watched directory while it is recorded: its tree, its rules, and whether it is there."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from fcm_tui.model import Root
from fcm_tui.paths import is_inside, join
from fcm_tui.pipeline.bulk import BulkSettings
from fcm_tui.pipeline.secrecy import SecretRules
from fcm_tui.settings.config import Settings
from fcm_tui.watch.ignore import IgnoreRules
from fcm_tui.watch.mounts import is_remote, kind_of
from fcm_tui.watch.scan import Scanner
from fcm_tui.watch.tree import Tree


class Presence(Enum):
    """What stands at a root's path."""

    HERE = auto()
    DELETED = auto()
    """Nothing stands there, and the folder it stood in is the same: its files are deleted."""
    AWAY = auto()
    """Unmounted, or not to be reached: nothing can be said about its files."""


@dataclass(slots=True)
class WatchedRoot:
    """One root of the running recorder."""

    root: Root
    tree: Tree
    scanner: Scanner
    secrets: SecretRules
    bulk: BulkSettings
    poll: bool | None
    poll_interval: float
    device: int | None = None
    """`st_dev` where the files of the record were seen; None before the first look."""
    identity: tuple[int, int] | None = None
    """Device and inode of the folder that stood there at the last look; None while none did."""
    returned: bool = False
    """Another folder stands there than at the look before: all of it is to be scanned and watched."""
    at: Presence = Presence.HERE
    """What stood there at the last look."""
    seen_ns: int | None = None
    """When a folder stood there last; None before the first look."""
    baseline: bool = False
    """Whether the baseline stands."""
    known_inside: Sequence[bytes] = ()
    """Folders in it that earlier runs recorded, while its own baseline does not stand: what came there is a change."""
    path: bytes = field(init=False)
    within: bytes = field(init=False)
    """What the paths inside begin with."""

    def __post_init__(self) -> None:
        self.path = self.root.path
        self.within = join(self.path, b"")

    @property
    def size_limit(self) -> int:
        """Bytes above which only a file's digest is kept."""
        return self.bulk.size_limit

    def presence(self) -> Presence:
        """Look at the root itself."""
        before, self.identity = self.identity, None
        try:
            found = os.stat(self.path)
        except (FileNotFoundError, NotADirectoryError):
            return self._missing()
        except OSError:
            return Presence.AWAY
        if not stat.S_ISDIR(found.st_mode):
            return Presence.DELETED
        if self.device is not None and found.st_dev != self.device and self._is_empty() and self.tree.count():
            return Presence.AWAY  # the mount point without its mount
        self.identity = (found.st_dev, found.st_ino)
        self.seen_ns = time.time_ns()
        self.returned = self.returned or before != self.identity
        return Presence.HERE

    def _missing(self) -> Presence:
        """Deleted where the folder above is on the device that the root was on; else something was unmounted."""
        parent = os.path.dirname(self.path)
        try:
            above = os.stat(parent)
        except OSError:
            return Presence.AWAY
        return Presence.DELETED if self.device in (None, above.st_dev) else Presence.AWAY

    def _is_empty(self) -> bool:
        try:
            with os.scandir(self.path) as listing:
                return next(listing, None) is None
        except OSError:
            return True


def watched_roots(
    roots: Sequence[Root], settings: Settings, own_paths: Sequence[bytes], arm: Callable[[bytes], None] | None
) -> list[WatchedRoot]:
    """The roots with their trees still empty. A root inside another is recorded by itself alone; one on a file system
    where others' changes raise no events is polled, unless the configuration says otherwise.

    `own_paths` are never recorded: what the recorder itself writes.
    """
    result = []
    for root in roots:
        own = settings.for_root(root.path)
        skip = [*own_paths, *(r.path for r in roots if r is not root and is_inside(r.path, root.path))]
        tree = Tree(root.path)
        result.append(
            WatchedRoot(
                root,
                tree,
                Scanner(tree, IgnoreRules(root.path, own.ignore, skip), arm=arm),
                SecretRules(root.path, settings.secrets, settings.detectors, settings.allowed),
                BulkSettings(
                    root.path, settings.secrets, own.size_limit, settings.detectors, settings.allowed
                ),
                True if own.poll is None and is_remote(kind_of(root.path)) else own.poll,
                own.poll_interval,
            )
        )
    return result


def root_of(roots: Sequence[WatchedRoot], path: bytes) -> WatchedRoot | None:
    """The innermost root that holds a path."""
    best: WatchedRoot | None = None
    for root in roots:
        if (path.startswith(root.within) or path == root.path) and (
            best is None or len(root.path) > len(best.path)
        ):
            best = root
    return best
