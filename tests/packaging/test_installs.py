"""A wheel, an sdist, an editable install and `uvx --from .` bring the command, themes and configuration."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import uv

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = (
    "tui",
    "themes",
    "config",
    "tests",
    "pyproject.toml",
    "README.md",
    "LICENSE",
    "CHANGELOG.md",
    ".ci",
    ".gitignore",
)
UV = uv.find_uv_bin()
Install = Callable[..., Path]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def run(*command: str | Path, cwd: Path | None = None) -> str:
    """What the command printed on stdout; its errors where it failed."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project, so that building leaves nothing behind."""
    folder = tmp_path_factory.mktemp("source")
    for name in SHIPPED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def built(source: Path) -> Path:
    """The folder with the sdist and the wheel that was built from it."""
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", source / "dist", source)
    return source / "dist"


@pytest.fixture
def install(tmp_path: Path) -> Install:
    """Installs into an environment of its own, which borrows the dependencies of the one that runs this."""
    place = tmp_path / "venv"
    venv.create(place, with_pip=False)
    scripts = place / ("Scripts" if sys.platform == "win32" else "bin")
    site = Path(sysconfig.get_path("purelib", vars={"base": str(place), "platbase": str(place)}))
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")

    def installed(*what: str | Path) -> Path:
        run(
            *(sys.executable, "-m", "pip", "--python", scripts / "python", "install", "--quiet"),
            *("--no-deps", "--no-index", "--no-build-isolation", "--ignore-installed", *what),
        )
        return scripts

    return installed


def check(scripts: Path, home: Path, inside: Path) -> None:
    """The installed program starts, and finds themes and configuration below `inside`."""
    assert run(scripts / "fcm-tui", "--version", cwd=home).strip().endswith("0.1.0")
    found = run(scripts / "fcm-tui", "config", "init", cwd=home).strip()
    assert Path(found).read_bytes() == (ROOT / "config" / "fcm.toml").read_bytes()
    program = (
        "from fcm_tui import resources as r; print(r.__file__, *r.themes_dir().glob('*.toml'), sep='\\n')"
    )
    module, *themes = run(scripts / "python", "-c", program, cwd=home).splitlines()
    assert Path(module).is_relative_to(inside)
    assert {Path(theme).name for theme in themes} == {
        theme.name for theme in (ROOT / "themes").glob("*.toml")
    }
    assert all(Path(theme).is_relative_to(inside) for theme in themes)


def test_a_wheel(built: Path, install: Install, home: Path) -> None:
    (wheel,) = built.glob("*.whl")
    scripts = install(wheel)
    check(scripts, home, scripts.parent)


def test_an_sdist(built: Path, install: Install, home: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    scripts = install(sdist)
    check(scripts, home, scripts.parent)


def test_an_editable_install(source: Path, install: Install, home: Path) -> None:
    check(install("-e", source), home, source)


@pytest.fixture(scope="session")
def uv_cache() -> str:
    """Where uv keeps its downloads, asked before a test moves the home folder away."""
    return run(UV, "cache", "dir").strip()


def test_uvx(source: Path, uv_cache: str, home: Path) -> None:
    command = (
        UV,
        "tool",
        "run",
        "--cache-dir",
        uv_cache,
        "--python",
        sys.executable,
        "--from",
        source,
        "fcm-tui",
    )
    assert run(*command, "--version", cwd=home).strip().endswith("0.1.0")
    assert Path(run(*command, "config", "init", cwd=home).strip()).is_file()


def test_what_is_in_them(built: Path) -> None:
    (wheel,), (sdist,) = built.glob("*.whl"), built.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {"fcm_tui/py.typed", "fcm_tui/config/fcm.toml", "fcm_tui/settings/config.py"} <= set(names)
    assert {name.split("/")[0] for name in names} == {"fcm_tui", "fcm_tui-0.1.0.dist-info"}
    with tarfile.open(sdist) as tar:
        tops = {name.split("/")[1] for name in tar.getnames()}
    assert tops == {*SHIPPED, "PKG-INFO"}
    assert not [name for name in names if name.endswith((".pyc", "~")) or "/__pycache__" in name]
