"""A program of the person's own: the alert as JSON on its standard input. No shell ever sees any of it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time

from fcm_tui.alerts.alert import Alert
from fcm_tui.alerts.targets.failure import NotSent
from fcm_tui.settings.targets import CommandTarget

_PASSED_ON = (
    "PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "DISPLAY", "WAYLAND_DISPLAY",
    "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "SYSTEMROOT", "SYSTEMDRIVE", "COMSPEC", "PATHEXT", "TEMP", "TMP",
    "USERPROFILE", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "WINDIR",
)  # fmt: skip
"""Of our environment; passwords may stand in the rest."""
_SAID = 200
if sys.platform == "win32":
    _CREATION_FLAGS = subprocess.CREATE_NO_WINDOW
else:
    _CREATION_FLAGS = 0
_LOOK = 0.05


def environment(alert: Alert) -> dict[str, str]:
    """The program's: what it needs to run, and the alert in a few words of ASCII."""
    passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return passed | {
        "FCM_ALERT_ID": alert.id,
        "FCM_ALERT_RULE": alert.rule,
        "FCM_ALERT_SEVERITY": alert.severity,
        "FCM_ALERT_KIND": alert.kind,
        "FCM_ALERT_COUNT": str(alert.count),
    }


def send(target: CommandTarget, alert: Alert, stopping: threading.Event) -> None:
    """Start the program and wait for it; what it is at when `stopping` is set, it is killed for.

    Raises:
        NotSent: it could not be started, said that it failed, or took too long.
    """
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as said:
        given.write(alert.json().encode() + b"\n")
        given.seek(0)
        try:
            process = subprocess.Popen(
                target.argv,
                stdin=given,
                stdout=subprocess.DEVNULL,
                stderr=said,
                env=environment(alert),
                cwd=os.path.expanduser("~"),
                start_new_session=True,
                creationflags=_CREATION_FLAGS,
            )
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise NotSent(f"{target.argv[0]} cannot be started ({reason}): mend argv") from None
        try:
            status = _wait(process, target.deadline, stopping)
        finally:
            _kill(process)
        if status:
            said.seek(0)
            last = said.read(1 << 16).decode("utf-8", "replace").strip()[-_SAID:]
            raise NotSent(f"{target.argv[0]} ended with {status}{f': {last}' if last else ''}")


def _wait(process: subprocess.Popen[bytes], deadline: float, stopping: threading.Event) -> int:
    end = time.monotonic() + deadline
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(_LOOK)
        if stopping.is_set():
            raise NotSent(
                "recording ended before the program did: it is started again with the next recording"
            )
        if time.monotonic() >= end:
            raise NotSent(
                f"the program took longer than {deadline:g} s, and was killed: mend it, or raise deadline"
            )


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End it and all that it started."""
    if sys.platform == "win32":
        process.kill()
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
