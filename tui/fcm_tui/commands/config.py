"""`fcm-tui config`: write, find, check and show the configuration."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path

from fcm_tui import resources
from fcm_tui.errors import UsageError
from fcm_tui.safetext import visible, visible_path
from fcm_tui.settings import config
from fcm_tui.settings.turn import turn
from fcm_tui.whole_file import write_whole


def add_parser(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser
) -> None:
    """Add `config init|path|check|show`; `common` holds the global options."""
    parser = subparsers.add_parser(
        "config", parents=[common], help="write, find, check and show the configuration"
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    init = actions.add_parser("init", parents=[common], help="write the commented default configuration")
    init.add_argument("--force", action="store_true", help="replace a file that is there already")
    actions.add_parser("path", parents=[common], help="print where the configuration file is")
    actions.add_parser("check", parents=[common], help="say whether the configuration file is right")
    show = actions.add_parser("show", parents=[common], help="print the settings that hold, as TOML")
    show.add_argument("--json", action="store_true", help="as JSON, the shipped patterns included")
    for action in actions.choices.values():
        action.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Do what `config` was asked for; the exit status.

    Raises:
        UsageError: the configuration is wrong, or cannot be read or written.
    """
    path, _ = config.config_path(args.config)
    match args.action:
        case "init":
            _write_default(path, force=args.force)
            print(visible(str(path)))
        case "path":
            print(visible(str(path)))
            if not path.exists():
                print("there is no such file yet: `fcm-tui config init` writes it", file=sys.stderr)
        case "check":
            _check(config.load_configured(args.config), path)
        case _:
            _show(args)
    return 0


def _write_default(path: Path, *, force: bool) -> None:
    content = (resources.config_dir() / config.FILE_NAME).read_bytes()
    path = Path(os.path.realpath(path))
    try:
        with turn(path):
            write_whole(path, content, over=force, mode=0o600)
    except FileExistsError:
        raise UsageError(f"{path} is there already: edit it, or replace it with --force") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"{path} cannot be written ({reason}): name another --config") from None


def _check(settings: config.Settings, path: Path) -> None:
    for root in settings.roots:
        if not os.path.isdir(root.path):
            name = visible_path(root.path)
            is_other = os.path.lexists(root.path)
            print(
                f"note: {f'{name} is no folder' if is_other else f'there is no folder {name} now'}",
                file=sys.stderr,
            )
    if settings.source is None:
        print(f"ok: there is no {visible(str(path))}, the defaults hold")
        return
    from fcm_tui.alerts.targets.ready import why_not
    from fcm_tui.review.settings.check import check  # what only the screen knows is asked of it

    check(settings, path)
    for target in settings.alerts.targets:
        if why := why_not(target):
            print(f"note: alert target {target.name}: {visible(why)}", file=sys.stderr)
    counts = (
        _counted(len(settings.roots), "root"),
        _counted(len(settings.ignore), "ignore pattern"),
        _counted(len(settings.secrets), "secrets pattern"),
        _counted(len(settings.keys), "key"),
    )
    print(f"ok: {visible(str(path))}: {', '.join(counts)}")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _show(args: argparse.Namespace) -> None:
    from fcm_tui.settings.writer import as_json, as_toml

    settings = config.load_configured(args.config)
    if args.database or os.environ.get("FCM_DATABASE"):
        server = config.database_server(args.database, settings)
        file = None if server else config.database_path(args.database, settings, Path())
        settings = replace(settings, database=file, server=server)
    print(as_json(settings) if args.json else as_toml(settings), end="")
