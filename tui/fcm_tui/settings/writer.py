"""The settings that hold, as text: TOML that `config.load` reads back, or JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from fcm_tui.safetext import visible
from fcm_tui.settings.alert_document import alerts_document
from fcm_tui.settings.config import Retention, RootSettings, Settings
from fcm_tui.settings.defaults import DETECTORS, IGNORED, SECRET
from fcm_tui.settings.values import format_duration, format_size


def as_toml(settings: Settings) -> str:
    """`settings` as a configuration file, the shipped patterns in comments."""
    document = as_document(settings)
    lines = [f"# read from {visible(str(settings.source))}" if settings.source else "# the defaults"]
    lines += _assignments(document)
    if settings.server is not None:
        lines += ["", "[database]", *_assignments(document["database"])]
    for name in ("watch", "capture", "retention", "encryption"):
        lines += ["", f"[{name}]", *_assignments(document[name])]
    for name in ("ignore", "secrets"):
        table = document[name]
        lines += ["", f"[{name}]", f"defaults = {_toml(bool(table['defaults']))}"]
        lines += [f"#     {_toml(pattern)}" for pattern in table["defaults"]]
        lines += _assignments({key: value for key, value in table.items() if key != "defaults"})
    lines += ["", *_alert_lines(document["alerts"])]
    for root in document["roots"]:
        lines += ["", "[[roots]]", *_assignments(root)]
    if settings.filters:
        lines += [
            "",
            "[filters]",
            *(f"{_toml(name)} = {_toml(text)}" for name, text in settings.filters.items()),
        ]
    if settings.keys:
        lines += ["", "[keys]", *(f"{_toml(name)} = {_toml(keys)}" for name, keys in settings.keys.items())]
    return "\n".join(lines) + "\n"


def as_json(settings: Settings) -> str:
    """`settings` as one JSON object with the tables and keys of the configuration file.

    `defaults` is the list of the shipped patterns in force.
    """
    return json.dumps(as_document(settings), indent=2) + "\n"


def as_document(settings: Settings) -> dict[str, Any]:
    """The tables and keys of a configuration file that says all of it; `defaults` are lists of shipped patterns."""
    return {
        "theme": settings.theme,
        "ask_before_leaving": settings.ask_before_leaving,
        "database": _database(settings),
        "watch": {
            "source": settings.watch_source,
            "scan_interval": format_duration(settings.scan_interval),
            "poll_interval": format_duration(settings.poll_interval),
        },
        "capture": {"size_limit": format_size(settings.size_limit)},
        "encryption": {"key": _literal(settings.encryption) if settings.encryption else None},
        "retention": _retention(settings.retention),
        "ignore": _patterns(settings.ignore, IGNORED),
        "secrets": {
            **_patterns(settings.secrets, SECRET),
            "detectors": True if settings.detectors == DETECTORS else list(settings.detectors),
            "allow": list(settings.allowed),
        },
        "alerts": alerts_document(settings.alerts),
        "roots": [_root(root, settings) for root in settings.roots],
        "filters": dict(settings.filters),
        "keys": dict(settings.keys),
    }


def _alert_lines(alerts: dict[str, Any]) -> Iterable[str]:
    yield "[alerts]"
    yield from _assignments(alerts)
    for name, rule in alerts["shipped"].items():
        yield from ("", f"[alerts.shipped.{name}]", *_assignments(rule))
    for rule in alerts["rules"]:
        yield from ("", "[[alerts.rules]]", *_assignments(rule))
    for name, target in alerts["targets"].items():
        yield from ("", f"[alerts.targets.{name}]", *_assignments(target))


def _database(settings: Settings) -> Any:
    server = settings.server
    if server is None:
        return None if settings.database is None else f"sqlite:{_literal(str(settings.database))}"
    return {
        "url": server.address,
        "password_file": _literal(server.password_file) if server.password_file else None,
        "ca": _literal(server.ca) if server.ca else None,
        "content_limit": format_size(server.content_limit),
    }


def _retention(retention: Retention) -> dict[str, Any]:
    table = asdict(retention)
    table["keep_within"] = format_duration(retention.keep_within)
    if retention.max_age is not None:
        table["max_age"] = format_duration(retention.max_age)
    if retention.max_size is not None:
        table["max_size"] = format_size(retention.max_size)
    return table


def _patterns(patterns: tuple[str, ...], shipped: tuple[str, ...]) -> dict[str, Any]:
    defaults = shipped if patterns[: len(shipped)] == shipped else ()
    return {"defaults": list(defaults), "patterns": list(patterns[len(defaults) :])}


def _root(root: RootSettings, settings: Settings) -> dict[str, Any]:
    return {
        "path": _literal(os.fsdecode(root.path)),
        "ignore": list(root.ignore[len(settings.ignore) :]),
        "size_limit": format_size(root.size_limit),
        "poll": "auto" if root.poll is None else root.poll,
        "poll_interval": format_duration(root.poll_interval),
    }


def _literal(path: str) -> str:
    return path.replace("$", "$$")


def _assignments(table: dict[str, Any]) -> Iterable[str]:
    for key, value in table.items():
        if isinstance(value, str | int) or (isinstance(value, list) and key not in ("roots", "rules")):
            yield f"{key} = {_toml(value)}"


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return f"[{', '.join(_toml(item) for item in value)}]"
    return '"' + "".join(_character(character) for character in value) + '"'


def _character(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if character.isprintable() and visible(character) == character:
        return character
    return f"\\u{ord(character):04x}" if ord(character) < 0x10000 else f"\\U{ord(character):08x}"
