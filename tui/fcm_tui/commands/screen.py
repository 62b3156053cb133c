"""`fcm-tui [PATH...]`: record and open the screen, or look on where another instance records."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from fcm_tui import diagnostics
from fcm_tui.commands.common import folders
from fcm_tui.commands.recording import Place, alerts_of, choose_roots, dropped, find_place, shipping_of
from fcm_tui.errors import DataDirError, NotSoError, UsageError
from fcm_tui.paths import is_inside
from fcm_tui.recorder_lock import Lock
from fcm_tui.settings.config import Settings, config_path, own_themes
from fcm_tui.settings.database import Server
from fcm_tui.times import pause_text

if TYPE_CHECKING:
    from fcm_tui.recorder import Recorder
    from fcm_tui.restore import Recording
    from fcm_tui.review.app import ReviewApp
    from fcm_tui.review.look.theme import Themes

App = TypeVar("App", bound="ReviewApp")

_AT = {
    "starting": "is starting",
    "baseline": "takes a first look",
    "scanning": "scans for what changed meanwhile",
}


def run(args: argparse.Namespace) -> int:
    """Open the screen; the exit status.

    Raises:
        UsageError: the terminal will not do, or there is nothing to record or to show.
    """
    place = find_place(args)
    diagnostics.start(place.data_dir.log_file)
    use_keys(place.settings)
    from fcm_tui.review import running
    from fcm_tui.review.app import ReviewApp

    themes = themes_of(place, args)
    if place.server is not None and not (args.paths or place.settings.roots or place.database.exists()):
        return _seat(place, place.server, themes)
    held = place.data_dir.try_lock(place.database)
    if held is None:
        return _look_on(place, args)
    with held:
        roots = choose_roots(place, args.paths)
        if not roots:
            from fcm_tui.review.first_run import offer_current_directory

            here = Path.cwd()
            if not offer_current_directory(here, theme=themes.current):
                return 0
            roots = choose_roots(place, [str(here)])
        recorder = _recorder(place, roots, held, lambda _: app.call_from_thread(app.bell))
        app = ReviewApp(
            database=place.database,
            engine=recorder,
            themes=themes,
            notice=dropped(place, roots),
            recordings=lambda: _recording(place, app.settings),
            pausing=lambda is_sure: _pause_or_resume(place, is_sure),
            settings=place.settings,
            configuration=place.configuration,
            own_paths=place.own_paths,
        )
        return running.run(app)


def use_keys(settings: Settings) -> None:
    """The keys that the configuration wants, for the screens that are imported after this.

    Raises:
        ConfigError: they cannot be.
    """
    if settings.keys:
        from fcm_tui.review import keys

        keys.use(settings.keys)


def _seat(place: Place, server: Server, themes: Themes) -> int:
    """On a machine that records nothing: the team's database, to be read and reviewed."""
    from fcm_tui.review import running
    from fcm_tui.review.app import ReviewApp

    app = ReviewApp(
        database=server,
        engine=None,
        themes=themes,
        who=lambda: f"a seat at {server.address}",
        settings=place.settings,
        configuration=place.configuration,
        own_paths=place.own_paths,
    )
    return running.run(app)


def _look_on(place: Place, args: argparse.Namespace) -> int:
    from fcm_tui.review import running
    from fcm_tui.review.app import ReviewApp

    holder = place.data_dir.lock_holder()
    by = f"process {holder}" if holder else "another process"
    if not place.database.exists():
        raise UsageError(f"{place.data_dir.path}: {by} is only just starting: try again in a moment")
    unknown = _unrecorded(place, args.paths)
    if unknown:
        raise DataDirError(
            f"{unknown}: {by} records here already, but not this folder: `fcm-tui` without PATH looks on, and"
            f" `,` there adds folders while it records, as [[roots]] in {place.configuration} does;"
            " --data-dir names another record"
        )
    return running.run(viewer(place, args, ReviewApp))


def themes_of(place: Place, args: argparse.Namespace) -> Themes:
    """The themes that there are, and which one is worn."""
    from fcm_tui.review.look.theme import Themes

    return Themes(args.theme or place.settings.theme, own_themes(config_path(args.config)[0]))


def viewer(place: Place, args: argparse.Namespace, kind: Callable[..., App], **more: object) -> App:
    """A screen of this kind that looks on, whoever records."""

    def who() -> str:
        at_work = place.data_dir.lock_holder()
        if at_work is None:
            return "nobody records now"
        by = f"process {at_work}" if at_work else "another process"
        standing = place.data_dir.standing()
        if standing is None:
            return f"{by} records"
        if standing.paused is not None:
            return f"{by} is paused {pause_text(standing.paused)}"
        return (
            f"{by}: {standing.trouble}" if standing.trouble else f"{by} {_AT.get(standing.phase, 'records')}"
        )

    app: App = kind(
        database=place.database,
        engine=None,
        themes=themes_of(place, args),
        who=who,
        recordings=lambda: _recording(place, app.settings),
        pausing=lambda is_sure: _pause_or_resume(place, is_sure),
        settings=place.settings,
        configuration=place.configuration,
        own_paths=place.own_paths,
        **more,
    )
    return app


def _unrecorded(place: Place, paths: list[str]) -> str:
    """The first of these folders that the recorder at work does not record; empty where it records them all."""
    from fcm_tui.store.reading.queries import Reader

    named = folders(paths) if paths else []
    with Reader(place.database) as reader:
        active = reader.active_roots()
    return next(
        (os.fsdecode(path) for path in named if not any(is_inside(path, root) for root in active)), ""
    )


def _recorder(place: Place, roots: list[bytes], held: Lock, terminal: Callable[[str], None]) -> Recorder:
    from fcm_tui.recorder import Recorder

    return Recorder(
        place.database,
        place.settings,
        roots,
        own_paths=place.own_paths,
        say=held.say,
        shipping=shipping_of(place),
        alerts=alerts_of(place, terminal),
    )


def _pause_or_resume(place: Place, is_sure: bool) -> str:
    """Ask whoever records here, this process or another; what came of it, empty where a pause has to be certain.

    Raises:
        NotSoError: nobody records, or the recorder does not answer.
    """
    import time

    from fcm_tui.intents import INTENTS
    from fcm_tui.model import Pause
    from fcm_tui.pipeline.pausing import ask_to_pause, ask_to_resume
    from fcm_tui.store.reviews import user_name

    def is_recording() -> bool:
        return place.data_dir.lock_holder() is not None

    folder, standing = place.database.parent / INTENTS, place.data_dir.standing()
    if not is_recording():
        raise NotSoError("nobody records now")
    if standing is not None and standing.paused is not None:
        ask_to_resume(folder, is_recording)
        return "recording goes on"
    if not is_sure:
        return ""
    ask_to_pause(folder, Pause(time.time_ns(), user_name()), is_recording)
    return "recording is paused"


def _recording(place: Place, settings: Settings) -> Recording:
    """What records a restore; the engine for that is imported when it is wanted."""
    from fcm_tui.restore import Recording

    return Recording(place.data_dir, place.database, settings, place.own_paths)
