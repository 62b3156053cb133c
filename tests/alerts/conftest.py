from __future__ import annotations

from pathlib import Path

import pytest

from tests.alerts.harness import Watching


@pytest.fixture
def watching(root: Path, tmp_path: Path) -> Watching:
    return Watching(root, tmp_path)
