"""Nothing is said to a server that cannot show who it is; least of all the password."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fcm_tui.cli import main
from fcm_tui.errors import ServerRefused
from fcm_tui.settings.database import parse_server
from fcm_tui.store.mysql.connection import connect, trust
from fcm_tui.store.mysql.failures import Failure, kind_of, words
from tests.database import certificates
from tests.database.conftest import started
from tests.database.hostile_server import greeting, packet
from tests.database.server import NAME, PASSWORD, MariaDB, needs_mariadb

pytestmark = needs_mariadb

Output = pytest.CaptureFixture[str]
Start = Callable[..., MariaDB]


@pytest.fixture
def start(template: Path) -> Iterator[Start]:
    """Starts a server with some options."""
    with contextlib.ExitStack() as stack:
        yield lambda *extra: stack.enter_context(started(template, *extra))


@pytest.fixture
def ours(tmp_path: Path) -> certificates.Issuer:
    return certificates.issuer(tmp_path, "ours")


async def failure(server: MariaDB, ca: Path) -> tuple[Failure, str]:
    """What a verified connection comes to."""
    asked = replace(parse_server(server.url() + "?tls=verify"), ca=str(ca))
    with pytest.raises(Exception) as caught:
        await connect(asked, asked.hosts[0], PASSWORD, context=trust(asked))
    return kind_of(caught.value), words(caught.value)


async def test_a_verified_server_is_talked_to(
    tmp_path: Path, start: Start, ours: certificates.Issuer
) -> None:
    server = start(*certificates.options(tmp_path, ours))
    asked = replace(parse_server(server.url() + "?tls=verify"), ca=str(ours.file))
    connection = await connect(asked, asked.hosts[0], PASSWORD, context=trust(asked))
    assert (await connection.rows("SHOW SESSION STATUS LIKE 'Ssl_version'"))[0][1].startswith("TLS")
    connection.close()


async def test_a_wrong_name_is_refused(tmp_path: Path, start: Start, ours: certificates.Issuer) -> None:
    kind, said = await failure(start(*certificates.options(tmp_path, ours, address="127.0.0.2")), ours.file)
    assert kind == Failure.MENDED
    assert "certificate is not trusted: IP address mismatch" in said


async def test_an_expired_certificate_is_refused(
    tmp_path: Path, start: Start, ours: certificates.Issuer
) -> None:
    kind, said = await failure(start(*certificates.options(tmp_path, ours, expired=True)), ours.file)
    assert kind == Failure.MENDED
    assert "certificate is not trusted: certificate has expired" in said


async def test_a_foreign_certificate_is_refused(
    tmp_path: Path, start: Start, ours: certificates.Issuer
) -> None:
    foreign = certificates.issuer(tmp_path, "foreign")
    kind, said = await failure(start(*certificates.options(tmp_path, foreign)), ours.file)
    assert kind == Failure.MENDED
    assert "certificate is not trusted: self-signed certificate in certificate chain" in said


class Greeter:
    """A server that greets like MariaDB, without TLS, and keeps what it is told."""

    def __init__(self, greeting: bytes, then: bytes = b"") -> None:
        self.greeting = greeting
        self.then = then
        self.told = b""
        self.port = 0
        self._gone = asyncio.Event()

    async def __aenter__(self) -> Greeter:
        self._server = await asyncio.start_server(self._greet, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await asyncio.wait_for(self._gone.wait(), 10)

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(self.greeting)
        with contextlib.suppress(OSError):
            self.told += await reader.read(65536)
            if self.then and self.told:
                writer.write(self.then)
                self.told += await reader.read(65536)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        self._gone.set()


async def test_without_tls_not_a_byte_is_said() -> None:
    async with Greeter(greeting()) as server:
        asked = parse_server(f"mysql://me@127.0.0.1:{server.port}/fcm?tls=verify")
        with pytest.raises(ServerRefused, match="offers no TLS, so the password was not sent"):
            await connect(asked, asked.hosts[0], PASSWORD, context=trust(asked))
    assert server.told == b""


async def test_the_password_is_never_sent_in_clear() -> None:
    async with Greeter(greeting(), packet(2, b"\xfemysql_clear_password\0")) as server:
        asked = parse_server(f"mysql://me@127.0.0.1:{server.port}/fcm?tls=off")
        with pytest.raises(ServerRefused, match="wants the password in clear"):
            await connect(asked, asked.hosts[0], PASSWORD, context=None)
    assert b"me\0" in server.told
    assert PASSWORD.encode() not in server.told


async def test_a_real_server_without_tls_is_refused(start: Start, ours: certificates.Issuer) -> None:
    kind, said = await failure(start("--skip-ssl"), ours.file)
    assert (kind, "offers no TLS" in said) == (Failure.MENDED, True)


def test_the_password_comes_from_a_file_of_ones_own(
    shared: MariaDB, tmp_path: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FCM_DATABASE_PASSWORD", raising=False)
    (tmp_path / "pw").write_text(PASSWORD + "\n")
    (tmp_path / "pw").chmod(0o644)
    (tmp_path / "fcm.toml").write_text(f"[database]\nurl = '{shared.url(NAME)}'\npassword_file = 'pw'\n")
    arguments = ["database", "init", "--config", str(tmp_path / "fcm.toml")]
    assert main(arguments) == 2
    assert "`chmod 600` it" in capsys.readouterr().err
    (tmp_path / "pw").chmod(0o600)
    assert main(arguments) == 0
    monkeypatch.setenv("FCM_DATABASE_PASSWORD", "wrong one")
    assert main(arguments) == 2
    assert "Access denied" in capsys.readouterr().err


def test_the_password_comes_from_the_keyring(
    shared: MariaDB, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    import keyring

    monkeypatch.delenv("FCM_DATABASE_PASSWORD", raising=False)
    kept = {("fcm-tui", f"database tester@{NAME}"): PASSWORD}
    monkeypatch.setattr(keyring, "get_password", lambda service, name: kept.get((service, name)))
    assert main(["database", "init", "--database", shared.url(NAME)]) == 0
    assert main(["database", "init", "--database", shared.url("other")]) == 2
    assert "Access denied" in capsys.readouterr().err
