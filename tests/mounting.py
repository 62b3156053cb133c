"""File systems that a test mounts."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Mount = Callable[..., None]


@pytest.fixture
def mount() -> Iterator[Mount]:
    """`mount(folder, *options)`: mounts there until the test's end. Skipped, with the reason, where nobody may."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("mounting takes root on Linux: what becomes of what is mounted is NOT tested here")
    mounted: list[Path] = []

    def attempt(folder: Path, *options: str) -> None:
        folder.mkdir(exist_ok=True)
        done = subprocess.run(["mount", *options, str(folder)], capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"mount: {done.stderr.strip()}: what becomes of what is mounted is NOT tested here")
        mounted.append(folder)

    yield attempt
    for folder in reversed(mounted):
        subprocess.run(["umount", "-l", str(folder)], capture_output=True, check=False)
