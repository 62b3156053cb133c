from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pygit2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fcm_tui.diff.patch import PatchFile, diffstat, is_binary, unified
from fcm_tui.diff.quoting import quote

FILE, PROGRAM, LINK = 0o100644, 0o100755, 0o120777
Tree = dict[bytes, tuple[int, bytes]]

posix = pytest.mark.skipif(sys.platform == "win32", reason="names and modes that Windows does not have")
gnu_patch = pytest.mark.skipif(
    not shutil.which("patch")
    or b"GNU" not in subprocess.run(["patch", "--version"], capture_output=True).stdout,
    reason="needs GNU patch",
)

# What a careless reader of patches takes for their own lines.
_LINES = st.sampled_from(
    (
        b"a",
        b"b",
        b"",
        b"x\r",
        b"\r",
        b"\x0c",
        b"\xe9t\xe9",
        b"\tx",
        b"-",
        b"+",
        b"--- a/x",
        b"+++ b/x",
        b"@@ -1 +1 @@",
        b"diff --git a/x b/x",
        b"\\ No newline at end of file",
        b"rename from x",
        b"Index: x",
        b"GIT binary patch",
        b"deleted file mode 100644",
        "\u2028".encode(),
        b"*** 1",
    )
)
_TEXTS = st.builds(
    bytes.__add__,
    st.lists(_LINES, max_size=25).map(lambda lines: b"".join(line + b"\n" for line in lines)),
    st.sampled_from((b"", b"", b"tail")),
)
_BINARIES = st.builds(bytes.__add__, st.binary(max_size=120), st.sampled_from((b"\0", b"\0" + b"z" * 70_000)))
_NAMES = st.sampled_from(
    (
        b"a",
        b"b c",
        b"caf\xc3\xa9",
        b"\xff\xfe",
        b'q"q',
        b"back\\slash",
        b"tab\tx",
        b"-n",
        b" lead",
        b"trail ",
        b"a b/c d",
        b"it's",
        b"$(x)",
        b"*?",
        b"\x1b[31m",
        b"del\x7f",
        b".hid",
        b"dev null",
        b"b/a",
        b"a => b",
        b"#c",
        b"|",
        b"a\rb",
        b"%s",
        b"new\nline",
        b"\n",
        b"a\n+++ b/x",
        "x\u2028y".encode(),
        b"x\t2020-01-01",
    )
)
_TARGETS = st.sampled_from((b"target", b"../x y", b"\xff", b"/nowhere", b"new\nline"))


@st.composite
def _changes(draw: st.DrawFn, binary: bool) -> list[PatchFile]:
    """Changes of files in folders of their own, so that none meets another."""
    contents = st.one_of(_TEXTS, _BINARIES) if binary else _TEXTS
    result = []
    for number in range(draw(st.integers(1, 12))):
        name = b"%d/" % number + draw(_NAMES)
        other = b"%d/moved " % number + draw(_NAMES)
        modes = st.sampled_from((FILE, PROGRAM))
        old, new, target = draw(contents), draw(contents), draw(_TARGETS)
        old_mode, new_mode = draw(modes), draw(modes)
        result.append(
            draw(
                st.sampled_from(
                    (
                        PatchFile(name, None, None, new_mode, None, new),
                        PatchFile(None, name, old_mode, None, old, None),
                        PatchFile(name, name, old_mode, old_mode, old, new),
                        PatchFile(name, name, old_mode, old_mode, old, old + b"more\n"),
                        PatchFile(name, name, old_mode, new_mode, old, new),
                        PatchFile(name, name, old_mode, new_mode, old, old),
                        PatchFile(other, name, old_mode, old_mode, old, old),
                        PatchFile(other, name, old_mode, new_mode, old, b"first\n" + old),
                        PatchFile(name, None, None, LINK, None, target),
                        PatchFile(None, name, LINK, None, target, None),
                        PatchFile(name, name, LINK, LINK, target, target + b"2"),
                        PatchFile(name, name, FILE, LINK, old, target),
                        PatchFile(name, name, LINK, FILE, target, new),
                    )
                )
            )
        )
    return result


def _write(root: Path, path: bytes, mode: int, data: bytes) -> None:
    place = os.path.join(os.fsencode(root), path)
    os.makedirs(os.path.dirname(place), exist_ok=True)
    if stat.S_ISLNK(mode):
        os.symlink(data, place)
    else:
        with open(place, "wb") as file:
            file.write(data)
        os.chmod(place, 0o755 if mode & 0o100 else 0o644)


def _read(root: Path) -> Tree:
    tree: Tree = {}
    top = os.fsencode(root)
    for folder, folders, files in os.walk(top):
        for name in folders + files:
            place = os.path.join(folder, name)
            mode = os.lstat(place).st_mode
            if stat.S_ISLNK(mode):
                tree[os.path.relpath(place, top)] = (LINK, os.readlink(place))
            elif stat.S_ISREG(mode):
                with open(place, "rb") as file:
                    tree[os.path.relpath(place, top)] = (PROGRAM if mode & 0o100 else FILE, file.read())
    return tree


def _applied(place: Path, command: Sequence[str], files: Sequence[PatchFile], context: int) -> Tree:
    shutil.rmtree(place, ignore_errors=True)
    (place / "tree").mkdir(parents=True)
    for file in files:
        if file.old_path is not None:
            _write(place / "tree", file.old_path, file.old_mode or FILE, file.old or b"")
    (place / "patch").write_bytes(unified(files, context))
    environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(place), "LC_ALL": "C"}
    done = subprocess.run(
        [*command, str(place / "patch")], cwd=place / "tree", capture_output=True, env=environment
    )
    assert done.returncode == 0, (done.stdout, done.stderr)
    return _read(place / "tree")


def _expected(files: Sequence[PatchFile]) -> Tree:
    return {
        file.path: (LINK if file.new_mode == LINK else file.new_mode or FILE, file.new or b"")
        for file in files
        if file.path is not None
    }


_settings = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@posix
@given(files=_changes(binary=True), context=st.sampled_from((1, 3, 10)))
@_settings
def test_git_applies_every_patch(files: list[PatchFile], context: int, tmp_path: Path) -> None:
    files = [file for file in files if unified(file)]
    if files:
        command = ["git", "apply", "--whitespace=nowarn"]
        assert _applied(tmp_path / "git", command, files, context) == _expected(files)


@posix
@gnu_patch
@given(files=_changes(binary=False), context=st.sampled_from((1, 3, 10)))
@_settings
def test_gnu_patch_applies_every_patch_of_texts(files: list[PatchFile], context: int, tmp_path: Path) -> None:
    files = [file for file in files if unified(file)]
    if files:
        command = ["patch", "-p1", "-s", "-f", "-i"]
        assert _applied(tmp_path / "gnu", command, files, context) == _expected(files)


def test_the_text_of_a_patch() -> None:
    old = b"".join(b"%d\n" % number for number in range(20))
    new = old.replace(b"5\n", b"five\n", 1) + b"end"
    assert unified(PatchFile(b"dir/f.txt", b"dir/f.txt", FILE, FILE, old, new), context=1) == (
        b"diff --git a/dir/f.txt b/dir/f.txt\n"
        b"index %s..%s 100644\n"
        b"--- a/dir/f.txt\n+++ b/dir/f.txt\n"
        b"@@ -5,3 +5,3 @@\n 4\n-5\n+five\n 6\n"
        b"@@ -20 +20,2 @@\n 19\n+end\n\\ No newline at end of file\n"
    ) % (_hash_object(old), _hash_object(new))


def _hash_object(data: bytes) -> bytes:
    return str(pygit2.hash(data)).encode()


def test_nothing_changed_is_an_empty_patch() -> None:
    assert unified(PatchFile(b"f", b"f", FILE, FILE, b"same\n", b"same\n")) == b""
    assert unified([]) == b""


def test_a_rename_needs_no_content() -> None:
    patch = unified(PatchFile(b"new name", b"old", FILE, FILE))
    assert patch == (
        b'diff --git a/old "b/new name"\nsimilarity index 100%\nrename from old\nrename to "new name"\n'
    )


def test_content_that_is_needed_and_missing_is_refused() -> None:
    for file in (PatchFile(b"f", None), PatchFile(None, b"f"), PatchFile(b"f", b"f", old=b"")):
        with pytest.raises(ValueError, match="content"):
            unified(file)


def test_binary_is_what_git_takes_for_it() -> None:
    assert is_binary("text".encode("utf-16")) and is_binary(b"x" * 7999 + b"\0")
    assert not is_binary(b"x" * 8000 + b"\0") and not is_binary(b"\xff\xfe\r\x1b")


@pytest.mark.parametrize(
    ("name", "quoted"),
    [
        (b"plain name", b"plain name"),
        (b"a\nb", b'"a\\nb"'),
        (b'"\\', b'"\\"\\\\"'),
        (b"\xc3\xa9\x01\x7f", b'"\\303\\251\\001\\177"'),
    ],
)
def test_names_are_quoted_as_git_does(name: bytes, quoted: bytes) -> None:
    assert quote(name) == quoted


def test_diffstat() -> None:
    files = [
        PatchFile(b"a.txt", b"a.txt", FILE, FILE, b"1\n2\n3\n", b"1\nx\n3\n4\n"),
        PatchFile(b"new\n", None, None, FILE, None, b""),
        PatchFile(None, b"image", FILE, None, b"\0\1", None),
        PatchFile(b"b", b"c", FILE, FILE, b"1\n", b"1\n"),
        PatchFile(b"big", None, None, FILE, None, b"x\n" * 1000),
    ]
    assert diffstat(files).decode("ascii").splitlines() == [
        " a.txt   |                3 +-",
        ' "new\\n" |                0',
        " image   | Bin 2 -> 0 bytes",
        " c => b  |                0",
        " big     |             1000 ++++++++++++++++++++++++",
        " 5 files changed, 1002 insertions(+), 1 deletion(-)",
    ]
