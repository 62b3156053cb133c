"""The team's database server: what `mysql://…` and the table `[database]` say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from fcm_tui.settings.reader import Table, text
from fcm_tui.settings.values import BadValue, parse_path, parse_size

FORM: Final = "mysql://user@host[:port][,host…]/name?tls=verify|off"
PORT: Final = 3306
CONTENT_LIMIT: Final = 16 << 20
NOT_HERE: Final = (
    "a password does not belong here: take it out and set FCM_DATABASE_PASSWORD, put it into the keyring, or name a"
    " file that only you can read as password_file in [database]"
)
_HOST = re.compile(
    r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<host>[^\[\]:@/\s]+))(?::(?P<port>\d{1,5}))?", re.ASCII
)
_LOOPBACK = re.compile(r"localhost|127\.\d+\.\d+\.\d+|::1", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Server:
    """A MySQL or MariaDB server, or several of one cluster, and the database there."""

    user: str
    hosts: tuple[tuple[str, int], ...]
    """Host and port of each, tried in this order."""
    name: str
    tls: str | None = None
    """`verify`, `off`, or None: verified except for a server on this machine."""
    password_file: str | None = None
    ca: str | None = None
    """A file with the certificates to trust instead of the system's."""
    content_limit: int = CONTENT_LIMIT
    """Bytes; the content of a larger version is not sent."""

    @property
    def address(self) -> str:
        """The URL, for people."""
        from urllib.parse import quote  # 4 ms, so not at every start

        hosts = ",".join(host_text(host, port) for host, port in self.hosts)
        tls = f"?tls={self.tls}" if self.tls else ""
        return f"mysql://{quote(self.user)}@{hosts}/{quote(self.name)}{tls}"

    def like(self, other: Server) -> Server:
        """This one, with what a configuration says of another beside its URL."""
        return replace(
            self, password_file=other.password_file, ca=other.ca, content_limit=other.content_limit
        )

    def wants_tls(self, host: str) -> bool:
        """Whether the connection to a host has to be encrypted and verified."""
        return self.tls == "verify" or (self.tls is None and not _LOOPBACK.fullmatch(host))


def host_text(host: str, port: int) -> str:
    """A host as a URL has it."""
    host = f"[{host}]" if ":" in host else host
    return host if port == PORT else f"{host}:{port}"


def is_server(url: str) -> bool:
    """Whether a URL names a server, and no file."""
    return url[:6].lower() == "mysql:"


def parse_server(url: str) -> Server:
    """The server that a URL names.

    Raises:
        BadValue: it cannot be used; a password in it is not repeated.
    """
    rest = url[6:]
    if not rest.startswith("//"):
        raise BadValue(f"write {FORM}")
    authority, slash, rest = rest[2:].partition("/")
    name, _, query = rest.partition("?")
    user, at, hosts = authority.rpartition("@")
    if ":" in user:
        raise BadValue(NOT_HERE)
    if not (at and user and slash and name):
        raise BadValue(f"write {FORM}: user, host and the database's name are needed")
    from urllib.parse import unquote

    return Server(unquote(user), tuple(_host(part) for part in hosts.split(",")), unquote(name), _tls(query))


def _host(part: str) -> tuple[str, int]:
    match = _HOST.fullmatch(part)
    port = int(match["port"] or PORT) if match else 0
    if match is None or not 0 < port < 65536:
        raise BadValue(f"{part[:60]!r} is no host or host:port: write {FORM}")
    return match["six"] or match["host"], port


def _tls(query: str) -> str | None:
    tls = None
    for part in query.split("&") if query else ():
        key, _, value = part.partition("=")
        if key in ("password", "passwd", "pwd"):
            raise BadValue(NOT_HERE)
        if key != "tls" or value not in ("verify", "off"):
            raise BadValue(f"behind the ? stands tls=verify or tls=off: write {FORM}")
        tls = value
    return tls


def of_table(table: Table, base: Path, environ: Mapping[str, str]) -> Server:
    """What `[database]` says.

    Raises:
        Misplaced: something in it is wrong.
    """

    def url(value: object) -> Server:
        if not is_server(text(value)):
            raise BadValue(f'write {FORM}; a file is named at the top: database = "sqlite:PATH"')
        return parse_server(text(value))

    def path(value: object) -> str:
        return str(parse_path(text(value), base, environ))

    for key in ("password", "passwd"):
        if key in table:
            table.refuse(key, NOT_HERE)
    server = table.take("url", url, None, quote=False)
    password_file, ca = table.take("password_file", path, None), table.take("ca", path, None)
    limit = table.take("content_limit", parse_size, CONTENT_LIMIT)
    if server is None:
        table.refuse("url", f'[database] has no url: write url = "{FORM}" below it')
    table.finish({})
    return replace(server, password_file=password_file, ca=ca, content_limit=limit)
