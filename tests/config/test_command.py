"""`fcm-tui config init|path|check|show`."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import re
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fcm_tui import resources
from fcm_tui.commands import config as command
from fcm_tui.errors import ConfigError, UsageError
from fcm_tui.settings import config
from fcm_tui.settings.config import Settings

Run = Callable[..., str]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def ran(*words: str, complaint: str = "") -> str:
        common = argparse.ArgumentParser(add_help=False)
        for option in ("--config", "--data-dir", "--database"):
            common.add_argument(option)
        parser = argparse.ArgumentParser()
        command.add_parser(parser.add_subparsers(), common)
        args = parser.parse_args(["config", *words])
        assert args.func(args) == 0
        captured = capsys.readouterr()
        assert complaint in captured.err
        assert bool(complaint) == bool(captured.err)
        return captured.out

    return ran


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "new folder" / "fcm.toml"
    monkeypatch.setenv("FCM_CONFIG", str(path))
    return path


def test_init_writes_the_commented_default(run: Run, file: Path) -> None:
    assert run("init") == f"{file}\n"
    assert file.read_bytes() == (resources.config_dir() / "fcm.toml").read_bytes()
    assert list(file.parent.iterdir()) == [file]
    if sys.platform != "win32":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "ok: " in run("check")


def test_init_does_not_overwrite_unless_told_to(run: Run, file: Path) -> None:
    file.parent.mkdir()
    file.write_text("theme = 'mine'")
    with pytest.raises(UsageError, match=r"is there already.*--force"):
        run("init")
    assert file.read_text() == "theme = 'mine'"
    run("init", "--force")
    assert file.read_bytes() == (resources.config_dir() / "fcm.toml").read_bytes()
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_init_keeps_a_link(run: Run, file: Path, tmp_path: Path) -> None:
    file.parent.mkdir()
    file.symlink_to(tmp_path / "dotfiles.toml")
    run("init")
    assert file.is_symlink()
    assert (tmp_path / "dotfiles.toml").exists()


def test_init_where_nothing_can_be_written(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"cannot be written|is there already"):
        run("init", "--config", str(tmp_path / "file" / "fcm.toml"))


def test_path(run: Run, file: Path) -> None:
    assert run("path", complaint="config init") == f"{file}\n"
    run("init")
    assert run("path") == f"{file}\n"
    assert (
        run("path", "--config", str(file.parent / "o.toml"), complaint="no such file")
        == f"{file.parent / 'o.toml'}\n"
    )


def test_check_counts(run: Run, file: Path, tmp_path: Path) -> None:
    file.parent.mkdir()
    file.write_text(
        f"[[roots]]\npath = '{tmp_path}'\n"
        "[ignore]\ndefaults = false\npatterns = ['a', 'b']\n[keys]\nquit = 'Q'"
    )
    secrets = len(Settings().secrets)
    assert run("check") == f"ok: {file}: 1 root, 2 ignore patterns, {secrets} secrets patterns, 1 key\n"
    file.write_text("[[roots]]\npath = 'gone\\u001B'".replace("'", '"'))
    assert "1 root" in run("check", complaint="note: there is no folder")
    file.write_text("colour = 1")
    with pytest.raises(ConfigError, match=r"fcm\.toml:1: unknown key"):
        run("check")


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("theme = 'nope'", 1, "no such theme"),
        ("[filters]\nx = 'kind:craeted'", 2, "did you mean created"),
        ("[filters]\nx = '@x'", 2, "in a circle"),
        ("[keys]\nqiut = 'x'", 2, "did you mean quit"),
        ("[keys]\nquit = 'ctrl+zz'", 2, "no key"),
        ("[keys]\nquit = 'q,,x'", 2, "no key"),
        ("[keys]\nquit = 'j'", 2, "both quit and list.down"),
        ("[keys]\nstop = 'f9'\nlog.note = 'f'", 3, "both log.note and diff.whole"),
        ("[keys]\nstop = 'f9'\n'log.note' = 'f'", 3, "both log.note and diff.whole"),
    ],
)
def test_check_asks_the_screen(run: Run, file: Path, text: str, line: int, says: str) -> None:
    file.parent.mkdir()
    file.write_text(text)
    with pytest.raises(UsageError, match=rf"^{re.escape(str(file))}:{line}: .*{says}"):
        run("check")


def test_check_without_a_file(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "the defaults hold" in run("check")
    monkeypatch.setenv("FCM_CONFIG", "/no/such/file")
    with pytest.raises(ConfigError, match="cannot be read"):
        run("check")


EVERYTHING = r"""
theme = "li\"ght"
database = "sqlite:a$$b.db"
[watch]
source = "poll"
scan_interval = "1h 1s"
[capture]
size_limit = "1025 B"
[retention]
thin = true
keep_within = "36h"
keep_weekly = 0
max_age = "90d"
max_versions = 7
max_size = "3 GiB"
keep_unreviewed = false
[ignore]
patterns = ["a\\ ", "\u202E*"]
[secrets]
patterns = ["!*.key"]
detectors = ["jwt"]
allow = ["*.md"]
[encryption]
key = "file:a$$key"
[[roots]]
path = "one$$two"
ignore = ["x"]
[[roots]]
path = "three"
poll = false
[keys]
pane.next = "tab"
[filters]
night = 'since:2h !by:"the backup"'
"""


@pytest.mark.parametrize(
    "text", ["", EVERYTHING, "[ignore]\ndefaults=false\n[secrets]\ndefaults=false\ndetectors=false"]
)
def test_what_is_shown_can_be_read_back(text: str, run: Run, file: Path, tmp_path: Path) -> None:
    file.parent.mkdir()
    file.write_text(text)
    shown = run("show")
    assert all(character.isprintable() for line in shown.splitlines() for character in line)
    again = tmp_path / "again.toml"
    again.write_text(shown, "utf-8")
    before, after = config.load(file), config.load(again)
    assert dataclasses.replace(before, source=None) == dataclasses.replace(after, source=None)


def test_show_as_json(run: Run, file: Path, tmp_path: Path) -> None:
    file.parent.mkdir()
    file.write_text(EVERYTHING)
    found = json.loads(run("show", "--json"))
    assert found["watch"] == {"source": "poll", "scan_interval": "1h 1s", "poll_interval": "5s"}
    assert ".git" in found["ignore"]["defaults"]
    assert found["secrets"]["patterns"] == ["!*.key"]
    assert [root["poll"] for root in found["roots"]] == [True, False]
    assert found["keys"] == {"pane.next": "tab"}
    assert found["filters"] == {"night": 'since:2h !by:"the backup"'}


def test_show_says_which_database_holds(
    run: Run, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run("init")
    monkeypatch.setenv("FCM_DATABASE", "sqlite:environ.db")
    assert json.loads(run("show", "--json"))["database"] == f"sqlite:{tmp_path / 'environ.db'}"
    assert json.loads(run("show", "--json", "--database", "sqlite:named.db"))["database"] == (
        f"sqlite:{tmp_path / 'named.db'}"
    )


def test_the_shipped_folders_are_found() -> None:
    assert {entry.suffix for entry in resources.themes_dir().iterdir()} == {".toml"}
    assert (resources.config_dir() / "fcm.toml").is_file()


def test_an_incomplete_installation_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path / "a" / "b")
    with pytest.raises(UsageError, match="install fcm-tui again"):
        resources.themes_dir()
    os.mkdir(tmp_path / "themes")
    assert resources.themes_dir() == tmp_path / "themes"
