"""What is ignored is what `git check-ignore` says, for the shipped patterns and for anybody's."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fcm_tui.errors import ConfigError
from fcm_tui.paths import join
from fcm_tui.settings import defaults
from fcm_tui.watch.ignore import IgnoreRules

needs_git = pytest.mark.skipif(
    shutil.which("git") is None or sys.platform == "win32", reason="compares with git on POSIX names"
)
ROOT = b"/some/root"
Paths = dict[bytes, bool]
"""Relative path to whether it is a folder."""


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("git")
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    return folder


def ignored_by_git(repository: Path, patterns: list[str], paths: Paths) -> set[bytes]:
    """The paths that git ignores; folders are made, so that git sees that they are some."""
    for name in os.listdir(os.fsencode(repository)):
        if name not in (b".git", b".gitignore"):
            shutil.rmtree(os.path.join(os.fsencode(repository), name))
    (repository / ".gitignore").write_bytes(b"".join(os.fsencode(p) + b"\n" for p in patterns))
    for path, is_folder in paths.items():
        if is_folder:
            os.makedirs(os.path.join(os.fsencode(repository), path), exist_ok=True)
    told = subprocess.run(
        ["git", "-c", "core.excludesFile=", "check-ignore", "-z", "--stdin", "--no-index"],
        cwd=repository,
        input=b"\0".join(paths),
        capture_output=True,
        check=False,
    )
    assert told.returncode in (0, 1), told.stderr
    return {path for path in told.stdout.split(b"\0") if path}


def ignored_by_us(patterns: list[str], paths: Paths) -> set[bytes]:
    """The paths that a scan would leave out: themselves or a folder above them."""
    rules = IgnoreRules(ROOT, patterns)
    found = set()
    for path, is_folder in paths.items():
        parts = path.split(b"/")
        for depth, name in enumerate(parts):
            last = depth == len(parts) - 1
            if rules.matches(b"/".join([ROOT, *parts[:depth]]), name, is_folder or not last):
                found.add(path)
                break
    return found


def files_and_folders(paths: list[bytes]) -> Paths:
    """The paths as files, and every folder above them."""
    found: Paths = {}
    for path in paths:
        parts = path.split(b"/")
        for depth in range(1, len(parts)):
            found[b"/".join(parts[:depth])] = True
        found.setdefault(path, False)
    return found


WORDS = [
    b".git", b"node_modules", b"a.py", b"a.pyc", b"a.pyo", b"x.swp", b".x.swp", b".x.swpx", b"4913", b"notes~", b"~",
    b"#x#", b"##", b"#x", b".#x", b"~$doc.docx", b".~lock.a.odt#", b".DS_Store", b"__pycache__", b"CVS", b"cvs",
    b".goutputstream-X1", b"a.kate-swp", b"plain", b".env", b".env.local", b".env.example", b"id_rsa", b"id_rsa.pub",
    b"x.pem", b"x.key", b".aws", b"credentials", b"shadow", b"shadow-", b"etc", b".npmrc", b".kube", b"config",
    b"\xff", b"\xff.pyc", b"new\nline", b"node_modules\n", b".env\n", b"a\n~", b"\xc3\xa9~",
]  # fmt: skip
paths_of_words = st.lists(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(b"/".join), min_size=1, max_size=30
).map(files_and_folders)


def consistent(paths: Paths) -> Paths:
    """Without `.git` folders, of which git itself says nothing."""
    return {path: folder for path, folder in paths.items() if b".git" not in path.split(b"/")}


@needs_git
@given(paths=paths_of_words)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("patterns", [defaults.IGNORED, defaults.SECRET], ids=["ignored", "secret"])
def test_the_shipped_patterns(repository: Path, patterns: tuple[str, ...], paths: Paths) -> None:
    paths = consistent(paths)
    assert ignored_by_us(list(patterns), paths) == ignored_by_git(repository, list(patterns), paths)


@needs_git
@given(paths=paths_of_words)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_is_a_secret_by_itself_or_a_folder_above_it(repository: Path, paths: Paths) -> None:
    paths = consistent(paths)
    rules = IgnoreRules(ROOT, defaults.SECRET)
    ours = {path for path, folder in paths.items() if not folder and rules.matches_path(ROOT + b"/" + path)}
    theirs = ignored_by_git(repository, list(defaults.SECRET), paths)
    assert ours == {path for path in theirs if not paths[path]}


LETTERS = "ab.*?/!#[]\\~ é-^"
hostile = st.text(alphabet=LETTERS, min_size=1, max_size=7)
plain_names = st.text(alphabet="ab.~#!é-[ ", min_size=1, max_size=4).filter(lambda n: n not in (".", ".."))
plain_paths = st.lists(
    st.lists(plain_names.map(os.fsencode), min_size=1, max_size=3).map(b"/".join), min_size=1, max_size=25
).map(files_and_folders)


def is_fair(pattern: str) -> bool:
    """Patterns whose meaning git and its manual agree on: brackets closed, no escape at the very end."""
    return (
        not pattern.replace("\\\\", "").rstrip().endswith("\\") and "[" not in pattern and "]" not in pattern
    )


@needs_git
@given(patterns=st.lists(hostile.filter(is_fair), min_size=1, max_size=5), paths=plain_paths)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(patterns=["*.a", "!b.a"], paths={b"b.a": False, b"a.a": False})
@example(patterns=["a/"], paths={b"a": True, b"b/a": False, b"b": True})
@example(patterns=["/a"], paths={b"a": False, b"b/a": False, b"b": True})
@example(
    patterns=["a/**/b"], paths={b"a/b": False, b"a/x/y/b": False, b"a": True, b"a/x": True, b"a/x/y": True}
)
@example(patterns=["\\#a", "\\!b"], paths={b"#a": False, b"!b": False})
@example(patterns=["a "], paths={b"a": False, b"a ": False})
@example(patterns=["a\\ "], paths={b"a": False, b"a ": False})
def test_anybodys_patterns(repository: Path, patterns: list[str], paths: Paths) -> None:
    try:
        ours = ignored_by_us(patterns, paths)
    except ConfigError:
        return  # refused aloud; never silently other than meant
    assert ours == ignored_by_git(repository, patterns, paths)


CLASSES = ["[ab]", "[!a]b", "[^a]b", "[a-c].b", "[[:alpha:]]", "[]a]", "x[]a]", "[a", "[é]", "a[!/]b", "*[~]"]


@needs_git
@pytest.mark.parametrize("pattern", [*CLASSES, *(f"d/{pattern}" for pattern in CLASSES)])
def test_bracket_expressions(repository: Path, pattern: str) -> None:
    names = [
        b"a",
        b"b",
        b"ab",
        b"bb",
        b"cb",
        b"^b",
        b"a.b",
        b"c.b",
        b"]",
        b"x]",
        b"xa",
        b"[a",
        b"\xc3\xa9",
        b"q~",
    ]
    paths = files_and_folders([*names, *(b"d/" + name for name in names)])
    try:
        ours = ignored_by_us([pattern], paths)
    except ConfigError:
        return
    assert ours == ignored_by_git(repository, [pattern], paths)


@needs_git
@pytest.mark.parametrize(
    "patterns", [["a"], ["a", "!b"], ["d/a"], ["*.x"], ["d/*.x"], ["d/"], ["/d/"], ["**/a"]]
)
def test_a_name_with_a_line_feed_is_a_name_of_its_own(repository: Path, patterns: list[str]) -> None:
    paths = files_and_folders(
        [
            b"a\n",
            b"a",
            b"\na",
            b"d/a\n",
            b"d/a",
            b"y.x",
            b"y.x\n",
            b"y\n.x",
            b"d/y\n.x",
            b"d\n/a",
            b"d\n/f",
            b"q\nq/a",
            b"q\nq/y.x",
        ]
    )
    assert ignored_by_us(patterns, paths) == ignored_by_git(repository, patterns, paths)


def test_what_is_to_be_skipped_is_skipped() -> None:
    rules = IgnoreRules(ROOT, [], [join(ROOT, b"own")])
    assert rules.matches(ROOT, b"own", True)
    assert not rules.matches(join(ROOT, b"deep"), b"own", True)


def test_a_pattern_that_cannot_be_is_refused() -> None:
    with pytest.raises(ConfigError, match="gitignore"):
        IgnoreRules(ROOT, ["/a/***\\"])
