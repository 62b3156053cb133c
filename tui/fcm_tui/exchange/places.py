"""Where an export may be written."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from fcm_tui.errors import UsageError
from fcm_tui.paths import is_inside


def refuse_inside(path: Path, recorded: Sequence[bytes], data_dir: Path) -> None:
    """What is written into a recorded folder would be recorded.

    Raises:
        UsageError: the path lies in one of these, or in the data directory.
    """
    own = os.fsencode(os.path.realpath(path))
    for folder in [*recorded, os.fsencode(os.path.realpath(data_dir))]:
        if is_inside(own, folder):
            what = "a recorded folder" if folder in recorded else "the data directory"
            raise UsageError(f"{path}: lies in {what}, {os.fsdecode(folder)}: name a folder elsewhere")


def refuse_record(path: Path, place: object) -> None:
    """A record is nothing to write over, nor what stands beside it under its name.

    Args:
        path: where something is to be written.
        place: the path of the record; another than a path is a server.

    Raises:
        UsageError: the path is the record's.
    """
    if isinstance(place, Path) and os.path.realpath(path).startswith(os.path.realpath(place)):
        raise UsageError(f"{path}: is the record, or belongs to it: name another file")


def refuse_full(path: Path) -> None:
    """Whoever writes many files does so into a folder that has none.

    Raises:
        UsageError: there is something else.
    """
    if os.path.lexists(path) and not path.is_dir():
        raise UsageError(f"{path}: is there and no folder: name another")
    if path.is_dir() and any(path.iterdir()):
        raise UsageError(f"{path}: is not empty: name another folder")
