"""On which line of a TOML text a key stands; only needed to say where an error is."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fcm_tui.errors import ConfigError
from fcm_tui.settings.file import decoded, read_raw

Key = tuple[str | int, ...]
"""A key's way from the top of the document; a number counts an array's elements from 0."""


def place(file: Path, key: Key) -> str:
    """`file:line` of a key of a configuration file as it stands now.

    Raises:
        ConfigError: the file cannot be read any more.
    """
    return f"{file}:{line_of(decoded(read_raw(file), file), key)}"


def placed(error: ConfigError, file: Path) -> ConfigError:
    """The error with the place in the file before it, where its text does not say that itself."""
    return ConfigError(f"{place(file, error.way)}: {error}") if error.way else error


def line_of(text: str, key: Key) -> int:
    """The line, from 1, on which `key` of the TOML `text` begins, or that of the table around it.

    `"a.b" = 1` is found as `a.b = 1` is: where names have dots in them, both mean the same.
    """
    lines = {_dotted(found): line for found, line in key_lines(text).items()}
    while key and _dotted(key) not in lines:
        key = key[:-1]
    return lines.get(_dotted(key), 1)


def _dotted(key: Key) -> str:
    return ".".join(map(str, key))


def key_lines(text: str) -> dict[Key, int]:
    """The line, from 1, on which each key and table begins."""
    # A statement, a header or a key with its value, is the shortest run of lines that TOML reads on its own.
    found: dict[Key, int] = {}
    tables: dict[Key, int] = {}  # how often each [[array of tables]] has been opened
    prefix: Key = ()
    pending: list[str] = []
    for number, line in enumerate(text.split("\n"), start=1):
        pending.append(line)
        try:
            statement = tomllib.loads("\n".join(pending))
        except tomllib.TOMLDecodeError:
            continue
        start = number - len(pending) + 1
        header = pending[0].lstrip().startswith("[")
        pending = []
        if not statement:
            continue
        if header:
            prefix = _header(statement, tables)
            found.setdefault(prefix, start)
        else:
            for way in _ways(statement):
                found.setdefault(prefix + way, start)
    return found


def _header(statement: dict[str, Any], tables: dict[Key, int]) -> Key:
    key: Key = ()
    value: Any = statement
    while value:
        name, value = next(iter(value.items()))
        key += (name,)
        if isinstance(value, list):  # [[name]] opens the next element
            value = None
            tables[key] = tables.get(key, -1) + 1
        if key in tables:  # [name.more] belongs to the element opened last
            key += (tables[key],)
    return key


def _ways(value: object, way: Key = ()) -> Sequence[Key]:
    if isinstance(value, dict):
        return [
            found for name, inner in value.items() for found in [(*way, name), *_ways(inner, (*way, name))]
        ]
    if isinstance(value, list):
        return [
            found
            for index, inner in enumerate(value)
            for found in [(*way, index), *_ways(inner, (*way, index))]
        ]
    return []
