"""The bytes of `fcm.toml`, its text, and the TOML in it; or one line that says what is wrong."""

from __future__ import annotations

import errno
import re
from pathlib import Path
from typing import Any

from fcm_tui.errors import ConfigError

LARGEST_FILE = 1 << 20
_DEEPEST = 20
"""Tables in one another; `keys` of some screen's actions lie three deep."""


def read_raw(path: Path) -> bytes:
    """What stands in the file.

    Raises:
        ConfigError: it cannot be read, or is too large.
    """
    try:
        # What a shell makes of <(...) is a pipe in /dev; another one may have no writer, and would be waited for.
        if not (path.is_file() or path.is_dir() or str(path).startswith("/dev/")) and path.exists():
            raise OSError(errno.EINVAL, "it is no file")
        with open(path, "rb") as file:
            raw = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ConfigError(
            f"{path}:1: the configuration cannot be read ({reason}): name another --config, "
            f"or write one with `fcm-tui config init`"
        ) from None
    if len(raw) > LARGEST_FILE:
        raise ConfigError(f"{path}:1: the configuration is larger than 1 MiB: is it another file?")
    return raw


def decoded(raw: bytes, path: Path) -> str:
    """The file's text, its line ends as `\\n`.

    Raises:
        ConfigError: it is not UTF-8.
    """
    try:
        content = raw.decode("utf-8-sig")  # Notepad puts a byte order mark in front
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}:{line}: the configuration is not UTF-8: save it as UTF-8") from None
    return content.replace("\r\n", "\n")


def parsed(content: str, path: Path) -> dict[str, Any]:
    """The text as tables.

    Raises:
        ConfigError: it is not TOML; with the line.
    """
    if not content.strip():
        return {}
    import tomllib

    try:
        document = tomllib.loads(content)
        _refuse_deep(document)
        return document
    except RecursionError:
        raise ConfigError(f"{path}:1: lists or tables lie too deep in one another: write them flat") from None
    except ValueError as error:  # TOMLDecodeError, and int's refusal of a number with thousands of digits
        what = str(error)
        place = re.search(r" ?\(at line (\d+), column \d+\)| ?\(at end of document\)", what)
        line = int(place[1]) if place and place[1] else content.rstrip("\n").count("\n") + 1 if place else 1
        what = what[: place.start()] if place else what
        raise ConfigError(f"{path}:{line}: not TOML: {what}: {_mending(what)}") from None


def _mending(what: str) -> str:
    """What to do about a complaint of the TOML parser."""
    if re.search(r"Cannot declare .* twice", what):
        return "write all keys of a table below one heading; a list of tables has [[ ]] above each"
    if "overwrite" in what:
        return "a key stands there for the second time: leave one of the two out"
    return "texts stand in quotation marks, tables in [ ]"


def _refuse_deep(value: Any, left: int = _DEEPEST) -> None:
    """Dotted keys make tables of any depth without the parser minding."""
    if not left:
        raise RecursionError
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _refuse_deep(inner, left - 1)
