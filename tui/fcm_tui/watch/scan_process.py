"""Half of a scan in a process of its own, for which one interpreter has no second hand.

Looking at a file is half Python's work and half the system's, and threads of one interpreter gain
nothing by sharing it (measured: two take 1.15 times as long as one, two processes 0.56). The process
gets ready while the record is loaded. Where it cannot be started, dies or is stopped, the caller does all.
"""

from __future__ import annotations

import contextlib
import marshal
import pickle
from collections.abc import Sequence

from fcm_tui.child import Helper, receive, serving
from fcm_tui.paths import is_inside, join
from fcm_tui.watch.scan import Findings, Scanner
from fcm_tui.watch.tree import Folder, Tree

WORTH_FILES = 20_000
"""A tree with fewer files is scanned before the process has begun."""
_SHARE = 0.44
"""Of the files: a little less than half, as the process has to be told of them first."""
_ENOUGH = 0.99
"""Of that share: looking for folders that fit exactly takes longer than it saves."""

_Tops = Sequence[tuple[bytes, Folder]]


class ScanProcess(Helper):
    """Scans some trees of a root while the caller scans the rest."""

    def __init__(self) -> None:
        """Start it; it gets ready while the caller goes on."""
        super().__init__(__name__, serve.__name__)

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
        if self._child is None:
            return False
        known = [
            (folder, node.files, list(node.folders)) for path, top in tops for folder, node in top.walk_folders(path)
        ]  # fmt: skip
        return self.tell(pickle.dumps((scanner.tree.root, scanner.rules))) and self.tell(
            marshal.dumps(([path for path, _ in tops], known))
        )

    def _findings(self) -> Findings | None:
        """None where it has died or stands still: then nobody has looked at its part."""
        message = self.answer()
        if message is None:
            return None
        found: Findings = pickle.loads(message)
        return found


def serve() -> None:
    """Scan as standard input says, until it is closed."""
    requests, answers = serving()
    with contextlib.suppress(OSError, EOFError):
        while True:
            root, rules = pickle.loads(receive(requests))
            tops, known = marshal.loads(receive(requests))
            tree = Tree(root)
            for path, files, names in known:
                node = tree.folder(path)
                node.files = files
                for name in names:
                    node.folders.setdefault(name, Folder())
            findings = Findings()
            Scanner(tree, rules).scan_trees([(path, tree.folder(path)) for path in tops], findings)
            answers.send(pickle.dumps(findings))


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
