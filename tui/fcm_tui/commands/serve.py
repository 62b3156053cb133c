"""`fcm-tui serve`: the screens in a browser, for looking on."""

from __future__ import annotations

import argparse
import ssl
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from fcm_tui import diagnostics
from fcm_tui.commands.arguments import text, whole
from fcm_tui.commands.recording import find_place
from fcm_tui.errors import UsageError
from fcm_tui.store.reading.queries import Reader

if TYPE_CHECKING:
    from fcm_tui.serving.server import Place

_PORT = 8765


def add_parser(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser
) -> None:
    """Add `serve`."""
    parser = subparsers.add_parser(
        "serve",
        parents=[common],
        help="the screens in a browser",
        description="Serve the screens to browsers, for looking on. Beyond this machine only with a token and TLS.",
    )
    parser.add_argument(
        "--host", default="127.0.0.1", type=text, help="address to listen on; 127.0.0.1 if not given"
    )
    parser.add_argument(
        "--port", type=whole, default=_PORT, help=f"port; {_PORT} if not given, 0 for any that is free"
    )
    parser.add_argument(
        "--name",
        action="append",
        default=[],
        type=text,
        help="a name under which browsers reach it; repeatable",
    )
    parser.add_argument(
        "--token-file", metavar="FILE", help="who has the token in it is let in; else one is made up"
    )
    parser.add_argument("--tls-cert", metavar="FILE", help="certificate chain in PEM")
    parser.add_argument("--tls-key", metavar="FILE", help="its private key in PEM")
    parser.add_argument(
        "--windows", metavar="N", type=whole, default=8, help="at most so many at once; 8 if not given"
    )
    parser.add_argument(
        "--allow-changes",
        action="store_true",
        help="whoever is let in may review, restore and change settings, too",
    )
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Serve until Ctrl-C or SIGTERM.

    Raises:
        UsageError: what is needed is missing, or it would be open to whom it should not.
    """
    try:
        import aiohttp  # noqa: F401
        import textual_serve  # noqa: F401
    except ImportError:
        raise UsageError("serving needs more libraries: `pip install 'fcm-tui[serve]'`") from None
    import asyncio

    from fcm_tui.child import command_line
    from fcm_tui.serving.server import Server

    place = _place(args)
    record = find_place(args)
    diagnostics.start(record.data_dir.log_file)
    if record.server is not None and not record.database.exists():
        raise UsageError(
            "a browser is shown the record that is here, and there is none: run `fcm-tui serve` on a machine that records"
        )
    with Reader(record.database):
        pass  # who has nothing to show is told so here, not in a browser
    passed = [
        f"{option}={value}"
        for option, value in (
            ("--data-dir", record.data_dir.path),
            ("--config", args.config),
            ("--database", args.database),
        )
        if value is not None
    ]
    changes = ["--allow-changes"] if args.allow_changes else []
    argv = command_line("fcm_tui.commands.served", "main", *passed, *changes)

    def ready(url: str) -> None:
        print(url if args.token_file else f"{url}enter#{place.token}", flush=True)
        may = "review, restore and change settings" if args.allow_changes else "look on"
        print(f"fcm-tui: browsers may {may}; Ctrl-C ends it", file=sys.stderr)

    asyncio.run(Server(place, argv).run(ready))
    return 0


def _place(args: argparse.Namespace) -> Place:
    import secrets

    from fcm_tui.serving.access import is_loopback, read_token
    from fcm_tui.serving.server import Place

    if not 0 <= args.port < 1 << 16:
        raise UsageError(f"--port {args.port}: give 1 to 65535, or 0 for any that is free")
    if not 1 <= args.windows <= 1000:
        raise UsageError(f"--windows {args.windows}: give 1 to 1000")
    if (args.tls_cert is None) != (args.tls_key is None):
        raise UsageError("--tls-cert and --tls-key go together: name both")
    if not is_loopback(args.host) and (args.token_file is None or args.tls_cert is None):
        raise UsageError(
            f"--host {args.host}: others than this machine are let in only with --token-file, --tls-cert and --tls-key"
        )
    token = secrets.token_urlsafe(32) if args.token_file is None else read_token(Path(args.token_file))
    return Place(args.host, args.port, token, _tls(args.tls_cert, args.tls_key), args.name, args.windows)


def _tls(certificate: str | None, key: str | None) -> ssl.SSLContext | None:
    if certificate is None or key is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key, password=lambda: b"")
    except (OSError, ValueError) as error:  # an SSLError is an OSError
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
        raise UsageError(f"--tls-cert {certificate}, --tls-key {key}: cannot be used ({reason})") from None
    return context
