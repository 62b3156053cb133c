"""What `[alerts]` may say, and that every mistake in it is told with its line."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from fcm_tui.alerts.at_work import AlertsAtWork
from fcm_tui.errors import ConfigError
from fcm_tui.settings.alerts import SHIPPED, USUAL, Alerts, Hours, Rate, Span
from fcm_tui.settings.config import load
from fcm_tui.settings.targets import MailTarget, SyslogTarget, WebhookTarget

RULE = '[[alerts.rules]]\nname = "r"\n'
HOOK = '[alerts.targets.ops]\ntype = "webhook"\n'
MAIL = '[alerts.targets.ops]\ntype = "mail"\nhost = "mail.example.org"\nfrom = "a@example.org"\nto = ["b@example.org"]\n'


def alerts(text: str, tmp_path: Path) -> Alerts:
    file = tmp_path / "fcm.toml"
    file.write_text(text, "utf-8")
    settings = load(file)
    AlertsAtWork(tmp_path / "record.db", settings)
    return settings.alerts


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('[alerts]\nenabeld = true\n', 2, "unknown key 'enabeld'"),
        ('[alerts]\nshiped = 1\n', 2, "did you mean 'shipped'?"),
        ("[alerts.shipped.mass-delete]\non = true\n", 1, "did you mean 'mass-deletion'?"),
        ("[alerts.shipped.gap]\nfilter = '*.x'\n", 2, "'filter' does not stand here"),
        ("[[alerts.rules]]\nfilter = 'a'\n", 1, "this rule has no name"),
        ("[[alerts.rules]]\nname = 'gap'\n", 2, "another rule has this name"),
        ("[[alerts.rules]]\nname = 'a\\nb'\n".replace("'", '"'), 2, "a name has up to 32 letters"),
        (f"{RULE}filtre = '*.c'\n", 3, "did you mean 'filter'?"),
        (f"{RULE}filter = 'kind:gone'\n", 3, "the filter of rule 'r': kind:gone: no such kind"),
        (f"{RULE}filter = 'since:2h'\n", 3, "write inside_hours, outside_hours or rate"),
        (f"{RULE}filter = 'is:reviewed'\n", 3, "nobody has reviewed a change"),
        (f"{RULE}filter = ['a', '@none']\n", 3, "no such saved filter"),
        (f"{RULE}rate = '5 in 1m'\n", 3, 'write a rate such as "more than 20 in 5m"'),
        (f"{RULE}rate = 'more than 5 in 2d'\n", 3, "the time of a rate goes from"),
        (f"{RULE}inside_hours = '8-18'\n", 3, "write hours such as"),
        (f"{RULE}inside_hours = 'Foo 08:00-18:00'\n", 3, "weekdays are Mon"),
        (f"{RULE}outside_hours = '25:00-26:00'\n", 3, "write hours such as"),
        (f"{RULE}inside_hours = '08:00-18:00'\noutside_hours = '08:00-18:00'\n", 4, "leave one of the two out"),
        (f"{RULE}zone = 'Europe/Berlin'\n", 3, "a zone is for hours"),
        (f"{RULE}inside_hours = '08:00-18:00'\nzone = 'Europe/Berln'\n", 4, "no such time zone"),
        (f"{RULE}severity = 'criticl'\n", 3, "did you mean 'critical'?"),
        (f"{RULE}targets = ['opps']\n{HOOK}url = 'https://e.org'\n", 3, "'targets': there is no target 'opps': did you mean 'ops'?"),
        ("[alerts.targets.screen]\ntype = 'desktop'\n", 1, "not 'screen' or 'desktop'"),
        ("[alerts.targets.ops]\nurl = 'x'\n", 1, "this target has no type"),
        ("[alerts.targets.ops]\ntype = 'webhok'\n", 2, "did you mean 'webhook'?"),
        (HOOK, 1, "this target has no url"),
        (f"{HOOK}url = 'http://example.org/'\n", 3, "write https"),
        (f"{HOOK}url = 'https://me:hunter2@example.org/'\n", 3, "a password does not belong into the address"),
        (f"{HOOK}url = 'https://example.org/a b'\n", 3, "write an address"),
        (f"{HOOK}url = 'https://example.org/'\nsecret = 'hunter2'\n", 4, "what is secret does not stand here"),
        (f"{HOOK}url = 'https://example.org/'\ntls = 'off'\n", 4, "write one of"),
        ("[alerts.targets.ops]\ntype = 'command'\nargv = '/bin/tell now'\n", 3, "each argument as a list"),
        ("[alerts.targets.ops]\ntype = 'command'\nargv = ['x']\ndeadline = '1h'\n", 4, "it goes from"),
        ("[alerts.targets.ops]\ntype = 'syslog'\ntransport = 'tcp'\n", 1, "this target has no host"),
        ("[alerts.targets.ops]\ntype = 'syslog'\nfacility = 'local9'\n", 3, "did you mean 'local"),
        (f"{MAIL}tls = 'off'\n", 6, "without TLS anybody on the way reads along"),
        (f"{MAIL}password = 'environment:P'\n", 6, "a password is for a user"),
        (f"{MAIL}user = 'u'\npassword = 'hunter2'\n", 7, "what is secret does not stand here"),
        (MAIL.replace("b@example.org", "b@example.org\\nBcc: c@example.org"), 5, "write an address such as"),
        ("[alerts.targets.ops]\ntype = 'apprise'\nurls = 'slack://token'\n", 3, "what is secret does not stand here"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line(text: str, line: int, said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        alerts(text, tmp_path)
    assert str(caught.value).startswith(f"{tmp_path / 'fcm.toml'}:{line}: "), caught.value
    assert said in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_without_a_word_the_shipped_rules_hold(tmp_path: Path) -> None:
    assert alerts("", tmp_path) == USUAL
    assert alerts("[alerts]\n", tmp_path) == USUAL
    assert alerts("[alerts]\non = false\n", tmp_path).rules == ()
    assert [rule.name for rule in SHIPPED] == [
        "mass-deletion",
        "mass-encryption",
        "secret-touched",
        "tampering",
        "gap",
    ]


def test_rules_and_targets_say_what_was_written(tmp_path: Path) -> None:
    found = alerts(
        '[alerts]\ndefault_targets = ["log"]\n[alerts.shipped]\ngap.on = false\nmass-deletion.rate = "more than 9 in 1s"\n'
        f'{RULE}filter = ["*.c", "*.h"]\nquiet = "0s"\ninside_hours = "Fri-Mon 22:00-06:00"\ndigests = true\n'
        '[alerts.targets.log]\ntype = "syslog"\ntransport = "tls"\nhost = "logs.example.org"\nfacility = "local3"\n'
        '[alerts.targets.hook]\ntype = "webhook"\nurl = "file:hook"\ntls = "unverified"\n'
        '[alerts.targets.post]\ntype = "mail"\nhost = "m"\nfrom = "a@b"\nto = ["c@d", "e@f"]\n',
        tmp_path,
    )
    rules = {rule.name: rule for rule in found.rules}
    assert "gap" not in rules
    assert rules["mass-deletion"].rate == Rate(9, 1.0)
    own = rules["r"]
    assert own.filters == ("*.c", "*.h")
    assert own.hours == Hours((Span((4, 5, 6, 0), 22 * 60, 6 * 60),), True)
    assert (own.quiet, own.targets, own.digests) == (0.0, ("log",), True)
    log, hook, post = found.targets
    assert log == SyslogTarget("log", "tls", "logs.example.org", 6514, "", 19)
    assert hook == WebhookTarget("hook", f"file:{tmp_path / 'hook'}", verify=False)
    assert post == MailTarget("post", "m", "a@b", ("c@d", "e@f"))


def test_what_holds_is_shown_as_it_is_written(tmp_path: Path) -> None:
    from fcm_tui.settings.writer import as_toml
    from tests.config.test_default_file import alert_examples

    (tmp_path / "fcm.toml").write_text(alert_examples(), "utf-8")
    settings = load(tmp_path / "fcm.toml")
    (tmp_path / "shown.toml").write_text(as_toml(settings), "utf-8")
    assert load(tmp_path / "shown.toml").alerts == settings.alerts


@pytest.mark.parametrize(
    ("moment", "holds"),
    [
        ("2025-11-28 21:59", False),  # a Friday
        ("2025-11-28 22:00", True),
        ("2025-11-29 05:59", True),
        ("2025-11-29 06:00", False),
        ("2025-12-02 05:59", True),  # Monday's night, which ends on Tuesday
        ("2025-12-02 22:30", False),
    ],
)
def test_hours_go_over_midnight(moment: str, holds: bool) -> None:
    at = int(datetime.strptime(moment, "%Y-%m-%d %H:%M").replace(tzinfo=UTC).timestamp()) * 10**9
    assert Hours((Span((4, 5, 6, 0), 22 * 60, 6 * 60),), True, "UTC").hold(at) is holds
    assert Hours((Span((4, 5, 6, 0), 22 * 60, 6 * 60),), False, "UTC").hold(at) is not holds


def test_hours_are_those_of_their_zone() -> None:
    noon = int(datetime(2025, 7, 1, 12, tzinfo=UTC).timestamp()) * 10**9
    assert Hours((Span(tuple(range(7)), 14 * 60, 14 * 60 + 1),), True, "Europe/Berlin").hold(noon)
    assert Hours((Span(tuple(range(7)), 8 * 60, 8 * 60 + 1),), True, "America/New_York").hold(noon)
