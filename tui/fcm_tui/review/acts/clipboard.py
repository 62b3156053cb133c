"""Where copied text goes: a program of the system, tmux, the terminal (OSC 52), else a file. Knows no Textual.

What a clipboard does with it cannot be known from here, so the words only say where it was sent.
"""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

CAP = 74_000
"""Bytes that go to a terminal by OSC 52: xterm, tmux and others drop more than 100,000 of base64."""
_SECONDS = 3.0

Run = Callable[[Sequence[str], bytes], bool]
"""Runs a program with bytes on its input; whether it took them."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Where the text went."""

    words: str
    """As the end of a sentence: `given to wl-copy`. Safe to show."""
    to_terminal: str = ""
    """What is still to be written to the terminal, if that is where it goes."""


def programs(environ: Mapping[str, str], platform: str = sys.platform) -> list[tuple[str, list[str]]]:
    """The programs that may reach a person's clipboard from here, best first: name and arguments."""
    remote = "SSH_CONNECTION" in environ or "SSH_TTY" in environ
    found: list[tuple[str, list[str]]] = []
    if platform == "win32" or "WSL_DISTRO_NAME" in environ:
        found.append(("clip.exe", []))
    if platform == "darwin" and not remote:  # over SSH it would be the other machine's
        found.append(("pbcopy", []))
    if "WAYLAND_DISPLAY" in environ and not remote:
        found.append(("wl-copy", []))
    if "DISPLAY" in environ:
        found += [("xclip", ["-selection", "clipboard"]), ("xsel", ["--clipboard", "--input"])]
    if "TMUX" in environ:
        found.append(("tmux", ["load-buffer", "-w", "-"]))
    return found


def send(
    text: str,
    environ: Mapping[str, str] | None = None,
    *,
    terminal: bool,
    which: Callable[[str], str | None] = shutil.which,
    run: Run | None = None,
) -> Sent:
    """Hand the text on. Starts programs and may write a file: for a thread.

    Args:
        text: any text; it is handed on as UTF-8, undecodable bytes as they were.
        environ: the process's, if not given.
        terminal: whether the terminal can be written to.
        which: finds a program.
        run: runs one.

    Raises:
        OSError: not even a file could be written.
    """
    environ = os.environ if environ is None else environ
    data = text.encode("utf-8", "surrogateescape")
    for name, arguments in programs(environ):
        path = which(name)
        given = data if name != "clip.exe" else text.encode("utf-16", "surrogatepass")
        if path is not None and (run or _run)([path, *arguments], given):
            if name == "tmux":
                return Sent("given to tmux, which hands it to the terminal if it is set up to")
            return Sent(f"given to {name}")
    # screen (STY) swallows the sequence, and a bare Linux console has no clipboard
    if terminal and len(data) <= CAP and "STY" not in environ and environ.get("TERM") != "linux":
        return Sent("sent to the terminal, which may take it or not", osc52(data))
    handle, name = tempfile.mkstemp(prefix="fcm-tui-copy-", suffix=".txt")
    with open(handle, "wb") as file:
        file.write(data)
    why = f"more than a terminal takes ({CAP:,} bytes): " if terminal and len(data) > CAP else ""
    from fcm_tui.safetext import visible

    return Sent(f"{why}written to {visible(name)}")


def osc52(data: bytes) -> str:
    """The sequence that asks a terminal to put bytes on its clipboard: base64, so nothing in them acts on it."""
    return f"\x1b]52;c;{base64.b64encode(data).decode('ascii')}\x07"


def _run(argv: Sequence[str], data: bytes) -> bool:
    # the tools stay in the background with the selection: none of our pipes may be left to them
    try:
        return (
            subprocess.run(
                argv, input=data, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=_SECONDS
            ).returncode
            == 0
        )
    except (OSError, subprocess.SubprocessError):
        return False
