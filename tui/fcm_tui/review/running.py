"""The screen from its opening to its end, whatever ends it."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from fcm_tui.config import Settings
from fcm_tui.review import terminal
from fcm_tui.review.app import ReviewApp
from fcm_tui.review.engine import Engine
from fcm_tui.review.theme import Themes

if TYPE_CHECKING:
    from fcm_tui.restore import Recording


def run(
    *,
    database: Path,
    recorder: Engine | None,
    themes: Themes,
    who: Callable[[], str] | None = None,
    notice: str = "",
    recordings: Callable[[], Recording] | None = None,
    settings: Settings | None = None,
) -> int:
    """Open the screen and stay until the person leaves it; the exit status.

    `recorder` None makes it a viewer of what another process records; `who` tells, now and then, which one
    does, and may read files; `notice` is shown while nothing is more urgent; `recordings` makes what records
    a restore, None where nothing can be restored from here; `settings` tell what is a secret, and saved
    filters. Ctrl-C, SIGTERM and a closed terminal end it as `q` does: after the recorder has committed everything.

    Raises:
        UsageError: the terminal cannot show it.
    """
    terminal.check()
    app = ReviewApp(
        database=database,
        engine=recorder,
        themes=themes,
        who=who,
        notice=notice,
        recordings=recordings,
        settings=settings,
    )
    return asyncio.run(_run(app))


async def _run(app: ReviewApp) -> int:
    loop = asyncio.get_running_loop()
    for name in ("SIGTERM", "SIGINT", "SIGHUP"):
        with contextlib.suppress(NotImplementedError, AttributeError, ValueError):
            loop.add_signal_handler(getattr(signal, name), app.end)
    try:
        status = await app.run_async()
    finally:
        await app.close_record()
    if app.crash is not None:
        print(f"fcm-tui: the screen failed: {app.crash}; what was recorded is safe", file=sys.stderr)
        return 1
    if app.unrecorded:
        print(f"fcm-tui: {app.unrecorded}", file=sys.stderr)
        return 1
    return status or 0
