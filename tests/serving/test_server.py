"""`fcm-tui serve`: whom it lets in, what it answers, and that nothing outlives it."""

from __future__ import annotations

import asyncio
import os
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest

from fcm_tui.cli import main
from tests.commands.test_commands import Cli
from tests.drawn import Drawn
from tests.serving.conftest import Served
from tests.waiting import eventually

pytestmark = pytest.mark.skipif(os.name != "posix", reason="ends processes with signals")
Serve = Callable[..., Served]


@asynccontextmanager
async def entered(served: Served, token: str = "", **more: object) -> AsyncIterator[aiohttp.ClientSession]:
    """A browser's requests after it gave the token."""
    jar = aiohttp.CookieJar(unsafe=True)  # which takes cookies of addresses, as browsers do
    async with aiohttp.ClientSession(served.base, cookie_jar=jar, **more) as session:  # type: ignore[arg-type]
        origin = {"Origin": served.base}
        async with session.post("/enter", data={"token": token or served.token}, headers=origin) as answer:
            assert answer.status == 200 and str(answer.url) == f"{served.base}/"
        yield session


class Window:
    """A terminal behind a websocket."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self._drawn = Drawn(100, 30)

    async def wait(self, wanted: str) -> None:
        async with asyncio.timeout(60):
            while wanted not in self._drawn.text:
                message = await self.socket.receive()
                assert message.type is aiohttp.WSMsgType.BINARY, (message, self._drawn.text)
                self._drawn.feed(message.data)

    async def press(self, keys: str) -> None:
        await self.socket.send_json(["stdin", keys])


@asynccontextmanager
async def window(session: aiohttp.ClientSession, served: Served) -> AsyncIterator[Window]:
    async with session.ws_connect("/ws?width=100&height=30", headers={"Origin": served.base}) as socket:
        yield Window(socket)


def viewers(cli: Cli) -> list[int]:
    """Processes that show this record to a window."""
    listed = subprocess.run(["ps", "-ewwo", "pid,args"], capture_output=True, text=True, check=True).stdout
    return [
        int(line.split()[0])
        for line in listed.splitlines()
        if "fcm_tui.commands.served" in line and f"--data-dir={cli.data}" in line
    ]


async def test_nobody_comes_in_without_the_token(serve: Serve) -> None:
    served = await asyncio.to_thread(serve)
    async with aiohttp.ClientSession(served.base) as session:
        async with session.get("/", allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, "/enter")
        for headers, status in (({}, 401), ({"Authorization": "Bearer wrong"}, 401)):
            async with session.get("/ws", headers={"Origin": served.base, **headers}) as answer:
                assert answer.status == status
        async with session.post("/enter", data={"token": "wrong"}, headers={"Origin": served.base}) as answer:
            assert str(answer.url).endswith("/enter?wrong") and not session.cookie_jar
        async with session.post(
            "/enter", data={"token": served.token}, headers={"Origin": "http://evil.example"}
        ) as answer:
            assert answer.status == 403 and not session.cookie_jar
        async with session.get("/", headers={"Authorization": f"Bearer {served.token}"}) as answer:
            assert answer.status == 200
    async with entered(served) as session:
        (cookie,) = session.cookie_jar
        assert cookie["httponly"] and cookie["samesite"] == "Strict" and served.token not in cookie.value
        for origin, status in (("http://evil.example", 403), (f"{served.base}0", 403), (None, 403)):
            headers = {} if origin is None else {"Origin": origin}
            async with session.get("/ws", headers=headers) as answer:
                assert answer.status == status
    assert await asyncio.to_thread(served.end) == 0


async def test_what_every_answer_carries_and_which_hosts_it_is_for(serve: Serve) -> None:
    served = await asyncio.to_thread(serve, "--name", "files.example.org")
    port = served.base.rpartition(":")[2]
    async with entered(served) as session:
        for path in (
            "/",
            "/enter",
            "/static/textual.js",
            "/static/mono.ttf",
            "/nothing",
            "/static/page.html",
        ):
            async with session.get(path) as answer:
                assert answer.status == (404 if path in ("/nothing", "/static/page.html") else 200)
                assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
                assert answer.headers["Server"] == "fcm-tui"
                body = await answer.read()
                assert b"googleapis" not in body
        for host, status in (
            ("evil.example", 421), (f"evil.example:{port}", 421), ("127.0.0.1.evil.example", 421), ("localhost", 200),
            (f"127.0.0.1:{port}", 200), (f"[::1]:{port}", 200), (f"Files.Example.org:{port}", 200),
        ):  # fmt: skip
            async with session.get("/enter", headers={"Host": host}) as answer:
                assert answer.status == status, host


async def test_a_window_shows_the_record_and_changes_nothing(serve: Serve, cli: Cli) -> None:
    served = await asyncio.to_thread(serve)
    async with entered(served) as session:
        async with window(session, served) as shown:
            await shown.wait("return 2")
            assert len(viewers(cli)) == 1
            for key in (" ", "A", "N", "R", "U", "x", ",", "r", "e", "y"):
                await shown.press(key)
                await shown.wait(
                    "nothing can be changed"
                    if key not in "ey"
                    else {"e": "an editor", "y": "hold Shift"}[key]
                )
                await shown.press("?")
                await shown.wait("Esc closes it")
                await shown.press("q")
                await shown.wait("return 2")
        await eventually(lambda: not viewers(cli), what="a viewer ends with its window")
    assert not cli.log()[0]["reviewed"]


async def test_who_is_allowed_to_reviews(serve: Serve, cli: Cli) -> None:
    served = await asyncio.to_thread(serve, "--allow-changes")
    async with entered(served) as session, window(session, served) as shown:
        await shown.wait("return 2")
        await shown.press(" ")
        await eventually(lambda: cli.log()[0]["reviewed"])


@pytest.mark.parametrize("ending", ["interrupt", "kill"])
async def test_no_viewer_outlives_the_server(serve: Serve, cli: Cli, ending: str) -> None:
    served = await asyncio.to_thread(serve, "--windows", "1")
    async with entered(served) as session, window(session, served) as shown:
        await shown.wait("return 2")
        async with session.get("/ws", headers={"Origin": served.base}) as answer:
            assert answer.status == 503
        if ending == "interrupt":
            assert await asyncio.to_thread(served.end) == 0
            assert not viewers(cli)
        else:
            served.process.kill()
            await eventually(lambda: not viewers(cli))


async def test_what_is_no_message_of_ours_ends_the_window_alone(serve: Serve) -> None:
    served = await asyncio.to_thread(serve)
    async with entered(served) as session:
        for nonsense in ("{", "[]", '["resize", {"width": -1, "height": "x"}]', '["stdin"]'):
            async with window(session, served) as shown:
                await shown.socket.send_str(nonsense)
                async with asyncio.timeout(60):
                    while (await shown.socket.receive()).type is aiohttp.WSMsgType.BINARY:
                        pass
        async with window(session, served) as shown:
            await shown.wait("return 2")


HTTP_NONSENSE = [
    b"NONSENSE\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"\x16\x03\x01\x00\xa5\x01\x00\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nCookie: \xff;=;;x=\xc3\r\nAuthorization: Bearer \xff\xfe\r\n\r\n",
    b"GET /static/..%2f..%2fserver.py HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"POST /enter HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n"
    b"Content-Type: multipart/form-data\r\nContent-Length: 1\r\n\r\nx",
    b"POST /enter HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n"
    b"Content-Type: application/x-www-form-urlencoded; charset=nonsense\r\nContent-Length: 7\r\n\r\ntoken=\xff",
]


async def test_nonsense_is_answered_and_harms_nobody(serve: Serve) -> None:
    served = await asyncio.to_thread(serve)
    for nonsense in HTTP_NONSENSE:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(served.base.rpartition(":")[2]))
        writer.write(nonsense)
        async with asyncio.timeout(30):
            status = await reader.readline()
        assert status.split()[1] in (b"303", b"400", b"401", b"404", b"421"), (nonsense, status)
        writer.close()
    async with entered(served) as session, window(session, served) as shown:
        await shown.wait("return 2")
    assert await asyncio.to_thread(served.end) == 0
    assert served.process.stderr is not None
    assert served.process.stderr.read() == b"fcm-tui: browsers may look on; Ctrl-C ends it\n"


def certificate(folder: Path) -> tuple[Path, Path]:
    """One for this machine, signed by itself, and its key."""
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName(
        [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    )
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1)).add_extension(names, False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return folder / "cert.pem", folder / "key.pem"


async def test_beyond_this_machine_with_a_token_and_tls(serve: Serve, tmp_path: Path) -> None:
    cert, key = await asyncio.to_thread(certificate, tmp_path)
    token = tmp_path / "token"
    token.write_text("a token of thirty-two characters\n")
    token.chmod(0o600)
    arguments = ("--token-file", str(token), "--tls-cert", str(cert), "--tls-key", str(key))
    served = await asyncio.to_thread(serve, "--host", "0.0.0.0", *arguments)  # noqa: S104 - what is tried
    assert served.url.startswith("https://0.0.0.0:") and "#" not in served.url
    served.base = served.base.replace("0.0.0.0", "127.0.0.1")  # noqa: S104
    trusted = ssl.create_default_context(cafile=str(cert))
    more = {"connector": aiohttp.TCPConnector(ssl=trusted)}
    async with entered(served, "a token of thirty-two characters", **more) as session:
        (cookie,) = session.cookie_jar
        assert cookie["secure"]
        async with session.get("/") as answer:
            assert "max-age" in answer.headers["Strict-Transport-Security"]
        async with window(session, served) as shown:
            await shown.wait("return 2")


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["serve", *arguments]) == 2
    said = capsys.readouterr().err
    assert said.startswith("fcm-tui: ") and said.count("\n") == 1
    return said


def test_what_is_refused(
    cli: Cli, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = ("--data-dir", str(cli.data))
    open_file, short = tmp_path / "open", tmp_path / "short"
    open_file.write_text("a" * 32)
    open_file.chmod(0o644)
    short.write_text("short")
    short.chmod(0o600)
    assert "only with --token-file" in refusal(capsys, *data, "--host", "0.0.0.0")  # noqa: S104
    assert "chmod 600" in refusal(capsys, *data, "--token-file", str(open_file))
    assert "openssl rand" in refusal(capsys, *data, "--token-file", str(short))
    assert "go together" in refusal(capsys, *data, "--tls-cert", "x")
    assert "cannot be used" in refusal(capsys, *data, "--tls-cert", str(short), "--tls-key", str(short))
    none = ("--data-dir", str(tmp_path / "other"))
    assert "no record here yet" in refusal(capsys, *none)
    seat = refusal(capsys, *none, "--database", "mysql://reviewer@127.0.0.1:9/fcm")
    assert "on a machine that records" in seat and "record FOLDER" not in seat
    monkeypatch.setitem(sys.modules, "textual_serve", None)
    assert "pip install 'fcm-tui[serve]'" in refusal(capsys, *data)


def test_a_port_that_is_taken(serve: Serve, cli: Cli) -> None:
    port = serve().base.rpartition(":")[2]
    said = cli.run("serve", "--port", port, status=2).stderr
    assert said.startswith(b"fcm-tui: 127.0.0.1, port ") and said.endswith(b"name another --port or --host\n")
