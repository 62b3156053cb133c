"""Who may come in: the token, the sessions that it opens, and which hosts and origins a request may name."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
import socket
import time
from collections.abc import Iterable
from pathlib import Path

from fcm_tui.errors import UsageError
from fcm_tui.private_file import OthersCanRead, read_private

SHORTEST = 16
"""Characters of a token that somebody chose."""
LASTS = 12 * 3600.0
"""Seconds after which a browser has to give the token again."""
_MOST = 1000
_LARGEST = 4096


def read_token(path: Path) -> str:
    """The token in a file that only its owner can read.

    Raises:
        UsageError: it cannot be read, others can read it, or what is in it is too short.
    """
    try:
        content = read_private(path, _LARGEST)
    except OSError as error:
        raise UsageError(f"the token file {path} cannot be read ({error.strerror}): mend that") from None
    except OthersCanRead:
        raise UsageError(f"others can read the token file {path}: `chmod 600` it") from None
    token = content.decode("utf-8", "replace").strip()
    if len(token) < SHORTEST or not token.isascii() or not token.isprintable():
        raise UsageError(
            f"the token in {path} is no line of {SHORTEST} or more ASCII characters:"
            f" `(umask 077; openssl rand -hex 32 > {path})` makes one"
        )
    return token


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine reaches an address to listen on."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


class Door:
    """Knows the token, and which cookies it gave for it."""

    def __init__(self, token: str) -> None:
        self._digest = _digest(token)
        self._sessions: dict[bytes, float] = {}

    def admits(self, token: str) -> bool:
        """Whether this is the token; takes as long for any."""
        return hmac.compare_digest(_digest(token), self._digest)

    def open(self) -> str:
        """A new session's secret, for a cookie."""
        now = time.monotonic()
        kept = {key: end for key, end in self._sessions.items() if end > now}
        self._sessions = dict(list(kept.items())[-_MOST + 1 :])
        secret = secrets.token_urlsafe(32)
        self._sessions[_digest(secret)] = now + LASTS
        return secret

    def knows(self, secret: str) -> bool:
        """Whether a session with this secret was opened, and is not over. It is looked up by its digest alone."""
        end = self._sessions.get(_digest(secret))
        return end is not None and end > time.monotonic()


class Names:
    """The hosts that a request may name as ours: a page elsewhere can have its name lead here, but not rename us."""

    def __init__(self, host: str, more: Iterable[str] = ()) -> None:
        own = {host, *more}
        if not is_loopback(host):
            own |= {socket.gethostname(), socket.getfqdn()}
        self._names = {"localhost", *(name.lower().rstrip(".") for name in own)}

    def allows(self, host: str) -> bool:
        """Whether a `Host` header names us: by a number, or by a name that we know."""
        name = _without_port(host).lower().rstrip(".")
        try:
            ipaddress.ip_address(name.strip("[]"))
        except ValueError:
            return name in self._names
        return True


def is_same_origin(origin: str | None, host: str, *, tls: bool) -> bool:
    """Whether a request comes from a page of ours."""
    return origin is not None and origin.lower() == f"{'https' if tls else 'http'}://{host}".lower()


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.rpartition(":")[0] if ":" in host else host


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()
