"""macOS: an agent of the user, or a daemon of the system, of launchd (launchd.plist(5), launchctl(1))."""

from __future__ import annotations

import os
import re
from pathlib import Path
from xml.sax.saxutils import escape

from fcm_tui.errors import UsageError
from fcm_tui.service.job import Job, Schedule
from fcm_tui.service.manager import State
from fcm_tui.service.plan import Delete, Run, Step, Write, run
from fcm_tui.service.templates import MARK, filled

_DAEMONS = "/Library/LaunchDaemons"
_NO_XML = re.compile("[^\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TOLD = re.compile(r"^\t(state|last exit code|pid) = (.+)$", re.MULTILINE)
_ENDING = 95
"""Tries, a second apart, to load it anew: the one before may still be ending."""


class Launchd:
    """Agents in the user's session, or the daemons of the system."""

    def __init__(self, *, is_system: bool, uid: int) -> None:
        self._is_system = is_system
        self._domain = "system" if is_system else f"gui/{uid}"
        self._folder = Path(_DAEMONS) if is_system else Path(os.path.expanduser("~/Library/LaunchAgents"))

    def install(self, job: Job) -> list[Step]:
        if job.from_start and not self._is_system:
            raise UsageError(
                "launchd runs what is a user's only while he is logged on: use --system for --at start"
            )
        file = self._file(job.name)
        text = property_list(job)
        steps: list[Step] = []
        if file.exists():
            steps.append(self._run("bootout", self._target(job.name), may_fail=True))
        return [*steps, Write(file, text), *self._loaded(job.name)]

    def remove(self, name: str) -> list[Step]:
        file = self._file(name)
        if not file.exists():
            return []
        return [self._run("bootout", self._target(name), may_fail=True), Delete(file)]

    def start(self, name: str) -> list[Step]:
        if run(("launchctl", "print", self._target(name)), 10.0)[0]:
            return self._loaded(name)
        return [self._run("kickstart", self._target(name))]

    def stop(self, name: str) -> list[Step]:
        return [self._run("bootout", self._target(name), may_fail=True)]

    def state(self, name: str) -> State:
        file = self._file(name)
        manager = "launchd of the system" if self._is_system else "launchd of the user"
        if not file.exists():
            return State(manager, str(file), installed=False)
        is_scheduled = (
            b"<key>StartInterval</key>" in file.read_bytes() or b"StartCalendarInterval" in file.read_bytes()
        )
        status, said = run(("launchctl", "print", self._target(name)), 10.0)
        if status:
            return State(manager, str(file), True, None, "stopped", "launchd has not loaded it", is_scheduled)
        found = dict(_TOLD.findall(said))
        code = found.get("last exit code", "")
        detail = f"exit status {code}" if code.isdigit() and int(code) else ""
        return State(manager, str(file), True, True, found.get("state", ""), detail, is_scheduled)

    def _file(self, name: str) -> Path:
        file = self._folder / f"{name}.plist"
        if file.exists() and MARK.encode() not in file.read_bytes():
            raise UsageError(f"{file}: it was not written by fcm-tui: choose another --name")
        return file

    def _target(self, name: str) -> str:
        return f"{self._domain}/{name}"

    def _loaded(self, name: str) -> list[Step]:
        file = str(self._folder / f"{name}.plist")
        return [
            self._run("enable", self._target(name)),
            Run(
                ("launchctl", "bootstrap", self._domain, file),
                mend="log on at this Mac itself, or use --system",
                tries=_ENDING,
            ),
        ]

    def _run(self, *words: str, may_fail: bool = False) -> Run:
        return Run(("launchctl", *words), may_fail)


def property_list(job: Job) -> bytes:
    """The property list of a job.

    Raises:
        UsageError: a name cannot stand in it.
    """
    for word in job.command:
        if _NO_XML.search(word):
            raise UsageError(
                f"{word}: launchd's files cannot hold such a character: rename that folder, or name another"
            )
    arguments = "\n".join(f"        <string>{escape(word)}</string>" for word in job.command)
    return filled(
        "launchd/fcm-tui.plist", label=job.name, arguments=arguments, when="\n".join(_when(job.schedule))
    ).encode()


def _when(schedule: Schedule | None) -> list[str]:
    if schedule is None:
        # What ended because it was told to stays so; what failed is started again.
        alive = ["    <dict>", "        <key>SuccessfulExit</key>", "        <false/>", "    </dict>"]
        return ["    <key>RunAtLoad</key>", "    <true/>", "    <key>KeepAlive</key>", *alive]
    if schedule.every is not None:
        return ["    <key>StartInterval</key>", f"    <integer>{schedule.every * 60}</integer>"]
    lines = ["    <key>StartCalendarInterval</key>", "    <array>"]
    for hour, minute in schedule.daily:
        moment = f"<key>Hour</key><integer>{hour}</integer><key>Minute</key><integer>{minute}</integer>"
        lines.append(f"        <dict>{moment}</dict>")
    return [*lines, "    </array>"]
