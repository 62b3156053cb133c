"""What inotify's source hints at."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

if sys.platform != "linux":
    pytest.skip("inotify is Linux's", allow_module_level=True)

from fcm_tui.watch.inotify import InotifySource


async def test_what_happened_before_it_is_asked_is_told(tmp_path: Path) -> None:
    source = InotifySource([os.fsencode(tmp_path)])
    source.start()
    try:
        source.arm(os.fsencode(tmp_path))
        (tmp_path / "file").write_text("one\n")
        await source.settled()
        assert source.take().folders == {os.fsencode(tmp_path)}
        assert not source.take()
    finally:
        source.close()
    assert not source.take(), "closed, it tells nothing and fails at nothing"
