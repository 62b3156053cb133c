"""What `pyproject.toml` promises agrees with the code, the README and the changelog."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import fcm_tui

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
DEPENDENCIES = [re.match(r"[\w-]+", requirement)[0] for requirement in PROJECT["dependencies"]]  # type: ignore[index]


@pytest.mark.parametrize("dependency", DEPENDENCIES)
def test_every_dependency_is_used(dependency: str) -> None:
    if dependency == "tzdata":
        dependency = "zoneinfo"  # which finds it by itself
    used = re.compile(rf"^\s*(import|from) {dependency}\b", re.MULTILINE)
    assert any(used.search(path.read_text("utf-8")) for path in (ROOT / "tui").rglob("*.py"))


@pytest.mark.parametrize("dependency", DEPENDENCIES)
def test_the_readme_says_what_each_dependency_is_for(dependency: str) -> None:
    assert re.search(rf"\b{dependency}\b", (ROOT / "README.md").read_text("utf-8"), re.IGNORECASE)


def test_the_changelog_knows_this_version() -> None:
    assert f"\n## {fcm_tui.__version__} " in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_the_readme_gives_the_command_that_the_checks_are() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert "pip install -e '.[test]' && .venv/bin/python -m tests" in readme
    assert r".venv\Scripts\python -m tests" in readme
