"""The shipped templates in `config/`, filled in."""

from __future__ import annotations

import re

from fcm_tui.resources import config_dir

MARK = "Written by `fcm-tui service install`"
"""Stands in every file that we write, and in no other."""
_PLACE = re.compile(r"@([A-Z]+)@")


def filled(template: str, /, **values: str) -> str:
    """A template in `config/`, with each `@PLACE@` replaced; lines that begin with `##` are about the template.

    What is put in must have been escaped for the format by the caller.
    """
    text = (config_dir() / template).read_text("utf-8")
    kept = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("##"))
    return _PLACE.sub(lambda match: values[match[1].lower()], kept)
