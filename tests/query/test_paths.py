"""Which paths fit."""

from __future__ import annotations

import os

import pytest

from fcm_tui.query.paths import below_root, fits, fuzzy, glob, longest_literal


@pytest.mark.parametrize(
    ("letters", "path", "does"),
    [
        ("utl", b"src/util.py", True),
        ("utl", b"u/t/l", False),
        ("UTL", b"src/util.py", False),
        ("ut", b"src/UTIL.py", True),
        ("src/ut", b"src/a/b/util.py", True),
        ("src/ut", b"lib/util.py", False),
        ("s.c", b"sac", False),
        ("ä", "Ärger".encode(), True),
        ("x", b"\xffx", True),
        ("/ut", b"util.py", False),
        ("/ut", b"src/util.py", True),
        ("s/", b"util.s", False),
        ("s/", b"src/a", True),
        ("a//b", b"a/b", False),
        ("a//b", b"a/x/b", True),
        ("bb", b"b/b", False),
    ],
)
def test_letters_in_their_order_within_a_name(letters: str, path: bytes, does: bool) -> None:
    assert fuzzy(letters)(path) is does


@pytest.mark.parametrize(
    ("pattern", "path", "does"),
    [
        ("*.py", b"src/a.py", True),
        ("*.py", b"src/a.pyc", False),
        ("src/**", b"src/a/b", True),
        ("src/**", b"lib/src/a", False),
        ("**/src/*", b"lib/src/a", True),
        ("build/", b"a/build/x/y", True),
        ("build/", b"a/build", False),
        ("a/b*/", b"a/bc/d", True),
        ("/*.md", b"x.md", True),
        ("/*.md", b"a/x.md", False),
        ("[ab].txt", b"a.txt", True),
    ],
)
def test_patterns_are_those_of_gitignore(pattern: str, path: bytes, does: bool) -> None:
    assert glob(pattern)(path) is does


def test_paths_are_looked_at_below_their_root() -> None:
    root = os.fsencode(os.path.join(os.sep, "home", "ann"))
    path = os.fsencode(os.path.join(os.sep, "home", "ann", "src", "a.py"))
    assert below_root(path, root) == b"src/a.py"
    assert fits("glob", "src/*.py", path, root) and not fits("fuzzy", "ann", path, root)
    assert not fits("fuzzy", "a", None, root)


@pytest.mark.parametrize(
    ("how", "written", "does"),
    [
        ("fuzzy", "{root}/src/ut", True),
        ("fuzzy", "{root}/src/xy", False),
        ("fuzzy", "{root}/ut", True),
        ("fuzzy", "{root}", True),
        ("fuzzy", "{root}/", True),
        ("fuzzy", "{above}", True),
        ("fuzzy", "{root}x/src/ut", False),
        ("fuzzy", "project/src/ut", True),
        ("fuzzy", "project/lib", False),
        ("fuzzy", "project", False),
        ("fuzzy", "/", True),
        ("fuzzy", "/elsewhere", False),
        ("part", "{root}/src/util", True),
        ("part", "{root}/src/utl", False),
        ("glob", "{root}/src/*.py", True),
        ("glob", "{root}/*.py", False),
        ("glob", "{root}/**/*.py", True),
        ("glob", "{above}/**", False),
        ("glob", "project/**/*.py", True),
        ("glob", "project/*.py", False),
    ],
)
def test_what_begins_with_the_root_is_taken_as_what_follows_it(how: str, written: str, does: bool) -> None:
    above = os.path.join(os.sep, "home", "ann")
    root = os.path.join(above, "project")
    path = os.fsencode(os.path.join(root, "src", "util.py"))
    shown = written.format(root=root.replace(os.sep, "/"), above=above.replace(os.sep, "/"))
    assert fits(how, shown, path, os.fsencode(root)) is does


def test_what_every_fitting_path_has_in_it() -> None:
    assert longest_literal("src/**/*.py") == "src"
    assert longest_literal("*.[ch]") == ""


@pytest.mark.parametrize(
    ("how", "wanted", "path"),
    [
        ("part", "tree/a.txt", b"/home/tree/sub/a.txt"),
        ("fuzzy", "lons", "/home/tree/lon\u017f.txt".encode()),
        ("fuzzy", "ist", "/home/tree/\u0130stanbul.txt".encode()),
    ],
)
def test_what_sql_rules_out_fits_nowhere(how: str, wanted: str, path: bytes) -> None:
    assert not fits(
        how,
        wanted,
        path.replace(b"/", os.fsencode(os.sep)),
        os.fsencode(os.path.join(os.sep, "home", "tree")),
    )


def test_many_letters_in_a_long_name_are_soon_looked_for() -> None:
    """In as many steps as there are letters: each try in its turn would take longer than anybody lives."""
    assert not fuzzy("a" * 60 + "b")(b"a" * 250 + b"/b")
