"""How a host is named: by its name, or, where several recorders have that, by the beginning of a recorder's id."""

from __future__ import annotations

import re

LEAST_ID = 8
"""Hexadecimal digits that tell a recorder from others of the same host."""
_ID = re.compile(rf"[0-9a-fA-F]{{{LEAST_ID},32}}")


def alternatives(named: str) -> tuple[str, ...]:
    """Of `web1,web2` each, and all of it: a name may have a comma in it."""
    return (named, *named.split(",")) if "," in named else (named,)


def beginning(named: str) -> str | None:
    """The hexadecimal digits with which a recorder's id is to begin; None where that can be no id."""
    return named.lower() if _ID.fullmatch(named) else None


def is_of(named: str, recorder_id: bytes, host: str) -> bool:
    """Whether a recorder is one of those that are named."""
    for name in alternatives(named):
        digits = beginning(name)
        if name == host or (digits is not None and recorder_id.hex().startswith(digits)):
            return True
    return False
