"""Where the password of the team's database comes from: the environment, a file of one's own, the keyring."""

from __future__ import annotations

import os
from collections.abc import Mapping

from fcm_tui.errors import ServerRefused
from fcm_tui.private_file import OthersCanRead, read_private
from fcm_tui.settings.database import Server

VARIABLE = "FCM_DATABASE_PASSWORD"  # a name
SERVICE = "fcm-tui"
_LARGEST = 4096


def read_password(server: Server, environ: Mapping[str, str] = os.environ) -> str:
    """The password: FCM_DATABASE_PASSWORD, else the password_file, else the keyring's entry; empty where none has one.

    May take a moment: a keyring asks another process.

    Raises:
        ServerRefused: the file or the keyring cannot be read.
    """
    if (value := environ.get(VARIABLE)) is not None:
        return value
    if server.password_file is not None:
        return _in_file(server.password_file)
    return _in_keyring(f"database {server.user}@{server.name}") or ""


def _in_file(path: str) -> str:
    try:
        content = read_private(path, _LARGEST)
    except OSError as error:
        raise ServerRefused(
            f"the password file {path} cannot be read ({error.strerror}): mend that, or set {VARIABLE}"
        ) from None
    except OthersCanRead:
        raise ServerRefused(f"others can read the password file {path}: `chmod 600` it") from None
    try:
        return content.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise ServerRefused(
            f"the password file {path} is not UTF-8: write the password into it as text"
        ) from None


def _in_keyring(name: str) -> str | None:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return None  # an extra: who has none of it put no password there
    try:
        return keyring.get_password(SERVICE, name)
    except (KeyringError, RuntimeError):
        return None  # none here, or locked: the server then says that a password is missing
