"""`[alerts]` as the tables of a configuration file that says all of it."""

from __future__ import annotations

from typing import Any

from fcm_tui.settings.alert_targets import FACILITIES
from fcm_tui.settings.alerts import RULES, AlertRule, Alerts, Hours
from fcm_tui.settings.targets import (
    AppriseTarget,
    CommandTarget,
    DesktopTarget,
    MailTarget,
    SyslogTarget,
    Target,
    WebhookTarget,
)
from fcm_tui.settings.values import format_duration

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def alerts_document(alerts: Alerts) -> dict[str, Any]:
    """The keys of `[alerts]`, its tables among them."""
    on = {rule.name: rule for rule in alerts.rules}
    return {
        "on": bool(alerts.rules),
        "shipped": {name: {"on": name in on, **_rule(on.get(name, rule))} for name, rule in RULES.items()},
        "rules": [{"name": rule.name, **_rule(rule)} for rule in alerts.rules if rule.name not in RULES],
        "targets": {target.name: _target(target) for target in alerts.targets},
    }


def _rule(rule: AlertRule) -> dict[str, Any]:
    table: dict[str, Any] = {}
    if rule.filters:
        table["filter"] = list(rule.filters)
    if rule.rate is not None:
        table["rate"] = f"more than {rule.rate.more_than} in {format_duration(rule.rate.seconds)}"
    if rule.hours is not None:
        table["inside_hours" if rule.hours.is_inside else "outside_hours"] = _hours(rule.hours)
        if rule.hours.zone is not None:
            table["zone"] = rule.hours.zone
    table |= {"quiet": format_duration(rule.quiet), "severity": rule.severity, "targets": list(rule.targets)}
    if rule.watches == "gaps":
        table["not_running"] = rule.not_running
    elif rule.watches != "tampering":
        table["digests"] = rule.digests
    return table


def _hours(hours: Hours) -> str:
    parts = []
    for days, start, end in hours.spans:
        named = "" if len(days) == 7 and days[0] == 0 else f"{_DAYS[days[0]]}-{_DAYS[days[-1]]} "
        parts.append(f"{named}{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}")
    return ", ".join(parts)


def _target(target: Target) -> dict[str, Any]:
    table: dict[str, Any]
    match target:
        case CommandTarget():
            return {
                "type": "command",
                "argv": list(target.argv),
                "deadline": format_duration(target.deadline),
            }
        case DesktopTarget():
            return {"type": "desktop", "via": target.via}
        case AppriseTarget():
            return {
                "type": "apprise",
                "urls": _source(target.urls),
                "deadline": format_duration(target.deadline),
            }
        case WebhookTarget():
            table = {"type": "webhook", "url": _source(target.url), "tls": _tls(target.verify)}
            secrets = {"secret": target.secret, "token": target.token}
        case SyslogTarget():
            table = {
                "type": "syslog",
                "transport": target.transport,
                "facility": next(name for name, number in FACILITIES.items() if number == target.facility),
            }
            if target.transport == "local":
                table["path"] = _source(target.path)
            else:
                table |= {"host": target.host, "port": target.port}
            if target.transport == "tls":
                table["tls"] = _tls(target.verify)
            secrets = {}
        case MailTarget():
            table = {"type": "mail", "host": target.host, "from": target.sender, "to": list(target.to)}
            table["tls"] = target.tls if target.verify else "unverified"
            table |= {"port": target.port} if target.port else {}
            table |= {"user": target.user} if target.user is not None else {}
            secrets = {"password": target.password}
    table |= {key: _source(value) for key, value in secrets.items() if value is not None}
    if target.ca is not None:
        table["ca"] = _source(target.ca)
    return table | {"deadline": format_duration(target.deadline)}


def _source(value: str) -> str:
    return value if value.startswith(("environment:", "https:", "http:")) else value.replace("$", "$$")


def _tls(verify: bool) -> str:
    return "verify" if verify else "unverified"
