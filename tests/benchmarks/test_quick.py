"""Each benchmark still runs, at a size that says nothing about speed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the peers and /proc are Linux'")
@pytest.mark.parametrize("name", ["baseline", "reconcile", "versions", "burst", "latency", "idle"])
def test_it_runs(name: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks", name, "--quick", "--runs", "1", "--work", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "##" in done.stdout
