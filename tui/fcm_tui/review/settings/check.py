"""Whether settings are right in what only the screen and the filters know."""

from __future__ import annotations

from pathlib import Path

from fcm_tui.alerts.rules import rules_of
from fcm_tui.errors import ConfigError, FilterError
from fcm_tui.query.parse import parse
from fcm_tui.review import keys
from fcm_tui.review.look import theme
from fcm_tui.settings.config import Settings, own_themes
from fcm_tui.settings.draft import Draft
from fcm_tui.settings.lines import placed


def check(settings: Settings, path: Path) -> None:
    """Keys, saved filters, rules of alerts and theme of the configuration that was read at `path`.

    Raises:
        ConfigError: one of them cannot be; with file and line.
    """
    try:
        _check(settings, path)
    except ConfigError as error:
        raise placed(error, path) from None


def _check(settings: Settings, path: Path) -> None:
    """As `check`, but that the line is not told."""
    keys.remapped(settings.keys)
    for name, expression in settings.filters.items():
        try:
            parse(expression, settings.filters)
        except FilterError as error:
            raise ConfigError(f"[filters] {name}: {error}", ("filters", name)) from None
    rules_of(settings)
    if settings.theme is not None:
        theme.Themes(
            settings.theme, own_themes(path)
        )  # its error names the theme's file, or has the way to `theme`


def mistake(draft: Draft) -> ConfigError | None:
    """What `config check` would say; None where all is right. For a thread."""
    try:
        _check(draft.settings(), draft.path)  # which is not in the file yet
    except ConfigError as error:
        return error
    return None


def checked(made: Draft, before: Draft) -> Draft:
    """Refuse another mistake than there was `before`: a file that is wrong already may be mended step by step.

    Raises:
        ConfigError: the mistake.
    """
    wrong = mistake(made)
    if wrong is not None and str(wrong) != str(mistake(before)):
        raise wrong
    return made
