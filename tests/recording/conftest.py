from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.recording.harness import Recording, fast

SOURCES = ["watchfiles", "inotify"] if sys.platform == "linux" else ["watchfiles"]
if sys.platform == "win32":
    SOURCES.append("auto")


@pytest.fixture(params=SOURCES)
def source(request: pytest.FixtureRequest) -> str:
    """Every portable case runs with every source of events that there is here."""
    return str(request.param)


@pytest.fixture
def recording(source: str, root: Path, tmp_path: Path) -> Recording:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    return Recording(data / "record.db", [root], fast(source))
