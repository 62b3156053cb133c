"""What single values of the configuration have to be: the checks that `config` reads its tables with.

Each takes a value as TOML has it, gives what the program works with, and raises `BadValue` for what it cannot be.
"""

from __future__ import annotations

from typing import Any, Final

from fcm_tui.gitignore import parse as parse_pattern
from fcm_tui.settings import defaults
from fcm_tui.settings.reader import Table, count, flag, one_of
from fcm_tui.settings.values import BadValue, parse_duration

WATCH_SOURCES: Final = ("auto", "fanotify", "inotify", "watchfiles", "poll")
_NO_PATTERNS: tuple[str, ...] = ()


def age(value: Any) -> float:
    return _between(parse_duration(value), 1.0, 1e10, '"1s" to "100000d"')


def at_least_one(value: Any) -> int:
    number = count(value)
    if not number:
        raise BadValue("one version at least is kept: write 1 or more")
    return number


def patterns(table: Table, shipped: tuple[str, ...]) -> tuple[str, ...]:
    defaults = shipped if table.take("defaults", flag, True) else _NO_PATTERNS
    return defaults + table.take("patterns", pattern_list, _NO_PATTERNS)


def detectors(value: Any) -> tuple[str, ...]:
    if isinstance(value, bool):
        return defaults.DETECTORS if value else ()
    if not isinstance(value, list):
        raise BadValue('write true, false, or a list of names such as ["private-key", "github"]')
    return tuple(one_of(name, defaults.DETECTORS) for name in value)


def pattern_list(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise BadValue('write a list of texts such as ["*.log", "build/"]')
    for pattern in value:
        _check_pattern(pattern)
    return tuple(value)


def _check_pattern(pattern: str) -> None:
    try:
        rule = parse_pattern(pattern)
    except (ValueError, UnicodeEncodeError) as error:
        raise BadValue(f"{pattern[:60]!r} is no gitignore pattern: {error}") from None
    if rule is None:
        raise BadValue(f"{pattern[:60]!r} is no gitignore pattern: it is empty or a comment")


def source(value: Any) -> str:
    return one_of(value, WATCH_SOURCES)


def polls(source: str) -> bool | None:
    return True if source == "poll" else None


def poll(value: Any) -> bool | None:
    if value == "auto":
        return None
    if not isinstance(value, bool):
        raise BadValue('write true, false or "auto"')
    return value


def poll_interval(value: Any) -> float:
    return _between(parse_duration(value), 0.5, 86400.0, '"500ms" to "1d"')


def scan_interval(value: Any) -> float:
    return _between(parse_duration(value), 5.0, 604800.0, '"5s" to "7d"')


def _between(seconds: float, least: float, most: float, allowed: str) -> float:
    if not least <= seconds <= most:
        raise BadValue(f"it goes from {allowed}")
    return seconds
