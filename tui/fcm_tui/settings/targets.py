"""Where alerts are sent, as the configuration says it: plain data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DesktopTarget:
    """A notification on this desktop, or in the terminal."""

    name: str
    via: str = "auto"
    """`auto`, `notifier` (the desktop's program), `bell`, `osc9` or `osc777`."""


@dataclass(frozen=True, slots=True)
class CommandTarget:
    """A program that is started with the alert as JSON on its standard input."""

    name: str
    argv: tuple[str, ...]
    deadline: float = 30.0
    """Seconds after which it is killed."""


@dataclass(frozen=True, slots=True)
class WebhookTarget:
    """An address to which the alert is posted as JSON."""

    name: str
    url: str
    """The address itself, or `environment:NAME` or `file:PATH`, where it is."""
    secret: str | None = None
    """Where the key of the signature is: `environment:NAME` or `file:PATH`."""
    token: str | None = None
    """Where a bearer token is."""
    ca: str | None = None
    verify: bool = True
    deadline: float = 15.0


@dataclass(frozen=True, slots=True)
class SyslogTarget:
    """A syslog server, or this machine's."""

    name: str
    transport: str = "local"
    """`local`, `udp`, `tcp` or `tls`."""
    host: str = ""
    port: int = 0
    path: str = "/dev/log"
    facility: int = 10
    """A number of RFC 5424; 10 is authpriv."""
    ca: str | None = None
    verify: bool = True
    deadline: float = 15.0


@dataclass(frozen=True, slots=True)
class MailTarget:
    """A mail server, and who gets the mail."""

    name: str
    host: str
    sender: str
    to: tuple[str, ...]
    port: int = 0
    """0 for the usual one: 587, or 465 for `tls`."""
    tls: str = "starttls"
    """`starttls`, `tls` or `off`."""
    user: str | None = None
    password: str | None = None
    """Where it is: `environment:NAME` or `file:PATH`."""
    ca: str | None = None
    verify: bool = True
    deadline: float = 30.0


@dataclass(frozen=True, slots=True)
class AppriseTarget:
    """Whatever service Apprise knows; its addresses hold passwords, so they lie elsewhere."""

    name: str
    urls: str
    """Where they are, one a line: `environment:NAME` or `file:PATH`."""
    deadline: float = 30.0


Target = DesktopTarget | CommandTarget | WebhookTarget | SyslogTarget | MailTarget | AppriseTarget
