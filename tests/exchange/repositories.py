"""What is in a Git repository, as git itself tells it."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

Tree = dict[bytes, tuple[int, bytes]]
"""Git's mode and the content, or a link's target, by path."""


def git(repository: Path, *arguments: str, data: bytes | None = None) -> bytes:
    """What git prints; an AssertionError with its words where it refuses."""
    done = subprocess.run(
        ["git", "-C", str(repository), *arguments], capture_output=True, input=data, check=False
    )
    assert done.returncode == 0, (arguments, done.stdout[-2000:], done.stderr[-2000:])
    return done.stdout


def tree(repository: Path, revision: str = "main") -> Tree:
    """All files of a revision."""
    found: Tree = {}
    lines = [line for line in git(repository, "ls-tree", "-rz", "--full-tree", revision).split(b"\0") if line]
    asked = b"".join(line.split(b"\t", 1)[0].split()[2] + b"\n" for line in lines)
    told = git(repository, "cat-file", "--batch", data=asked)
    at = 0
    for line in lines:
        meta, path = line.split(b"\t", 1)
        end = told.index(b"\n", at)
        size = int(told[at:end].split()[2])
        found[path] = int(meta.split()[0], 8), told[end + 1 : end + 1 + size]
        at = end + size + 2
    return found


def on_disk(root: Path) -> Tree:
    """The same of a folder: files and links."""
    found: Tree = {}
    top = os.fsencode(root)
    for folder, folders, files in os.walk(top):
        for name in [*files, *folders]:
            path = os.path.join(folder, name)
            mode = os.lstat(path).st_mode
            below = os.path.relpath(path, top).replace(os.fsencode(os.sep), b"/")
            if stat.S_ISLNK(mode):
                found[below] = 0o120000, os.readlink(path)
            elif stat.S_ISREG(mode):
                with open(path, "rb") as file:
                    found[below] = 0o100755 if mode & 0o100 else 0o100644, file.read()
    return found
