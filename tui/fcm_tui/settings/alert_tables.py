"""Reads `[alerts]` and the tables below it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from fcm_tui.settings.alert_targets import NAME, targets_of
from fcm_tui.settings.alerts import (
    DESKTOP,
    NONE,
    OUTSIDE_HOURS,
    RULES,
    SCREEN,
    SEVERITIES,
    SHIPPED,
    AlertRule,
    Alerts,
    Hours,
    Rate,
    Span,
)
from fcm_tui.settings.reader import Table, flag, one_of, text
from fcm_tui.settings.values import BadValue, parse_duration

_RATE = re.compile(r"more than (\d{1,7}) in (.+)", re.ASCII)
_SCREEN_ALONE: tuple[str, ...] = (SCREEN,)
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"(?:([A-Za-z]{3})(?:-([A-Za-z]{3}))? )?(\d\d):(\d\d)-(\d\d):(\d\d)", re.ASCII)
_HOURS_FORM: Final = (
    'write hours such as "Mon-Fri 08:00-18:00", "22:00-06:00" or "Mon-Thu 08:00-17:00, Fri 08:00-12:00"'
)
_ELSEWHERE = {"name": "under a [[alerts.rules]]", "filter": "under a [[alerts.rules]]"}


def alerts_of(table: Table, base: Path, environ: Mapping[str, str]) -> Alerts:
    """What `[alerts]` says.

    Args:
        base: the folder from which relative paths start.

    Raises:
        Misplaced: something in it is wrong.
    """
    is_on = table.take("on", flag, True)
    targets = targets_of(table.table("targets"), base, environ)
    known = (SCREEN, DESKTOP, *(target.name for target in targets))
    usual = table.take("default_targets", lambda value: _target_names(value, known), _SCREEN_ALONE)
    rules = [*_shipped(table.table("shipped"), usual, known)]
    taken = set(RULES)
    for own in table.tables("rules"):
        rule = _own(own, usual, known, taken)
        taken.add(rule.name)
        rules.append(rule)
    table.finish(_ELSEWHERE)
    return Alerts(tuple(rules), targets) if is_on else replace(NONE, targets=targets)


def _shipped(table: Table, usual: tuple[str, ...], known: tuple[str, ...]) -> list[AlertRule]:
    found = []
    for rule in (*SHIPPED, OUTSIDE_HOURS):
        own = table.table(rule.name)
        is_on = own.take("on", flag, rule is not OUTSIDE_HOURS)
        changed = _rule(own, replace(rule, targets=usual), known)
        own.finish(_ELSEWHERE)
        if is_on:
            found.append(changed)
    table.finish({})
    return found


def _own(table: Table, usual: tuple[str, ...], known: tuple[str, ...], taken: set[str]) -> AlertRule:
    def rule_name(value: Any) -> str:
        name = _name(value)
        if name in taken:
            raise BadValue("another rule has this name: write one of its own")
        return name

    if "name" not in table:
        table.refuse("name", 'this rule has no name: write name = "…" below [[alerts.rules]]')
    rule = AlertRule(table.take("name", rule_name, ""), targets=usual)
    rule = _rule(table, rule, known)
    table.finish({"on": "under a [alerts.shipped.NAME]; a rule of one's own is left out instead"})
    return rule


def _rule(table: Table, rule: AlertRule, known: tuple[str, ...]) -> AlertRule:
    """A rule with what its table says instead."""
    filters = rule.filters
    if rule.watches not in ("tampering", "gaps"):
        filters = table.take("filter", _expressions, filters)
        rule = replace(rule, rate=table.take("rate", _rate, rule.rate), hours=_hours(table, rule.hours))
        rule = replace(rule, digests=table.take("digests", flag, rule.digests))
    elif rule.watches == "gaps":
        rule = replace(rule, not_running=table.take("not_running", flag, rule.not_running))
    return replace(
        rule,
        filters=filters,
        quiet=table.take("quiet", _quiet, rule.quiet),
        severity=table.take("severity", lambda value: one_of(value, SEVERITIES), rule.severity),
        targets=table.take("targets", lambda value: _target_names(value, known), rule.targets),
        way=table.way,
    )


def _hours(table: Table, usual: Hours | None) -> Hours | None:
    inside, outside = table.take("inside_hours", _spans, None), table.take("outside_hours", _spans, None)
    zone = table.take("zone", _zone, usual.zone if usual else None)
    if inside is not None and outside is not None:
        table.refuse(
            "outside_hours", "a rule holds inside some hours or outside of some: leave one of the two out"
        )
    if inside is not None or outside is not None:
        return Hours(inside or outside or (), inside is not None, zone)
    if zone is not None and usual is None:
        table.refuse("zone", "a zone is for hours: write inside_hours or outside_hours too")
    return None if usual is None else replace(usual, zone=zone)


def _spans(value: Any) -> tuple[Span, ...]:
    return tuple(_span(part.strip()) for part in text(value).split(","))


def _span(part: str) -> Span:
    match = _SPAN.fullmatch(part)
    if match is None:
        raise BadValue(_HOURS_FORM)
    first, last, *clock = match.groups()
    days = tuple(range(7)) if first is None else _days(first, last or first)
    hour, minute, end_hour, end_minute = map(int, clock)
    start, end = hour * 60 + minute, end_hour * 60 + end_minute
    if minute > 59 or end_minute > 59 or start >= 1440 or end > 1440 or start == end:
        raise BadValue(_HOURS_FORM)
    return Span(days, start, end)


def _days(first: str, last: str) -> tuple[int, ...]:
    try:
        start, end = _DAYS.index(first.lower()), _DAYS.index(last.lower())
    except ValueError:
        raise BadValue(f"weekdays are Mon, Tue, Wed, Thu, Fri, Sat, Sun: {_HOURS_FORM}") from None
    return tuple((start + day) % 7 for day in range((end - start) % 7 + 1))


def _zone(value: Any) -> str:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    name = text(value)
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadValue(
            'no such time zone here: write one such as "Europe/Berlin"; where the system has none,'
            " `pip install tzdata` brings them"
        ) from None
    return name


def _rate(value: Any) -> Rate:
    match = _RATE.fullmatch(text(value))
    if match is None:
        raise BadValue('write a rate such as "more than 20 in 5m"')
    seconds = parse_duration(match[2])
    if not 1 <= seconds <= 86400:
        raise BadValue('the time of a rate goes from "1s" to "1d"')
    if int(match[1]) > 100_000:
        raise BadValue("the number of a rate goes up to 100000")
    return Rate(int(match[1]), seconds)


def _quiet(value: Any) -> float:
    seconds = parse_duration(value)
    if seconds > 30 * 86400:
        raise BadValue('it goes from "0s" to "30d"')
    return seconds


def _expressions(value: Any) -> tuple[str, ...]:
    """Whether they have a meaning is asked where the language is known."""
    if isinstance(value, list) and value and all(isinstance(item, str) and item for item in value):
        return tuple(value)
    if isinstance(value, list):
        raise BadValue('write one filter, or a list such as ["*.conf", "*.ini"]')
    return (text(value),)


def _target_names(value: Any, known: tuple[str, ...]) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise BadValue('write a list of names such as ["screen"]')
    for name in value:
        try:
            one_of(name, known)
        except BadValue as error:
            raise BadValue(f"there is no target {name!r}: {error}") from None
    return tuple(dict.fromkeys(value))


def _name(value: Any) -> str:
    if not NAME.fullmatch(text(value)):
        raise BadValue("a name has up to 32 letters, digits, dots, hyphens and underscores")
    return str(value)
