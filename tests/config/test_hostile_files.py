"""Configuration and theme files as an attack: one line with file and line, from every command; never a crash."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from fcm_tui import cli
from fcm_tui.errors import ConfigError
from fcm_tui.resources import themes_dir
from fcm_tui.review.look import theme

DARK = (Path(str(themes_dir())) / "dark.toml").read_text()

CONFIGS: dict[str, bytes] = {
    "huge": b"# " + b"x" * (2 << 20),
    "a huge number": b"[capture]\nsize_limit = " + b"9" * 5000,
    "a number beyond 64 bits": b"[capture]\nsize_limit = 99999999999999999999999",
    "lists in lists": b"theme = " + b"[" * 100_000,
    "tables in tables": b"[" + b"a." * 20_000 + b"a]\n",
    "inline tables": b"theme = " + b"{a = " * 20_000,
    "keys below keys": b".".join([b"keys"] + [b"a"] * 5000) + b' = "x"',
    "escapes in a key": b'"\\u001b[31mOWNED\\u0007" = 1',
    "escapes in a value": b'database = "\\u001b]52;c;T1dO\\u0007"',
    "raw escapes": b'theme = "\x1b[31m"',
    "markup in a key": b'"[red]OWNED[/]" = 1',
    "markup in a value": b'theme = "[@click=app.quit]x"',
    "bidi and newlines": 'theme = "\u202ex\\nfcm-tui: OWNED"'.encode(),
    "a newline in a key": b'"a\\nfcm-tui: OWNED" = 1',
    "NUL": b'[[roots]]\npath = "/a\\u0000b"',
    "no UTF-8": b'theme = "\xff\xfe"',
    "UTF-16": 'theme = "dark"'.encode("utf-16"),
    "binary": bytes(range(256)) * 40,
    "a theme above": b'theme = "../../../etc/passwd"',
    "an absolute theme": b'theme = "/etc/passwd"',
    "a theme with a line break": b'theme = "dark\\n"',
    "wrong types": b"theme = 7",
    "a table for a text": b"[theme]\nx = 1",
    "a text for a table": b'watch = "x"',
    "a list of anything": b"roots = [1, [2], {path = 3}]",
    "a date": b"theme = 1979-05-27T07:32:00Z",
    "infinite": b"[capture]\nsize_limit = inf",
    "not a number": b"[watch]\nscan_interval = nan",
    "a pattern without end": b"[ignore]\npatterns = ['[" + b"a-" * 5000 + b"']",
    "a password": b'database = "mysql://user:hunter2@host/x"',
    "an unset variable": b'database = "sqlite:$NOT_SET_ANYWHERE/x"',
    "keys that are none": b'[keys]\nquit = "\\u001b[31m"\n"[red]" = "x"',
}

THEMES: dict[str, str] = {
    "markup in a colour": DARK.replace('"', '"[red]', 1),
    "markup in a key": DARK + '\n"[@click=app.quit]x" = "red"\n',
    "escapes in a key": DARK + '\n"\\u001b[31mOWNED" = "red"\n',
    "a link": DARK.replace('"#', '"link http:OWNED #', 1),
    "a hidden colour": "dark = true\n[colors]\n" + 'text = "conceal"\n',
    "a control sequence": "[colors]\n" + 'text = "\\u001b]0;OWNED\\u0007"\n',
    "wrong type": 'dark = "yes"\n',
    "a table in a table": "[colors.text.text]\nx = 1\n",
    "an unknown table": "[evil]\nx = 1\n",
    "nothing": "",
    "lists in lists": "colors = " + "[" * 100_000,
    "a huge number": "dark = " + "9" * 5000,
    "a colour number too large": DARK.replace('text = "', 'text = "color(999) ', 1),
    "huge": "# " + "x" * (2 << 20),
}


def one_line(err: str) -> str:
    assert err.endswith("\n")
    (line,) = err[:-1].split("\n")
    assert line.isprintable()
    assert line.startswith("fcm-tui: ")
    assert len(line) < 3000
    return line


@pytest.mark.parametrize("case", CONFIGS)
def test_a_hostile_configuration_is_refused(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "fcm.toml"
    file.write_bytes(CONFIGS[case])
    assert cli.main(["config", "check", "--config", str(file)]) == 2
    line = one_line(capsys.readouterr().err)
    assert "hunter2" not in line
    for command in (["log"], ["status"], ["record", "--once", str(tmp_path)], ["verify"], ["config", "show"]):
        if cli.main([*command, "--config", str(file), "--data-dir", str(tmp_path / "data")]) == 2:
            one_line(capsys.readouterr().err)
        capsys.readouterr()


@pytest.mark.parametrize("case", THEMES)
def test_a_hostile_theme_is_refused(case: str, tmp_path: Path) -> None:
    (tmp_path / "evil.toml").write_text(THEMES[case])
    with pytest.raises(ConfigError) as caught:
        theme.load("evil", "truecolor", [tmp_path])
    message = str(caught.value)
    assert message.isprintable()
    assert len(message) < 1000


@pytest.mark.parametrize(
    "name",
    [
        "../evil",
        "/etc/passwd",
        "..",
        "",
        ".",
        "evil\0",
        "evil\n",
        "a/b",
        "\x1b[31m",
        "[red]",
        "con",
        "evil.toml",
    ],
)
def test_a_themes_name_leads_nowhere(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "evil.toml").write_text(DARK)
    (tmp_path / "themes").mkdir()
    if name == "":
        assert theme.load(name, "truecolor", [themes_dir()]).name == theme.DEFAULT
        return
    with pytest.raises(ConfigError, match="there is no such theme"):
        theme.load(name, "truecolor", [tmp_path / "themes"])


@pytest.mark.parametrize("make", [os.mkdir, *([os.mkfifo] if hasattr(os, "mkfifo") else [])])
def test_a_file_that_is_none(
    make: Callable[[Path], None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(tmp_path / "fcm.toml")
    assert cli.main(["config", "check", "--config", str(tmp_path / "fcm.toml")]) == 2
    one_line(capsys.readouterr().err)
    (tmp_path / "fcm.toml").replace(tmp_path / "evil.toml")
    with pytest.raises(ConfigError):
        theme.load("evil", "truecolor", [tmp_path])
