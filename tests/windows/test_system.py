"""Windows around the program: its listings, its consoles, its line ends, its signals, its queue of events."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fcm_tui.datadir import DataDir
from fcm_tui.watch.stamp import stamp
from tests.recording.harness import Recording
from tests.windows.system import not_on_wine, windows_only

pytestmark = windows_only
_BURST = """
import os, sys
for number in range(1500):
    folder = os.path.join(sys.argv[1], f"d{number % 40}", f"e{number % 7}")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, f"{number}.txt"), "w") as file:
        file.write(f"{number}\\n")
"""
_INTERRUPTED = """
import _thread, sys
from fcm_tui import cli

class Interrupting:
    def __init__(self, inner):
        self.inner = inner
    def write(self, text):
        self.inner.write(text)
        if "ready:" in text:
            _thread.interrupt_main()
    def __getattr__(self, name):
        return getattr(self.inner, name)

sys.stdout = Interrupting(sys.stdout)
sys.exit(cli.main(["record", sys.argv[1]]))
"""


def fcm(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "fcm_tui", *arguments]
    return subprocess.run(command, capture_output=True, env={**os.environ, **environment}, timeout=60)


def test_a_listing_and_a_look_say_the_same(root: Path) -> None:
    for name in ("plain", "program.exe", "read only.txt"):
        (root / name).write_text(f"{name}\n")
    (root / "read only.txt").chmod(0o444)
    with os.scandir(os.fsencode(root)) as listing:
        for entry in listing:
            with open(entry.path, "rb") as file:
                handle = stamp(os.fstat(file.fileno()))
            assert stamp(entry.stat(follow_symlinks=False)) == stamp(os.lstat(entry.path)) == handle, (
                entry.name
            )
    (root / "read only.txt").chmod(0o666)


async def test_the_file_index_tells_who_is_who(recording: Recording, root: Path) -> None:
    """Two files with the same content are renamed: only what the file system calls them tells which is which."""
    (root / "a").write_text("same\n")
    (root / "b").write_text("same\n")
    async with recording.running():
        pass
    (root / "a").rename(root / "z")
    (root / "b").rename(root / "y")
    async with recording.running():
        await recording.settled()
    moves = {
        (os.path.basename(c.previous_path or b""), os.path.basename(c.path)) for c in recording.changes()
    }
    assert moves == {(b"a", b"z"), (b"b", b"y")}


def test_line_ends_and_bytes_come_back_as_they_are(root: Path) -> None:
    old, new = b"one\r\ntwo\r\n\x1a\xe9\r\nend", b"one\r\nTWO\r\n\x1a\xe9\r\nend"
    (root / "file").write_bytes(old)
    assert fcm("record", "--once", str(root)).returncode == 0
    (root / "file").write_bytes(new)
    assert fcm("record", "--once", str(root)).returncode == 0
    assert fcm("cat", "1").stdout == new
    assert fcm("cat", "1", "--before").stdout == old
    assert b"-two\r\n+TWO\r\n" in fcm("diff", "1").stdout
    assert json.loads(fcm("diff", "1", "--json").stdout)["newline"] == "crlf"
    assert fcm("restore", "1", "--before").returncode == 0
    assert (root / "file").read_bytes() == old


@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "utf-8"])
def test_a_console_that_knows_few_characters(root: Path, encoding: str) -> None:
    (root / "déjà Ω → 漢.txt").write_text("one\n", encoding="utf-8")
    assert fcm("record", "--once", str(root), PYTHONIOENCODING=encoding).returncode == 0
    (root / "déjà Ω → 漢.txt").write_text("Ω\n", encoding="utf-8")
    assert fcm("record", "--once", str(root), PYTHONIOENCODING=encoding).returncode == 0
    for command in (["log"], ["diff", "1"], ["status"], ["diff", "1", "--stat"], ["log", "nowhere Ω"]):
        done = fcm(*command, PYTHONIOENCODING=encoding)
        assert done.returncode == 0, (command, done.stderr)
        assert b"Traceback" not in done.stderr
    (line,) = fcm("log", "--json", PYTHONIOENCODING=encoding).stdout.splitlines()
    assert os.path.basename(json.loads(line)["path"]) == "déjà Ω → 漢.txt"


@pytest.mark.slow
async def test_more_at_once_than_the_queue_of_events_holds(recording: Recording, root: Path) -> None:
    """ReadDirectoryChangesW drops what its buffer has no room for, and says nothing of which."""
    async with recording.running():
        burst = subprocess.Popen([sys.executable, "-c", _BURST, str(root)])
        assert burst.wait(100) == 0  # in the loop's own thread: nobody takes events meanwhile
        await recording.settled()
    assert len(recording.changes()) == 1500


def test_ctrl_c_ends_it_cleanly(root: Path, data_dir: DataDir) -> None:
    (root / "file").write_text("one\n")
    done = subprocess.run([sys.executable, "-c", _INTERRUPTED, str(root)], capture_output=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"ready: 1 roots, 1 files" in done.stdout
    assert b"not recording" in fcm("status").stdout
    log = (data_dir.path / "fcm-tui.log").read_text().splitlines()
    assert log[-1].endswith(": stopped; all is well")


@not_on_wine("CTRL_BREAK needs a console, and ends the process")
def test_ctrl_break_ends_it_cleanly(root: Path) -> None:
    recorder = subprocess.Popen(
        [sys.executable, "-m", "fcm_tui", "record", str(root)],
        stdout=subprocess.PIPE,
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    )
    with recorder:
        assert recorder.stdout is not None
        assert recorder.stdout.readline().startswith(b"ready:")
        recorder.send_signal(getattr(signal, "CTRL_BREAK_EVENT", signal.SIGINT))
        assert recorder.wait(30) == 0
