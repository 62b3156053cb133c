"""What launchd is told: a property list with the documented keys, every name as it was, and the commands around it."""

from __future__ import annotations

import plistlib
import sys
from pathlib import Path
from typing import Any

import pytest

from fcm_tui.errors import UsageError
from fcm_tui.service.job import Job, Schedule
from fcm_tui.service.launchd import Launchd, property_list
from fcm_tui.service.plan import Delete, Run, Write

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="about what POSIX has")

PROGRAM = ("/opt/py & co/bin/python3", "-P", "-m", "fcm_tui", "record")
HOSTILE = (
    *PROGRAM,
    "--data-dir",
    "/Users/zoë/my \"data\" <x> & 'y' ]]> %h $HOME \\",
    "--config",
    "/etc/é漢.toml",
)
DOCUMENTED = {
    "Label": str, "ProgramArguments": list, "RunAtLoad": bool, "KeepAlive": dict, "StartInterval": int,
    "StartCalendarInterval": list, "ThrottleInterval": int, "ExitTimeOut": int, "ProcessType": str,
    "WorkingDirectory": str, "Umask": int,
}  # fmt: skip
"""launchd.plist(5): keys that we may use, and the types of their values."""


def _read(job: Job) -> dict[str, Any]:
    found: dict[str, Any] = plistlib.loads(property_list(job))
    for key, value in found.items():
        assert type(value) is DOCUMENTED[key], key
    return found


def test_a_recorder_that_stays() -> None:
    found = _read(Job("fcm-tui", HOSTILE))
    assert found["ProgramArguments"] == list(HOSTILE) and found["Label"] == "fcm-tui"
    assert (found["RunAtLoad"], found["KeepAlive"]) == (True, {"SuccessfulExit": False})
    assert found["Umask"] == 0o077 and not {"StartInterval", "StartCalendarInterval"} & set(found)


def test_runs_at_times() -> None:
    every = _read(Job("fcm-tui", PROGRAM, Schedule(every=15)))
    assert every["StartInterval"] == 900 and not {"RunAtLoad", "KeepAlive"} & set(every)
    daily = _read(Job("fcm-tui", PROGRAM, Schedule(daily=((2, 5), (14, 30)))))
    assert daily["StartCalendarInterval"] == [{"Hour": 2, "Minute": 5}, {"Hour": 14, "Minute": 30}]


@pytest.mark.parametrize("word", ["/a\nb", "/a\x1bb", "/a\udcffb", "/a\uffffb"])
def test_what_a_property_list_cannot_hold_is_refused(word: str) -> None:
    with pytest.raises(UsageError, match="cannot hold such a character"):
        property_list(Job("fcm-tui", (*PROGRAM, word)))


def test_the_commands_around_it(home: Path) -> None:
    launchd = Launchd(is_system=False, uid=501)
    file = home / "Library/LaunchAgents/fcm-tui.plist"

    def commands(steps: list[Any]) -> list[str]:
        return [" ".join(step.command) if isinstance(step, Run) else type(step).__name__ for step in steps]

    loaded = ["launchctl enable gui/501/fcm-tui", f"launchctl bootstrap gui/501 {file}"]
    steps = launchd.install(Job("fcm-tui", PROGRAM))
    assert commands(steps) == ["Write", *loaded]
    assert launchd.remove("fcm-tui") == [] and not launchd.state("fcm-tui").installed
    next(step for step in steps if isinstance(step, Write)).do()
    assert commands(launchd.install(Job("fcm-tui", PROGRAM))) == [
        "launchctl bootout gui/501/fcm-tui",
        "Write",
        *loaded,
    ]
    assert commands(launchd.start("fcm-tui")) == loaded
    removed = launchd.remove("fcm-tui")
    assert commands(removed) == ["launchctl bootout gui/501/fcm-tui", "Delete"]
    assert isinstance(removed[1], Delete) and removed[1].path == file
    with pytest.raises(UsageError, match="use --system"):
        launchd.install(Job("fcm-tui", PROGRAM, from_start=True))
    file.write_text("<plist/>")
    with pytest.raises(UsageError, match="choose another --name"):
        launchd.remove("fcm-tui")
