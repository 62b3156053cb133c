"""A tree of real files, from what a machine with Python has: sources, documents, images, libraries."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from pathlib import Path

LARGEST = 4_000_000
_LEFT_OUT = ("__pycache__", ".git", "node_modules", ".venv")


def build(folder: Path, files: int, size: int) -> None:
    """Copy files until there are so many, of about that many bytes; the same choice on the same machine."""
    if folder.exists():
        return
    sources = [
        sysconfig.get_paths()["stdlib"],
        "/usr/include",
        "/usr/share",
        "/usr/lib",
        str(Path(sys.base_prefix).parent),
        "/opt",
    ]
    found: list[tuple[str, int]] = []
    for source in sources:
        for here, folders, names in os.walk(source):
            folders[:] = sorted(name for name in folders if name not in _LEFT_OUT)
            for name in sorted(names):
                path = os.path.join(here, name)
                if os.path.isfile(path) and not os.path.islink(path) and not name.endswith((".pyc", "~")):
                    found.append((path, os.path.getsize(path)))
    found = [(path, bytes_) for path, bytes_ in found if bytes_ <= LARGEST]
    turn = done = 0
    while done < files:
        for path, bytes_ in found:
            if done >= files:
                break
            if size - bytes_ < 0:
                continue
            target = Path(f"{folder}.new/{turn}{path}")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
            size -= bytes_
            done += 1
        turn += 1
        if turn > 50:
            break
    os.rename(f"{folder}.new", folder)


def warm(folder: Path) -> tuple[int, int]:
    """Read everything once, so that each side finds it in the page cache; files and bytes."""
    count = total = 0
    for here, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(here, name), "rb") as file:
                total += len(file.read())
            count += 1
    return count, total
