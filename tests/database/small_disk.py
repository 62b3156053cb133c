"""A disk of its own for a server, which can be filled up and given room again: a file system in memory, for root only."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

_PATIENCE = 20.0
"""Seconds in which a moment is found when nothing is written between looking and filling."""


class SmallDisk:
    """Mounted over a folder of a server that does not run; what is in it is copied there."""

    def __init__(self, folder: Path, size: str = "2g") -> None:
        self._folder = folder
        self._size = size
        self.is_there = False

    def mount(self) -> bool:
        """Whether it could be mounted."""
        if not sys.platform.startswith("linux") or os.geteuid() != 0:
            return False
        aside = self._folder.with_name("aside")
        self._folder.rename(aside)
        self._folder.mkdir()
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={self._size}", "none", str(self._folder)],
            capture_output=True,
            check=False,
        )
        self.is_there = done.returncode == 0
        subprocess.run(["cp", "-a", f"{aside}/.", str(self._folder)], check=True)
        subprocess.run(["rm", "-r", str(aside)], check=True)
        return self.is_there

    def fill(self) -> None:
        """No byte more fits from now on. The server writes meanwhile, and less than there is the system does not take."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            found = os.statvfs(self._folder)
            done = self._resize(str((found.f_blocks - found.f_bfree) * found.f_frsize))
            if done.returncode == 0:
                return
            assert time.monotonic() < deadline, done.stderr

    def make_room(self) -> None:
        done = self._resize(self._size)
        assert done.returncode == 0, done.stderr

    def _resize(self, size: str) -> subprocess.CompletedProcess[str]:
        command = ["mount", "-o", f"remount,size={size}", str(self._folder)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def unmount(self) -> None:
        """Once the server has ended."""
        if self.is_there:
            subprocess.run(["umount", str(self._folder)], check=True)
            self.is_there = False
