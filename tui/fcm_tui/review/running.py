"""The screen from its opening to its end, whatever ends it."""

from __future__ import annotations

import asyncio

from fcm_tui import diagnostics
from fcm_tui.review import wording
from fcm_tui.review.app import ReviewApp
from fcm_tui.review.look import terminal
from fcm_tui.safetext import visible


def run(app: ReviewApp) -> int:
    """Open the screen and stay until the person leaves it; the exit status.

    Ctrl-C, SIGTERM and a closed terminal end it as `q` does: after the recorder has committed everything.

    Raises:
        UsageError: the terminal cannot show it.
    """
    terminal.check()
    wording.prepare()
    return asyncio.run(_run(app))


def serve(app: ReviewApp) -> int:
    """As `run`, where the screen is a browser's."""
    wording.prepare()
    return asyncio.run(_run(app))


async def _run(app: ReviewApp) -> int:
    terminal.end_on_signals(app.end)
    try:
        status = await app.run_async()
    finally:
        await app.close_record()
    if app.crash is not None:
        said = f"the screen failed: {app.crash}; what was recorded is safe{diagnostics.where()}"
        terminal.say_last(f"fcm-tui: {said}")
        return 1
    if app.ended_by is not None:
        terminal.say_last(f"fcm-tui: {visible(str(app.ended_by))}")
        return app.ended_by.exit_status
    _say_ended(app)
    return status or 0


def _say_ended(app: ReviewApp) -> None:
    """So that who leaves knows that nothing is recorded any more."""
    if app.recorded_folders:
        folders = wording.plural(app.recorded_folders, "folder")
        terminal.say_last(f"fcm-tui: recording of {folders} has ended")
