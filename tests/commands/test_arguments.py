"""A command line that is not right gets one line that says what was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from fcm_tui import cli

MISTAKES = {
    "recrod x": "recrod: no such command or folder: did you mean `fcm-tui record`?",
    "Log": "Log: no such command or folder: did you mean `fcm-tui log`?",
    "log --jsno": "--jsno: no such option: did you mean --json?",
    "log --databse=sqlite:x": "--databse: no such option: did you mean --database?",
    "--them dark": "--them: no such option: did you mean --theme?",
    "config init --forec": "--forec: no such option: did you mean --force?",
    "config chekc": "chekc: no such action: did you mean check?",
    "config zzz": "zzz: no such action: there are ",
    "config": "ACTION is missing: see `fcm-tui config --help`",
    "diff": "CHANGE is missing: see `fcm-tui diff --help`",
    "diff 1 2 3": "3: one argument too many: see `fcm-tui --help`",
    "diff 1 --json --stat": "--stat: not allowed with argument --json: see `fcm-tui diff --help`",
    "log --limit": "--limit: needs a value: see `fcm-tui log --help`",
    "log --limit ten": "--limit: ten is no whole number: see `fcm-tui log --help`",
    "restore 1 --hunk ½": "--hunk: ½ is no whole number",
    "log -rf": "a name that begins with - goes behind `--`",
    "log [red]": "nothing is recorded in",
}


def complaint(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 2) -> str:
    assert cli.main(arguments) == status
    out, err = capsys.readouterr()
    assert out == ""
    (line,) = err.splitlines()
    assert line.startswith("fcm-tui: ")
    assert line.isprintable()
    return line.removeprefix("fcm-tui: ")


@pytest.mark.parametrize("line", MISTAKES)
def test_a_mistake_is_one_line(
    line: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert MISTAKES[line] in complaint(capsys, *line.split())


@pytest.mark.parametrize(
    "arguments",
    [
        ["--data-dir", "", "log"],
        ["log", "--config="],
        ["log", "--database", ""],
        ["log", ""],
        ["record", ""],
        ["record", "--once", "x", ""],
    ],
)
def test_an_empty_path_is_not_the_current_folder(
    arguments: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x").mkdir()
    monkeypatch.chdir(tmp_path)
    assert "empty" in complaint(capsys, *arguments)


@pytest.mark.parametrize("name", ["\x1b[31m", "x\n", "‮x", "\udcff", "y" * 5000, "--\x1b]0;x\x07", "{}%s"])
@pytest.mark.parametrize("before", [[], ["log", "x"], ["config"], ["diff"], ["log", "--limit"]])
def test_a_hostile_word_is_told_safely(
    before: list[str], name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    complaint(capsys, *before, name)


def test_behind_two_dashes_a_command_is_a_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert "log: no such folder" in complaint(capsys, "--", "log")


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("record src --once lib", {"paths": ["src", "lib"], "once": True}),
        ("export git src --by burst lib repo", {"paths": ["src", "lib"], "by": "burst", "target": "repo"}),
        ("restore 3 --to copy --hunk 1", {"to": "copy", "hunk": [1]}),
        ("log --json -- --src", {"path": "--src", "json": True}),
        ("record src -- --src", {"paths": ["src", "--src"], "once": False}),
    ],
)
def test_options_stand_between_names_too(line: str, named: dict[str, object]) -> None:
    words = line.split()
    found = vars(cli._parse(words))
    assert {name: found[name] for name in named} == named
