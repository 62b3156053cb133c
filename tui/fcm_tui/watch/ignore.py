"""Which names below a root match a list of gitignore patterns: those left out, those that are secrets.

Where all patterns are names and globs of a name, as the defaults are, they are one set and one regular
expression. Otherwise each pattern is asked, about the names that some pattern could match at all. The
last pattern wins, so `!.venv` brings a default back; as in git, what lies in an ignored folder cannot be
brought back. Where the file system takes `.ENV` for `.env`, so do the patterns.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Sequence

from fcm_tui.errors import ConfigError
from fcm_tui.gitignore import Rule, parse
from fcm_tui.paths import SEPARATOR, join

_WINDOWS = os.sep == "\\"
_FOLDS_CASE = sys.platform in ("win32", "darwin")
_FLAGS = re.DOTALL | (re.IGNORECASE if _FOLDS_CASE else 0)
_JUDGED_FOLDERS = 4096


class _Names:
    """Texts that match some of several patterns. Endings and beginnings, as of `*.pyc`, cost a third of an expression."""

    def __init__(self, patterns: Iterable[tuple[bytes | None, bytes]]) -> None:
        """Of each pattern the one text that matches, or None, and its regular expression."""
        patterns = list(patterns)
        self.exact = frozenset(_folded(literal) for literal, _ in patterns if literal is not None)
        globs = [regex for literal, regex in patterns if literal is None]
        endings = {g: _literal(g.removeprefix(b".*")) for g in globs if g.startswith(b".*")}
        beginnings = {g: _literal(g.removesuffix(b".*")) for g in globs if g.endswith(b".*")}
        self.endings = tuple(_folded(text) for text in endings.values() if text is not None)
        self.beginnings = tuple(_folded(text) for text in beginnings.values() if text is not None)
        rest = [g for g in globs if endings.get(g) is None and beginnings.get(g) is None]
        self.glob = re.compile(b"|".join(b"(?:%b)" % g for g in rest), _FLAGS) if rest else None

    def __bool__(self) -> bool:
        return bool(self.exact or self.endings or self.beginnings) or self.glob is not None

    def __contains__(self, name: bytes) -> bool:
        if _FOLDS_CASE:
            name = name.lower()
        return (
            name in self.exact
            or name.endswith(self.endings)
            or name.startswith(self.beginnings)
            or (self.glob is not None and self.glob.fullmatch(name) is not None)
        )


class IgnoreRules:
    """Says of each name below one root whether its patterns match, the last pattern winning."""

    def __init__(self, root: bytes, patterns: Sequence[str], skip: Sequence[bytes] = ()) -> None:
        """`skip` are absolute paths that match whatever the patterns say: the data directory, roots inside this root.

        Raises:
            ConfigError: a pattern is not gitignore syntax.
        """
        self._prefix = len(join(root, b""))
        self._skip = frozenset(skip)
        rules = [rule for pattern in patterns if (rule := _rule(pattern)) is not None]
        plain = all(rule.name_only and not rule.negated for rule in rules)
        self._any = _Names((r.literal, r.regex) for r in rules if not r.folders_only) if plain else None
        self._folders = _Names((r.literal, r.regex) for r in rules if r.folders_only and plain)
        positive = [rule for rule in rules if not rule.negated]
        self._candidates = _Names(rule.last for rule in positive if rule.last is not None)
        self._anywhere = _Names((r.literal, r.regex) for r in positive if r.last is None)
        self._rules = rules[::-1]
        self._compiled: list[tuple[Rule, re.Pattern[bytes]]] = []
        self._judged: dict[bytes, bool] = {}

    def matches(self, folder: bytes, name: bytes, is_folder: bool) -> bool:
        """Whether the entry `name` of `folder` (absolute) is matched."""
        if self._skip and join(folder, name) in self._skip:
            return True
        if self._any is not None:
            return name in self._any or (is_folder and name in self._folders)
        path = self._relative(join(folder, name))
        return (name in self._candidates or path in self._anywhere) and self._verdict(path, name, is_folder)

    def matches_path(self, path: bytes) -> bool:
        """Whether a file (absolute) is matched, or a folder above it inside the root."""
        folder, _, name = path.rpartition(SEPARATOR)
        judged = self._judged.get(folder)
        if judged or (judged is None and self._is_within_matched(folder)):
            return True
        if name in self._candidates or (self._anywhere and self._relative(path) in self._anywhere):
            return self._verdict(self._relative(path), name, False)
        return False

    def matches_folder(self, folder: bytes) -> bool:
        """Whether a folder (absolute) is matched, or one above it inside the root."""
        return self._is_within_matched(folder)

    def _is_within_matched(self, folder: bytes) -> bool:
        """Whether a folder is matched, or one above it inside the root; asked for each file in it."""
        if len(folder) < self._prefix:
            return False
        verdict = self._judged.get(folder)
        if verdict is None:
            if len(self._judged) >= _JUDGED_FOLDERS:
                self._judged.clear()
            above, _, name = folder.rpartition(SEPARATOR)
            verdict = self._is_within_matched(above) or self.matches(above, name, True)
            self._judged[folder] = verdict
        return verdict

    def _verdict(self, path: bytes, name: bytes, is_folder: bool) -> bool:
        """What the last of the patterns that match says."""
        if not self._compiled:
            self._compiled = [(rule, re.compile(rule.regex, _FLAGS)) for rule in self._rules]
        for rule, regex in self._compiled:
            if (is_folder or not rule.folders_only) and regex.fullmatch(name if rule.name_only else path):
                return not rule.negated
        return False

    def _relative(self, path: bytes) -> bytes:
        relative = path[self._prefix :]
        return relative.replace(b"\\", b"/") if _WINDOWS else relative


def _literal(regex: bytes) -> bytes | None:
    """The text that an expression stands for, if it is just one."""
    text = re.sub(rb"\\(.)", rb"\1", regex, flags=re.DOTALL)
    return text if re.escape(text) == regex else None


def _folded(name: bytes) -> bytes:
    return name.lower() if _FOLDS_CASE else name


def _rule(pattern: str) -> Rule | None:
    try:
        return parse(pattern)
    except ValueError as error:
        raise ConfigError(
            f"ignore pattern {pattern[:60]!r}: {error}: write it as in a .gitignore file"
        ) from error
