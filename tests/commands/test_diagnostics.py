"""The log file: the rest of what a person is told in one line, and nothing that reaches a terminal."""

from __future__ import annotations

import logging
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from fcm_tui import cli, diagnostics
from fcm_tui.commands import status
from tests.waiting import wait_for

_FAILING = """
import sys
from fcm_tui.review.app import ReviewApp
def fail(self):
    raise RuntimeError("a widget's mistake \\x1b[31m")
ReviewApp.action_zoom = fail
from fcm_tui.cli import main
sys.exit(main(sys.argv[1:]))
"""


def test_a_mistake_of_ours_is_one_line_and_the_log_has_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)

    def fail(args: object) -> int:
        raise KeyError("no\nsuch \x1b]52;c;AAAA\x07 thing")

    monkeypatch.setattr(status, "run", fail)
    assert cli.main(["status", "--data-dir", str(data)]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    log = data.resolve() / "fcm-tui.log"
    assert told.err.startswith("fcm-tui: a mistake of the program: KeyError: ")
    assert told.err.endswith(f"; the log has the rest: {log}\n") and told.err.count("\n") == 1
    text = log.read_text(encoding="utf-8")
    assert "Traceback" in text and "in fail" in text
    assert "\x1b" not in text + told.err
    if os.name == "posix":
        assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_without_a_data_directory_the_log_is_a_temporary_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def fail(args: object) -> int:
        raise TypeError("wrong")

    monkeypatch.setattr(status, "run", fail)
    assert cli.main(["status", "--data-dir", str(tmp_path / "none")]) == 1
    (log,) = tmp_path.glob("fcm-tui-*.log")
    assert str(log) in capsys.readouterr().err
    assert "Traceback" in log.read_text()


def test_the_log_is_kept_short(tmp_path: Path) -> None:
    log = tmp_path / "fcm-tui.log"
    log.write_text("old\n" * diagnostics.LIMIT)
    (tmp_path / "fcm-tui.log.1").write_text("older\n")
    error = ValueError("x")
    assert str(log) in diagnostics.crash(error, log)
    assert (tmp_path / "fcm-tui.log.1").read_text().startswith("old\n")
    assert log.stat().st_size < 1000


def test_a_log_that_cannot_be_written_is_no_second_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "folder"
    log.mkdir()
    monkeypatch.setattr(diagnostics, "_temporary", lambda: log)
    assert diagnostics.crash(ValueError("x"), log) == "a mistake of the program: ValueError: x"


def test_the_recorder_notes_its_start_and_its_end(tmp_path: Path) -> None:
    root, data = tmp_path / "root", tmp_path / "data"
    root.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "fcm_tui", "record", "--data-dir", str(data), str(root)],
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith(b"ready: ")
    wait_for(lambda: "recording; all is well" in (data / "fcm-tui.log").read_text())
    process.terminate()
    process.communicate()
    lines = (data / "fcm-tui.log").read_text().splitlines()
    assert f"records {root}" in lines[0] and f" {process.pid} " in lines[0]
    if sys.platform != "win32":  # where this kills it; tests/windows tells it to end
        assert lines[-1].endswith(": stopped; all is well")


@pytest.mark.skipif(sys.platform == "win32", reason="a screen in a pty; tests/windows has one in a console")
def test_a_screen_that_fails_says_where_the_rest_is_and_loses_nothing(tmp_path: Path) -> None:
    from tests.ptyharness import Terminal

    root, data = tmp_path / "root", tmp_path / "data"
    root.mkdir()
    command = [sys.executable, "-c", _FAILING, "--data-dir", str(data), str(root)]
    with Terminal(command, columns=200, environ={"LC_ALL": "C.UTF-8"}, cwd=str(tmp_path)) as terminal:
        terminal.wait("recording")
        (root / "made").write_text("hello\n")
        terminal.wait("made")
        terminal.press("z")
        terminal.wait(f"what was recorded is safe; the log has the rest: {data}")
        assert "the screen failed: RuntimeError: a widget's mistake" in terminal.text
        assert terminal.end() == 1
    log = (data / "fcm-tui.log").read_text()
    assert "Traceback" in log and "widget's mistake" in log and "\x1b" not in log
    shown = subprocess.run(
        [sys.executable, "-m", "fcm_tui", "log", "--data-dir", str(data)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "made" in shown.stdout


def test_a_second_start_ends_the_first(tmp_path: Path) -> None:
    """A recorder may begin anew in the same process: lines go to one file, by one thread."""
    before = threading.active_count()
    first, second = tmp_path / "first.log", tmp_path / "second.log"
    for path in (first, second, first, second):
        diagnostics.start(path)
        logging.getLogger("fcm_tui.test").warning("for %s", path.name)
    assert threading.active_count() <= before + 1
    diagnostics.end()
    assert [path.read_text().count("WARNING") for path in (first, second)] == [2, 2]
    assert "for first.log" not in second.read_text()
    logging.getLogger("fcm_tui.test").warning("nobody writes this")
    assert second.read_text().count("WARNING") == 2
