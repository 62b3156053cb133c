"""Names of keys as a person reads them."""

from __future__ import annotations

from textual.keys import format_key

_SHOWN = {
    "up": "↑", "down": "↓", "left": "←", "right": "→", "tab": "Tab",
    "escape": "Esc", "pagedown": "PgDn", "pageup": "PgUp",
    "question_mark": "?", "slash": "/", "right_square_bracket": "]", "left_square_bracket": "[",
    "less_than_sign": "<", "greater_than_sign": ">", "left_parenthesis": "(", "right_parenthesis": ")",
    "plus": "+", "minus": "-", "equals_sign": "=", "colon": ":", "comma": ",",
    "delete": "Del", "at": "@",
}  # fmt: skip


def as_read(name: str) -> str:
    """Textual's name of a key as a person reads it: `ctrl+x` is `Ctrl-X`."""
    if name in _SHOWN:
        return _SHOWN[name]
    *modifiers, key = name.split("+")
    if "_" in key:
        key = format_key(key)  # a sign
    if len(key) > 1 or modifiers:
        key = _SHOWN.get(key, key.capitalize())
    return "-".join([*map(str.capitalize, modifiers), key])
