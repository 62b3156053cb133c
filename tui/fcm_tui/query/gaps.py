"""Which gaps an expression lets through: `is:gap` asks for them alone, and nothing else for any."""

from __future__ import annotations

from fcm_tui.model import Gap
from fcm_tui.query import clocks
from fcm_tui.query.hosts import is_of
from fcm_tui.query.terms import All, Clock, Condition, Fuzzy, Glob, Host, Is, Part, Since, State, Term, Until


def asks_for_gaps(terms: tuple[Term, ...]) -> bool | None:
    """Whether gaps alone are asked for, or (False) changes without any; None where gaps are not spoken of."""
    for term in terms:
        match term.condition:
            case Is(State.GAP):
                return not term.is_negated
            case All(inner) if (asked := asks_for_gaps(inner)) is not None:
                return asked != term.is_negated
    return None


def lets_through(terms: tuple[Term, ...], gap: Gap) -> bool:
    """Whether all terms hold of a gap: it has a host and a time, and may be about any path; all else a change has alone."""
    holds = ((_holds(term.condition, gap), term.is_negated) for term in terms)
    return all(held is None or held != is_negated for held, is_negated in holds)


def goes_with(terms: tuple[Term, ...], gap: Gap) -> bool:
    """Whether a gap stands among the changes that all terms let through, where nobody asked for gaps.

    It is of no kind, and no file of a name: what asks for such changes leaves gaps out. It has a host and a time, and is
    none of what a term leaves out.
    """
    return all(_is_of(term.condition, gap) != term.is_negated for term in terms)


def _is_of(wanted: Condition, gap: Gap) -> bool:
    match wanted:
        case All(terms):
            return goes_with(terms, gap)
        case _:
            return _holds(wanted, gap) is True


def _holds(wanted: Condition, gap: Gap) -> bool | None:
    match wanted:
        case Is(State.GAP):
            return True
        case Fuzzy() | Part() | Glob():
            return None
        case Since(time_ns):
            return gap.to_ns is None or gap.to_ns >= time_ns
        case Until(time_ns):
            return gap.from_ns < time_ns
        case Clock(what, values):
            return clocks.shown(what, clocks.local(gap.from_ns // 10**9)) in values
        case Host(name):
            return is_of(name, gap.recorder_id, gap.host)
        case All(terms):
            return lets_through(terms, gap)
        case _:
            return False
