"""The recorder's memory of the disk: one node a folder, one stamp a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fcm_tui.paths import SEPARATOR, join


class Folder:
    """A folder of the tree; names are bytes of the file system.

    `files` maps a recorded file's name to its stamp, `folders` a subfolder's name to its node;
    `ignored` holds names already judged, so that a rescan need not judge them again.
    """

    __slots__ = ("files", "folders", "ignored")

    def __init__(self) -> None:
        self.files: dict[bytes, bytes] = {}
        self.folders: dict[bytes, Folder] = {}
        self.ignored: set[bytes] | None = None

    def walk_files(self, path: bytes) -> Iterator[bytes]:
        """The paths of all files at and below this node, which stands at `path`."""
        stack = [(path, self)]
        while stack:
            here, node = stack.pop()
            prefix = join(here, b"")
            for name in node.files:
                yield prefix + name
            stack.extend((prefix + name, child) for name, child in node.folders.items())

    def walk_folders(self, path: bytes) -> Iterator[tuple[bytes, Folder]]:
        """Path and node of this folder and all below it, each after the one above it."""
        stack = [(path, self)]
        while stack:
            here, node = stack.pop()
            yield here, node
            prefix = join(here, b"")
            stack.extend((prefix + name, child) for name, child in node.folders.items())


class Tree:
    """The files of one root."""

    def __init__(self, root: bytes) -> None:
        self.root = root
        self.top = Folder()
        self._cut = len(join(root, b""))
        self._count = 0

    def _parts(self, path: bytes) -> list[bytes]:
        return path[self._cut :].split(SEPARATOR) if len(path) > len(self.root) else []

    def find(self, folder: bytes) -> Folder | None:
        """The node of a folder, or None where the tree has none."""
        node: Folder | None = self.top
        for name in self._parts(folder):
            node = node.folders.get(name) if node is not None else None
        return node

    def folder(self, path: bytes) -> Folder:
        """The node of a folder, made with those above it where the tree has none."""
        node = self.top
        for name in self._parts(path):
            child = node.folders.get(name)
            if child is None:
                child = node.folders[name] = Folder()
            node = child
        return node

    def way_to(self, folder: bytes) -> Iterator[tuple[bytes, Folder]]:
        """Path and node of each folder from below the root down to this one, as far as the tree knows them."""
        node, path = self.top, self.root
        for name in self._parts(folder):
            child = node.folders.get(name)
            if child is None:
                return
            node, path = child, join(path, name)
            yield path, node

    def fill(self, files: Iterable[tuple[bytes, bytes]]) -> None:
        """`put` for many files, quick where those of a folder follow each other."""
        here, names = None, self.top.files
        for path, stamp in files:
            folder, _, name = path.rpartition(SEPARATOR)
            if folder != here:
                here, names = folder, self.folder(folder).files
            if name not in names:
                self._count += 1
            names[name] = stamp

    def put(self, path: bytes, stamp: bytes) -> None:
        """Remember a file as recorded with this stamp."""
        folder, _, name = path.rpartition(SEPARATOR)
        node = self.folder(folder)
        self._count += name not in node.files
        node.files[name] = stamp

    def get(self, path: bytes) -> bytes | None:
        """The stamp recorded for a file, or None."""
        folder, _, name = path.rpartition(SEPARATOR)
        node = self.find(folder) if len(folder) > len(self.root) else self.top
        return node.files.get(name) if node is not None else None

    def drop(self, path: bytes) -> None:
        """Forget a file."""
        folder, _, name = path.rpartition(SEPARATOR)
        node = self.find(folder) if len(folder) > len(self.root) else self.top
        if node is not None and node.files.pop(name, None) is not None:
            self._count -= 1

    def in_the_way(self, path: bytes) -> list[bytes]:
        """Files that cannot be there any more where one stands at `path`: folders above it, and what was below it."""
        *above, name = self._parts(path) or [b""]
        node, found = self.top, []
        for depth, part in enumerate(above, 1):
            if part in node.files:
                found.append(join(self.root, SEPARATOR.join(above[:depth])))
            child = node.folders.get(part)
            if child is None:
                return found
            node = child
        below = node.folders.get(name)
        return [*found, *below.walk_files(path)] if below is not None else found

    def prune(self, folder: bytes) -> None:
        """Forget a folder that is gone, if no file is recorded at or below it any more."""
        parent, _, name = folder.rpartition(SEPARATOR)
        above = self.find(parent) if len(parent) > len(self.root) else self.top
        node = above.folders.get(name) if above is not None else None
        if above is not None and node is not None and next(node.walk_files(folder), None) is None:
            del above.folders[name]

    def count(self) -> int:
        """How many files the tree has."""
        return self._count
