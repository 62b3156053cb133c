"""A notification on the desktop, else in the terminal: a bell, or the sequence that terminals make a notification of."""

from __future__ import annotations

import html
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping

from fcm_tui.alerts.alert import Alert
from fcm_tui.alerts.targets.failure import NotSent
from fcm_tui.settings.targets import DesktopTarget

_DEADLINE = 10.0
_LONGEST = 200
_APPLE = "on run argv\ndisplay notification (item 2 of argv) with title (item 1 of argv)\nend run"  # data is never script
BELL = "\a"


def send(target: DesktopTarget, alert: Alert, terminal: Callable[[str], None] | None) -> None:
    """Show it.

    Raises:
        NotSent: there is neither a desktop nor a terminal to show it on.
    """
    argv = _notifier(alert) if target.via in ("auto", "notifier") else None
    if argv is not None:
        why = _run(argv)
        if not why:
            return
        if target.via == "notifier" or terminal is None:
            raise NotSent(why)
    if target.via == "notifier":
        raise NotSent(
            "there is no program here that notifies a desktop: install notify-send, or leave via out"
        )
    if terminal is None:
        raise NotSent("there is no terminal here to ring in, and no program that notifies a desktop")
    terminal(sequence(target.via, alert))


def sequence(via: str, alert: Alert, environ: Mapping[str, str] = os.environ) -> str:
    """What is written to a terminal; `auto` chooses what this one is known to understand, else rings the bell."""
    if via == "auto":
        via = _understood(environ)
    title = alert.headline[:_LONGEST].replace(";", ",")
    match via:
        case "osc9":
            return f"\x1b]9;{title}\x1b\\"
        case "osc777":
            return f"\x1b]777;notify;fcm-tui;{title}\x1b\\"
        case _:
            return BELL


def _understood(environ: Mapping[str, str]) -> str:
    if environ.get("TMUX") or environ.get("TERM", "").startswith("screen"):
        return "bell"  # which a multiplexer passes on, and the sequences it does not
    program = environ.get("TERM_PROGRAM", "")
    if program in ("iTerm.app", "WezTerm", "ghostty"):
        return "osc9"
    if environ.get("TERM", "").startswith(("rxvt", "foot")) or environ.get("VTE_VERSION"):
        return "osc777"
    return "bell"


def _notifier(alert: Alert) -> list[str] | None:
    """The desktop's program with its arguments; None where there is none."""
    title, body = f"fcm-tui: {alert.rule}", alert.headline[:_LONGEST]
    if sys.platform == "darwin":
        return ["/usr/bin/osascript", "-e", _APPLE, title, body]
    if sys.platform == "win32" or not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return None
    program = shutil.which("notify-send")
    if program is None:
        return None
    urgency = "critical" if alert.severity == "critical" else "normal"
    # its body may have markup
    return [program, "--app-name=fcm-tui", f"--urgency={urgency}", "--", title, html.escape(body)]


def _run(argv: list[str]) -> str:
    """Why it failed; empty where it did not."""
    try:
        done = subprocess.run(
            argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=_DEADLINE, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{argv[0]}: {error}"
    return "" if done.returncode == 0 else f"{argv[0]} ended with {done.returncode}"
