"""Half of a scan in a process of its own, for which one interpreter has no second hand.

Looking at a file is half Python's work and half the system's, and threads of one interpreter gain
nothing by sharing it (measured: two take 1.15 times as long as one, two processes 0.56). The process
reads the record itself, while the caller does: telling it of its half of the tree took as long as a tenth of the
scan. Where it cannot be started, dies, is stopped, or knows another tree than the caller, the caller does all.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

from fcm_tui.child import Helper, receive, serving
from fcm_tui.paths import is_inside, join
from fcm_tui.store.stamps import stamps, watched
from fcm_tui.watch.scan import Findings, Scanner
from fcm_tui.watch.tree import Folder, Tree

WORTH_FILES = 20_000
"""A tree with fewer files is scanned before the process has begun."""
WORTH_BYTES = 8 << 20
"""No record of so many files takes fewer: known before it is opened."""
_SHARE = 0.45
"""Of the files: a little less than half, as what the process finds has to be told."""
_ENOUGH = 0.99
"""Of that share: looking for folders that fit exactly takes longer than it saves."""

_Tops = Sequence[tuple[bytes, Folder]]


class ScanProcess(Helper):
    """Scans some trees of a root while the caller scans the rest."""

    def __init__(self, database: Path) -> None:
        """Start it; it reads the record there while the caller goes on."""
        super().__init__(__name__, serve.__name__, os.fspath(database))

    def scan_all(self, scanner: Scanner, findings: Findings) -> None:
        """`scanner.scan_all`, shared with the process where that is worth it."""
        tops = _share(scanner.tree) if scanner.tree.count() >= WORTH_FILES else []
        for path, node in tops:
            scanner.arm(folder for folder, _ in node.walk_folders(path))
        if not tops or not self._begin(scanner, tops):
            scanner.scan_all(findings)
            return
        scanner.scan_all_but(tops, findings)
        theirs = self._findings()
        if theirs is None:
            scanner.scan_all(findings)
            return
        gone = findings.folders_gone
        _leave_out(theirs, [path for path, _ in tops if any(is_inside(path, folder) for folder in gone)])
        findings.add(theirs)
        # The tree has no node for what is new there, and nobody has armed it.
        scanner.scan_hinted([(folder, False) for folder in theirs.folders_new], findings)

    def _begin(self, scanner: Scanner, tops: _Tops) -> bool:
        paths = [path for path, _ in tops]
        return self._child is not None and self.tell(
            pickle.dumps((scanner.tree.root, scanner.rules, paths, _weight(tops)))
        )

    def _findings(self) -> Findings | None:
        """None where it has died, stands still or knows another tree: then nobody has looked at its part."""
        message = self.answer()
        if message is None:
            return None
        found: Findings | None = pickle.loads(message)
        return found


def serve(database: str) -> None:
    """Scan as standard input says, until it is closed, what the record at a path knows of its roots."""
    requests, answers = serving()
    with contextlib.suppress(OSError, EOFError, sqlite3.Error):
        trees = _trees(Path(database))
        while True:
            root, rules, paths, weight = pickle.loads(receive(requests))
            tree = trees.get(root, Tree(root))
            tops = [(path, node) for path in paths if (node := tree.find(path)) is not None]
            findings: Findings | None = None
            if len(tops) == len(paths) and _weight(tops) == weight:
                findings = Findings()
                Scanner(tree, rules).scan_trees(tops, findings)
            answers.send(pickle.dumps(findings))


def _trees(database: Path) -> dict[bytes, Tree]:
    """What is recorded of each root that is watched, by its path."""
    with contextlib.closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as record:
        trees = {}
        for root_id, path in watched(record):
            trees[path] = Tree(path)
            trees[path].fill(stamps(record, root_id))
        return trees


def _weight(tops: Iterable[tuple[bytes, Folder]]) -> tuple[int, int]:
    """Folders and files in these folders."""
    folders = [node for path, top in tops for _, node in top.walk_folders(path)]
    return len(folders), sum(len(node.files) for node in folders)


def _share(tree: Tree) -> list[tuple[bytes, Folder]]:
    """Folders of the tree, none inside another, that together hold about the process's share of its files."""
    nodes = [tree.top]
    for node in nodes:
        nodes.extend(node.folders.values())
    sizes: dict[int, int] = {}
    for node in reversed(nodes):  # what is below comes first
        sizes[id(node)] = len(node.files) + sum(sizes[id(child)] for child in node.folders.values())
    goal = sizes[id(tree.top)] * _SHARE
    chosen: list[tuple[bytes, Folder]] = []
    met = 0
    stack = [(tree.root, tree.top)]
    while stack and met < goal * _ENOUGH:
        path, node = stack.pop()
        if met + sizes[id(node)] <= goal:
            chosen.append((path, node))
            met += sizes[id(node)]
        else:
            stack.extend((join(path, name), child) for name, child in node.folders.items())
    return chosen


def _leave_out(findings: Findings, folders: list[bytes]) -> None:
    """Forget what was found in folders that are gone: a link may stand there now."""
    if not folders:
        return

    def is_left(path: bytes) -> bool:
        return not any(is_inside(path, folder) for folder in folders)

    findings.changed[:] = filter(is_left, findings.changed)
    findings.vanished[:] = filter(is_left, findings.vanished)
    findings.folders_gone[:] = filter(is_left, findings.folders_gone)
    findings.folders_new[:] = filter(is_left, findings.folders_new)
    findings.unlistable[:] = [(path, error) for path, error in findings.unlistable if is_left(path)]
