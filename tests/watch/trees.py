"""A tree to be scanned, and what knows how it stands."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from fcm_tui.watch.ignore import IgnoreRules
from fcm_tui.watch.scan import Scanner
from fcm_tui.watch.stamp import stamp
from fcm_tui.watch.tree import Tree

needs_links = pytest.mark.skipif(sys.platform == "win32", reason="Windows needs a privilege for links")
FILES = 400


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Some hundred files in folders three deep."""
    folder = tmp_path / "root"
    for number in range(FILES):
        path = folder / f"a{number % 3}" / f"b{number % 7}" / f"c{number % 5}" / f"{number}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{number}\n")
    (folder / "top").write_text("top\n")
    return folder


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """With names that the tree has too."""
    folder = tmp_path / "outside"
    (folder / "b1").mkdir(parents=True)
    (folder / "foreign").write_text("not ours\n")
    (folder / "b1" / "foreign").write_text("not ours\n")
    return folder


def scanner_of(root: Path, armed: list[bytes] | None = None) -> Scanner:
    """A scanner whose tree is what stands on the disk now."""
    tree = Tree(os.fsencode(root))
    for folder, _, names in os.walk(os.fsencode(root)):
        tree.fill((path, stamp(os.lstat(path))) for path in (os.path.join(folder, name) for name in names))
    return Scanner(
        tree, IgnoreRules(os.fsencode(root), ["*.tmp"]), arm=None if armed is None else armed.append
    )
