"""The command line: which command, with what; errors as one line; nothing imported that is not needed."""

from __future__ import annotations

import argparse
import codecs
import contextlib
import importlib
import io
import os
import signal
import sys
from collections.abc import Sequence

from fcm_tui import __version__
from fcm_tui.commands import opening
from fcm_tui.commands.arguments import Parser, nearest
from fcm_tui.errors import FcmError, UsageError
from fcm_tui.safetext import visible

COMMANDS = (
    "record",
    "pause",
    "resume",
    "log",
    "diff",
    "cat",
    "restore",
    "status",
    "verify",
    "review",
    "anchor",
    "prune",
    "alert",
    "database",
    "config",
    "report",
    "export",
    "serve",
    "service",
    "doctor",
)
"""Each is a module of `fcm_tui.commands` with `add_parser` and `run`."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status: 0 done, 1 not so, 2 usage or configuration."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if sys.stdout is None:  # closed by who started us
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - for the rest of the process
    elif isinstance(sys.stdout, io.TextIOWrapper) and (
        sys.stdout.errors == "strict" or codecs.lookup(sys.stdout.encoding).name != "utf-8"
    ):
        # a code page without a character still tells which it is
        sys.stdout.reconfigure(errors="backslashreplace")
    if sys.stderr is None:  # as a window-less Python has it
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - for the rest of the process
    args = None
    try:
        args = _parse(arguments)
        status: int = args.func(args)
        sys.stdout.flush()
        return status
    except FcmError as error:
        opening.hide()
        print(f"fcm-tui: {visible(str(error))}", file=sys.stderr)
        return error.exit_status
    except BrokenPipeError:
        _silence_stdout()
        return 141 if os.name == "posix" else 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except OSError as error:
        with contextlib.suppress(OSError, ValueError):
            _silence_stdout()
        what = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
        print(f"fcm-tui: {visible(what)}{error.strerror or error}: mend that, and try again", file=sys.stderr)
        return 2
    except Exception as error:
        if type(error).__module__ != "sqlite3":  # which is not imported for an error that is none of its own
            print(f"fcm-tui: {_crash(error, args)}", file=sys.stderr)
            return 1
        from fcm_tui.store.database import unusable

        print(f"fcm-tui: {visible(str(unusable(None, error)))}", file=sys.stderr)
        return 2


def _crash(error: Exception, args: argparse.Namespace | None) -> str:
    from fcm_tui import diagnostics
    from fcm_tui.datadir import open_data_dir

    path = None
    with contextlib.suppress(FcmError, OSError, AttributeError):
        path = open_data_dir(getattr(args, "data_dir", None), create=False).log_file
    return diagnostics.crash(error, path)


def _parse(arguments: list[str]) -> argparse.Namespace:
    word = _first_word(arguments)
    command = word if word in COMMANDS else None
    common = _common()
    if command is None and not _asks_for_help(arguments):
        _refuse_misspelt(word)
        parser = Parser("fcm-tui", parents=[common], allow_abbrev=False)
        _screen(parser)
        return _with_defaults(parser.read(arguments))
    parser = Parser(
        "fcm-tui",
        parents=[common],
        allow_abbrev=False,
        usage="fcm-tui [OPTIONS] [PATH ...] | fcm-tui [OPTIONS] COMMAND ...",
        description="What changed in your files, when and where, with every earlier version kept."
        " Without a command it records the PATHs (else the configured ones) and opens the screen.",
    )
    parser.add_argument("--version", action="version", version=f"fcm-tui {__version__}")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    for name in COMMANDS if command is None else (command,):
        importlib.import_module(f"fcm_tui.commands.{name}").add_parser(subparsers, common)
    return _with_defaults(parser.read(arguments))


def _refuse_misspelt(word: str | None) -> None:
    """A folder that does not exist is told later; here, one that was meant to be a command."""
    if word is None or os.path.lexists(word):
        return
    near = nearest(word, COMMANDS)
    if near is not None:
        raise UsageError(f"{word}: no such command or folder: did you mean `fcm-tui {near}`?")


def _common() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    common.add_argument("--data-dir", metavar="DIR", help="where the record is kept (FCM_DATA_DIR)")
    common.add_argument("--config", metavar="FILE", help="the configuration file (FCM_CONFIG)")
    common.add_argument(
        "--database",
        metavar="URL",
        help="sqlite:PATH instead of the data directory's file; mysql://user@host/name: send it there, or read"
        " there where nothing is recorded",
    )
    return common


def _screen(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--version", action="version", version=f"fcm-tui {__version__}")
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="folders to record; else the configured ones"
    )
    parser.add_argument("--theme", help="name of a theme")

    def run(args: argparse.Namespace) -> int:
        with opening.sign():
            from fcm_tui.commands import screen

            return screen.run(args)

    parser.set_defaults(func=run)


def _with_defaults(args: argparse.Namespace) -> argparse.Namespace:
    for option in opening.TAKES_VALUE:
        name = option[2:].replace("-", "_")
        if not hasattr(args, name):
            setattr(args, name, None)
        elif not getattr(args, name):
            raise UsageError(f"{option} is empty: name one, or leave it out")
    return args


def _first_word(arguments: Sequence[str]) -> str | None:
    """The first argument that is no option: a command, or a folder. Behind `--` and as `./log` it is a folder."""
    skip = False
    for argument in arguments:
        if skip:
            skip = False
        elif argument == "--":
            return None
        elif argument in opening.TAKES_VALUE:
            skip = True
        elif not argument.startswith("-"):
            return argument
    return None


def _asks_for_help(arguments: Sequence[str]) -> bool:
    return any(argument in ("-h", "--help") for argument in arguments)


def _silence_stdout() -> None:
    """Keep the interpreter from complaining, at its end, that nobody reads any more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
