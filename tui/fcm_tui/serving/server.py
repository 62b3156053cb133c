"""The web server: its pages, what they are made of, and the websocket behind them. Nothing on them comes from elsewhere."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

import textual_serve
from aiohttp import web
from aiohttp.typedefs import Handler

from fcm_tui.errors import UsageError
from fcm_tui.serving.access import Door, Names, is_same_origin
from fcm_tui.serving.window import Window, size_of

_OURS = {
    "page.html": "text/html",
    "enter.html": "text/html",
    "page.css": "text/css",
    "page.js": "text/javascript",
    "enter.js": "text/javascript",
}
_THEIRS = {
    "textual.js": ("js/textual.js", "text/javascript"),
    "xterm.css": ("css/xterm.css", "text/css"),
    "mono.ttf": ("fonts/RobotoMono-VariableFont_wght.ttf", "font/ttf"),
    "mono-italic.ttf": ("fonts/RobotoMono-Italic-VariableFont_wght.ttf", "font/ttf"),
}
_WRONG = 0.5
"""Seconds that a wrong token costs."""
_LONGEST = 4096


@dataclass(frozen=True, slots=True)
class Place:
    """Where it listens, and whom it lets in."""

    host: str
    port: int
    token: str
    tls: ssl.SSLContext | None = None
    names: Sequence[str] = ()
    """Under which it is reached, beside the machine's own."""
    windows: int = 8
    """At most so many at once."""


@dataclass(slots=True)
class Server:
    """Hands out pages, and runs a viewer for each window."""

    place: Place
    argv: Sequence[str]
    """What starts a viewer."""
    _door: Door = field(init=False)
    _names: Names = field(init=False)
    _files: dict[str, tuple[bytes, str]] = field(init=False)
    _open: int = 0
    _port: int = 0

    def __post_init__(self) -> None:
        self._files = _read_all()
        self._door = Door(self.place.token)
        self._names = Names(self.place.host, self.place.names)

    async def run(self, ready: Callable[[str], None]) -> None:
        """Until SIGINT or SIGTERM; every viewer has ended then.

        Args:
            ready: is told the URL.

        Raises:
            UsageError: it cannot listen there.
        """
        end = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(NotImplementedError, ValueError):
                loop.add_signal_handler(number, end.set)
        runner = web.AppRunner(self._application(end), access_log=None, shutdown_timeout=10.0)
        await runner.setup()
        try:
            site = web.TCPSite(runner, self.place.host, self.place.port, ssl_context=self.place.tls)
            try:
                await site.start()
            except OSError as error:
                where = f"{self.place.host}, port {self.place.port}"
                raise UsageError(
                    f"{where}: {error.strerror or error}: name another --port or --host"
                ) from None
            self._port = int(runner.addresses[0][1])
            ready(self._url)
            await end.wait()
        finally:
            end.set()
            await runner.cleanup()

    @property
    def _url(self) -> str:
        host = f"[{self.place.host}]" if ":" in self.place.host else self.place.host
        return f"{'http' if self.place.tls is None else 'https'}://{host}:{self._port}/"

    def _application(self, end: asyncio.Event) -> web.Application:
        app = web.Application(middlewares=[self._guard], client_max_size=_LONGEST)
        app[_END] = end
        app.add_routes(
            [
                web.get("/", self._page),
                web.get("/enter", self._enter_page),
                web.post("/enter", self._enter),
                web.get("/ws", self._websocket),
                web.get("/static/{name}", self._static),
            ]
        )
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Nobody who means another host, and no answer without the headers that keep a page to itself."""
        if not self._names.allows(request.host):
            return web.Response(
                status=421, text=f"not for this host name: see `fcm-tui serve --help`, --name{chr(10)}"
            )
        try:
            response = await handler(request)
        except web.HTTPException as error:
            error.headers.update(self._headers(request))
            raise
        if not response.prepared:
            response.headers.update(self._headers(request))
        return response

    def _headers(self, request: web.Request) -> dict[str, str]:
        socket = f"{'ws' if self.place.tls is None else 'wss'}://{request.host}"
        found = {
            "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline';"
            f" font-src 'self'; img-src 'self' data:; connect-src 'self' {socket}; form-action 'self';"
            " base-uri 'none'; frame-ancestors 'none'",
            "Server": "fcm-tui",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "same-origin",  # with none, a form of ours came from `null`
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
            "Cache-Control": "no-store",
        }
        if self.place.tls is not None:
            found["Strict-Transport-Security"] = "max-age=31536000"
        return found

    def _is_known(self, request: web.Request) -> bool:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self._door.admits(token.strip())
        return self._door.knows(request.cookies.get(self._cookie, ""))

    @property
    def _cookie(self) -> str:
        return f"fcm-tui-{self._port}"  # for whose browsers ports of a host share cookies

    async def _page(self, request: web.Request) -> web.StreamResponse:
        if not self._is_known(request):
            raise web.HTTPSeeOther("/enter")
        return self._html("page.html")

    async def _enter_page(self, request: web.Request) -> web.StreamResponse:
        return self._html("enter.html")

    def _html(self, name: str) -> web.Response:
        return web.Response(body=self._files[name][0], content_type="text/html", charset="utf-8")

    async def _enter(self, request: web.Request) -> web.StreamResponse:
        """The token, in the body of a request of our own page, for a cookie that scripts cannot read."""
        if not is_same_origin(request.headers.get("Origin"), request.host, tls=self.place.tls is not None):
            raise web.HTTPForbidden(text="not from this page\n")
        try:
            token = (await request.post()).get("token", "")
        except (ValueError, LookupError):  # the latter: a charset that there is not
            raise web.HTTPBadRequest(text="no form of this page\n") from None
        if not isinstance(token, str) or not self._door.admits(token.strip()):
            await asyncio.sleep(_WRONG)
            raise web.HTTPSeeOther("/enter?wrong")
        response = web.HTTPSeeOther("/")
        response.set_cookie(
            self._cookie,
            self._door.open(),
            httponly=True,
            samesite="Strict",
            secure=self.place.tls is not None,
            path="/",
        )
        raise response

    async def _static(self, request: web.Request) -> web.StreamResponse:
        found = self._files.get(request.match_info["name"])
        if found is None or found[1] == "text/html":
            raise web.HTTPNotFound
        return web.Response(body=found[0], content_type=found[1])

    async def _websocket(self, request: web.Request) -> web.StreamResponse:
        if not self._is_known(request):
            raise web.HTTPUnauthorized(text="the token is wanted first\n")
        if not is_same_origin(request.headers.get("Origin"), request.host, tls=self.place.tls is not None):
            raise web.HTTPForbidden(text="not from this page\n")
        try:
            width, height = (size_of(request.query.get(name, "80")) for name in ("width", "height"))
        except ValueError:
            raise web.HTTPBadRequest(text="no size of a window\n") from None
        if self._open >= self.place.windows:
            raise web.HTTPServiceUnavailable(text=f"{self.place.windows} windows are open already\n")
        with self._one_more():
            socket = web.WebSocketResponse(heartbeat=15, max_msg_size=1 << 20)
            await socket.prepare(request)
            window = asyncio.ensure_future(Window(self.argv, socket).run(width, height))
            end = asyncio.ensure_future(request.app[_END].wait())
            try:
                await asyncio.wait({window, end}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (window, end):
                    task.cancel()
                await asyncio.gather(window, end, return_exceptions=True)
                await socket.close()
        return socket

    @contextmanager
    def _one_more(self) -> Iterator[None]:
        self._open += 1
        try:
            yield
        finally:
            self._open -= 1


_END = web.AppKey("end", asyncio.Event)


def _read_all() -> dict[str, tuple[bytes, str]]:
    """What pages are made of, by name: bytes and type. Read once, so that nobody's asking has to wait for a disk."""
    own = Path(__file__).parent / "static"
    theirs = files(textual_serve).joinpath("static")
    found = {name: ((own / name).read_bytes(), kind) for name, kind in _OURS.items()}
    return found | {
        name: (theirs.joinpath(path).read_bytes(), kind) for name, (path, kind) in _THEIRS.items()
    }
