"""A change as a patch that both `git apply` and GNU `patch -p1` accept, and as a line of statistics.

The format is git's: https://git-scm.com/docs/diff-format. Text is compared and written as bytes, so
carriage returns and any encoding come through; what git takes for binary becomes a `GIT binary patch`,
which only git applies.
"""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from fcm_tui.diff.binary_patch import literal
from fcm_tui.diff.lines import diff_lines, split_lines
from fcm_tui.diff.quoting import quote
from fcm_tui.model import Hunk

_BINARY_LOOK = 8000  # git's FIRST_FEW_BYTES
_NO_BLOB = b"0" * 40
_STAT_NAME = 50
_STAT_GRAPH = 24


@dataclass(frozen=True, slots=True)
class PatchFile:
    """One file before and after. A side without a path does not exist.

    Where both contents are None they are the same and not known: a rename or a change of mode only.
    """

    path: bytes | None
    """After the change, relative to the root, with slashes."""
    old_path: bytes | None
    old_mode: int | None = None
    """`st_mode`; None means a plain file."""
    new_mode: int | None = None
    old: bytes | None = None
    """Content, or the target of a symbolic link."""
    new: bytes | None = None
    is_one: bool = True
    """Both sides are versions of one file, which was renamed where the paths differ; else two files are compared."""


def unified(files: PatchFile | Iterable[PatchFile], context: int = 3) -> bytes:
    """The patch for `files`, with `context` lines around each change; empty where nothing changed.

    Raises ValueError where a side exists whose content is needed and missing.
    """
    return b"".join(part for file in _each(files) for part in _patch(file, context))


def diffstat(files: PatchFile | Iterable[PatchFile]) -> bytes:
    """What `git diff --stat` shows: `path | 12 ++--` for each file, and the sum. ASCII only."""
    rows = [_stat_row(file) for file in _each(files)]
    if not rows:
        return b""
    width = max(len(row.name) for row in rows)
    digits = max(len(row.figure) for row in rows)
    most = max(row.inserted + row.deleted for row in rows)
    scale = min(1.0, _STAT_GRAPH / most) if most else 1.0
    lines = []
    for row in rows:
        line = b" %s | %s" % (row.name.ljust(width), row.figure.rjust(digits))
        if row.inserted or row.deleted:
            line += b" " + _bar(b"+", row.inserted, scale) + _bar(b"-", row.deleted, scale)
        lines.append(line.rstrip() + b"\n")
    lines.append(_sum(len(rows), sum(row.inserted for row in rows), sum(row.deleted for row in rows)))
    return b"".join(lines)


def is_binary(data: bytes) -> bool:
    """Whether git would take `data` for binary: a NUL among the first 8,000 bytes."""
    return b"\0" in data[:_BINARY_LOOK]


def git_mode(mode: int | None) -> int:
    """The one of git's three modes of a file that stands for an `st_mode`."""
    if mode is None:
        return 0o100644
    if stat.S_ISLNK(mode):
        return 0o120000
    return 0o100755 if mode & 0o100 else 0o100644


def _each(files: PatchFile | Iterable[PatchFile]) -> Iterator[PatchFile]:
    """A file that became a link, or a link a file, is a deletion and a creation, as for git."""
    for file in [files] if isinstance(files, PatchFile) else files:
        both = file.path is not None and file.old_path is not None
        if both and (git_mode(file.old_mode) == 0o120000) != (git_mode(file.new_mode) == 0o120000):
            yield replace(file, path=None, new_mode=None, new=None)
            yield replace(file, old_path=None, old_mode=None, old=None)
        elif file.path is not None or file.old_path is not None:
            yield file


def _patch(file: PatchFile, context: int) -> Iterator[bytes]:
    old, new = _contents(file)
    old_mode, new_mode = git_mode(file.old_mode), git_mode(file.new_mode)
    name = file.old_path if file.path is None else file.path
    assert name is not None
    old_name = name if file.old_path is None else file.old_path
    header = [
        b"diff --git %s %s\n" % (quote(b"a/" + old_name, spaces=True), quote(b"b/" + name, spaces=True))
    ]
    hunks: list[Hunk] = []
    binary = is_binary(old) or is_binary(new)
    if old != new and not binary:
        hunks = diff_lines(old, new)
    if file.old_path is None:
        header.append(b"new file mode %06o\n" % new_mode)
    elif file.path is None:
        header.append(b"deleted file mode %06o\n" % old_mode)
    else:
        if old_mode != new_mode:
            header.append(b"old mode %06o\nnew mode %06o\n" % (old_mode, new_mode))
        if old_name != name and file.is_one:
            header.append(b"similarity index %d%%\n" % _similarity(old, new, hunks))
            header.append(b"rename from %s\n" % quote(old_name, spaces=True))
            header.append(b"rename to %s\n" % quote(name, spaces=True))
    if file.old_path is None or file.path is None or old != new:
        old_id = _NO_BLOB if file.old_path is None else _blob_id(old)
        new_id = _NO_BLOB if file.path is None else _blob_id(new)
        kept = file.old_path is not None and file.path is not None and old_mode == new_mode
        header.append(b"index %s..%s%s\n" % (old_id, new_id, b" %06o" % new_mode if kept else b""))
    if len(header) == 1:
        return
    yield b"".join(header)
    if old == new:
        return
    if binary:
        yield b"GIT binary patch\n"
        yield from literal(new)
        yield from literal(old)
        return
    yield b"--- %s\n" % (b"/dev/null" if file.old_path is None else _side(b"a/" + old_name))
    yield b"+++ %s\n" % (b"/dev/null" if file.path is None else _side(b"b/" + name))
    yield from _text_hunks(split_lines(old), split_lines(new), hunks, context)


def _contents(file: PatchFile) -> tuple[bytes, bytes]:
    if file.old is None and file.new is None and file.path is not None and file.old_path is not None:
        return b"", b""
    if (file.old is None and file.old_path is not None) or (file.new is None and file.path is not None):
        raise ValueError("a patch takes the content of every side that exists")
    return file.old or b"", file.new or b""


def _side(name: bytes) -> bytes:
    # GNU patch reads an unquoted name up to a tab, or else to the first space, and drops spaces at its end.
    quoted = quote(name, spaces=name.endswith(b" "))
    return quoted + b"\t" if quoted == name and b" " in name else quoted


def _blob_id(data: bytes) -> bytes:
    digest = hashlib.sha1(b"blob %d\0" % len(data), usedforsecurity=False)
    digest.update(data)
    return digest.hexdigest().encode()


def _similarity(old: bytes, new: bytes, hunks: Sequence[Hunk]) -> int:
    """Per cent of the longer side that both have; 100 is kept for what is equal."""
    if old == new:
        return 100
    lines = split_lines(old)
    gone = sum(
        len(line)
        for hunk in hunks
        for line in lines[hunk.old_start - 1 : hunk.old_start - 1 + hunk.old_count]
    )
    return min(99, 100 * (len(old) - gone) // max(len(old), len(new))) if hunks else 0


def _text_hunks(old: list[bytes], new: list[bytes], hunks: Sequence[Hunk], context: int) -> Iterator[bytes]:
    for group in _groups(hunks, context):
        old_from = max(0, group[0].old_start - 1 - context)
        new_from = max(0, group[0].new_start - 1 - context)
        old_to = min(len(old), group[-1].old_start - 1 + group[-1].old_count + context)
        new_to = min(len(new), group[-1].new_start - 1 + group[-1].new_count + context)
        old_range, new_range = _range(old_from, old_to), _range(new_from, new_to)
        yield b"@@ -%s +%s @@\n" % (old_range, new_range)
        at = old_from
        for hunk in group:
            yield from _marked(b" ", old[at : hunk.old_start - 1])
            at = hunk.old_start - 1 + hunk.old_count
            yield from _marked(b"-", old[hunk.old_start - 1 : at])
            yield from _marked(b"+", new[hunk.new_start - 1 : hunk.new_start - 1 + hunk.new_count])
        yield from _marked(b" ", old[at:old_to])


def _groups(hunks: Sequence[Hunk], context: int) -> Iterator[list[Hunk]]:
    """Hunks whose surroundings meet, together."""
    group: list[Hunk] = []
    for hunk in hunks:
        if group and hunk.old_start - (group[-1].old_start + group[-1].old_count) > 2 * context:
            yield group
            group = []
        group.append(hunk)
    if group:
        yield group


def _range(start: int, end: int) -> bytes:
    count = end - start
    if count == 1:
        return b"%d" % (start + 1)
    return b"%d,%d" % (start + 1 if count else start, count)


def _marked(mark: bytes, lines: Iterable[bytes]) -> Iterator[bytes]:
    for line in lines:
        yield mark + line
        if not line.endswith(b"\n"):
            yield b"\n\\ No newline at end of file\n"


@dataclass(frozen=True, slots=True)
class _StatRow:
    name: bytes
    figure: bytes
    inserted: int
    deleted: int


def _stat_row(file: PatchFile) -> _StatRow:
    old, new = _contents(file)
    name = quote(file.path or file.old_path or b"")
    if file.path is not None and file.old_path is not None and file.path != file.old_path:
        name = b"%s => %s" % (quote(file.old_path), quote(file.path))
    if len(name) > _STAT_NAME:
        name = b"..." + name[3 - _STAT_NAME :]
    if old != new and (is_binary(old) or is_binary(new)):
        return _StatRow(name, b"Bin %d -> %d bytes" % (len(old), len(new)), 0, 0)
    hunks = diff_lines(old, new)
    inserted = sum(hunk.new_count for hunk in hunks)
    deleted = sum(hunk.old_count for hunk in hunks)
    return _StatRow(name, b"%d" % (inserted + deleted), inserted, deleted)


def _bar(sign: bytes, count: int, scale: float) -> bytes:
    return sign * (max(1, round(count * scale)) if count else 0)


def _sum(files: int, inserted: int, deleted: int) -> bytes:
    parts = [b"%d file%s changed" % (files, b"" if files == 1 else b"s")]
    if inserted or not deleted:
        parts.append(b"%d insertion%s(+)" % (inserted, b"" if inserted == 1 else b"s"))
    if deleted or not inserted:
        parts.append(b"%d deletion%s(-)" % (deleted, b"" if deleted == 1 else b"s"))
    return b" " + b", ".join(parts) + b"\n"
