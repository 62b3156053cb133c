"""Names that Git refuses in a tree, put into others that it takes, and back to nothing else.

Git takes none that some system could take for its own `.git` or `.gitmodules`: in any case, with what HFS+ ignores
between the letters, with what NTFS ignores behind them, as short names of NTFS, and behind a backslash
(`verify_path` in read-cache.c, `fsck_tree` in fsck.c, `is_ntfs_dotgit` in path.c, `is_hfs_dotgit` in utf8.c). An
underscore behind such a name, and one more behind those that have one already, keeps all apart.
"""

from __future__ import annotations

import re

_IGNORED = rb"(?:\xe2\x80[\x8c-\x8f\xaa-\xae]|\xe2\x81[\xaa-\xaf]|\xef\xbb\xbf)*"  # of HFS+: U+200C-F, 202A-E, 206A-F, FEFF


def _spaced(word: bytes) -> bytes:
    return _IGNORED + b"".join(re.escape(word[at : at + 1]) + _IGNORED for at in range(len(word)))


def _short(prefix: bytes) -> bytes:
    """Short names of NTFS that begin with a part of this, as `is_ntfs_dot_generic` has them."""
    parts = b"|".join(prefix[:length] for length in range(len(prefix), 0, -1))
    return rb"(?:" + parts + rb")~[1-9][0-9]*"


_GIT = _spaced(b".git") + rb"|git~1"
_OWN = b"|".join((_GIT, _spaced(b".gitmodules"), rb"gitmod~[1-4]", _short(b"gi7eba")))
_BEHIND = rb")(_*)([ .]*(?::.*)?)"
_RENAMED = re.compile(rb"(?is)(" + _OWN + _BEHIND)
_REFUSED = re.compile(rb"(?is)(?:" + _GIT + rb")[ .]*(?::.*)?")
_ATTRIBUTES = b"|".join((_spaced(b".gitattributes"), rb"gitatt~[1-4]", _short(b"gi7d29")))
_LINES_COUNT = re.compile(rb"(?is)(" + _ATTRIBUTES + rb")([ .]*(?::.*)?)")
_LONGEST = 2047
_LARGEST = 100 << 20
_SIGNS = re.compile(rb"(?i)g|[\x80-\xff]")


def accepted(path: bytes) -> bytes:
    """A path with slashes, as Git takes it; mostly the same."""
    if not _SIGNS.search(path):
        return path
    return b"/".join(b"\\".join(map(_name, part.split(b"\\"))) for part in path.split(b"/"))


def is_refused(path: bytes) -> bool:
    """Whether Git takes no file of this path from a patch: one of its names could be that of its own folder."""
    return any(_REFUSED.fullmatch(name) for name in re.split(rb"[/\\\\]", path))


def _name(name: bytes) -> bytes:
    found = _RENAMED.fullmatch(name)
    return name if found is None else found[1] + found[2] + b"_" + found[3]


def refuses_content(path: bytes, data: bytes) -> bool:
    """Whether `git fsck` refuses this content under this name: attributes with lines that are too long for it."""
    name = path.rpartition(b"/")[2]
    if not _LINES_COUNT.fullmatch(name):
        return False
    return len(data) > _LARGEST or any(len(line) > _LONGEST for line in data.split(b"\n"))
