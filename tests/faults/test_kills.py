"""`kill -9` at random moments; 200 of them by hand, see the module's docstring."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.faults.kills import Kills


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(sys.platform == "win32", reason="sessions and SIGKILL are POSIX'")
def test_nothing_told_is_lost_by_kill_9(tmp_path: Path) -> None:
    kills = Kills(tmp_path, seed=1)
    assert kills.run(15) > 50
    assert kills.met_ready > 3
