"""A helper that works on its one answer for longer than a test has patience with silence."""

from __future__ import annotations

import time

from fcm_tui.child import receive, serving


def serve(seconds: str) -> None:
    """Answer with what was asked, after so many seconds."""
    requests, answers = serving()
    asked = receive(requests)
    time.sleep(float(seconds))
    answers.send(asked)
