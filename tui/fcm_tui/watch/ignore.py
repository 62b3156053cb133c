"""Which names below a root match a list of gitignore patterns: those left out, those that are secrets.

Where all patterns are names and globs of a name, as the defaults are, they are one set and one regular
expression. Otherwise pathspec decides (it is imported only then), about the names that some pattern
could match at all. The last pattern wins, so `!.venv` brings a default back; as in git, what lies in an
ignored folder cannot be brought back.
"""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from fcm_tui.errors import ConfigError
from fcm_tui.settings_defaults import IGNORED, SECRET
from fcm_tui.watch.tree import SEPARATOR, join

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_GLOB = re.compile(r"[*?\[]")
_WINDOWS = os.sep == "\\"
_JUDGED_FOLDERS = 4096
_SHIPPED = frozenset((*IGNORED, *SECRET))


class _Names:
    """Patterns that look at the last name only."""

    def __init__(self, patterns: Sequence[str]) -> None:
        plain = [p.replace("\\#", "#").replace("\\!", "!") for p in patterns]
        self.exact = frozenset(os.fsencode(p) for p in plain if not _GLOB.search(p))
        globs = [p for p in plain if _GLOB.search(p)]
        self.glob = re.compile(os.fsencode("|".join(fnmatch.translate(p) for p in globs))) if globs else None

    def __contains__(self, name: bytes) -> bool:
        return name in self.exact or (self.glob is not None and self.glob.match(name) is not None)


class IgnoreRules:
    """Says of each name below one root whether its patterns match, the last pattern winning."""

    def __init__(self, root: bytes, patterns: Sequence[str], skip: Sequence[bytes] = ()) -> None:
        """`skip` are absolute paths that match whatever the patterns say: the data directory, roots inside this root.

        Raises:
            ConfigError: a pattern is not gitignore syntax.
        """
        self._prefix = len(join(root, b""))
        self._skip = frozenset(skip)
        plain = all(_looks_at_name_only(p) and not p.startswith("!") for p in patterns)
        self._any = _Names([p for p in patterns if not p.endswith("/")]) if plain else None
        self._folders = _Names([p.rstrip("/") for p in patterns if p.endswith("/")])
        self._candidates = _last_names(patterns)
        self._patterns = patterns
        self._compiled: GitIgnoreSpec | None = None
        self._judged: dict[bytes, bool] = {}
        if not plain and any("/" in p.rstrip("/") or "\\" in p for p in patterns if p not in _SHIPPED):
            self._spec()  # a person's patterns: a mistake in them is told at once

    def _spec(self) -> GitIgnoreSpec:
        if self._compiled is None:
            self._compiled = _compile(self._patterns)
        return self._compiled

    def matches(self, folder: bytes, name: bytes, is_folder: bool) -> bool:
        """Whether the entry `name` of `folder` (absolute) is matched."""
        if self._skip and join(folder, name) in self._skip:
            return True
        if self._any is not None:
            return name in self._any or (is_folder and name in self._folders)
        if self._candidates is not None and name not in self._candidates:
            return False
        path = self._relative(join(folder, name))
        return bool(self._spec().check_file(path + "/" if is_folder else path).include)

    def matches_path(self, path: bytes) -> bool:
        """Whether a file (absolute) is matched, or a folder above it inside the root."""
        if self._candidates is not None:
            folder, _, name = path.rpartition(SEPARATOR)
            if name not in self._candidates and not self._may_match(folder, self._candidates):
                return False
        return bool(self._spec().check_file(self._relative(path)).include)

    def _may_match(self, folder: bytes, candidates: _Names) -> bool:
        """Whether a folder has a name in its path that some pattern could match; asked for each file in it."""
        verdict = self._judged.get(folder)
        if verdict is None:
            if len(self._judged) >= _JUDGED_FOLDERS:
                self._judged.clear()
            verdict = any(name in candidates for name in folder[self._prefix :].split(SEPARATOR))
            self._judged[folder] = verdict
        return verdict

    def _relative(self, path: bytes) -> str:
        relative = os.fsdecode(path[self._prefix :])
        return relative.replace("\\", "/") if _WINDOWS else relative


def _looks_at_name_only(pattern: str) -> bool:
    """A pattern without a path in it, and without escapes but those of its first character."""
    return (
        "/" not in pattern.rstrip("/")
        and "\\" not in pattern.removeprefix("\\")
        and pattern == pattern.strip()
        and not pattern.startswith("#")
        and pattern != ""
    )


def _last_names(patterns: Sequence[str]) -> _Names | None:
    """Names that a pattern could match at all; None where patterns reach below what they name.

    Most names are none of these, and need not be matched against each pattern.
    """
    last = []
    for pattern in patterns:
        if pattern.startswith(("!", "#")) or not pattern.strip():
            continue
        name = pattern.rstrip().rpartition("/")[2]
        if not name or "**" in name or not _looks_at_name_only(name):
            return None
        last.append(name)
    return _Names(last)


def _compile(patterns: Sequence[str]) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec

    try:
        return GitIgnoreSpec.from_lines(patterns)
    except ValueError as error:
        raise ConfigError(f"ignore patterns: {error}: write them as in a .gitignore file") from error
