"""What recording a folder would take: counted by looking, with nothing read and nothing kept."""

from __future__ import annotations

import heapq
import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from fcm_tui.gitignore import parse
from fcm_tui.paths import join
from fcm_tui.watch.ignore import IgnoreRules
from fcm_tui.watch.paths import is_folder, on_disk

_LARGEST = 5
_FIRST = 200
"""Ignored entries of which the pattern is told."""
_TELL = 2000
"""Entries between two reports."""


@dataclass(slots=True)
class Preview:
    """What was counted so far."""

    files: int = 0
    size: int = 0
    """Bytes of the files whose content would be kept."""
    too_large: int = 0
    """Files above the limit: recorded without content."""
    secret: int = 0
    """Files that are secrets by their name: recorded without content."""
    ignored: int = 0
    """Files and folders that a pattern leaves out; what is in such a folder is not counted."""
    unreadable: int = 0
    """Folders that cannot be listed."""
    largest: list[tuple[int, bytes]] = field(default_factory=list)
    """Sizes and paths, the largest first."""
    by_pattern: dict[str, list[bytes]] = field(default_factory=dict)
    """The first entries that each pattern leaves out."""
    is_whole: bool = False
    """All was looked at."""


def preview(
    root: bytes,
    ignore: Sequence[str],
    secrets: Sequence[str],
    size_limit: int,
    *,
    skip: Iterable[bytes] = (),
    is_cancelled: Callable[[], bool] = lambda: False,
    tell: Callable[[Preview], None] = lambda preview: None,
) -> Preview:
    """Look through a folder (absolute) as a first recording would; `tell` is called from time to time.

    `skip` are paths that are never recorded. Cancelled, it returns what it has.

    Raises:
        ConfigError: a pattern is wrong.
    """
    rules, hidden = IgnoreRules(root, ignore, list(skip)), IgnoreRules(root, secrets)
    found = Preview()
    stack = [root]
    largest: list[tuple[int, bytes]] = []
    since = 0
    while stack:
        if is_cancelled():
            return found
        folder = stack.pop()
        try:
            with os.scandir(on_disk(folder)) as listing:
                entries = list(listing)
        except OSError:
            found.unreadable += 1
            continue
        for entry in entries:
            path = join(folder, entry.name)
            inner = is_folder(entry)
            if rules.matches(folder, entry.name, inner):
                _note(found, root, path, inner, ignore)
            elif inner:
                stack.append(path)
            elif entry.is_file(follow_symlinks=False) or entry.is_symlink():
                _count(found, entry, path, hidden, size_limit, largest)
        since += len(entries)
        if since >= _TELL:
            since = 0
            found.largest = sorted(largest, reverse=True)
            tell(found)
    found.largest = sorted(largest, reverse=True)
    found.is_whole = True
    return found


def _count(
    found: Preview,
    entry: os.DirEntry[bytes],
    path: bytes,
    hidden: IgnoreRules,
    limit: int,
    largest: list[tuple[int, bytes]],
) -> None:
    try:
        size = entry.stat(follow_symlinks=False).st_size
    except OSError:
        return  # it went away meanwhile
    found.files += 1
    if hidden.matches_path(path):
        found.secret += 1
        return
    if size > limit:
        found.too_large += 1
    else:
        found.size += size
    heapq.heappush(largest, (size, path))
    if len(largest) > _LARGEST:
        heapq.heappop(largest)


def _note(found: Preview, root: bytes, path: bytes, is_inner: bool, patterns: Sequence[str]) -> None:
    found.ignored += 1
    if found.ignored > _FIRST:
        return
    relative = path[len(join(root, b"")) :].replace(os.fsencode(os.sep), b"/")
    name = os.path.basename(path)
    for pattern in reversed(patterns):
        rule = parse(pattern)
        if rule is None or (rule.folders_only and not is_inner):
            continue
        if re.fullmatch(rule.regex, name if rule.name_only else relative, re.DOTALL | re.IGNORECASE):
            found.by_pattern.setdefault(pattern, []).append(path)
            return
