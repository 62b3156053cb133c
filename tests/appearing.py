"""Files that are there at once, as one change however slow the machine is."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def appear(path: Path, text: str) -> None:
    """Write a file beside the folder it is for, and move it there: a recorder never meets half of it."""
    handle, aside = tempfile.mkstemp(dir=path.parent.parent)
    with open(handle, "w", encoding="utf-8", newline="") as file:
        file.write(text)
    os.replace(aside, path)
