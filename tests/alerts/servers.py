"""Real servers on loopback, in threads: HTTP, syslog over UDP, TCP and TLS, and mail."""

from __future__ import annotations

import contextlib
import http.server
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.database.certificates import issuer, options


@dataclass
class Trust:
    """A certificate for 127.0.0.1, and the file by which it is trusted."""

    ca: Path
    context: ssl.SSLContext


def trust(folder: Path, *, address: str = "127.0.0.1", name: str = "authority") -> Trust:
    """A new one."""
    folder.mkdir(exist_ok=True)
    by = issuer(folder, name)
    options(folder, by, address=address)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    return Trust(by.file, context)


@dataclass
class Posted:
    """What a web server got."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Web:
    """A web server that answers with `answers`, the last of them again and again."""

    port: int
    answers: list[int]
    got: list[Posted] = field(default_factory=list)


@contextlib.contextmanager
def web(*answers: int, context: ssl.SSLContext | None = None) -> Iterator[Web]:
    """Serve until the block ends."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            served.got.append(Posted(self.path, dict(self.headers), body))
            status = served.answers.pop(0) if len(served.answers) > 1 else served.answers[0]
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", f"http://127.0.0.1:{served.port}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nowhere."""

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """A client that does not trust the certificate hangs up."""

    server = Server(("127.0.0.1", 0), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    served = Web(server.server_address[1], list(answers) or [204])
    with _serving(server):
        yield served


@dataclass
class Syslog:
    """What a syslog server got: datagrams, or whole streams."""

    port: int
    got: list[bytes] = field(default_factory=list)


@contextlib.contextmanager
def syslog_udp() -> Iterator[Syslog]:
    """Serve until the block ends."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            served.got.append(self.request[0])

    server = socketserver.UDPServer(("127.0.0.1", 0), Handler)
    served = Syslog(server.server_address[1])
    with _serving(server):
        yield served


@contextlib.contextmanager
def syslog_tcp(context: ssl.SSLContext | None = None) -> Iterator[Syslog]:
    """Serve until the block ends."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            served.got.append(self.rfile.read())

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

        def get_request(self) -> tuple[Any, Any]:
            connection, address = super().get_request()
            return (
                connection if context is None else context.wrap_socket(connection, server_side=True)
            ), address

        def handle_error(self, *_: Any) -> None:
            """A client that does not trust the certificate hangs up."""

    server = Server(("127.0.0.1", 0), Handler)
    served = Syslog(server.server_address[1])
    with _serving(server):
        yield served


@contextlib.contextmanager
def syslog_local(path: Path) -> Iterator[Syslog]:
    """A socket like /dev/log."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(path))
        server.settimeout(10)
        served = Syslog(0)

        def receive() -> None:
            with contextlib.suppress(OSError):
                served.got.append(server.recv(65536))

        thread = threading.Thread(target=receive, daemon=True)
        thread.start()
        yield served
        thread.join(10)


@contextlib.contextmanager
def _serving(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Mails:
    """What a mail server got."""

    port: int
    got: list[Any] = field(default_factory=list)
    """Envelopes of aiosmtpd."""
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)


@contextlib.contextmanager
def mail_server(context: ssl.SSLContext | None = None, *, at_once: bool = False) -> Iterator[Mails]:
    """Serve until the block ends: STARTTLS and a login are required where there is a certificate.

    Args:
        at_once: TLS from the first byte.
    """
    from aiosmtpd.controller import Controller
    from aiosmtpd.smtp import AuthResult, LoginPassword

    class Handler:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
            served.got.append(envelope)
            return "250 OK"

    def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> Any:
        assert isinstance(data, LoginPassword)
        served.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"right", handled=False)

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options: dict[str, Any] = {}
    if context is not None:
        options = {"authenticator": authenticate, "auth_required": True}
        options |= (
            {"ssl_context": context, "auth_require_tls": False}
            if at_once
            else {
                "tls_context": context,
                "require_starttls": True,
            }
        )
    controller = Controller(Handler(), hostname="127.0.0.1", port=port, **options)
    served = Mails(port)
    controller.start()
    try:
        yield served
    finally:
        controller.stop()
