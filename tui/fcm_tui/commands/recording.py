"""What `record` and the screen share: which folders, in which record, and the right to write it."""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from fcm_tui.commands.common import database_of, folders, settings_of
from fcm_tui.datadir import DataDir, open_data_dir
from fcm_tui.errors import DataDirError, StoreError, UsageError
from fcm_tui.paths import is_inside
from fcm_tui.recorder_lock import Lock
from fcm_tui.settings.config import Settings, config_path, database_server
from fcm_tui.settings.database import Server
from fcm_tui.store.reading.active import active_roots_at

if TYPE_CHECKING:
    from fcm_tui.alerts.at_work import AlertsAtWork
    from fcm_tui.ship.at_work import ShippingAtWork


class Place(NamedTuple):
    """Where to record, with what settings."""

    data_dir: DataDir
    database: Path
    settings: Settings
    configuration: Path
    """Where the file of the settings is, or would be."""
    server: Server | None = None
    """The team's database, to which the record is sent."""

    @property
    def own_paths(self) -> list[bytes]:
        """What the recorder itself writes, and never records."""
        return [os.fsencode(self.data_dir.path)]


def find_place(args: argparse.Namespace) -> Place:
    """The data directory (made if need be), the database in or beside it, the settings.

    Raises:
        UsageError: one of them cannot be used.
    """
    settings = settings_of(args)
    data_dir = open_data_dir(args.data_dir)
    return Place(
        data_dir,
        database_of(args, settings, data_dir),
        settings,
        config_path(args.config)[0],
        database_server(args.database, settings),
    )


def shipping_of(place: Place) -> ShippingAtWork | None:
    """What sends the record to the team's database while it is recorded; None where there is none."""
    if place.server is None:
        return None
    from fcm_tui.ship.at_work import ShippingAtWork

    return ShippingAtWork(place.database, place.server, place.data_dir.dead_letters)


def alerts_of(place: Place, terminal: Callable[[str], None] | None = None) -> AlertsAtWork:
    """What tells of changes that deserve it while they are recorded.

    Args:
        terminal: writes control sequences to the person's terminal, where there is one.

    Raises:
        ConfigError: a rule's filter has no meaning.
    """
    from fcm_tui.alerts.at_work import AlertsAtWork

    return AlertsAtWork(place.database, place.settings, terminal)


def choose_roots(place: Place, paths: list[str]) -> list[bytes]:
    """The folders named, else those configured, else those of the last run; empty where there are none.

    Raises:
        UsageError: one named is no folder, or one is the data directory.
    """
    roots = folders(paths) if paths else _known_roots(place)
    own = os.fsencode(os.path.realpath(place.data_dir.path))
    for root in roots:
        if is_inside(root, own):
            raise UsageError(
                f"{os.fsdecode(root)}: it is the data directory, which records itself never: name another folder"
            )
    return roots


def _known_roots(place: Place) -> list[bytes]:
    if place.settings.roots:
        return list(dict.fromkeys(os.path.realpath(root.path) for root in place.settings.roots))
    return _last_roots(place)


def _last_roots(place: Place) -> list[bytes]:
    if not place.database.exists():
        return []
    return active_roots_at(place.database)


def dropped(place: Place, roots: list[bytes]) -> str:
    """Which folders of the last run are not among these, in a line; empty where none is left out."""
    left: list[str] = []
    with contextlib.suppress(StoreError):  # what cannot be read is told by who is going to write it
        last = _last_roots(place)
        left = [os.fsdecode(old) for old in last if not any(is_inside(old, root) for root in roots)]
    if not left:
        return ""
    return f"no longer watched: {', '.join(left)}: to watch them too, name them as well"


def lock(place: Place) -> Lock:
    """The right to write the record.

    Raises:
        DataDirError: another recorder has it.
    """
    held = place.data_dir.try_lock(place.database)
    if held is None:
        holder = place.data_dir.lock_holder()
        raise DataDirError(
            f"{place.data_dir.path}: already being recorded{f' by process {holder}' if holder else ''}:"
            " `fcm-tui` without arguments shows it, --data-dir names another place"
        )
    return held
