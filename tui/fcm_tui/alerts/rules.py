"""Rules whose filters are understood."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fcm_tui.errors import ConfigError, FilterError
from fcm_tui.query.parse import parse
from fcm_tui.query.terms import All, Condition, Is, Note, Since, State, Term, Until
from fcm_tui.settings.alerts import AlertRule
from fcm_tui.settings.config import Settings
from fcm_tui.store.reading.watched import Filter

_NOT_YET = frozenset((State.REVIEWED, State.PINNED, State.NOTED))


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule, and what its filter means."""

    settings: AlertRule
    filter: Filter

    @property
    def name(self) -> str:
        return self.settings.name


def rules_of(settings: Settings) -> tuple[Rule, ...]:
    """The rules of the configuration.

    Raises:
        ConfigError: a filter has no meaning; with file and line.
    """
    return tuple(Rule(rule, _filter(rule, settings)) for rule in settings.alerts.rules)


def _filter(rule: AlertRule, settings: Settings) -> Filter:
    try:
        found = tuple(parse(expression, settings.filters) for expression in rule.filters)
        for terms in found:
            _refuse_useless(terms)
    except FilterError as error:
        raise ConfigError(
            f"{_place(rule, settings.source)}: the filter of rule {rule.name!r}: {error}"
        ) from None
    return found


def _refuse_useless(terms: tuple[Term, ...]) -> None:
    """What cannot be so, or always is, when a change comes.

    Raises:
        FilterError: there is such a term.
    """
    for term in terms:
        why = _useless(term.condition)
        if why:
            raise FilterError(why, 0, 0)


def _useless(condition: Condition) -> str:
    match condition:
        case Since() | Until():
            return "since: and until: are for looking back: write inside_hours, outside_hours or rate"
        case Is(State.GAP):
            return "is:gap is no change: the shipped rule gap tells of gaps"
        case Note() | Is():
            is_late = isinstance(condition, Note) or condition.state in _NOT_YET
            return "nobody has reviewed a change or written a note on it when it comes" if is_late else ""
        case All(terms):
            return next(filter(None, (_useless(term.condition) for term in terms)), "")
        case _:
            return ""


def _place(rule: AlertRule, source: Path | None) -> str:
    """`file:line` of a rule's filter."""
    if source is None:
        return "the configuration"
    from fcm_tui.settings.lines import place

    return place(source, (*rule.way, "filter"))
