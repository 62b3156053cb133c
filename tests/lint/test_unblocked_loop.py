"""The guard against blocking calls in the event loop works; tests elsewhere lean on it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CASES = {
    "awaited": ("await work()", "blocked by os.stat from config_probe.py:"),
    "swallowed": (
        "with contextlib.suppress(Exception): await work()",
        "blocked by os.stat from config_probe.py:",
    ),
    "in a task": ("await asyncio.create_task(work())", "blocked by os.stat from config_probe.py:"),
    "in a thread": ("await asyncio.to_thread(look)", ""),
    "called by the test": ("look()", ""),
    "done by the test": ("os.stat('.')", ""),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_blocking_our_own_loop_fails_a_test(case: str, tmp_path: Path) -> None:
    statement, complaint = CASES[case]
    # A package named fcm_tui that stands in front of the real one, with one blocking function added.
    package = tmp_path / "front" / "fcm_tui"
    package.mkdir(parents=True)
    real = ROOT / "tui" / "fcm_tui"
    (package / "__init__.py").write_text(f"__version__ = '0'\n__path__.append({str(real)!r})\n")
    (package / "config_probe.py").write_text(
        "import os\n\ndef look(): os.stat('.')\n\nasync def work(): look()\n"
    )
    (tmp_path / "tests").mkdir()
    for name in ("__init__.py", "conftest.py", "waiting.py"):
        (tmp_path / "tests" / name).write_text((ROOT / "tests" / name).read_text("utf-8"), "utf-8")
    (tmp_path / "tests" / "test_it.py").write_text(
        "import asyncio, contextlib, os\nfrom fcm_tui.config_probe import look, work\n\n"
        f"async def test_it():\n    {statement}\n"
    )
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text("utf-8"), "utf-8")
    run = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, pytest; sys.path.insert(0, 'front'); sys.exit(pytest.main(['-q']))",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == (1 if complaint else 0), run.stdout + run.stderr
    assert complaint in run.stdout
