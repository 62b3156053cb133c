"""A configuration file is written by one at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fcm_tui import file_lock
from fcm_tui.whole_file import remove_left

_TURN = 2.0
"""Seconds for which others may write the file before."""


@contextmanager
def turn(path: Path) -> Iterator[Path]:
    """The file to write for `path`, in a folder that is there: a link to a folder of dotfiles stays a link.

    Raises:
        OSError: somebody else goes on writing it, or the folder cannot be made or written.
    """
    target = Path(os.path.realpath(path))
    target.parent.mkdir(parents=True, exist_ok=True)
    # which no recorder takes for a change
    with file_lock.turn(target.with_name(f".fcm-tui-{target.name}.swp"), _TURN):
        remove_left(target)
        yield target
