"""What `fcm-tui serve` starts for a window: the screen, with a browser for a terminal. No command of its own."""

from __future__ import annotations

import argparse

from fcm_tui import diagnostics
from fcm_tui.commands.recording import find_place
from fcm_tui.commands.screen import use_keys, viewer


def main(*arguments: str) -> None:
    """Look on at the record, until the window is closed."""
    parser = argparse.ArgumentParser()
    for option in ("--data-dir", "--config", "--database"):
        parser.add_argument(option)
    parser.add_argument("--allow-changes", action="store_true")
    args = parser.parse_args(arguments)
    args.theme = None
    place = find_place(args)
    diagnostics.start(place.data_dir.log_file)
    use_keys(place.settings)
    from fcm_tui.review import running
    from fcm_tui.review.served import ServedApp

    raise SystemExit(running.serve(viewer(place, args, ServedApp, may_change=args.allow_changes)))
