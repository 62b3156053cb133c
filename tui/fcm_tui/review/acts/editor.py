"""Opening a file in the person's editor, at a line. Knows no Textual."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import PurePath

from fcm_tui.errors import UsageError

_PLUS = (
    "vi",
    "vim",
    "nvim",
    "view",
    "nano",
    "emacs",
    "emacsclient",
    "kak",
    "micro",
    "joe",
    "mg",
    "ne",
    "jed",
    "ex",
)
"""Take `+LINE` in front of the file."""
_COLON = ("hx", "helix", "subl", "zed")
"""Take `FILE:LINE`."""
_GOTO = ("code", "codium", "code-insiders", "cursor")
"""Take `--goto FILE:LINE`."""


def command(
    path: str,
    line: int,
    environ: Mapping[str, str],
    *,
    platform: str = sys.platform,
    which: Callable[[str], str | None] = shutil.which,
) -> list[str]:
    """The program and its arguments; `path` is absolute, so it can be no option.

    Raises:
        UsageError: there is no editor, or what the environment names is none.
    """
    windows = platform == "win32"
    wanted = environ.get("VISUAL") or environ.get("EDITOR") or ""
    try:
        words = shlex.split(wanted, posix=not windows)
    except ValueError as error:
        raise UsageError(f"$VISUAL or $EDITOR cannot be read as a command: {error}") from None
    if windows:
        words = [word.strip('"') for word in words]
    candidates = [words] if words else [["notepad.exe"]] if windows else [["nano"], ["vim"], ["vi"]]
    for program, *options in candidates:
        found = which(program)
        if found is not None:
            return [found, *options, *_place(program, path, line)]
    raise UsageError(
        f"there is no {words[0]}: set $VISUAL or $EDITOR to your editor"
        if words
        else "set $EDITOR to your editor"
    )


def _place(program: str, path: str, line: int) -> list[str]:
    name = PurePath(os.path.basename(program)).stem.lower()
    if name in _PLUS:
        return [f"+{line}", path]
    if name in _COLON:
        return [f"{path}:{line}"]
    return ["--goto", f"{path}:{line}"] if name in _GOTO else [path]
