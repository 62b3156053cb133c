"""Where the shipped themes and configuration files are.

A wheel has them inside the package; an editable install and a checkout have them at the top of the
repository, two folders above the package.
"""

from __future__ import annotations

from pathlib import Path

from fcm_tui.errors import UsageError

_PACKAGE = Path(__file__).resolve().parent


def themes_dir() -> Path:
    """The folder of the shipped themes.

    Raises:
        UsageError: the installation is incomplete.
    """
    return _find("themes")


def config_dir() -> Path:
    """The folder of the shipped configuration files, `fcm.toml` among them.

    Raises:
        UsageError: the installation is incomplete.
    """
    return _find("config")


def _find(name: str) -> Path:
    for parent in (_PACKAGE, _PACKAGE.parent.parent):
        folder = parent / name
        if folder.is_dir():
            return folder
    raise UsageError(f"the installation has no folder {name!r} beside {_PACKAGE}: install fcm-tui again")
