"""Which changes a command is about: from when, until when, and by which expression."""

from __future__ import annotations

import argparse

from fcm_tui.commands.arguments import text
from fcm_tui.commands.common import settings_of
from fcm_tui.errors import FilterError, UsageError
from fcm_tui.query.terms import Term


def add_moments(parser: argparse.ArgumentParser) -> None:
    """Add `--since T` and `--until T`."""
    parser.add_argument(
        "--since", metavar="T", help="only from this moment on: 2h, yesterday, 2026-11-23 14:00"
    )
    parser.add_argument("--until", metavar="T", help="only before this moment")


def add_filter(parser: argparse.ArgumentParser, like: str) -> None:
    """Add `--filter EXPR`; `like` says by example, or by what it is like, how it is written."""
    parser.add_argument("--filter", metavar="EXPR", type=text, help=f"only what this lets through{like}")


def moment(words: str | None) -> int | None:
    """Nanoseconds of a moment as a person writes it; None for none.

    Raises:
        UsageError: it is none.
    """
    if words is None:
        return None
    from fcm_tui.times import parse_moment

    return parse_moment(words)


def moments(args: argparse.Namespace) -> tuple[int | None, int | None]:
    """Of `--since` and `--until`, as `moment`.

    Raises:
        UsageError: one of them is none, or there is nothing between them.
    """
    since, until = moment(args.since), moment(args.until)
    if since is not None and until is not None and until <= since:
        raise UsageError("--until is not behind --since: nothing can be between them")
    return since, until


def terms_of(args: argparse.Namespace, expression: str | None) -> tuple[Term, ...]:
    """An expression as terms, with the saved filters of the configuration.

    Raises:
        UsageError: it is not in the filter language.
    """
    if not expression:
        return ()
    from fcm_tui.query.parse import parse

    try:
        return parse(expression, settings_of(args).filters)
    except FilterError as error:
        raise UsageError(f"--filter: {error}") from None
