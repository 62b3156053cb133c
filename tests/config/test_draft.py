"""Edits of `fcm.toml`: comments and order stay, the diff says what changes, and nobody's work is written over."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from fcm_tui import resources
from fcm_tui.errors import ConfigError, UsageError
from fcm_tui.review.settings.keeping import keep
from fcm_tui.settings import draft as draft_module
from fcm_tui.settings.config import load
from fcm_tui.settings.draft import ChangedMeanwhile, Draft, explanations, read

FILE = """\
# mine
theme = "dark"  # at night

[ignore]
patterns = [
    "*.log",  # noisy
    "build/",
]

[[roots]]
path = "/srv/a"  # the first
ignore = ["x"]

[[roots]]
path = "/srv/b"

[keys]
quit = "q"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "fcm.toml"
    path.write_text(FILE)
    return path


def changed(before: str, after: str) -> list[str]:
    """The lines that an edit changed."""
    old, new = before.split("\n"), after.split("\n")
    return [f"-{line}" for line in old if line not in new] + [f"+{line}" for line in new if line not in old]


def roots(draft: Draft) -> list[str]:
    """The paths of its roots."""
    return [os.fsdecode(root.path) for root in draft.settings().roots]


def at(file: Path, *paths: str) -> list[str]:
    """Absolute paths as this system has them in a configuration file: on its drive."""
    return [os.path.abspath(file.parent / path) for path in paths]


def test_a_value_changes_alone(file: Path) -> None:
    draft = read(file).with_value(("theme",), "light")
    assert changed(FILE, draft.text) == ['-theme = "dark"  # at night', '+theme = "light"  # at night']
    assert draft.is_changed and not read(file).is_changed
    assert [line for line in draft.diff() if line[0] in "+-"] == changed(FILE, draft.text)


def test_patterns_come_and_go_and_comments_stay(file: Path) -> None:
    more = read(file).with_value(("ignore", "patterns"), ["*.log", "build/", "*.tmp"])
    assert '    "*.log",  # noisy\n    "build/",\n    "*.tmp",\n' in more.text
    assert read(file).with_value(("ignore", "patterns"), ["build/"]).settings().ignore[-1] == "build/"
    assert "# noisy" in read(file).with_value(("ignore", "patterns"), ["*.log"]).text


def test_roots_come_and_go(file: Path) -> None:
    draft = read(file).with_root("/srv/$c")
    assert roots(draft) == at(file, "/srv/a", "/srv/b", "/srv/$c")
    assert changed(FILE, draft.text) == ['+path = "/srv/$$c"']
    without = draft.without(("roots", 0))
    assert roots(without) == at(file, "/srv/b", "/srv/$c")
    none = without.without(("roots", 1)).without(("roots", 0))
    assert none.settings().roots == () and "roots" not in none.document()
    assert roots(none.with_root("/srv/d")) == at(file, "/srv/d")


def test_a_name_that_acts_on_terminals_is_escaped_and_one_that_is_no_text_is_refused(file: Path) -> None:
    hostile = "/srv/\x1b]0;OWNED\x07\u202e"
    draft = read(file).with_root(hostile)
    assert roots(draft)[-1] == at(file, hostile)[0]
    assert "\x1b" not in draft.text and "\x07" not in draft.text
    with pytest.raises(ConfigError, match="not UTF-8"):
        read(file).with_root("/srv/\udcff")


def test_a_root_goes_and_the_comments_around_it_stay(file: Path) -> None:
    file.write_text(
        FILE.replace('[[roots]]\npath = "/srv/b"', '# the second\n[[roots]]\npath = "/srv/b"') + "# end\n"
    )
    draft = read(file).without(("roots", 0))
    assert "# the second" in draft.text and "# the first" not in draft.text
    last = draft.without(("roots", 0))
    assert "# the second" in last.text and last.text.endswith('quit = "q"\n# end\n')
    file.write_text('[[roots]]\npath = "/srv/a"\nignore = [\n  "x", # one\n]\n# end\n')
    assert read(file).without(("roots", 0)).text == "# end\n"


def test_roots_in_one_line_are_changed_too(file: Path) -> None:
    file.write_text('roots = [{path = "/srv/a"}]\n')
    assert len(read(file).with_root("/srv/b").settings().roots) == 2


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", '[[roots]]\npath = "/new"\n'),
        ('theme = "dark"', 'theme = "dark"\n\n[[roots]]\npath = "/new"\n'),
        ('[[roots]]\npath = "/b"', '[[roots]]\npath = "/b"\n\n[[roots]]\npath = "/new"\n'),
        (
            '[[roots]]\npath = "/b"  # b\n\n# my keys\n[keys]\nquit = "q"\n',
            '[[roots]]\npath = "/b"  # b\n\n[[roots]]\npath = "/new"\n\n# my keys\n[keys]\nquit = "q"\n',
        ),
    ],
    ids=["empty", "none yet", "no line end", "in between"],
)
def test_a_root_that_comes_stands_behind_the_others_with_a_line_between(
    file: Path, before: str, after: str
) -> None:
    file.write_text(before)
    assert read(file).with_root("/new").text == after


def test_a_key_that_was_not_there_and_back_to_the_default(file: Path) -> None:
    draft = read(file).with_value(("retention", "max_age"), "30d").with_value(("keys", "list.down"), "j")
    assert draft.settings().retention.max_age == 30 * 86400
    assert draft.settings().keys["list.down"] == "j"
    assert draft.without(("retention", "max_age")).settings().retention.max_age is None
    assert draft.without(("keys", "quit")).settings().keys == {"list.down": "j"}


def test_where_there_is_no_file_it_begins_as_the_default(tmp_path: Path) -> None:
    path = tmp_path / "new" / "fcm.toml"
    draft = read(path)
    assert not draft.is_changed and draft.diff() == []
    written = draft.with_value(("capture", "size_limit"), "1 MiB").write()
    assert load(path).size_limit == 1 << 20
    default = (resources.config_dir() / "fcm.toml").read_text()
    assert changed(default, path.read_text()) == ['-size_limit = "64 MiB"', '+size_limit = "1 MiB"']
    assert not written.is_changed and os.listdir(path.parent) == ["fcm.toml"]
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_somebody_else_wrote_is_not_written_over(file: Path) -> None:
    draft = read(file).with_value(("theme",), "light")
    file.write_text(FILE + "# theirs\n")
    with pytest.raises(ChangedMeanwhile):
        draft.write()
    assert file.read_text() == FILE + "# theirs\n"


def test_nor_where_somebody_made_the_file_meanwhile(tmp_path: Path) -> None:
    draft = read(tmp_path / "fcm.toml").with_value(("theme",), "light")
    (tmp_path / "fcm.toml").write_text("theme = 'mine'\n")
    with pytest.raises(ChangedMeanwhile):
        draft.write()


@pytest.mark.skipif(sys.platform == "win32", reason="links and modes")
def test_links_and_modes_stay(file: Path, tmp_path: Path) -> None:
    file.chmod(0o640)
    link = tmp_path / "link.toml"
    link.symlink_to(file)
    read(link).with_value(("theme",), "light").write()
    assert link.is_symlink() and load(file).theme == "light"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root gives files away")
def test_the_owner_stays(file: Path) -> None:
    os.chown(file, 1234, 5678)
    file.chmod(0o664)
    previous = os.umask(0o077)
    try:
        read(file).with_value(("theme",), "light").write()
    finally:
        os.umask(previous)
    found = file.stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (1234, 5678, 0o664)


def test_a_file_that_is_read_only_or_has_another_name_is_not_replaced(file: Path, tmp_path: Path) -> None:
    before = file.read_bytes()
    draft = read(file).with_value(("theme",), "light")
    file.chmod(0o444)
    with pytest.raises(UsageError, match="read-only: make it writable"):
        draft.write()
    file.chmod(0o644)
    other = tmp_path / "other.toml"
    other.hardlink_to(file)
    with pytest.raises(UsageError, match="hard link"):
        draft.write()
    assert file.read_bytes() == before
    other.unlink()
    draft.write()
    assert {path.name for path in tmp_path.iterdir()} == {file.name}


def test_what_could_not_be_read_again_is_not_written(file: Path) -> None:
    before = file.read_bytes()
    with pytest.raises(ConfigError, match="larger than 1 MiB"):
        read(file).with_value(("filters", "long"), "x" * (1 << 20)).write()
    assert file.read_bytes() == before


def test_two_who_write_at_the_same_time_take_turns(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second comes while the first has compared the file and not written it yet; it writes into what is there then."""
    second = Thread(target=keep, args=(file, "second", "*.b"), kwargs={"over": False})
    real = draft_module.write_whole

    def write(*arguments: Any, **options: Any) -> None:
        if second.ident is None:
            second.start()
            second.join(0.5)  # who does not wait for its turn is done by then
        real(*arguments, **options)

    monkeypatch.setattr(draft_module, "write_whole", write)
    keep(file, "first", "*.a", over=False)
    second.join()
    assert read(file).settings().filters == {"first": "*.a", "second": "*.b"}
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_line_ends_and_the_mark_in_front_stay(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbf" + FILE.replace("\n", "\r\n").encode())
    read(file).with_value(("theme",), "light").write()
    written = file.read_bytes()
    assert written.startswith(b"\xef\xbb\xbf# mine\r\ntheme") and b"\r\r" not in written
    assert written.count(b"\n") == written.count(b"\r\n")


def test_a_file_that_is_no_toml_is_told_with_its_line(file: Path) -> None:
    file.write_text("theme = \n")
    with pytest.raises(ConfigError, match=r"fcm\.toml:1: not TOML"):
        read(file).document()


def test_the_default_explains_every_key() -> None:
    said = explanations()
    assert said["capture", "size_limit"].startswith("The content of larger files is not kept")
    assert said["roots", "ignore"] == "Patterns for this root, after those of [ignore]."
    assert "Colours of the screen" in said[("theme",)]
