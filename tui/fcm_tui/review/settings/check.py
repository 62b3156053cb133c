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


def check(settings: Settings, path: Path) -> None:
    """Keys, saved filters, rules of alerts and theme of the configuration at `path`.

    Raises:
        ConfigError: one of them cannot be.
    """
    keys.remapped(settings.keys)
    for name, expression in settings.filters.items():
        try:
            parse(expression, settings.filters)
        except FilterError as error:
            raise ConfigError(f"[filters] {name}: {error}") from None
    rules_of(settings)
    if settings.theme is not None:
        theme.Themes(settings.theme, own_themes(path))


def mistake(draft: Draft) -> ConfigError | None:
    """What `config check` would say; None where all is right. For a thread."""
    try:
        check(draft.settings(), draft.path)
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
