from __future__ import annotations

from pathlib import Path

import pytest

from tests.recording.harness import Recording, fast


@pytest.fixture
def recording(root: Path, tmp_path: Path) -> Recording:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    return Recording(data / "record.db", [root], fast("auto"))
