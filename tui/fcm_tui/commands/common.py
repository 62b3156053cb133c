"""What commands share: finding the record, naming changes, writing bytes."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from fcm_tui.datadir import DataDir, open_data_dir
from fcm_tui.errors import DataDirError, FcmError, NoSuchChange, UsageError
from fcm_tui.model import Change
from fcm_tui.paths import join
from fcm_tui.safetext import visible
from fcm_tui.settings import config
from fcm_tui.settings.config import Settings
from fcm_tui.settings.database import Server
from fcm_tui.store.sealing import sealer as sealing
from fcm_tui.watch.paths import spelled

if TYPE_CHECKING:  # reading takes 20 ms to import, which a recorder that ends at once does not do
    from fcm_tui.store.reading.engine import Place
    from fcm_tui.store.reading.queries import Reader

DIGEST_PREFIX = "sha256:"


def settings_of(args: argparse.Namespace) -> Settings:
    """The configuration that `--config` or FCM_CONFIG names, or the default one; its key is held from now on.

    Raises:
        ConfigError: something in it is wrong.
    """
    settings = config.load_configured(args.config)
    sealing.hold(settings.encryption)
    return settings


def database_of(args: argparse.Namespace, settings: Settings, data_dir: DataDir) -> Path:
    """The SQLite file: `--database`, else FCM_DATABASE, else the configuration's, else the data directory's.

    Raises:
        UsageError: the URL is not `sqlite:PATH`.
    """
    return config.database_path(args.database, settings, data_dir.database)


def place_of(args: argparse.Namespace, settings: Settings) -> Place:
    """Where to read: the record that is here, or else, on a machine that records nothing, the team's database.

    Raises:
        UsageError: there is neither, or a URL cannot be used.
    """
    server = config.database_server(args.database, settings)
    try:
        path = database_of(args, settings, open_data_dir(args.data_dir, create=False))
    except DataDirError:
        if server is None:
            raise
        return server
    return server if server is not None and not path.exists() else path


def seat_of(args: argparse.Namespace, settings: Settings) -> Server | None:
    """The team's database, where that is read and nothing is recorded: at a reviewer's seat."""
    try:
        place = place_of(args, settings)
    except FcmError:  # whoever needs the record tells
        return None
    return place if isinstance(place, Server) and not settings.roots else None


def open_record(args: argparse.Namespace) -> Reader:
    """The record, for reading.

    Raises:
        UsageError: there is none, or it cannot be read.
    """
    from fcm_tui.store.reading.queries import Reader

    return Reader(place_of(args, settings_of(args)))


def find_change(reader: Reader, name: str) -> Change:
    """The change that `N` or `HOST:N` names.

    Raises:
        NoSuchChange: there is none.
        UsageError: it is no such name.
    """
    host, colon, number = name.rpartition(":")
    if not number.isascii() or not number.isdigit() or len(number) > 18 or (colon and not host):
        raise UsageError(
            f"{visible(name)}: not a change: give its number, as `fcm-tui log` shows it, or HOST:NUMBER"
        )
    return reader.change(int(number), reader.recorder_of_host(host) if host else None)


def digest_named(name: str) -> bytes | None:
    """The digest of a backup's address `sha256:HEX`, or None where `name` is no such address.

    Raises:
        NoSuchChange: the address is not 64 hexadecimal digits.
    """
    if not name.startswith(DIGEST_PREFIX):
        return None
    with suppress(ValueError):
        digest = bytes.fromhex(name.removeprefix(DIGEST_PREFIX))
        if len(digest) == 32:
            return digest
    raise NoSuchChange(f"{visible(name)}: not the address of a backup: sha256: and 64 hexadecimal digits")


def absolute(path: str) -> bytes:
    """A path argument as the record has it: absolute, links in the folders above it resolved, spelled as on the disk.

    Raises:
        UsageError: it is empty, which would mean the current folder.
    """
    _refuse_empty(path)
    folder, name = os.path.split(os.path.abspath(path))
    above = os.fsencode(os.path.realpath(folder))
    return join(above, spelled(above, os.fsencode(name))) if name else above


def recorded(path: bytes, reader: Reader) -> bytes:
    """The path itself; of a link of which nothing is recorded what it leads to, where something is of that."""
    real = absolute(os.path.realpath(os.fsdecode(path)))
    return real if real != path and not reader.knows(path) and reader.knows(real) else path


def _refuse_empty(path: str) -> None:
    if not path:
        raise UsageError("a path is empty: name a file or folder; the current one is .")


def folders(paths: Sequence[str]) -> list[bytes]:
    """Folder arguments as roots: absolute, links resolved, each once, in their order.

    Raises:
        UsageError: one is not a folder that can be entered.
    """
    found: dict[bytes, None] = {}
    for path in paths:
        _refuse_empty(path)
        real = os.path.realpath(path)
        if not os.path.isdir(real):
            what = "no such folder" if not os.path.lexists(path) else "not a folder"
            raise UsageError(f"{path}: {what}: name an existing folder to record")
        if not os.access(real, os.R_OK | os.X_OK):
            raise UsageError(f"{path}: permission denied: name a folder that you can read")
        found[os.fsencode(real)] = None
    return list(found)


def write_bytes(data: bytes) -> None:
    """Data to stdout, exactly."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def for_terminal(line: bytes) -> str:
    """A line of a file as a terminal may have it: tabs as they are, all else that acts on one made visible."""
    return visible(line.decode("utf-8", "surrogateescape")).replace("\u2409", "\t")


def show_bytes(data: bytes) -> None:
    """Data to stdout: exactly, but to a terminal so that nothing in it acts on one."""
    if not sys.stdout.isatty():
        write_bytes(data)
        return
    for line in data.removesuffix(b"\n").split(b"\n") if data else ():
        print(for_terminal(line))
