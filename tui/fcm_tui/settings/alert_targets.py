"""Reads `[alerts.targets.NAME]`: where alerts are sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from fcm_tui.settings.alerts import DESKTOP, SCREEN
from fcm_tui.settings.reader import Table, one_of, text
from fcm_tui.settings.targets import (
    AppriseTarget,
    CommandTarget,
    DesktopTarget,
    MailTarget,
    SyslogTarget,
    Target,
    WebhookTarget,
)
from fcm_tui.settings.values import BadValue, parse_duration, parse_path

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
_SOURCE_FORM: Final = (
    'what is secret does not stand here: write where it is, "environment:NAME" or "file:PATH"'
    " (a file that only you can read)"
)
_LOOPBACK = re.compile(r"localhost|127\.\d+\.\d+\.\d+|::1", re.ASCII | re.IGNORECASE)
_HOST = re.compile(r"[A-Za-z0-9._:-]{1,253}")
_ADDRESS = re.compile(r"[\x21-\x3f\x41-\x7e]+@[\x21-\x3b\x3d\x3f\x41-\x7e]+")
FACILITIES: Final = {
    "kern": 0, "user": 1, "mail": 2, "daemon": 3, "auth": 4, "authpriv": 10, "local0": 16, "local1": 17, "local2": 18,
    "local3": 19, "local4": 20, "local5": 21, "local6": 22, "local7": 23,
}  # fmt: skip
"""RFC 5424, 6.2.1."""


def targets_of(table: Table, base: Path, environ: Mapping[str, str]) -> tuple[Target, ...]:
    def path(value: Any) -> str:
        return str(parse_path(text(value), base, environ))

    def source(value: Any) -> str:
        given = value if isinstance(value, str) else ""
        if given.startswith("environment:") and re.fullmatch(r"[A-Za-z_]\w*", given[12:], re.ASCII):
            return given
        if given.startswith("file:") and given[5:]:
            return f"file:{parse_path(given[5:], base, environ)}"
        raise BadValue(_SOURCE_FORM)

    def url(value: Any) -> str:
        if text(value).startswith(("environment:", "file:")):
            return source(value)
        return web_address(value)

    found: list[Target] = []
    for name in table.names():
        own = table.table(name)
        if not NAME.fullmatch(name) or name in (SCREEN, DESKTOP):
            table.refuse(
                name,
                f"a target has a name of up to 32 letters, digits, dots, hyphens and underscores, and not {SCREEN!r}"
                f" or {DESKTOP!r}, which are there already",
            )
        found.append(_target(own, name, path, source, url))
        own.finish({})
    return tuple(found)


def web_address(value: str) -> str:
    """An address to post to.

    Raises:
        BadValue: it is none; it is not repeated, as a secret may be in it.
    """
    try:
        parts = urlsplit(value)
        is_plain = value.isascii() and value.isprintable() and " " not in value
        port = parts.port
    except ValueError:
        raise BadValue('write an address such as "https://example.org/hook"') from None
    if not is_plain or parts.scheme not in ("https", "http") or not parts.hostname or port == 0:
        raise BadValue('write an address such as "https://example.org/hook"')
    if parts.username is not None:
        raise BadValue('a password does not belong into the address: write token = "environment:NAME"')
    if parts.scheme == "http" and not _LOOPBACK.fullmatch(parts.hostname):
        raise BadValue("anybody on the way can read and change what goes over http: write https")
    return value


def _target(table: Table, name: str, path: Any, source: Any, url: Any) -> Target:
    kinds = ("command", "webhook", "syslog", "mail", "apprise", "desktop")
    if "type" not in table:
        table.refuse("type", f'this target has no type: write type = "…", one of {", ".join(kinds)}')

    def needed(key: str, parse: Any, example: str) -> Any:
        if key not in table:
            table.refuse(key, f"this target has no {key}: write {key} = {example}")
        return table.take(key, parse, None, quote=key != "url")

    match table.take("type", lambda value: one_of(value, kinds), ""):
        case "command":
            return CommandTarget(
                name,
                needed("argv", _argv, '["/path/to/program", "argument"]'),
                table.take("deadline", _deadline, 30.0),
            )
        case "webhook":
            address = needed("url", url, '"https://example.org/hook"')
            return WebhookTarget(
                name,
                address,
                table.take("secret", source, None, quote=False),
                table.take("token", source, None, quote=False),
                table.take("ca", path, None),
                table.take("tls", _tls, True),
                table.take("deadline", _deadline, 15.0),
            )
        case "syslog":
            return _syslog(table, name, path, needed)
        case "mail":
            return _mail(table, name, path, source, needed)
        case "apprise":
            urls = needed("urls", source, '"file:PATH"')
            return AppriseTarget(name, urls, table.take("deadline", _deadline, 30.0))
        case _:
            return DesktopTarget(
                name,
                table.take(
                    "via", lambda value: one_of(value, ("auto", "notifier", "bell", "osc9", "osc777")), "auto"
                ),
            )


def _syslog(table: Table, name: str, path: Any, needed: Any) -> SyslogTarget:
    transport = table.take("transport", lambda value: one_of(value, ("local", "udp", "tcp", "tls")), "local")
    is_local = transport == "local"
    return SyslogTarget(
        name,
        transport,
        "" if is_local else needed("host", _host, '"logs.example.org"'),
        0 if is_local else table.take("port", _port, 6514 if transport == "tls" else 514),
        table.take("path", path, "/dev/log") if is_local else "",
        table.take("facility", lambda value: FACILITIES[one_of(value, FACILITIES)], FACILITIES["authpriv"]),
        table.take("ca", path, None) if transport == "tls" else None,
        table.take("tls", _tls, True) if transport == "tls" else True,
        table.take("deadline", _deadline, 15.0),
    )


def _mail(table: Table, name: str, path: Any, source: Any, needed: Any) -> MailTarget:
    host = needed("host", _host, '"mail.example.org"')
    tls = table.take("tls", lambda value: one_of(value, ("starttls", "tls", "off", "unverified")), "starttls")
    if tls == "off" and not _LOOPBACK.fullmatch(host):
        table.refuse(
            "tls",
            'without TLS anybody on the way reads along: only this machine\'s server may have tls = "off"',
        )
    if "password" in table and "user" not in table:
        table.refuse("password", 'a password is for a user: write user = "…" too')
    return MailTarget(
        name,
        host,
        needed("from", _address, '"fcm-tui@example.org"'),
        needed("to", _addresses, '["admin@example.org"]'),
        table.take("port", _port, 0),
        "starttls" if tls == "unverified" else tls,
        table.take("user", _user, None),
        table.take("password", source, None, quote=False),
        table.take("ca", path, None),
        tls != "unverified",
        table.take("deadline", _deadline, 30.0),
    )


def _argv(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
        raise BadValue(
            'write the program and each argument as a list: ["/usr/local/bin/tell", "--now"]; no shell reads it'
        )
    if not value[0] or any("\0" in item for item in value):
        raise BadValue("a program has a name, and no argument has a NUL in it")
    return tuple(value)


def _deadline(value: Any) -> float:
    seconds = parse_duration(value)
    if not 1 <= seconds <= 600:
        raise BadValue('it goes from "1s" to "10m"')
    return seconds


def _tls(value: Any) -> bool:
    return one_of(value, ("verify", "unverified")) == "verify"


def _host(value: Any) -> str:
    if not _HOST.fullmatch(text(value)):
        raise BadValue('write a host such as "logs.example.org", its port as port = 514')
    return str(value)


def _port(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 65536:
        raise BadValue("write a number from 1 to 65535, without quotation marks")
    return value


def _address(value: Any) -> str:
    if not _ADDRESS.fullmatch(text(value)):
        raise BadValue('write an address such as "admin@example.org", in ASCII and without a name')
    return str(value)


def _addresses(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise BadValue('write a list of addresses such as ["admin@example.org"]')
    return tuple(_address(item) for item in value)


def _user(value: Any) -> str:
    if not text(value).isprintable():
        raise BadValue("a user's name has no control characters")
    return str(value)
