"""What `fcm.toml` means, and how its mistakes are told: file, line, what is wrong, how to mend it."""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fcm_tui.errors import ConfigError, UsageError
from fcm_tui.settings import config
from fcm_tui.settings.config import Settings

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(text: str) -> Path:
        path = tmp_path / "fcm.toml"
        path.write_text(text, "utf-8")
        return path

    return written


def complaint(path: Path, environ: dict[str, str] | None = None) -> tuple[int, str]:
    """The line and the text of the error that loading `path` gives."""
    with pytest.raises(ConfigError) as caught:
        config.load(path, environ or {})
    place, _, text = str(caught.value).partition(": ")
    assert place.startswith(f"{path}:")
    assert "\n" not in text
    return int(place.removeprefix(f"{path}:")), text


def test_everything_set(write: Write, tmp_path: Path) -> None:
    path = write(
        """
        theme = "light"
        database = "sqlite:sub/my.db"
        [watch]
        source = "watchfiles"
        scan_interval = "1h 30m"
        poll_interval = "500ms"
        [capture]
        size_limit = "1.5 MiB"
        [ignore]
        patterns = ["*.log", "!keep.log"]
        [secrets]
        defaults = false
        patterns = ["*.secret"]
        [[roots]]
        path = "documents"
        [[roots]]
        path = "$PLACE/b$$c"
        ignore = ["/out"]
        size_limit = 5000
        poll = true
        poll_interval = "2s"
        [keys]
        quit = "f10"
        pane.next = "tab"
        """
    )
    found = config.load(path, {"PLACE": str(tmp_path / "place")})
    assert (found.source, found.theme) == (path, "light")
    assert found.database == tmp_path / "sub" / "my.db"
    assert (found.watch_source, found.scan_interval, found.poll_interval) == ("watchfiles", 5400, 0.5)
    assert found.ignore == (*Settings().ignore, "*.log", "!keep.log")
    assert found.secrets == ("*.secret",)
    assert dict(found.keys) == {"quit": "f10", "pane.next": "tab"}
    first, second = found.roots
    assert first.path == os.fsencode(tmp_path / "documents")
    assert (first.ignore, first.size_limit, first.poll, first.poll_interval) == (
        found.ignore,
        1_572_864,
        None,
        0.5,
    )
    assert second.path == os.fsencode(tmp_path / "place" / "b$c")
    assert (second.ignore, second.size_limit, second.poll, second.poll_interval) == (
        (*found.ignore, "/out"),
        5000,
        True,
        2,
    )
    assert found.for_root(second.path) is second
    other = found.for_root(os.fsencode(tmp_path / "other"))
    assert (other.ignore, other.size_limit, other.poll) == (found.ignore, 1_572_864, None)


def test_polling_everywhere(write: Write) -> None:
    found = config.load(
        write("[watch]\nsource = 'poll'\n[[roots]]\npath='/a'\n[[roots]]\npath='/b'\npoll=false")
    )
    assert [root.poll for root in found.roots] == [True, False]
    assert found.for_root(b"/c").poll is True


def test_the_home_folder_is_filled_in(write: Write, home: Path) -> None:
    (root,) = config.load(write("[[roots]]\npath = '~/notes'")).roots
    assert root.path == os.fsencode(home / "notes")


@pytest.mark.parametrize(
    "text", ["", "\n\n", "# only a comment", "[watch]\n", "roots = []", "\ufeff[watch]\r\nsource='auto'\r\n"]
)
def test_what_says_nothing_leaves_the_defaults(text: str, write: Write) -> None:
    path = write("")
    path.write_bytes(text.encode())
    found = config.load(path)
    assert (found.scan_interval, found.roots, found.ignore) == (300, (), Settings().ignore)


MISTAKES = {
    "themes = 'x'": (1, "unknown key 'themes': did you mean 'theme'?"),
    "\n[watch]\nscan-interval = '5m'": (3, "did you mean 'scan_interval'?"),
    "[wach]\nsource = 'auto'": (1, "unknown key 'wach': did you mean 'watch'?"),
    "[watch]\nqqqqqq = 1": (2, "known here: poll_interval, scan_interval, source"),
    "size_limit = '1 MiB'": (1, "move it to [capture] or under a [[roots]]"),
    "[watch]\n\nsource = 'inotifi'": (3, "'source' cannot be 'inotifi': did you mean 'inotify'?"),
    "[watch]\nsource = 7": (2, 'write one of "auto", "fanotify", "inotify", "watchfiles", "poll"'),
    "[watch]\nscan_interval = '5 minutes'": (2, 'write a duration such as "5m"'),
    "[watch]\nscan_interval = '0s'": (2, 'it goes from "5s" to "7d"'),
    "[watch]\npoll_interval = 5": (2, 'write a duration such as "5m"'),
    "[capture]\nsize_limit = '64 megs'": (2, 'write a size such as "64 MiB"'),
    "[capture]\nsize_limit = 0": (2, "at least 1 byte"),
    "[capture]\nsize_limit = -0x" + "f" * 3: (2, "not TOML"),
    "[capture]\nsize_limit = 0x" + "f" * 6000: (2, "cannot be so large a number"),
    "[capture]\nsize_limit = true": (2, "'size_limit' cannot be true"),
    "[capture]\nsize_limit = 1e400": (2, "'size_limit' cannot be inf"),
    "[retention]\nkeep_hourly = '24'": (2, "write a whole number from 0 to 1000000"),
    "[retention]\nkeep_daily = true": (2, "write a whole number"),
    "[retention]\nkeep_weekly = -1": (2, "write a whole number"),
    "[retention]\nmax_versions = 0": (2, "one version at least is kept"),
    "[retention]\nmax_age = '1 year'": (2, 'write a duration such as "5m"'),
    "[retention]\nmax_age = '0s'": (2, 'it goes from "1s"'),
    "[retention]\nmax_size = 0": (2, "at least 1 byte"),
    "[retention]\nmaxsize = '1 GB'": (2, "did you mean 'max_size'?"),
    "[retention]\nthin = 'yes'": (2, "write true or false"),
    "capture = 3": (1, "write [capture] on a line of its own"),
    "\nroots = 3": (2, "write [[roots]] above the keys of each"),
    "[roots]\npath='/a'": (1, "write [[roots]]"),
    "[[roots]]\npath='/a'\n\n[[roots]]\nignore=[]": (4, "this root has no path"),
    "[[roots]]\npath='/a'\n[[roots]]\nignore=[]\npath='/b/../a'": (5, "is a root already"),
    "[[roots]]\npath='/a'\n[[roots]]\npath='/b'\npol = true": (5, "did you mean 'poll'?"),
    "[[roots]]\npath=''": (2, "write a text in quotation marks"),
    "[[roots]]\npath='$NOWHERE/x'": (2, "variable 'NOWHERE' is not set"),
    "[[roots]]\npath='~nobody-of-this-name/x'": (2, "no home folder for '~nobody-of-this-name'"),
    '[[roots]]\npath="/a\\u0000b"': (2, "has no NUL in it"),
    "[[roots]]\npath='/a'\nignore=[\n  'x',\n  3,\n]": (3, "write a list of texts"),
    "[[roots]]\npath='/a'\nignore=['[z-a]']": (3, "is no gitignore pattern"),
    "[ignore]\npatterns=['!']": (2, "is no gitignore pattern"),
    "[ignore]\npatterns=['# log files']": (2, "is no gitignore pattern"),
    "[ignore]\npatterns='*.log'": (2, "write a list of texts"),
    "[ignore]\ndefaults='no'": (2, "write true or false"),
    "[filters]\n'a b' = 'x'": (2, "is no name of a filter"),
    "[keys]\nquit = 3": (2, "'quit' cannot be 3: write a text"),
    "[keys]\nquit = ''": (2, "write a text"),
    "database = 'mysql://me:hunter2@db/fcm'": (1, "take it out and set FCM_DATABASE_PASSWORD"),
    "database = 'mysql://db/fcm'": (1, "user, host and the database's name are needed"),
    "database = 'postgres://me@db/fcm'": (1, "write sqlite:PATH"),
    "[database]\npassword = 'hunter2'": (2, "set FCM_DATABASE_PASSWORD"),
    "[database]\nca = '/ca.pem'": (1, "has no url"),
    "[database]\nurl = 'sqlite:record.db'": (2, 'a file is named at the top: database = "sqlite:PATH"'),
    "[database]\nurl = 'mysql://me@db/fcm'\ncontent_limits = 1": (3, "did you mean 'content_limit'?"),
    "database = 'record.db'": (1, "write sqlite:PATH"),
    "database = 'sqlite::memory:'": (1, "a record needs a file"),
    "[watch\nsource = 1": (1, "not TOML"),
    "a = 1\nb = [1,\n": (2, "not TOML"),
    "[watch]\nsource = 'auto'\nsource = 'poll'": (
        3,
        "not TOML: Cannot overwrite a value: a key stands there for the second time",
    ),
    "[watch]\n[retention]\n[watch]": (3, "write all keys of a table below one heading"),
    "x = " + "[" * 5000: (1, "lie too deep"),
    "x = " + "9" * 5000: (1, "not TOML"),
}


@pytest.mark.parametrize("text", MISTAKES, ids=[text[:40] for text in MISTAKES])
def test_a_mistake_is_told_with_its_line(text: str, write: Write) -> None:
    line, words = MISTAKES[text]
    found_line, found = complaint(write(text))
    assert words in found
    assert found_line == line


def test_a_password_is_not_repeated(write: Write) -> None:
    _, text = complaint(write("database = 'mysql://me:hunter2@db/fcm'"))
    assert "hunter2" not in text
    with pytest.raises(UsageError, match="FCM_DATABASE_PASSWORD") as caught:
        config.database_path("mysql://me:hunter2@db/fcm", Settings(), Path("x"), {})
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"\xff\xfet\x00h\x00", 1, "is not UTF-8"),
        (b"# fine\n\ntheme = '\xe9'", 3, "is not UTF-8"),
        (b"#" * (1 << 20) + b"\n", 1, "larger than 1 MiB"),
    ],
)
def test_another_kind_of_file(content: bytes, line: int, words: str, tmp_path: Path) -> None:
    path = tmp_path / "fcm.toml"
    path.write_bytes(content)
    assert complaint(path)[0] == line
    assert words in complaint(path)[1]


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    assert "cannot be read (No such file" in complaint(tmp_path / "absent.toml")[1]
    assert "cannot be read" in complaint(tmp_path)[1]


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.text(alphabet=st.sampled_from("ab[]{}\"'\\=.,#\n\t \x00\x1b1é$~"), max_size=60))
def test_no_text_gives_anything_but_settings_or_one_line(text: str, tmp_path: Path) -> None:
    path = tmp_path / "fcm.toml"
    path.write_bytes(text.encode())
    try:
        config.load(path)
    except ConfigError as error:
        assert str(error).startswith(f"{path}:")


def test_where_the_file_is_looked_for(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, named = config.config_path(None)
    assert not named
    assert path.is_relative_to(home)
    assert path.parts[-2:] == ("fcm-tui", "fcm.toml")
    assert config.load_configured(None) == Settings()
    path.parent.mkdir(parents=True)
    path.write_text("theme = 'a'")
    assert config.load_configured(None).theme == "a"
    (tmp_path / "b.toml").write_text("theme = 'b'")
    monkeypatch.setenv("FCM_CONFIG", str(tmp_path / "b.toml"))
    assert config.load_configured(None, os.environ).theme == "b"
    (tmp_path / "c.toml").write_text("theme = 'c'")
    assert config.load_configured(str(tmp_path / "c.toml")).theme == "c"
    with pytest.raises(ConfigError, match="cannot be read"):
        config.load_configured(str(tmp_path / "d.toml"))


def test_which_database(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    default = tmp_path / "default.db"
    assert config.database_path(None, Settings(), default, {}) == default
    configured = config.load(write("database = 'sqlite:configured.db'"))
    assert config.database_path(None, configured, default, {}) == tmp_path / "configured.db"
    environ = {"FCM_DATABASE": "sqlite:environ.db"}
    assert config.database_path(None, configured, default, environ) == tmp_path / "environ.db"
    assert config.database_path("sqlite:named.db", configured, default, environ) == tmp_path / "named.db"
    three_slashes = f"sqlite://{'/' if sys.platform == 'win32' else ''}{(tmp_path / 'x.db').as_posix()}"
    assert config.database_path(three_slashes, configured, default, environ) == tmp_path / "x.db"
    with pytest.raises(UsageError, match=r"^--database: .*sqlite:PATH"):
        config.database_path("postgres://x", configured, default, environ)


NAMES = st.sampled_from(["a", "b", "c", '"x.y"', "'q'"])
VALUES = st.sampled_from(
    ["1", "'t'", '"""\nlong\n# x = 1\n[no]\n"""', "[\n1,\n2, # c\n]", "{ in = 1, k = [1, 2] }", "true"]
)


@settings(max_examples=200, deadline=None)
@given(
    tables=st.lists(
        st.tuples(NAMES, st.booleans(), st.lists(st.tuples(NAMES, VALUES, st.integers(0, 2)), max_size=4)),
        max_size=5,
    )
)
def test_lines_are_found_in_any_document(
    tables: list[tuple[str, bool, list[tuple[str, str, int]]]],
) -> None:
    """Write a document while noting each key's line; `line_of` says the same."""
    from fcm_tui.settings.lines import Key, line_of

    text, expected, counts = "", {}, dict[str, int]()
    for table, is_array, entries in tables:
        name = table.strip("\"'")
        prefix: Key = (name, counts.get(name, -1) + 1) if is_array else (name,)
        counts[name] = counts.get(name, -1) + 1
        expected[prefix] = text.count("\n") + 1
        text += f"[[{table}]]\n" if is_array else f"[{table}]\n"
        for key, value, blank in entries:
            text += "\n# a = 1\n" * blank
            expected[(*prefix, key.strip("\"'"))] = text.count("\n") + 1
            text += f"  {key} = {value}\n"
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return  # the same table or key twice: never asked for its lines
    for way, line in expected.items():
        assert line_of(text, way) == line, text
