"""Windows: a task of the Task Scheduler, told in its own XML and made with `schtasks`.

Elements and their types: Microsoft Learn, "Task Scheduler Schema", and the protocol's description [MS-TSCH] 2.5.
"""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.sax.saxutils import escape

from fcm_tui.errors import UsageError
from fcm_tui.service.job import Job, Schedule
from fcm_tui.service.manager import State
from fcm_tui.service.plan import Delete, Run, Step, Write, run
from fcm_tui.service.templates import MARK, filled

LONGEST_COMMAND = 260
"""Characters of a program's path; `pathType` of the schema."""
_SYSTEM = "S-1-5-18"
"""The account of the local system, as a SID, which is the same in every language."""
_AGAIN = "PT5M"
"""A recorder that has ended is started again after so long: what `RestartOnFailure` does for one that could not be
started, it does not for one that ended with a status."""
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_VARIABLE = re.compile(r"%[^%]*%|\$\(Arg", re.IGNORECASE)
_MEND = "start the terminal as administrator, or ask one"
_STATUS, _RESULT = 3, 6
"""Columns of `schtasks /query /v /fo csv`, whose names are in the system's language."""


class TaskScheduler:
    """Tasks of the user, or of the system."""

    def __init__(self, *, is_system: bool) -> None:
        self._is_system = is_system

    def install(self, job: Job) -> list[Step]:
        if self._is_installed(job.name):
            self._refuse_foreign(job.name)
        file = Path(tempfile.gettempdir()) / f"fcm-tui-{job.name}-{os.getpid()}.xml"
        steps: list[Step] = [
            Write(file, task_xml(job, _SYSTEM if self._is_system else user()), mode=0o600),
            _schtasks("/create", "/tn", job.name, "/xml", str(file), "/f"),
            Delete(file),
        ]
        if job.schedule is None:
            steps.append(_schtasks("/run", "/tn", job.name))
        return steps

    def remove(self, name: str) -> list[Step]:
        if not self._is_installed(name):
            return []
        self._refuse_foreign(name)
        return [_schtasks("/end", "/tn", name, may_fail=True), _schtasks("/delete", "/tn", name, "/f")]

    def start(self, name: str) -> list[Step]:
        return [_schtasks("/change", "/tn", name, "/enable"), _schtasks("/run", "/tn", name)]

    def stop(self, name: str) -> list[Step]:
        return [_schtasks("/change", "/tn", name, "/disable"), _schtasks("/end", "/tn", name, may_fail=True)]

    def state(self, name: str) -> State:
        manager, where = "Windows' Task Scheduler", f"\\{name}"
        if not self._is_installed(name):
            return State(manager, where, installed=False)
        xml = _xml_of(name)
        enabled = None if not xml else "<Enabled>false</Enabled>" not in xml.rpartition("<Settings>")[2]
        return State(manager, where, True, enabled, *_words(name), is_scheduled=_is_scheduled(xml))

    def _is_installed(self, name: str) -> bool:
        return run(("schtasks", "/query", "/tn", name), 20.0)[0] == 0

    def _refuse_foreign(self, name: str) -> None:
        xml = _xml_of(name)
        if xml and MARK not in xml:
            raise UsageError(f"\\{name}: that task was not made by fcm-tui: choose another --name")


def task_xml(job: Job, account: str) -> bytes:
    """The task in UTF-16, as `schtasks /create /xml` takes it.

    Args:
        account: DOMAIN\\name, or a SID, of who records.

    Raises:
        UsageError: a path or name cannot stand in it.
    """
    program, *arguments = job.command
    line = subprocess.list2cmdline(arguments)
    for text in (program, line, account):
        _refuse_unfit(text)
    if len(program) > LONGEST_COMMAND:
        raise UsageError(
            f"{program[:80]}…: the Task Scheduler takes {LONGEST_COMMAND} characters: install fcm-tui elsewhere"
        )
    every = "records what changed" if job.schedule else "records every change"
    text = filled(
        "windows/fcm-tui.xml",
        description=f"fcm-tui {every} in the configured folders ({job.name}).",
        triggers="\n".join(_triggers(job, account)),
        principal="\n".join(_principal(job, account)),
        command=escape(program),
        arguments=escape(line),
    )
    text = text.replace('encoding="UTF-8"', 'encoding="UTF-16"', 1)
    return b"\xff\xfe" + text.replace("\n", "\r\n").encode("utf-16-le")


def _refuse_unfit(text: str) -> None:
    if _NO_XML.search(text) or any(char in text for char in "\t\n\r"):
        raise UsageError(f"{text}: a task cannot hold such a character: rename that folder, or name another")
    if _VARIABLE.search(text):
        raise UsageError(
            f"{text}: the Task Scheduler would take %…% or $(Arg…) in it for a variable: name another folder"
        )


def _triggers(job: Job, account: str) -> list[str]:
    if job.schedule is None:
        again = f"<Repetition><Interval>{_AGAIN}</Interval></Repetition>"
        if job.from_start:
            return [f"    <BootTrigger>{again}</BootTrigger>"]
        user_id = f"<UserId>{escape(account)}</UserId>"
        return [f"    <LogonTrigger>{again}{user_id}</LogonTrigger>"]
    return [f"    {trigger}" for trigger in _times(job.schedule)]


def _times(schedule: Schedule) -> list[str]:
    # The moments count from the boundary, a day long past; local time.
    if schedule.every is not None:
        repetition = f"<Repetition><Interval>PT{schedule.every}M</Interval></Repetition>"
        return [f"<TimeTrigger>{_boundary(0, 0)}{repetition}</TimeTrigger>"]
    day = "<ScheduleByDay><DaysInterval>1</DaysInterval></ScheduleByDay>"
    return [
        f"<CalendarTrigger>{_boundary(hour, minute)}{day}</CalendarTrigger>"
        for hour, minute in schedule.daily
    ]


def _boundary(hour: int, minute: int) -> str:
    return f"<StartBoundary>2024-01-01T{hour:02}:{minute:02}:00</StartBoundary>"


def _principal(job: Job, account: str) -> list[str]:
    lines = [f"      <UserId>{escape(account)}</UserId>"]
    if account != _SYSTEM:  # whose log-on is its own
        lines.append(f"      <LogonType>{'S4U' if job.from_start else 'InteractiveToken'}</LogonType>")
    return [*lines, "      <RunLevel>LeastPrivilege</RunLevel>"]


def _schtasks(*words: str, may_fail: bool = False) -> Run:
    return Run(("schtasks", *words), may_fail, _MEND)


def _xml_of(name: str) -> str:
    status, said = run(("schtasks", "/query", "/tn", name, "/xml"), 20.0)
    return said if status == 0 else ""


def _is_scheduled(xml: str) -> bool:
    return "<TimeTrigger>" in xml or "<CalendarTrigger>" in xml


def _words(name: str) -> tuple[str, str]:
    """State and detail, in the system's language."""
    _, said = run(("schtasks", "/query", "/tn", name, "/v", "/fo", "csv", "/nh"), 20.0)
    row = next(csv.reader(said.splitlines()), [])
    return (row[_STATUS], f"last result {row[_RESULT]}") if len(row) > _RESULT else ("", "")


if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    def user() -> str:
        """Who is logged on, as `DOMAIN\\name`."""
        name_sam_compatible = 2
        ask = ctypes.WinDLL("secur32").GetUserNameExW
        ask.argtypes = [ctypes.c_int, wintypes.LPWSTR, ctypes.POINTER(wintypes.ULONG)]
        name, size = ctypes.create_unicode_buffer(512), wintypes.ULONG(512)
        if ask(name_sam_compatible, name, ctypes.byref(size)) and name.value:
            return name.value
        return f"{os.environ.get('USERDOMAIN', '.')}\\{os.environ.get('USERNAME', '')}"

else:

    def user() -> str:
        """For a look at what would be written on Windows."""
        return ".\\user"
