"""What systemd is told: every name comes out of a unit as it went in, and systemd itself finds nothing wrong with it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fcm_tui.errors import UsageError
from fcm_tui.service.job import Job, Schedule, checked_name, minutes, moment
from fcm_tui.service.plan import Delete, Run, Write, told
from fcm_tui.service.systemd import Systemd, command_line

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="about what Linux has")

PROGRAM = ("/usr/bin/python3", "-P", "-m", "fcm_tui", "record")
JOBS = [
    Job("fcm-tui", (*PROGRAM, "--data-dir", '/srv/my "data" $HOME %h %% \\ \'\n\x1b é')),
    Job("fcm-tui", (*PROGRAM, "--once"), Schedule(every=15)),
    Job("fcm-tui", (*PROGRAM, "--once"), Schedule(daily=((2, 5), (14, 30))), is_system=True),
    Job("other.one", PROGRAM, is_system=True, from_start=True),
]


def _commands(steps: list[Write | Delete | Run]) -> list[str]:
    return [" ".join(step.command[2:]) for step in steps if isinstance(step, Run)]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="asks systemd, which is not here")
@pytest.mark.parametrize("job", JOBS, ids=["hostile", "every", "daily", "system"])
def test_systemd_finds_nothing_wrong(job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    units = [step for step in Systemd(is_system=job.is_system).install(job) if isinstance(step, Write)]
    assert [unit.path.suffix for unit in units] == ([".service", ".timer"] if job.schedule else [".service"])
    for unit in units:
        (tmp_path / unit.path.name).write_bytes(unit.data)
    of = "--system" if job.is_system else "--user"
    command = [
        "systemd-analyze",
        of,
        "--man=no",
        "verify",
        *(str(tmp_path / unit.path.name) for unit in units),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_command_line_is_escaped() -> None:
    assert command_line(("/a b/$x", "50%", 'say "a\\b"', "two\nlines", "é")) == (
        ':"/a b/$x" "50%%" "say \\"a\\\\b\\"" "two\\x0alines" "é"'
    )


@pytest.mark.parametrize("program", ['/a"b/python', "/a'b/python", "/a\\b/python", "/a\nb/python"])
def test_a_program_that_systemd_would_not_start_is_refused(program: str) -> None:
    with pytest.raises(UsageError, match="install fcm-tui elsewhere"):
        command_line((program,))


def test_a_name_that_is_no_text_is_refused() -> None:
    with pytest.raises(UsageError, match="UTF-8 only"):
        command_line(("/usr/bin/python3", os.fsdecode(b"/data/\xff")))


def test_installed_anew_otherwise_what_was_there_ends_first() -> None:
    systemd = Systemd(is_system=False)
    permanent, timed = Job("fcm-tui", PROGRAM), Job("fcm-tui", PROGRAM, Schedule(every=60), from_start=True)
    written = [step for step in systemd.install(timed) if isinstance(step, Write)]
    assert any(isinstance(step, Run) and step.command[0] == "loginctl" for step in systemd.install(timed))
    for step in written:
        step.do()
    steps = systemd.install(permanent)
    assert _commands(steps) == [
        "--no-pager show --property Version",
        "--no-pager disable fcm-tui.timer fcm-tui.service",
        "--no-pager stop fcm-tui.timer fcm-tui.service",
        "--no-pager daemon-reload",
        "--no-pager enable fcm-tui.service",
        "--no-pager start --no-block fcm-tui.service",
    ]
    assert [step.path.name for step in steps if isinstance(step, Delete)] == ["fcm-tui.timer"]
    assert not any(isinstance(step, Write) for step in systemd.install(timed)), (
        "the same again writes nothing"
    )
    assert [step.path.name for step in systemd.remove("fcm-tui") if isinstance(step, Delete)] == [
        "fcm-tui.timer",
        "fcm-tui.service",
    ]
    assert systemd.remove("another") == []


def test_a_unit_of_somebody_else_is_left_alone(home: Path) -> None:
    unit = home / ".config/systemd/user/sshd.service"
    unit.parent.mkdir(parents=True)
    unit.write_text("[Service]\nExecStart=/usr/sbin/sshd\n")
    for plan in (
        lambda: Systemd(is_system=False).install(Job("sshd", PROGRAM)),
        lambda: Systemd(is_system=False).remove("sshd"),
    ):
        with pytest.raises(UsageError, match="choose another --name"):
            plan()


@pytest.mark.parametrize("is_system", [True, False])
@pytest.mark.parametrize("suffix", ["service", "timer"])
def test_a_unit_that_the_system_has_is_not_hidden(
    is_system: bool, suffix: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fcm_tui.service.systemd._INSTALLED", (str(home / "lib"),))
    there = home / "lib" / ("system" if is_system else "user") / f"sshd.{suffix}"
    there.parent.mkdir(parents=True)
    there.symlink_to("another.service")  # an alias
    manager = Systemd(is_system=is_system)
    for plan in (lambda: manager.install(Job("sshd", PROGRAM)), lambda: manager.remove("sshd")):
        with pytest.raises(UsageError, match="the system has such a unit: choose another --name"):
            plan()


def test_what_would_be_done_is_safe_to_show() -> None:
    shown = told(Systemd(is_system=False).install(JOBS[0]))
    assert "\x1b" not in shown and "run systemctl --user --no-pager enable fcm-tui.service" in shown


def test_names_and_times() -> None:
    assert [minutes(text) for text in ("15", "15m", "2h", "1d", "31d")] == [15, 15, 120, 1440, 44640]
    assert [moment(text) for text in ("2:05", "02:05", "23:59")] == [(2, 5), (2, 5), (23, 59)]
    for bad in ("", "0m", "32d", "1w", "-5", "99999999"):
        with pytest.raises(UsageError, match="from 1m to 31d"):
            minutes(bad)
    for bad in ("24:00", "2", "2:5", "02:30:00"):
        with pytest.raises(UsageError, match="as 02:30"):
            moment(bad)
    for bad in ("", "../x", "a/b", "a b", "-x", "a%i", "a@b", "x" * 65, "é"):
        with pytest.raises(UsageError, match="no name for a service"):
            checked_name(bad)
