from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.test_commands import Cli


@pytest.fixture
def cli(tmp_path: Path, root: Path) -> Cli:
    """`fcm-tui` on a data directory of its own."""
    return Cli(tmp_path / "data", root)
