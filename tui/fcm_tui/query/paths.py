"""Whether a path fits what was written: letters in their order, or a pattern."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import AnyStr

from fcm_tui.gitignore import parse
from fcm_tui.safetext import path_text

Test = Callable[[bytes], bool]
"""Of a path below its root, with `/` between names."""

_FLAGS = re.DOTALL | (re.IGNORECASE if sys.platform == "win32" else 0)


def below_root(path: bytes, root: bytes | None) -> bytes:
    """What a test looks at: the path without its root, with `/` between names."""
    separator = os.fsencode(os.sep)
    if root and path.startswith(root):
        path = path[len(root) :]
    path = path.removeprefix(separator)
    return path if separator == b"/" else path.replace(separator, b"/")


@lru_cache(256)
def fuzzy(letters: str) -> Test:
    """The letters in their order within one name; a `/` goes into a folder, however deep.

    In any case, unless one of the letters is a capital.
    """
    is_exact = letters.lower() != letters
    parts = letters.split("/")

    def fits(path: bytes) -> bool:
        names = iter((path_text(path) if is_exact else path_text(path).lower()).split("/"))
        return all(any(_are_in_order(part, name) for name in names) for part in parts)

    return fits


def _are_in_order(letters: Iterable[AnyStr], text: AnyStr) -> bool:
    at = 0
    for letter in letters:
        at = text.find(letter, at) + 1
        if not at:
            return False
    return True


@lru_cache(256)
def part(text: str) -> Test:
    """Exactly this."""
    raw = os.fsencode(text)
    return lambda path: raw in path


@lru_cache(256)
def glob(pattern: str) -> Test:
    """As git reads a line of `.gitignore`: without a `/` of any name, else from the root on.

    Raises:
        ValueError: it is no pattern.
    """
    rule = parse(pattern)
    if rule is None:
        raise ValueError("it is empty")
    expression = re.compile(rule.regex, _FLAGS)

    def fits(path: bytes) -> bool:
        if rule.folders_only:
            names = path.split(b"/")[:-1]
            folders = (b"/".join(names[: end + 1]) for end in range(len(names)))
            return any(expression.fullmatch(n) for n in (names if rule.name_only else folders))
        return expression.fullmatch(path.rpartition(b"/")[2] if rule.name_only else path) is not None

    return fits


TESTS: dict[str, Callable[[str], Test]] = {"fuzzy": fuzzy, "part": part, "glob": glob}


def fits(how: str, wanted: str, path: bytes | None, root: bytes | None) -> bool:
    """`TESTS[how](wanted)` of an absolute path; the SQL function `path_fits`.

    What begins with the path of the root, or with its name, is also taken as what follows that.
    """
    if path is None or not may_fit(how, wanted, path):
        return False
    below = below_root(path, root)
    if TESTS[how](wanted)(below):
        return True
    rest = _behind_root(how, wanted, root)
    return rest is not None and (not rest or TESTS[how](rest)(below))


def may_fit(how: str, wanted: str, path: bytes) -> bool:
    """What SQL is asked first, which is all that an engine may be asked of most paths: it holds of every one that fits."""
    match how:
        case "fuzzy":
            return _are_in_order(_plain(wanted), path.lower())  # of letters of ASCII alone
        case "part":
            return os.fsencode(wanted) in path
        case _:
            return sys.platform == "win32" or os.fsencode(longest_literal(wanted)) in path


@lru_cache(256)
def _plain(letters: str) -> tuple[bytes, ...]:
    """The letters of ASCII, in small ones; separators as paths have them here."""
    return tuple(
        os.fsencode(os.sep if letter == "/" else letter.lower()) for letter in letters if letter.isascii()
    )


@lru_cache(256)
def _behind_root(how: str, wanted: str, root: bytes | None) -> str | None:
    """What was written without the root that it begins with; None where it does not; empty for all that is in the root."""
    place = path_text(root or b"").replace(os.sep, "/").rstrip("/")
    name = place.rpartition("/")[2]
    written = wanted if os.sep == "/" or how == "glob" else wanted.replace(os.sep, "/")
    if not name:
        return None
    if _is_start(written.rstrip("/"), place):
        return ""
    for start in (place, name):
        if _is_start(start, written) and written != name:
            rest = written[len(start) :].lstrip("/")
            return f"/{rest}" if how == "glob" and rest else rest
    return None


def _is_start(start: str, path: str) -> bool:
    """Whether a path is, or lies below, an absolute one or a name."""
    if sys.platform == "win32":
        start, path = start.casefold(), path.casefold()
    return bool(start) and (path == start or path.startswith(f"{start}/"))


def longest_literal(pattern: str) -> str:
    """A text that every path which fits the pattern has in it; empty where none is sure."""
    if "\\" in pattern or "[" in pattern:
        return ""
    return max(re.split(r"[*?/]", pattern), key=len)
