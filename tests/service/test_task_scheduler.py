"""What Windows' Task Scheduler is told: valid by the documented schema, and every name comes out as it went in."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fcm_tui.errors import UsageError
from fcm_tui.service.job import Job, Schedule
from fcm_tui.service.plan import carry_out, run
from fcm_tui.service.program import command
from fcm_tui.service.task_scheduler import TaskScheduler, task_xml
from tests.waiting import wait_for
from tests.windows.system import windows_only

SPACE = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
PROGRAM = (r"C:\Program Files\Python & <Co>\pythonw.exe", "-P", "-m", "fcm_tui", "record")
HOSTILE = (
    *PROGRAM,
    "--data-dir",
    'C:\\Users\\Zoë O\'Neil & "Söhne" <x>\\100% data\\',
    "--config",
    r"\\srv\share ]]> é 漢\f.toml",
)
JOBS = {
    "logon": Job("fcm-tui", HOSTILE),
    "start": Job("fcm-tui", PROGRAM, from_start=True),
    "system": Job("fcm-tui", PROGRAM, from_start=True, is_system=True),
    "every": Job("fcm-tui", (*PROGRAM, "--once"), Schedule(every=44640)),
    "daily": Job("fcm-tui", (*PROGRAM, "--once"), Schedule(daily=((2, 5), (23, 59))), from_start=True),
}


def _parsed(job: Job) -> Any:
    etree = pytest.importorskip("lxml.etree", reason="lxml validates the XML")
    account = "S-1-5-18" if job.is_system else "DESK & CO\\Zoë <x>"
    data = task_xml(job, account)
    assert data[:2] == b"\xff\xfe"
    return etree.fromstring(data)


@pytest.mark.parametrize("kind", JOBS)
def test_the_xml_is_valid_by_the_documented_schema(kind: str) -> None:
    etree = pytest.importorskip("lxml.etree", reason="lxml validates the XML")
    schema = etree.XMLSchema(etree.parse(Path(__file__).with_name("task.xsd")))
    schema.assertValid(_parsed(JOBS[kind]))
    for wrong in ("<Interval>PT30S</Interval>", "<Count>0</Count>", "<Priority>11</Priority>", "<Surprise/>"):
        tag = wrong[1:].partition(">")[0].rstrip("/")
        broken = etree.tostring(_parsed(JOBS[kind]), encoding="unicode")
        head, _, rest = broken.rpartition(f"<{tag}>")
        broken = (
            head + wrong + rest.partition(f"</{tag}>")[2]
            if head
            else broken.replace("</Settings>", f"{wrong}</Settings>")
        )
        assert not schema.validate(etree.fromstring(broken)), f"the schema lets {wrong} pass"


def test_paths_and_people_come_out_as_they_went_in() -> None:
    task = _parsed(JOBS["logon"])
    assert task.findtext(f".//{SPACE}Command") == PROGRAM[0]
    assert _split(task.findtext(f".//{SPACE}Arguments")) == list(HOSTILE[1:])
    assert [found.text for found in task.iter(f"{SPACE}UserId")] == ["DESK & CO\\Zoë <x>"] * 2
    assert task.findtext(f".//{SPACE}LogonType") == "InteractiveToken"


def _split(line: str) -> list[str]:
    """A command line as a program of Microsoft's C library takes it apart; Windows' own function is asked where it is."""
    if sys.platform == "win32":
        import ctypes
        from ctypes import wintypes

        split = ctypes.WinDLL("shell32").CommandLineToArgvW
        split.argtypes, split.restype = (
            [wintypes.LPCWSTR, ctypes.POINTER(ctypes.c_int)],
            ctypes.POINTER(wintypes.LPWSTR),
        )
        count = ctypes.c_int()
        found = split(f"x {line}", ctypes.byref(count))
        return [found[number] for number in range(1, count.value)]
    words, word, quoted, slashes, begun = [], "", False, 0, False
    for char in [*line, " "]:
        if char == "\\":
            slashes, begun = slashes + 1, True
            continue
        if char == '"':
            word += "\\" * (slashes // 2)
            if slashes % 2:
                word += '"'
            else:
                quoted, begun = not quoted, True
        elif char in " \t" and not quoted:
            word += "\\" * slashes
            if begun or word:
                words.append(word)
            word, begun = "", False
        else:
            word, begun = word + "\\" * slashes + char, True
        slashes = 0
    return words


def test_when_it_runs() -> None:
    def triggers(kind: str) -> list[tuple[str, list[str]]]:
        return [
            (found.tag.removeprefix(SPACE), [text.strip() for text in found.itertext() if text.strip()])
            for found in _parsed(JOBS[kind]).find(f"{SPACE}Triggers")
        ]

    assert triggers("logon") == [("LogonTrigger", ["PT5M", "DESK & CO\\Zoë <x>"])]
    assert triggers("start") == triggers("system") == [("BootTrigger", ["PT5M"])]
    assert triggers("every") == [("TimeTrigger", ["2024-01-01T00:00:00", "PT44640M"])]
    assert triggers("daily") == [
        ("CalendarTrigger", ["2024-01-01T02:05:00", "1"]),
        ("CalendarTrigger", ["2024-01-01T23:59:00", "1"]),
    ]
    principals = {
        kind: [found.text for found in _parsed(JOBS[kind]).find(f".//{SPACE}Principal")] for kind in JOBS
    }
    assert principals["start"][1:] == ["S4U", "LeastPrivilege"]
    assert principals["system"] == ["S-1-5-18", "LeastPrivilege"]


@pytest.mark.parametrize(
    ("word", "said"),
    [
        (r"C:\%TEMP%\data", "for a variable"),
        (r"C:\100%\50%", "for a variable"),
        ("C:\\$(Arg0)", "for a variable"),
        ("C:\\a\nb", "cannot hold such a character"),
        ("C:\\a\x01b", "cannot hold such a character"),
        ("C:\\a\ud800b", "cannot hold such a character"),
        ("C:\\a\uffffb", "cannot hold such a character"),
    ],
)
def test_what_a_task_cannot_carry_is_refused(word: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        task_xml(Job("fcm-tui", (*PROGRAM, "--data-dir", word)), "DESK\\ann")
    with pytest.raises(UsageError, match=said):
        task_xml(Job("fcm-tui", (word, "record")), "DESK\\ann")
    with pytest.raises(UsageError, match="260 characters"):
        task_xml(Job("fcm-tui", ("C:\\" + "x" * 258, "record")), "DESK\\ann")


@windows_only
def test_schtasks_makes_and_deletes_it(tmp_path: Path) -> None:
    """Asked again, Wine's answers for anything, so the file that the scheduler keeps is looked at."""
    name = f"fcm-tui-test-{os.getpid()}"
    kept = Path(os.environ["SYSTEMROOT"], "System32", "Tasks", name)
    scheduler = TaskScheduler(is_system=False)
    job = Job(
        name, command("record", "--once", "--data-dir", str(tmp_path / "ä & b")), Schedule(daily=((3, 0),))
    )
    try:
        for _ in range(2):  # the second time it updates
            carry_out(scheduler.install(job))
            assert "pythonw.exe" in kept.read_bytes().decode("utf-16", "replace") or kept.exists()
        assert scheduler.state(name).installed
        assert not list(Path(os.environ["TEMP"]).glob("fcm-tui-*.xml"))
    finally:
        carry_out(scheduler.remove(name))
    assert not kept.exists()
    assert run(("schtasks", "/delete", "/tn", name, "/f"))[0] != 0


@windows_only
def test_it_records_without_a_console(tmp_path: Path, root: Path) -> None:
    """As the scheduler starts it: no window, and neither output nor input."""
    data = tmp_path / "data"
    detached = 0x8
    words = command("record", str(root), "--data-dir", str(data))
    assert words[0].endswith("pythonw.exe")
    with subprocess.Popen(words, creationflags=detached, close_fds=True) as recorder:
        try:
            from fcm_tui.datadir import DataDir

            wait_for(
                lambda: (found := DataDir(data).standing()) is not None and found.phase == "recording", 60
            )
            (root / "a.txt").write_text("one\n")
            log = [sys.executable, "-m", "fcm_tui", "log", "--data-dir", str(data)]
            wait_for(lambda: b"a.txt" in subprocess.run(log, capture_output=True, check=True).stdout, 60)
        finally:
            recorder.kill()
    refused = subprocess.run(command("record", str(tmp_path / "none"), "--data-dir", str(data)), check=False)
    assert refused.returncode == 2
    assert "no such folder" in (data / "fcm-tui.log").read_text()
