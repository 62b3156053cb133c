"""The screen in a real terminal: what a person presses, and what stands there then."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("there are no pseudo terminals", allow_module_level=True)

from fcm_tui.datadir import open_data_dir
from fcm_tui.model import Kind
from fcm_tui.store.reading.queries import Reader
from tests.appearing import appear
from tests.hostile import KINDS, acting
from tests.ptyharness import Terminal
from tests.review.builder import RecordBuilder
from tests.waiting import wait_for

TEXTUAL = re.compile(
    r"\x1b\[[0-9;?<>=$ ]*[A-Za-z]|\x1b\[[?0-9;$]*\$p|\x1bP(?:\+q|=)[0-9a-fs]*\x1b\\\\|\x1b[=>78]|\x1b_Gi=31[^\x1b]*\x1b\\\\|\x1b\]22;[a-z]+\x07|\r"
)
"""What Textual sends: cursor, pointer and modes, colours, questions to the terminal."""
ROOT = str(Path(__file__).parents[2])
PLAIN = {"LC_ALL": "C.UTF-8"}


def look(
    record: RecordBuilder, columns: int = 80, rows: int = 24, environ: dict[str, str] | None = None
) -> Terminal:
    return Terminal(
        [sys.executable, "-m", "tests.review.look", str(record.database)],
        columns=columns, rows=rows, environ=PLAIN | (environ or {}), cwd=ROOT,
    )  # fmt: skip


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (120, 40), (200, 60)])
def test_three_panes_and_a_clean_end(record: RecordBuilder, columns: int, rows: int) -> None:
    with look(record, columns=columns, rows=rows) as terminal:
        terminal.wait("line ten")
        terminal.wait("▾ project")
        for name in ("Directories", "▌Log", " Diff", "◇ viewer", "? help  q quit"):
            terminal.wait(name)
        terminal.press("down")
        terminal.wait("by vim of ann")
        terminal.press("tab")
        terminal.wait("▌Diff")
        terminal.press("?")
        terminal.wait("Esc closes it")
        terminal.press("enter")
        terminal.wait("by vim of ann")
        assert terminal.leave() == 0
        for undone in (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?1003l", b"\x1b[?1004l"):
            assert undone in terminal.raw[-200:]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signals_end_it_cleanly(record: RecordBuilder, number: int) -> None:
    with look(record) as terminal:
        terminal.wait("line ten")
        terminal.signal(number)
        assert terminal.end() == 0
        assert b"Traceback" not in terminal.raw


def test_control_c_ends_it(record: RecordBuilder) -> None:
    with look(record) as terminal:
        terminal.wait("line ten")
        terminal.press("ctrl+c")
        assert terminal.end() == 0


def test_resize_while_it_runs(record: RecordBuilder) -> None:
    with look(record) as terminal:
        terminal.wait("line ten")
        terminal.resize(120, 40)
        terminal.wait(lambda screen: "files  changes" in screen and "? help" in screen.split("\n")[39])
        terminal.resize(30, 6)
        terminal.wait(lambda screen: "small: 40×10 shows all" in screen.split("\n")[5])
        terminal.wait(lambda screen: screen.startswith("▌Log"))
        terminal.resize(80, 24)
        terminal.wait("line ten")
        for columns, rows in [(1, 1), (3, 2), (60, 50), (9, 200), (300, 1), (1, 30), (2, 2)] * 8:
            terminal.resize(columns, rows)  # quicker than anything is drawn
            terminal.press("tab")
        terminal.resize(80, 24)
        terminal.wait(lambda screen: "line ten" in screen and "▾ project" in screen and "q quit" in screen)
        assert terminal.leave() == 0


def test_another_process_is_followed_live(record: RecordBuilder) -> None:
    with look(record) as terminal:
        terminal.wait("line ten")
        record.change("/home/ann/project/fresh.txt", b"from elsewhere\n", Kind.CREATED)
        terminal.wait("from elsewhere")


def test_nothing_hostile_reaches_the_terminal(empty: RecordBuilder) -> None:
    empty.change(
        b"/home/ann/project/\x1b]0;OWNED\x07\xe2\x80\xaea\xff.py", b"\x1b[31mOWNED\x07\n", Kind.CREATED
    )
    with look(empty, columns=120, rows=40) as terminal:
        terminal.wait("␛[31mOWNED␇")
        terminal.wait("<202E>a")
        assert terminal.leave() == 0
        for hostile in (b"\x1b]0;OWNED", b"\x1b[31mOWNED", "\u202e".encode(), b"OWNED\x07"):
            assert hostile not in terminal.raw


@pytest.mark.slow
def test_every_hostile_kind_in_a_real_terminal(empty: RecordBuilder) -> None:
    for hostile in KINDS.values():
        at = b"/home/ann/project/" + hostile.name + b"/" + hostile.name
        empty.change(at, hostile.content, Kind.CREATED)
        empty.change(at, hostile.content + b"and\n" + hostile.content)
    with look(empty, columns=160, rows=50) as terminal:
        terminal.wait(f"Diff  {len(KINDS)} files in project")
        terminal.press("3", "G", "2")  # past all names
        terminal.wait("▌Log")
        terminal.press("b")  # or all of them are one line
        terminal.wait(f"#{2 * len(KINDS)}  modified")
        for number in range(2 * len(KINDS) - 1, 0, -1):
            terminal.press("down")
            terminal.wait(f"#{number}  ")
        assert terminal.leave() == 0
    sent = TEXTUAL.sub("", terminal.raw.decode())
    assert not acting(sent)


@pytest.mark.slow
def test_a_hundred_thousand_changes_open_and_scroll(
    empty: RecordBuilder, capsys: pytest.CaptureFixture[str]
) -> None:
    root = b"/home/ann/project"
    empty.many(root, 100_000)
    with look(empty, columns=120, rows=40) as terminal:
        seconds = terminal.wait("100,000  ● live")
        terminal.press("G")
        terminal.wait("100,000 of 100,000")
        terminal.wait("area1/file1.txt")
        terminal.press("pageup", "g")
        terminal.wait("● live")
    with capsys.disabled():
        print(f"\n100,000 changes on the screen after {seconds:.2f} s")


def test_few_colours_keep_the_signs(record: RecordBuilder) -> None:
    with look(record, environ={"TERM": "xterm", "COLORTERM": ""}) as terminal:
        terminal.wait("- line 10")
        terminal.wait("10 + line ten")
        assert b"38;2;" not in terminal.raw and b"38;5;" not in terminal.raw
        colours = {cell.fg for line in terminal.screen.buffer.values() for cell in line.values()}
        assert {"red", "green"} <= colours


def test_no_color_has_none(record: RecordBuilder) -> None:
    with look(record, environ={"NO_COLOR": "1"}) as terminal:
        terminal.wait("10 + line ten")
        colours = {cell.fg for line in terminal.screen.buffer.values() for cell in line.values()}
        assert colours == {"default"}


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"TERM": "dumb"}, "TERM=dumb"),
        ({"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, "the screen needs UTF-8"),
    ],
)
def test_terminals_that_will_not_do_are_refused_in_one_line(
    record: RecordBuilder, environ: dict[str, str], said: str
) -> None:
    with look(record, 200, 24, environ) as terminal:
        assert terminal.end() == 2
        shown = [line for line in terminal.text.split("\n") if line.strip()]
        assert len(shown) == 1 and said in shown[0]
        assert b"\x1b[?1049h" not in terminal.raw


def test_a_screen_that_would_be_drawn_elsewhere_is_refused(tmp_path: Path) -> None:
    said = tmp_path / "said"
    command = f"{sys.executable} -m fcm_tui . 2>{said}"
    environ = PLAIN | {"FCM_DATA_DIR": str(tmp_path / "data")}
    with Terminal(["sh", "-c", command], environ=environ, cwd=str(tmp_path)) as terminal:
        assert terminal.end() == 2
    assert "drawn on standard error" in said.read_text()
    assert b"\x1b" not in terminal.raw


def _holds(reader: Reader, count: int) -> bool:
    return reader.count() >= count


def test_a_terminal_that_is_not_read_does_not_stop_the_recorder(tmp_path: Path) -> None:
    """While nothing is read, changes are recorded; what came to pass is shown once somebody reads again."""
    folder = tmp_path / "work"
    folder.mkdir()
    environ = PLAIN | {"FCM_DATA_DIR": str(tmp_path / "data")}
    with Terminal(
        [sys.executable, "-m", "fcm_tui", str(folder)], columns=200, rows=60, environ=environ
    ) as terminal:
        terminal.wait("● recording")
        with Reader(open_data_dir(str(tmp_path / "data")).database) as reader:
            for number in range(1, 61):  # every change repaints log and diff: far more than any buffer holds
                appear(folder / f"file{number}.py", f"x = {number}\n" * 100)
                wait_for(partial(_holds, reader, number), 10, "the change is recorded")
        terminal.wait("60  ● live")
        terminal.press("b")
        terminal.wait("+ file60.py")
        assert terminal.leave() == 0


def test_the_real_program_from_the_first_run_to_the_end(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "old.txt").write_text("was there before\n")
    environ = PLAIN | {"FCM_DATA_DIR": str(tmp_path / "data")}
    command = [sys.executable, "-m", "fcm_tui"]
    with Terminal(command, environ=environ, cwd=str(folder)) as terminal:
        terminal.wait("Record this directory?")
        terminal.wait("…/work")
        terminal.press("enter")
        terminal.wait("● recording")
        (folder / "new.py").write_text("import os\n")
        terminal.wait("+ new.py")
        terminal.wait("1 + import os")
        with Terminal(command, columns=120, rows=40, environ=environ, cwd=str(folder)) as viewer:
            viewer.wait("◇ viewer")
            (folder / "old.txt").unlink()
            viewer.wait("- old.txt")
            viewer.wait("1 - was there before")
            assert viewer.leave() == 0
        terminal.wait("- old.txt")
        assert terminal.leave() == 0


def test_the_first_run_can_be_declined(tmp_path: Path) -> None:
    environ = PLAIN | {"FCM_DATA_DIR": str(tmp_path / "data")}
    with Terminal([sys.executable, "-m", "fcm_tui"], environ=environ, cwd=str(tmp_path)) as terminal:
        terminal.wait("Record this directory?")
        assert terminal.leave() == 0


def test_the_configurations_keys_and_who_records(tmp_path: Path) -> None:
    root, data, configuration = tmp_path / "root", tmp_path / "data", tmp_path / "fcm.toml"
    root.mkdir()
    configuration.write_text("[keys]\nquit = 'X'\n")
    command = [sys.executable, "-m", "fcm_tui", "--data-dir", str(data), "--config", str(configuration)]
    recorder = subprocess.Popen([*command, "record", str(root)], stdout=subprocess.PIPE)
    try:
        assert recorder.stdout is not None
        recorder.stdout.readline()
        with Terminal(command, columns=120, rows=30, environ=PLAIN, cwd=ROOT) as terminal:
            terminal.wait(f"process {recorder.pid} records")
            terminal.wait("X quit")
            recorder.terminate()
            recorder.wait()
            terminal.wait("nobody records now")
            terminal.press("q")
            terminal.press("?")
            terminal.wait("Esc closes it")
            terminal.press("enter")
            terminal.press("X")
            assert terminal.end() == 0
    finally:
        recorder.kill()
        recorder.communicate()
