"""`fcm-tui [PATH...]`: record and open the screen, or look on where another instance records."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from fcm_tui.commands.recording import Place, choose_roots, dropped, find_place
from fcm_tui.config import Settings
from fcm_tui.datadir import Lock
from fcm_tui.errors import DataDirError, UsageError

if TYPE_CHECKING:
    from fcm_tui.recorder import Recorder


def run(args: argparse.Namespace) -> int:
    """Open the screen; the exit status.

    Raises:
        UsageError: the terminal will not do, or there is nothing to record or to show.
    """
    place = find_place(args)
    use_keys(place.settings)
    from fcm_tui.review import app

    theme = args.theme or place.settings.theme
    held = place.data_dir.try_lock()
    if held is None:
        return _look_on(place, args, theme)
    with held:
        roots = choose_roots(place, args.paths)
        if not roots:
            from fcm_tui.review.first_run import offer_current_directory

            here = Path.cwd()
            if not offer_current_directory(here, theme=theme):
                return 0
            roots = choose_roots(place, [str(here)])
        recorder = _recorder(place, roots, held)
        notice = dropped(place, roots)
        return app.run(
            database=place.database, recorder=recorder, theme=theme, notice=notice, settings=place.settings
        )  # fmt: skip


def use_keys(settings: Settings) -> None:
    """The keys that the configuration wants, for the screens that are imported after this.

    Raises:
        ConfigError: they cannot be.
    """
    if settings.keys:
        from fcm_tui.review import keys

        keys.use(settings.keys)


def _look_on(place: Place, args: argparse.Namespace, theme: str | None) -> int:
    from fcm_tui.review import app

    holder = place.data_dir.lock_holder()
    by = f"process {holder}" if holder else "another process"
    if args.paths:
        raise DataDirError(
            f"{place.data_dir.path}: {by} records here already, so {args.paths[0]} cannot be added:"
            " end it first, or name another --data-dir; without PATH this looks on"
        )
    if not place.database.exists():
        raise UsageError(f"{place.data_dir.path}: {by} is only just starting: try again in a moment")

    def who() -> str:
        at_work = place.data_dir.lock_holder()
        if at_work is None:
            return "nobody records now"
        by = f"process {at_work}" if at_work else "another process"
        standing = place.data_dir.standing()
        return f"{by} records" if standing is None or not standing.trouble else f"{by}: {standing.trouble}"

    return app.run(database=place.database, recorder=None, theme=theme, who=who, settings=place.settings)


def _recorder(place: Place, roots: list[bytes], held: Lock) -> Recorder:
    from fcm_tui.recorder import Recorder

    return Recorder(place.database, place.settings, roots, own_paths=place.own_paths, say=held.say)
