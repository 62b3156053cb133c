"""Errors that say nothing about the file at hand: this process or the machine has run out of something."""

from __future__ import annotations

import errno

_SHORTAGES = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS))


def is_shortage(error: OSError) -> bool:
    """Whether what failed would succeed with more descriptors or memory: it is to be tried again, not recorded."""
    return error.errno in _SHORTAGES
