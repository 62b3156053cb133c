"""How this program is started by somebody who knows nothing of this shell, its folder and its environment."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from fcm_tui.errors import UsageError


def interpreter() -> str:
    """The Python to start it with, absolute; on Windows the one that opens no console window.

    Raises:
        UsageError: there is none.
    """
    if not sys.executable:
        raise UsageError("this Python does not know where it is: start fcm-tui by its full path")
    python = Path(os.path.abspath(sys.executable))
    if sys.platform != "win32":
        return str(python)
    windowless = python.with_name(python.name.lower().replace("python", "pythonw", 1))
    if python.name.lower().startswith("pythonw"):
        return str(python)
    if not windowless.exists():
        raise UsageError(f"{windowless} is missing, so a console window would stand open: repair that Python")
    return str(windowless)


def command(*arguments: str) -> tuple[str, ...]:
    """This program with these arguments. `-P`: what lies in the folder where it is started is not imported."""
    return (interpreter(), "-P", "-m", "fcm_tui", *arguments)
