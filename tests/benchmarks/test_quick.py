"""Each benchmark still runs, at a size that says nothing about speed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.__main__ import BENCHMARKS
from tests.benchmarks.pairs import OURS, Goal, Run, compare
from tests.benchmarks.realtree import build, read_all

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("git") is None, reason="git is what most are measured against")
@pytest.mark.parametrize("name", BENCHMARKS)
def test_it_runs(name: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks", name, "--quick", "--runs", "1", "--work", str(tmp_path)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "cores, load" in done.stdout
    assert f"\n{name}: " in done.stdout.partition("## in short")[2], done.stdout


def test_the_tree_is_as_large_as_asked_for_and_the_same_again(tmp_path: Path) -> None:
    first = build(tmp_path / "first", 200, 3_000_000)
    build(tmp_path / "second", 200, 3_000_000)
    assert (first.files, first.size) == (200, read_all(tmp_path / "first").size)
    assert 1_500_000 < first.size < 4_500_000
    assert _names(tmp_path / "first") == _names(tmp_path / "second")


def test_where_files_are_few_the_copies_differ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for name in ("a", "b"):
        (source / name).write_text(name * 100)
    monkeypatch.setattr("tests.benchmarks.realtree._sources", lambda: iter([str(source)]))
    made = build(tmp_path / "tree", 6, 6000)
    contents = {path.read_bytes() for path in (tmp_path / "tree").rglob("*") if path.is_file()}
    assert (made.files, made.copies, len(contents)) == (6, 4, 6)


def test_ratios_are_of_medians_and_say_whether_the_goal_is_met() -> None:
    results = {
        OURS: [Run(1, 2), Run(2, 2), Run(9, 2)],
        "peer": [Run(6, None), Run(7, None), Run(1, None)],
        "other": [Run(1, 4)] * 3,
    }
    assert compare(results, {"peer": Goal(faster=3), "other": Goal(slower=1.5)}) == [
        "3.00 times as fast as peer; goal: at least 3: met",
        "0.50 (cpu 2.00) times as fast as other; that is 2.00 times its time, goal: at most 1.5: MISSED",
    ]


def _names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
