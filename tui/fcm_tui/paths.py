"""Paths as the file system's bytes: put together, and told which lies in which."""

from __future__ import annotations

import os

SEPARATOR = os.fsencode(os.sep)


def join(folder: bytes, name: bytes) -> bytes:
    """`folder` and `name` with one separator between them."""
    return folder + name if folder.endswith(SEPARATOR) else folder + SEPARATOR + name


def is_inside(path: bytes, folder: bytes) -> bool:
    """Whether `path` is `folder` or lies below it."""
    return path == folder or path.startswith(join(folder, b""))


def is_along(path: bytes, other: bytes) -> bool:
    """Whether one of two paths is or holds the other."""
    return is_inside(path, other) or is_inside(other, path)
