"""How large a benchmark is, how often it runs, and where."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.benchmarks.realtree import Contents, read_all


@dataclass(frozen=True)
class Scale:
    """What the command line asked for."""

    work: Path
    """Everything is made below it."""
    make_tree: Callable[[], Path]
    """The tree of many real files; made when first needed."""
    runs: int
    quick: bool

    @cached_property
    def tree(self) -> Path:
        return self.make_tree()

    def warm(self) -> Contents:
        """Read the tree once, so that every side finds it in the page cache."""
        return read_all(self.tree)

    def kept(self, name: str) -> Path:
        """A folder that an earlier run finished (then `done` is in it), or an empty one."""
        path = self.work / name
        return path if (path / "done").exists() else self.fresh(name)

    def fresh(self, name: str) -> Path:
        """An empty folder for its owner alone."""
        path = self.work / name
        self.drop(name)
        path.mkdir(mode=0o700, parents=True)
        return path

    def drop(self, *names: str) -> None:
        """Remove folders that `fresh` made."""
        for name in names:
            if (self.work / name).exists():
                shutil.rmtree(self.work / name, onerror=_make_writable)


def _make_writable(function: Callable[[str], object], path: str, _: object) -> None:
    """Git's and restic's objects are read-only, which keeps Windows from removing them."""
    os.chmod(path, stat.S_IRWXU)
    function(path)


def bytes_below(folder: Path) -> int:
    """Sum of the sizes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
