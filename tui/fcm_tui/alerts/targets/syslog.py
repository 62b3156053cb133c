"""Syslog, RFC 5424: over UDP (RFC 5426), TCP (RFC 6587, octets counted), TLS (RFC 5425), or this machine's socket."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import ssl
import sys

from fcm_tui.alerts.alert import Alert, utc_text
from fcm_tui.alerts.targets.connecting import tls_context, told
from fcm_tui.alerts.targets.failure import NotSent
from fcm_tui.settings.targets import SyslogTarget

SEVERITY = {"info": 6, "notice": 5, "warning": 4, "critical": 2}
"""RFC 5424, 6.2.1."""
DATAGRAM = 1180
"""Bytes that pass every network in one piece (RFC 5426, 3.2, for IPv6)."""
LONGEST = 8192
_ESCAPED = re.compile(r'["\\\]]')
_CLOSING = 0.5


def message(alert: Alert, facility: int, longest: int) -> bytes:
    """One message; what is too long loses the end of its text, never its structure."""
    structured = "".join(
        f' {name}="{_ESCAPED.sub(lambda match: chr(92) + match[0], value)}"'
        for name, value in (
            ("id", alert.id),
            ("rule", alert.rule),
            ("severity", alert.severity),
            ("kind", alert.kind),
            ("count", str(alert.count)),
            ("first", str(alert.first_sequence or "")),
            ("last", str(alert.last_sequence or "")),
        )
        if value
    )
    host = re.sub(r"[^\x21-\x7e]", "?", alert.host)[:255] or "-"
    header = (
        f"<{facility * 8 + SEVERITY[alert.severity]}>1 {utc_text(alert.time_ns)} {host} fcm-tui {os.getpid()}"
        f" {alert.rule} [fcmTui@32473{structured}] "
    )
    names = "; ".join(named.path for named in alert.files)
    text = f"{alert.headline}{f': {names}' if names and alert.count > 1 else ''}"
    start = header.encode("ascii", "replace") + b"\xef\xbb\xbf"
    return start + text.encode("utf-8", "replace")[: longest - len(start)].decode("utf-8", "ignore").encode()


def send(target: SyslogTarget, alert: Alert) -> None:
    """Send it. UDP tells nobody whether it arrived; of TCP and TLS only that it left.

    Raises:
        NotSent: it did not.
    """
    match target.transport:
        case "local":
            _local(target.path, message(alert, target.facility, LONGEST))
        case "udp":
            with told(_where(target)):
                address = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_DGRAM)[0]
                with socket.socket(address[0], socket.SOCK_DGRAM) as plain:
                    plain.sendto(message(alert, target.facility, DATAGRAM), address[4])
        case _:
            body = message(alert, target.facility, LONGEST)
            _stream(target, b"%d %s" % (len(body), body))


def _where(target: SyslogTarget) -> str:
    return f"{target.host}:{target.port}"


def _stream(target: SyslogTarget, framed: bytes) -> None:
    with told(_where(target)), contextlib.ExitStack() as stack:
        connection = stack.enter_context(
            socket.create_connection((target.host, target.port), timeout=target.deadline)
        )
        if target.transport == "tls":
            context = tls_context(target.ca, verify=target.verify)
            connection = stack.enter_context(context.wrap_socket(connection, server_hostname=target.host))
        connection.sendall(framed)
        connection.settimeout(_CLOSING)
        with contextlib.suppress(TimeoutError, ssl.SSLEOFError):  # some servers hang up without a word
            if target.transport == "tls":
                connection.unwrap()  # type: ignore[attr-defined]  # an SSLSocket
            else:
                connection.shutdown(socket.SHUT_WR)
                connection.recv(1)  # a server that refused it has reset the connection by now


def _local(path: str, body: bytes) -> None:
    if sys.platform == "win32":
        raise NotSent('Windows has no syslog of its own: write transport = "udp", "tcp" or "tls"')
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with told(path), socket.socket(socket.AF_UNIX, kind) as local:
            local.settimeout(5)
            try:
                local.connect(path)
            except OSError as error:
                if kind == socket.SOCK_DGRAM and error.errno == _wrong_kind():
                    continue
                raise
            local.sendall(body if kind == socket.SOCK_DGRAM else b"%d %s" % (len(body), body))
            return


def _wrong_kind() -> int:
    import errno

    return errno.EPROTOTYPE
