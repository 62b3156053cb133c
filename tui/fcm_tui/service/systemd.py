"""Linux: units and timers of systemd, of the user's own manager or of the system's (systemd.unit(5), .service, .timer)."""

from __future__ import annotations

import os
import re
from pathlib import Path

from fcm_tui.errors import UsageError
from fcm_tui.service.job import Job, Schedule
from fcm_tui.service.manager import State
from fcm_tui.service.plan import Delete, Run, Step, Write, run
from fcm_tui.service.templates import MARK, filled

_SYSTEM_UNITS = "/etc/systemd/system"
_INSTALLED = ("/run/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd", "/lib/systemd")
"""Below these are units of packages and of programs at work, which one of the same name in ours would hide."""
_LINES = re.compile(r"^([A-Za-z]+)=(.*)$", re.MULTILINE)
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\"'\\]")
"""What systemd takes in no path of a program, however it is written."""
_ASKED = "LoadState,ActiveState,SubState,UnitFileState,MainPID,Result,StatusText,ExecMainStatus,NextElapseUSecRealtime"
_STATES = {"activating": "starting", "deactivating": "stopping", "inactive": "stopped"}


class Systemd:
    """The manager of a user, or of the system."""

    def __init__(self, *, is_system: bool) -> None:
        self._is_system = is_system
        base = os.environ.get("XDG_CONFIG_HOME", "")
        config = Path(base) if os.path.isabs(base) else Path(os.path.expanduser("~/.config"))
        self._units = Path(_SYSTEM_UNITS) if is_system else config / "systemd" / "user"
        whose = "system" if is_system else "user"
        self._hidden = [Path(folder, whose) for folder in _INSTALLED]
        if not is_system:
            self._hidden.append(Path("/etc/systemd/user"))

    def install(self, job: Job) -> list[Step]:
        service, timer = self._unit(job.name, "service"), self._unit(job.name, "timer")
        wanted = self._files(job)
        steps: list[Step] = [self._answers()]
        stale = [path for path in (service, timer) if path.exists() and path not in wanted]
        changed = {path: text for path, text in wanted.items() if _read(path) != text}
        if changed and (service.exists() or timer.exists()):
            steps += self._ended(job.name)
        steps += [Delete(path) for path in stale]
        steps += [Write(path, text) for path, text in changed.items()]
        starts = (timer if job.schedule else service).name
        steps += [self._run("daemon-reload"), self._run("enable", starts)]
        if job.from_start and not self._is_system:
            mend = "ask an administrator for `loginctl enable-linger`, or leave out --at start"
            steps.append(Run(("loginctl", "enable-linger"), mend=mend))
        steps.append(self._run("start", "--no-block", starts))
        return steps

    def remove(self, name: str) -> list[Step]:
        files = [path for path in (self._unit(name, "timer"), self._unit(name, "service")) if path.exists()]
        if not files:
            return []
        return [
            *self._ended(name),
            *(Delete(path) for path in files),
            self._run("daemon-reload", may_fail=True),
        ]

    def start(self, name: str) -> list[Step]:
        # One that waits to be started again would not be started before that by `start`.
        waits = run(self._command("is-active", f"{name}.service"), 10.0)[1].strip() == "activating"
        return [self._run("restart" if waits else "start", "--no-block", self._starting(name))]

    def stop(self, name: str) -> list[Step]:
        timer = self._unit(name, "timer")
        return [self._run("stop", *([timer.name] if timer.exists() else []), f"{name}.service")]

    def state(self, name: str) -> State:
        timer, service = self._unit(name, "timer"), self._unit(name, "service")
        of = "the system" if self._is_system else "the user"
        manager, is_scheduled = f"systemd of {of}", timer.exists()
        where = timer if is_scheduled else service
        if not where.exists():
            return State(manager, str(where), installed=False)
        status, said = run(self._command("show", "--property", _ASKED, where.name), 10.0)
        if status:
            why = " ".join(said.split())
            return State(
                manager, str(where), True, detail=f"it does not answer: {why}", is_scheduled=is_scheduled
            )
        found = dict(_LINES.findall(said))
        if found.get("LoadState") not in ("loaded", None):
            return State(
                manager, str(where), True, None, "failed", f"the unit is {found['LoadState']}", is_scheduled
            )
        enabled = found.get("UnitFileState", "").startswith("enabled")
        return State(manager, str(where), True, enabled, *_words(found), is_scheduled)

    def _files(self, job: Job) -> dict[Path, bytes]:
        command, service = command_line(job.command), self._unit(job.name, "service")
        if job.schedule is None:
            target = "multi-user.target" if self._is_system else "default.target"
            text = filled("systemd/fcm-tui.service", name=job.name, command=command, target=target)
            return {service: text.encode()}
        return {
            service: filled("systemd/fcm-tui-once.service", name=job.name, command=command).encode(),
            self._unit(job.name, "timer"): filled(
                "systemd/fcm-tui-once.timer", name=job.name, times=_times(job.schedule)
            ).encode(),
        }

    def _unit(self, name: str, kind: str) -> Path:
        path = self._units / f"{name}.{kind}"
        content = _read(path)
        if content is not None and MARK.encode() not in content:
            raise UsageError(f"{path}: it was not written by fcm-tui: choose another --name")
        for folder in self._hidden:
            if os.path.lexists(folder / path.name):
                raise UsageError(f"{folder / path.name}: the system has such a unit: choose another --name")
        return path

    def _starting(self, name: str) -> str:
        return next(
            path.name for path in (self._unit(name, "timer"), self._unit(name, "service")) if path.exists()
        )

    def _ended(self, name: str) -> list[Step]:
        timer, service = self._unit(name, "timer"), self._unit(name, "service")
        there = [path.name for path in (timer, service) if path.exists()]
        return [self._run("disable", *there, may_fail=True), self._run("stop", *there, may_fail=True)]

    def _command(self, *words: str) -> tuple[str, ...]:
        return ("systemctl", *(() if self._is_system else ("--user",)), "--no-pager", *words)

    def _run(self, *words: str, may_fail: bool = False) -> Run:
        return Run(self._command(*words), may_fail)

    def _answers(self) -> Run:
        mend = (
            "is systemd at work here, and are you root? "
            if self._is_system
            else "log on as the user who records; "
        )
        return Run(
            self._command("show", "--property", "Version"),
            mend=f"{mend}`--dry-run` shows the units, to be put in place by hand",
        )


def command_line(command: tuple[str, ...]) -> str:
    """A command as `ExecStart=` has it: each word quoted, nothing expanded in it.

    Raises:
        UsageError: the path of the program has characters that systemd does not take, or a word is no text.
    """
    if _UNSAFE.search(command[0]):
        raise UsageError(
            f"{command[0]}: systemd starts no program with such a character in its path: install fcm-tui elsewhere"
        )
    # `:` keeps it from taking $NAME for a variable.
    return ":" + " ".join(_quoted(word) for word in command)


def _quoted(word: str) -> str:
    """In quotation marks, in the escapes of C; a percent sign twice, as one alone begins a specifier."""
    text = []
    for char in word:
        code = ord(char)
        if char in '"\\':
            text.append(f"\\{char}")
        elif code < 0x20 or code == 0x7F:
            text.append(f"\\x{code:02x}")
        elif 0xD800 <= code <= 0xDFFF:
            # It would be started, but nobody could ask how it does: D-Bus carries text only.
            raise UsageError(
                f"{word}: systemd knows names in UTF-8 only: rename that folder, or name another"
            )
        else:
            text.append(char)
    return f'"{"".join(text).replace("%", "%%")}"'


def _times(schedule: Schedule) -> str:
    if schedule.every is not None:
        return f"OnActiveSec=5s\nOnUnitActiveSec={schedule.every}min"
    daily = [f"OnCalendar=*-*-* {hour:02}:{minute:02}:00" for hour, minute in schedule.daily]
    return "\n".join([*daily, "Persistent=true"])


def _words(found: dict[str, str]) -> tuple[str, str]:
    """State and detail out of what systemd tells."""
    active, sub = found.get("ActiveState", ""), found.get("SubState", "")
    state = sub if active == "active" else _STATES.get(active, active)
    details = [found.get("StatusText", "")]
    if found.get("Result", "success") != "success":
        details.append(f"result {found['Result']}, exit status {found.get('ExecMainStatus', '?')}")
    elif sub == "auto-restart":
        details.append(f"waits to be started again; exit status {found.get('ExecMainStatus', '?')}")
    if found.get("NextElapseUSecRealtime"):
        details.append(f"next {found['NextElapseUSecRealtime']}")
    return state, "; ".join(filter(None, details))


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
