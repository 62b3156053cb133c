"""Sizes, durations, paths and database URLs as people write them."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

_UNITS = {
    "b": 1,
    "kib": 1 << 10,
    "mib": 1 << 20,
    "gib": 1 << 30,
    "tib": 1 << 40,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "tb": 10**12,
}
_SIZE = re.compile(r"(\d{1,19}(?:\.\d{1,6})?) ?([A-Za-z]+)", re.ASCII)
_LARGEST = (1 << 63) - 1
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(?:\d{1,9}(?:\.\d{1,6})? ?(?:ms|s|m|h|d) ?)+", re.ASCII)
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?) ?(ms|s|m|h|d)", re.ASCII)
_VARIABLE = re.compile(r"\$(?:(?P<dollar>\$)|(?P<plain>\w+)|\{(?P<braced>[^{}]*)\})", re.ASCII)
_PERCENT = re.compile(r"%(?P<percent>[^%\\/:]+)%")


class BadValue(ValueError):
    """A value that cannot be used; its text says how to write it."""


def parse_size(value: object) -> int:
    """Bytes of `"64 MiB"`, `"1.5 GB"` or a plain number of bytes; at least 1.

    Raises:
        BadValue: it is not a size.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        size = value
    else:
        match = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
        unit = _UNITS.get(match[2].lower()) if match else None
        if match is None or unit is None:
            raise BadValue('write a size such as "64 MiB" (B, KiB, MiB, GiB, TiB, kB, MB, GB, TB)')
        size = int(match[1]) * unit if match[1].isdigit() else round(float(match[1]) * unit)
    if not 1 <= size <= _LARGEST:
        raise BadValue("a size is at least 1 byte and below 8388608 TiB")
    return size


def format_size(size: int) -> str:
    """`size` bytes as `parse_size` reads it, exactly."""
    for name, unit in (("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if size % unit == 0:
            return f"{size // unit} {name}"
    return f"{size} B"


def parse_duration(value: object) -> float:
    """Seconds of `"5m"`, `"1h 30m"` or `"500ms"`.

    Raises:
        BadValue: it is not a duration.
    """
    text = value.strip() if isinstance(value, str) else ""
    if not _DURATION.fullmatch(text):
        raise BadValue('write a duration such as "5m" (ms, s, m, h, d; also "1h 30m")')
    return sum(float(number) * _SECONDS[unit] for number, unit in _DURATION_PART.findall(text))


def format_duration(seconds: float) -> str:
    """`seconds` as `parse_duration` reads it, to the millisecond."""
    left = round(seconds * 1000)
    parts: list[str] = []
    for name, length in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)):
        count, left = divmod(left, length)
        if count:
            parts.append(f"{count}{name}")
    return " ".join(parts) or "0s"


def parse_path(text: str, base: Path, environ: Mapping[str, str]) -> Path:
    """An absolute path: `~` and variables filled in, a relative one taken from the folder `base`.

    `$NAME` and `${NAME}` are variables, `$$` is a dollar sign; on Windows `%NAME%` is one too.

    Raises:
        BadValue: a variable is not set, or the path cannot exist on this system.
    """
    path = _VARIABLE.sub(lambda match: _variable(match, environ), text)
    if sys.platform == "win32":
        path = _PERCENT.sub(lambda match: _value(match["percent"], environ), path)
    if path.startswith("~"):
        expanded = os.path.expanduser(path)
        if expanded == path:
            raise BadValue(f"there is no home folder for {path.split('/')[0]!r}: write the whole path")
        path = expanded
    if not path or "\0" in path:
        raise BadValue("a path is not empty and has no NUL in it")
    try:
        os.fsencode(path)
    except UnicodeEncodeError:
        raise BadValue(
            "the path cannot be written in this system's file name encoding: use a UTF-8 locale"
        ) from None
    return Path(os.path.normpath(base / path))


def _variable(match: re.Match[str], environ: Mapping[str, str]) -> str:
    if match["dollar"]:
        return "$"
    return _value(match["plain"] or match["braced"], environ)


def _value(name: str, environ: Mapping[str, str]) -> str:
    value = environ.get(name)
    if not value:
        raise BadValue(f"the environment variable {name!r} is not set: set it, or write $$ for a dollar sign")
    return value


def parse_database(url: str, base: Path, environ: Mapping[str, str]) -> Path:
    """The file that `sqlite:PATH` names; a relative one taken from the folder `base`.

    Raises:
        BadValue: it is another kind of database, a folder, or has a password in it (which is not repeated).
    """
    scheme, colon, rest = url.partition(":")
    if colon and scheme.lower() != "sqlite":
        authority = rest.removeprefix("//").split("/")[0]
        if "@" in authority and ":" in authority.rpartition("@")[0]:
            raise BadValue("a password does not belong here: take it out and set FCM_DATABASE_PASSWORD")
    if not colon or scheme.lower() != "sqlite":
        raise BadValue("write sqlite:PATH for a file, or mysql://user@host/name for a server")
    if rest.startswith("//"):  # sqlite:///PATH, as other programs write it: an empty host, then the path
        rest = rest[2:]
        if re.match(r"/[A-Za-z]:", rest):
            rest = rest[1:]
    if rest.startswith(":"):
        raise BadValue("a record needs a file: write sqlite:PATH")
    path = parse_path(rest, base, environ)
    if path.is_dir():
        raise BadValue("a record is a file, and that is a folder: write the name of a file in it too")
    return path
