"""Secrets of targets: in the environment, or in a file that only its owner can read. Never in `fcm.toml`."""

from __future__ import annotations

import os

from fcm_tui.alerts.targets.failure import NotSent
from fcm_tui.private_file import OthersCanRead, read_private

_LARGEST = 16384


def read_secret(source: str) -> str:
    """What `environment:NAME` or `file:PATH` holds, without its line end.

    Raises:
        NotSent: there is nothing, or others could read it.
    """
    kind, _, name = source.partition(":")
    if kind == "environment":
        value = os.environ.get(name)
        if not value:
            raise NotSent(f"the environment variable {name} is not set: set it where the recorder is started")
        return value
    try:
        content = read_private(name, _LARGEST)
    except OSError as error:
        raise NotSent(f"{name} cannot be read ({error.strerror}): mend that") from None
    except OthersCanRead:
        raise NotSent(f"others can read {name}: `chmod 600` it") from None
    try:
        value = content.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise NotSent(f"{name} is not UTF-8: write what is secret into it as text") from None
    if not value:
        raise NotSent(f"{name} is empty: write what is secret into it")
    return value


def one_line(source: str) -> str:
    """As `read_secret`, of what goes into a header.

    Raises:
        NotSent: it has more than one line, or other than ASCII letters.
    """
    value = read_secret(source)
    if not value.isascii() or not value.isprintable():
        raise NotSent(f"{source} has something other than one line of ASCII in it: write it anew")
    return value
