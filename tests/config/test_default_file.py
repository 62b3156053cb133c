"""The commented default configuration says exactly what holds without it, and names every key."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from fcm_tui import resources
from fcm_tui.errors import ConfigError
from fcm_tui.settings.alerts import OUTSIDE_HOURS, SHIPPED
from fcm_tui.settings.config import Retention, Settings, load
from fcm_tui.settings.database import CONTENT_LIMIT
from fcm_tui.settings.targets import Target

DEFAULT = resources.config_dir() / "fcm.toml"
KEYS = {
    "": {"theme", "ask_before_leaving", "database"},
    "watch": {"source", "scan_interval", "poll_interval"},
    "capture": {"size_limit"},
    "retention": {
        "thin",
        "keep_within",
        "keep_hourly",
        "keep_daily",
        "keep_weekly",
        "keep_monthly",
        "keep_yearly",
        "max_age",
        "max_versions",
        "max_size",
        "keep_unreviewed",
    },
    "ignore": {"defaults", "patterns"},
    "secrets": {"defaults", "patterns", "detectors", "allow"},
    "encryption": {"key"},
    "roots": {"path", "ignore", "size_limit", "poll", "poll_interval"},
    "alerts": {"on", "default_targets"},
    "filters": set(),
    "keys": set(),
}


def uncommented() -> str:
    """The file with its examples switched on: `# key = …` becomes `key = …`."""
    lines = DEFAULT.read_text("utf-8").splitlines()
    example = re.compile(r"# (\[\[?[a-z]+\]\]?|[a-z_.]+ = .+)")
    return "\n".join(match[1] if (match := example.fullmatch(line)) else line for line in lines)


def test_it_equals_the_defaults() -> None:
    assert dataclasses.replace(load(DEFAULT), source=None) == Settings()


def test_its_examples_are_right(tmp_path: Path) -> None:
    (tmp_path / "fcm.toml").write_text(uncommented(), "utf-8")
    settings = load(tmp_path / "fcm.toml")
    assert len(settings.roots) == 1
    assert settings.theme
    assert settings.keys
    assert settings.roots[0].size_limit == 1 << 30
    assert settings.retention == Retention(max_age=365 * 86400.0, max_versions=100, max_size=20 << 30)
    assert settings.database == Path.home() / "records" / "record.db"


def test_what_it_says_of_a_server_is_right(tmp_path: Path) -> None:
    text = DEFAULT.read_text("utf-8").partition("[watch]")[0]
    lines = re.findall(r"^#   (\[database\]|[a-z_]+ = .+)$", text, re.MULTILINE)
    (tmp_path / "fcm.toml").write_text("\n".join(lines), "utf-8")
    server = load(tmp_path / "fcm.toml").server
    assert server is not None
    assert (server.address, server.content_limit) == ("mysql://recorder@db.example.org/fcm", CONTENT_LIMIT)
    assert len(lines) == 5


def alert_examples() -> str:
    """What it shows of rules and targets."""
    text = DEFAULT.read_text("utf-8").partition("[alerts]")[2]
    return "\n".join(re.findall(r"^#   (\[+alerts.+\]+|[a-z_]+ = .+)$", text, re.MULTILINE))


def test_what_it_says_of_alerts_is_right(tmp_path: Path) -> None:
    (tmp_path / "fcm.toml").write_text(alert_examples(), "utf-8")
    alerts = load(tmp_path / "fcm.toml").alerts
    shipped = {rule.name: rule for rule in alerts.rules}
    assert [shipped[rule.name] for rule in SHIPPED] == list(SHIPPED)
    assert {type(target) for target in alerts.targets} == set(Target.__args__)
    assert shipped["payroll"].targets == ("screen", "operators")


def test_it_shows_the_rule_that_is_off_as_it_is(tmp_path: Path) -> None:
    outside = alert_examples().partition("[alerts.shipped.configuration-outside-hours]")
    (tmp_path / "fcm.toml").write_text(
        f"{outside[1]}{outside[2].partition('[[')[0].replace('false', 'true')}", "utf-8"
    )
    assert load(tmp_path / "fcm.toml").alerts.rules[-1] == OUTSIDE_HOURS


def test_every_key_is_in_it() -> None:
    found: dict[str, set[str]] = {"": set()}
    table = ""
    for line in uncommented().splitlines():
        if header := re.fullmatch(r"\[+([a-z]+)\]+", line):
            table = header[1]
            found[table] = set()
        elif key := re.match(r"([a-z_]+) =", line):
            found[table].add(key[1])
    found["keys"] = set()
    assert found == KEYS


@pytest.mark.parametrize("table", [table for table in KEYS if table not in ("filters", "keys")])
def test_no_other_key_is_accepted(table: str, tmp_path: Path) -> None:
    """`KEYS` is all there is: what a table says is known to it when asked is the same set."""
    header = "" if not table else f"[[{table}]]\npath = '/x'\n" if table == "roots" else f"[{table}]\n"
    (tmp_path / "fcm.toml").write_text(header + "zzzzzzzzz = 1\n")
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "fcm.toml")
    known = set(str(caught.value).rpartition("known here: ")[2].split(", "))
    known -= {"shipped", "rules", "targets"} if table == "alerts" else set()  # tables of their own
    assert known - (set(KEYS) if not table else set()) == KEYS[table]
