"""A saved filter as a person writes it in the settings. Knows no Textual."""

from __future__ import annotations

import tomllib
from collections.abc import Collection

from fcm_tui.errors import ConfigError
from fcm_tui.query.parse import KEYS
from fcm_tui.query.words import Word, words

FORM = "NAME = FILTER"
_EXAMPLE = "docs/ kind:modified"
EXPLANATION = (
    f"Saved filters: a name, = and a filter, such as mine = {_EXAMPLE}; then @mine stands for it in the filter bar,"
    ' in other filters and in "log --filter".'
)


def new_filter(text: str, saved: Collection[str]) -> tuple[str, str]:
    """Name and filter of `NAME = FILTER`; `saved` are the names that there are.

    Raises:
        ConfigError: one of them is missing.
    """
    name, _, expression = text.partition("=")
    name, expression = name.strip(), unwrapped(expression, saved)
    if not name or not expression:
        raise ConfigError(f"write a name, = and a filter: mine = {_EXAMPLE}")
    return name, expression


def other_filter(text: str, saved: Collection[str]) -> str:
    """What a filter becomes that has its name already.

    Raises:
        ConfigError: nothing is written.
    """
    if expression := unwrapped(text, saved):
        return expression
    raise ConfigError(f"write a filter: {_EXAMPLE}")


def unwrapped(text: str, saved: Collection[str]) -> str:
    """A filter without the quotation marks that TOML wants around it.

    Around one that says more than a text those make it a text that no path has in it; others are meant.
    """
    text = text.strip()
    if text[:1] not in ('"', "'") or text[-1] != text[0]:
        return text
    try:
        inside: str = tomllib.loads(f"filter = {text}")["filter"]
    except tomllib.TOMLDecodeError:
        return text
    says_more = not inside.strip() or any(_says_more(word, saved) for word in words(inside))
    return inside.strip() if says_more else text


def _says_more(word: Word, saved: Collection[str]) -> bool:
    return word.key in KEYS or "*" in word.text or (word.text[:1] == "@" and word.text[1:] in saved)
