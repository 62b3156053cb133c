"""Looking at the disk and telling where it differs from the tree. Nothing is opened, only listed and stat'ed."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from fcm_tui.paths import join
from fcm_tui.watch.ignore import IgnoreRules
from fcm_tui.watch.paths import is_folder, is_folder_at, on_disk
from fcm_tui.watch.shortage import is_shortage
from fcm_tui.watch.stamp import stamp
from fcm_tui.watch.tree import Folder, Tree


@dataclass(slots=True)
class Findings:
    """Where disk and tree differ."""

    changed: list[bytes] = field(default_factory=list)
    """Files and links that are new, or whose stamp differs."""
    vanished: list[bytes] = field(default_factory=list)
    """Recorded files that are not there any more."""
    folders_gone: list[bytes] = field(default_factory=list)
    """Folders of the tree that are not there any more; their files are in `vanished`."""
    unlistable: list[tuple[bytes, OSError]] = field(default_factory=list)
    """Folders that could not be read; what is recorded of them is left alone."""
    folders_new: list[bytes] = field(default_factory=list)
    """Folders that the tree did not have."""
    folders_seen: int = 0
    files_seen: int = 0

    def add(self, other: Findings) -> None:
        """Take in what another part of the scan found."""
        self.changed += other.changed
        self.vanished += other.vanished
        self.folders_gone += other.folders_gone
        self.unlistable += other.unlistable
        self.folders_new += other.folders_new
        self.folders_seen += other.folders_seen
        self.files_seen += other.files_seen


class Scanner:
    """Compares folders of one root with its tree; new folders are walked to their end.

    The tree's files are left as they are: whoever records a change puts the new stamp there, so
    what was not recorded is found again. New folders are added, vanished ones are removed.
    """

    def __init__(self, tree: Tree, rules: IgnoreRules, *, arm: Callable[[bytes], None] | None = None) -> None:
        """Every scan raises an `OSError` where descriptors or memory run out; what was not compared is unknown then.

        `arm` is called with each folder before it is listed: with a watch set first, whatever
        appears after the listing gives an event.
        """
        self.tree = tree
        self.rules = rules
        self._arm = arm

    def scan_all(self, findings: Findings) -> None:
        """Compare the whole root."""
        self.scan_trees([(self.tree.root, self.tree.top)], findings)

    def scan_hinted(self, hints: Iterable[tuple[bytes, bool]], findings: Findings) -> None:
        """Compare folders, each with whether to look at all below it too; new folders below them are walked.

        Of what is not there, or not known yet, the nearest ancestor that is both is compared, by itself and
        once, however many hints lead to it. What has become a link is not followed either.
        """
        targets: dict[bytes, tuple[Folder, bool]] = {}
        for folder, deep in hints:
            path, node = self.tree.root, self.tree.top
            for below, child in self.tree.way_to(folder):
                if not is_folder_at(below):
                    break
                path, node = below, child
            already = path in targets and targets[path][1]
            targets[path] = (node, already or (deep and path == folder))
        for path, (node, deep) in targets.items():
            self._scan([(path, node)], findings, deep=deep)

    def scan_trees(self, tops: Sequence[tuple[bytes, Folder]], findings: Findings) -> None:
        """Compare these folders of the tree with all below them. Who calls has seen that they are no links."""
        self._scan(list(tops), findings, deep=True)

    def scan_all_but(self, others: Sequence[tuple[bytes, Folder]], findings: Findings) -> None:
        """Compare the whole root but for the insides of some folders of the tree."""
        left_out = frozenset(path for path, _ in others)
        self._scan([(self.tree.root, self.tree.top)], findings, deep=True, left_out=left_out)

    def arm(self, folders: Iterable[bytes]) -> None:
        """Watch folders that somebody else is going to list."""
        if self._arm is not None:
            for folder in folders:
                self._arm(folder)

    def _scan(
        self,
        stack: list[tuple[bytes, Folder]],
        findings: Findings,
        *,
        deep: bool,
        left_out: frozenset[bytes] = frozenset(),
    ) -> None:
        changed = findings.changed
        while stack:
            folder, node = stack.pop()
            if self._arm is not None:
                self._arm(folder)
            try:
                with os.scandir(on_disk(folder)) as listing:
                    entries = list(listing)
            except (FileNotFoundError, NotADirectoryError):
                self._folder_gone(folder, findings)
                continue
            except OSError as error:
                if is_shortage(error):
                    raise
                findings.unlistable.append((folder, error))
                continue
            findings.folders_seen += 1
            findings.files_seen += len(entries)
            prefix = join(folder, b"")
            files, folders, ignored = node.files, node.folders, node.ignored
            met = met_folders = 0
            for entry in entries:
                name = entry.name
                known = files.get(name)
                if known is None:
                    if name in folders and is_folder(entry):
                        met_folders += 1
                        if deep and prefix + name not in left_out:
                            stack.append((prefix + name, folders[name]))
                        continue
                    if ignored is not None and name in ignored:
                        continue
                    is_inner = is_folder(entry)
                    if self.rules.matches(folder, name, is_inner):
                        if node.ignored is None:
                            ignored = node.ignored = set()
                        node.ignored.add(name)
                        continue
                    if is_inner:
                        child = folders[name] = Folder()
                        met_folders += 1
                        findings.folders_new.append(prefix + name)
                        stack.append((prefix + name, child))
                        continue
                    if entry.is_file(follow_symlinks=False) or entry.is_symlink():
                        changed.append(prefix + name)
                    continue
                try:
                    found = entry.stat(follow_symlinks=False)
                except OSError:
                    continue  # went away since the listing: counted as not met
                if stamp(found) == known:
                    met += 1
                    continue
                mode = found.st_mode
                if stat.S_ISREG(mode) or stat.S_ISLNK(mode):
                    met += 1
                    changed.append(prefix + name)
                elif is_folder(entry) and not self.rules.matches(folder, name, True):
                    child = folders[name] = Folder()  # the file is not met: it became this folder
                    met_folders += 1
                    findings.folders_new.append(prefix + name)
                    stack.append((prefix + name, child))
            if met != len(files):
                here = {entry.name for entry in entries if not _is_special(entry)}
                findings.vanished.extend(prefix + name for name in files if name not in here)
            if met_folders != len(folders):
                here = {entry.name for entry in entries if is_folder(entry)}
                for name in [name for name in folders if name not in here]:
                    self._folder_gone(prefix + name, findings)

    def _folder_gone(self, folder: bytes, findings: Findings) -> None:
        node = self.tree.find(folder)
        if node is None:
            return
        findings.vanished.extend(node.walk_files(folder))
        findings.folders_gone.append(folder)


def _is_special(entry: os.DirEntry[bytes]) -> bool:
    """Neither a file nor a link: a folder, FIFO, socket or device in the place of a recorded file, or gone."""
    try:
        mode = entry.stat(follow_symlinks=False).st_mode
    except OSError as error:
        return not isinstance(error, PermissionError)  # with a folder that can be listed and not entered
    return not (stat.S_ISREG(mode) or stat.S_ISLNK(mode))
