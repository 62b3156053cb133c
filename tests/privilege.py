"""Whether this process may have fanotify's events; why not, for tests that need them."""

from __future__ import annotations

import os
import sys

import pytest


def why_not() -> str:
    """Empty where it may."""
    if sys.platform != "linux":
        return "fanotify is Linux's"
    from fcm_tui.watch import fanotify_calls as calls

    try:
        os.close(calls.open_queue())
    except OSError as error:
        return f"fanotify cannot be used here: {calls.why_not(error)}"
    return ""


needs_fanotify = pytest.mark.skipif(bool(why_not()), reason=why_not())
