"""A disk of its own for a server, which can be filled up and given room again: a file system in memory, for root only."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


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
        """No byte more fits from now on."""
        found = os.statvfs(self._folder)
        used = (found.f_blocks - found.f_bfree) * found.f_frsize
        self._resize(str(used))

    def make_room(self) -> None:
        self._resize(self._size)

    def _resize(self, size: str) -> None:
        subprocess.run(["mount", "-o", f"remount,size={size}", str(self._folder)], check=True)

    def unmount(self) -> None:
        """Once the server has ended."""
        if self.is_there:
            subprocess.run(["umount", str(self._folder)], check=True)
            self.is_there = False
