"""A tree of real files, from what a machine with Python has: sources, documents, libraries, images.

The same machine makes the same tree. Where it has too few files, they are copied again with a line
that tells the copies apart, as equal files would be stored once by everybody.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

LARGEST = 4 << 20
SLACK = 32 << 20
"""Bytes by which the tree may run ahead of its average; what is larger then is passed over."""
_LEFT_OUT_FOLDERS = frozenset(
    (
        "__pycache__", ".git", ".hg", ".svn", ".bzr", "CVS", "node_modules", "venv", ".venv", ".tox", ".nox",
        ".cache", ".gradle", ".direnv", ".mypy_cache", ".pytest_cache", ".ruff_cache",
    )
)  # fmt: skip
_LEFT_OUT_ENDS = (".pyc", ".pyo", ".swp", ".swo", ".swx", "~", "#")
_LEFT_OUT_NAMES = frozenset(
    (".gitignore", ".gitattributes", ".gitmodules", ".DS_Store", "Thumbs.db", "desktop.ini")
)


@dataclass(frozen=True, slots=True)
class Contents:
    """What is in a tree."""

    files: int
    size: int
    copies: int = 0
    """Of the files, how many are there for a second time."""


def build(folder: Path, files: int, size: int) -> Contents:
    """Make a tree of so many files of about so many bytes, unless it is there already.

    Raises:
        RuntimeError: the machine has too few files to copy, or only large ones.
    """
    note = folder.with_name(f"{folder.name}.json")
    if folder.is_dir() and note.exists():
        return Contents(**json.loads(note.read_text("utf-8")))
    shutil.rmtree(folder, ignore_errors=True)
    done = total = copies = turn = 0
    candidates: Iterable[tuple[str, int]] = _candidates(folder)
    while done < files:
        before, met = done, []
        for path, bytes_ in candidates:
            if done == files:
                break
            met.append((path, bytes_))
            ahead = total + bytes_ - size * (done + 1) / files
            if ahead > SLACK * min(1, size / (1 << 30)) or not _copy(path, folder, turn):
                continue
            done += 1
            total += bytes_
            copies += turn > 0
        if done == before:
            raise RuntimeError(f"only {done} of {files} files fit: name a tree with --tree")
        candidates = met
        turn += 1
    made = Contents(done, total, copies)
    note.write_text(json.dumps(asdict(made)), "utf-8")
    return made


def read_all(folder: Path) -> Contents:
    """Read every file once; how many there are, and their bytes."""
    count = total = 0
    for here, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(here, name)
            if not os.path.islink(path):
                with open(path, "rb") as file:
                    while piece := file.read(1 << 20):
                        total += len(piece)
            count += 1
    return Contents(count, total)


def _sources() -> Iterator[str]:
    """Folders that a machine with Python has, the likeliest to be alike first."""
    paths = sysconfig.get_paths()
    yield from (paths["stdlib"], paths["platstdlib"], paths["purelib"], paths["platlib"], paths["include"])
    if sys.platform == "win32":
        yield from (
            sys.base_prefix,
            os.environ.get("PROGRAMFILES", r"C:\Program Files"),
            r"C:\Windows\System32",
        )
    else:
        yield from ("/usr/include", "/usr/share", "/usr/lib/python3", sys.base_prefix, "/usr/lib", "/usr/src")
        yield from ("/usr/local", "/opt", "/Library", "/System/Library", "/etc", "/usr/bin")


def _candidates(target: Path) -> Iterator[tuple[str, int]]:
    """Path and size of every file worth copying, each folder once, in a fixed order."""
    seen: set[str] = {os.path.realpath(target)}
    for source in _sources():
        for here, folders, names in os.walk(source):
            real = os.path.realpath(here)
            if real in seen:
                folders.clear()
                continue
            seen.add(real)
            folders[:] = sorted(set(folders) - _LEFT_OUT_FOLDERS)
            for name in sorted(names):
                path = os.path.join(here, name)
                if name in _LEFT_OUT_NAMES or name.endswith(_LEFT_OUT_ENDS) or os.path.islink(path):
                    continue
                if os.path.isfile(path) and (size := os.path.getsize(path)) <= LARGEST:
                    yield path, size


def _copy(path: str, folder: Path, turn: int) -> bool:
    """Copy a file below the folder of its turn; False where it may not be read."""
    below = Path(os.path.splitdrive(path)[1].lstrip("\\/"))
    # Where the sources themselves stand in a virtual environment, its name must not hide the copies.
    parts = [f"{part} copied" if part in _LEFT_OUT_FOLDERS else part for part in below.parts]
    target = folder.joinpath(str(turn), *parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        shutil.copyfile(path, target)
    except OSError:
        target.unlink(missing_ok=True)
        return False
    if turn:
        with target.open("ab") as file:
            file.write(b"\ncopy %d\n" % turn)
    return True
