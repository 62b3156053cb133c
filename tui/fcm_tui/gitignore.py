"""One pattern of a .gitignore file, read as git reads it.

The rules are those of `man gitignore` and of git's wildmatch.c, byte for byte, so names that are not
UTF-8 and names with line feeds are matched like any other. Each pattern becomes a regular expression
that cannot run away: of several asterisks only the last one tries again.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

_CLASSES = {
    b"alnum": rb"0-9A-Za-z",
    b"alpha": rb"A-Za-z",
    b"blank": rb" \t",
    b"cntrl": rb"\x00-\x1f\x7f",
    b"digit": rb"0-9",
    b"graph": rb"\x21-\x7e",
    b"lower": rb"a-z",
    b"print": rb"\x20-\x7e",
    b"punct": rb"\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e",
    b"space": rb" \t\n\r\f\v",
    b"upper": rb"A-Z",
    b"xdigit": rb"0-9A-Fa-f",
}
_NAMED = re.compile(rb"\[:([^\]]*):\]")
_SPECIAL = re.compile(rb"[*?\[\\]")


@dataclass(frozen=True, slots=True)
class Rule:
    """What a pattern says."""

    negated: bool
    """What matches is not ignored after all."""
    folders_only: bool
    name_only: bool
    """It is about the last name of a path, wherever that is; else about the whole relative path."""
    literal: bytes | None
    """The one text that matches, if there is just one."""
    regex: bytes
    """Source of a regular expression (DOTALL) that matches the whole of what matches."""
    last: tuple[bytes | None, bytes] | None
    """`literal` and `regex` of the last name of what matches; None if that may be any."""


def parse(line: str) -> Rule | None:
    """The rule of one line; None for an empty line or a comment.

    Raises:
        ValueError: it could never match anything: a bracket not closed, a class that there is not,
            a range that goes backwards, a backslash at the end.
    """
    if "\0" in line:
        raise ValueError("no name holds a NUL")
    pattern = _without_trailing_spaces(os.fsencode(line))
    if not pattern or pattern.startswith(b"#"):
        return None
    negated = pattern.startswith(b"!")
    pattern = pattern[negated:]
    folders_only = pattern.endswith(b"/")
    pattern = pattern[: len(pattern) - folders_only]
    name_only = b"/" not in pattern
    pattern = pattern.removeprefix(b"/")
    if not pattern:
        raise ValueError("it names nothing")
    literal, regex = _one(pattern, in_path=not name_only)
    if name_only:
        return Rule(negated, folders_only, True, literal, regex, (literal, regex))
    name = pattern.rpartition(b"/")[2]
    by_name = name and b"**" not in name and b"[" not in pattern
    return Rule(negated, folders_only, False, literal, regex, _one(name, in_path=False) if by_name else None)


def _one(pattern: bytes, *, in_path: bool) -> tuple[bytes | None, bytes]:
    if not _SPECIAL.search(pattern):
        return pattern, re.escape(pattern)
    return None, _translated(pattern, in_path)


def _without_trailing_spaces(pattern: bytes) -> bytes:
    """As git reads a line: spaces at its end do not count unless a backslash precedes them."""
    end = at = 0
    while at < len(pattern):
        if pattern[at] == 0x5C:
            at += 1
        elif pattern[at] == 0x20:
            at += 1
            continue
        at += 1
        end = at
    return pattern[:end]


def _translated(pattern: bytes, in_path: bool) -> bytes:
    other = rb"[^/]" if in_path else b"."
    done: list[bytes] = []
    fixed: list[bytes] = []
    """What follows the latest asterisk and has a fixed length."""
    after_star = False
    at, end = 0, len(pattern)

    def settle(*, last: bool) -> None:
        """Join what followed an asterisk; where another one comes, the first place it fits is as good as any."""
        text = b"".join(fixed)
        if after_star:
            text = other + b"*" + text if last else b"(?>" + other + b"*?" + text + b")"
        done.append(text)
        fixed.clear()

    while at < end:
        byte = pattern[at : at + 1]
        if byte == b"*":
            stars = at
            while at < end and pattern[at : at + 1] == b"*":
                at += 1
            delimited = (stars == 0 or pattern[stars - 1 : stars] == b"/") and (
                at == end or pattern[at : at + 1] == b"/"
            )
            if in_path and at - stars > 1 and delimited:
                settle(last=True)
                after_star = False
                done.append(b".+" if at == end else b"(?:.*/)?")
                at += 1  # the slash belongs to it
                continue
            settle(last=False)
            after_star = True
            continue
        if byte == b"/":
            settle(last=True)
            after_star = False
            done.append(b"/")
            at += 1
        elif byte == b"[":
            at, text = _bracket(pattern, at, in_path)
            fixed.append(text)
        elif byte == b"?":
            fixed.append(other)
            at += 1
        else:
            if byte == b"\\":
                at += 1
                byte = pattern[at : at + 1]
                if not byte:
                    raise ValueError("it ends with a backslash")
            fixed.append(re.escape(byte))
            at += 1
    settle(last=True)
    return b"".join(done)


def _bracket(pattern: bytes, start: int, in_path: bool) -> tuple[int, bytes]:
    """The bracket expression that begins at `start`: where it ends, and its regular expression."""
    at = start + 1
    negated = pattern[at : at + 1] in (b"!", b"^")
    at += negated
    members: list[bytes] = []
    previous: int | None = None
    first = True
    while True:
        byte = pattern[at : at + 1]
        if not byte:
            raise ValueError("a bracket is not closed")
        if byte == b"]" and not first:
            break
        first = False
        if found := _NAMED.match(pattern, at):
            if found[1] not in _CLASSES:
                raise ValueError(f"there is no class [:{os.fsdecode(found[1])}:]")
            members.append(_CLASSES[found[1]])
            previous = None
            at = found.end()
            continue
        if byte == b"-" and previous is not None and pattern[at + 1 : at + 2] not in (b"", b"]"):
            at, high = _escaped(pattern, at + 1)
            if previous > high:
                raise ValueError("a range goes backwards")
            members.append(_hex(previous) + b"-" + _hex(high))
            previous = None
            continue
        at, previous = _escaped(pattern, at)
        members.append(_hex(previous))
    inside = b"".join(members)
    if negated:
        return at + 1, b"[^" + inside + (b"/" if in_path else b"") + b"]"
    slash = rb"(?!/)" if in_path else b""
    return at + 1, slash + b"[" + inside + b"]"


def _escaped(pattern: bytes, at: int) -> tuple[int, int]:
    """The byte at a place, or after the backslash there, and the place behind it."""
    at += pattern[at : at + 1] == b"\\"
    if at >= len(pattern):
        raise ValueError("a bracket is not closed")
    return at + 1, pattern[at]


def _hex(byte: int) -> bytes:
    return b"\\x%02x" % byte
