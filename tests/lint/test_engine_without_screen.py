"""The engine and the commands without a screen start without Textual, and without what they seldom need."""

from __future__ import annotations

import pkgutil
import subprocess
import sys

import pytest

import fcm_tui

SCREEN = ("fcm_tui.review", "fcm_tui.__main__")
LINUX = ("fcm_tui.watch.inotify", "fcm_tui.watch.fanotify")
"""What begins so cannot be imported on other systems."""


def engine_modules() -> list[str]:
    """Every module of the package that is not part of the screen."""
    found = pkgutil.walk_packages(fcm_tui.__path__, "fcm_tui.", onerror=lambda name: None)
    elsewhere = () if sys.platform == "linux" else LINUX
    return sorted(module.name for module in found if not module.name.startswith((*SCREEN, *elsewhere)))


def imported_by(statement: str) -> set[str]:
    """What a fresh interpreter has loaded after `statement`."""
    run = subprocess.run(
        [sys.executable, "-c", f"{statement}\nimport sys; print(*sys.modules, sep='\\n')"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return set(run.stdout.split())


def test_the_walk_finds_the_engine() -> None:
    modules = engine_modules()
    assert {"fcm_tui.settings.config", "fcm_tui.store.schema", "fcm_tui.commands.config"} <= set(modules)


def test_no_engine_module_loads_textual() -> None:
    loaded = imported_by("\n".join(f"import {name}" for name in engine_modules()))
    assert not {name for name in loaded if name.partition(".")[0] in ("textual", "rich")}


@pytest.mark.parametrize("module", ["fcm_tui.settings.config", "fcm_tui.datadir", "fcm_tui.commands.config"])
def test_what_every_start_needs_stays_light(module: str) -> None:
    heavy = {"difflib", "platformdirs", "tomlkit", "asyncio", "json"}
    assert not heavy & imported_by(f"import {module}; from fcm_tui.settings.config import load; load(None)")
