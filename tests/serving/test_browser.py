"""The screens in a real browser: nothing comes from elsewhere, keys work, log and diff show, the token is gone from the address."""

from __future__ import annotations

import urllib.parse
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commands.test_commands import Cli
from tests.serving import browser
from tests.serving.conftest import Served

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not browser.is_there(), reason="drives Chromium, which is not here"),
]
NONE_OF_OURS = ("chrome", "data")
ENTER, ESCAPE = "\ue007", "\ue00c"


def test_looking_on_from_a_browser(serve: Callable[..., Served], cli: Cli, tmp_path: Path) -> None:
    served = serve()
    with browser.chromium(tmp_path) as page:
        page.open(served.url)
        page.wait("return 2")
        assert page.driver.current_url == f"{served.base}/"
        assert page.driver.execute_script("return document.cookie") == ""
        page.wait(lambda screen: "▌Log" in screen and "~ a.py" in screen)
        page.press("?")
        page.wait("Esc closes it")
        page.press(ESCAPE)
        page.wait("return 2")
        page.press(ENTER)
        page.wait("▌Diff")
        page.press("R")
        page.wait("nothing can be changed from here")
        (cli.root / "new.txt").write_text("came while somebody looked on\n")
        cli.once()
        page.press("2g")
        page.wait("came while somebody looked on")
        page.driver.set_window_size(900, 600)
        page.wait(lambda screen: len(screen.splitlines()[0]) < 110 and "came while" in screen)
        assert page.driver.execute_script("return document.fonts.check('16px \"Roboto Mono\"')")
        page.press("q")
        page.wait(lambda _: "Open it again" in page.driver.find_element("tag name", "body").text)
        asked = [urllib.parse.urlsplit(url) for url in page.requests]
        elsewhere = {
            url.netloc
            for url in asked
            if not url.scheme.startswith(NONE_OF_OURS) and f"http://{url.netloc}" != served.base
        }
        assert not elsewhere
        assert any(url.scheme == "ws" for url in asked)
        assert page.complaints() == []


def test_a_page_elsewhere_gets_no_window(serve: Callable[..., Served], tmp_path: Path) -> None:
    served, other = serve(), serve()
    with browser.chromium(tmp_path) as page:
        page.open(served.url)
        page.wait("return 2")
        page.open(f"{other.base}/enter")  # another origin, of the same site: the cookie goes along
        script = (
            "const done = arguments[1]; const socket = new WebSocket(arguments[0]);"
            "socket.onopen = () => done('opened'); socket.onerror = () => done('refused');"
        )
        page.driver.execute_cdp_cmd("Page.setBypassCSP", {"enabled": True})
        page.open(f"{other.base}/enter")
        ws = f"{served.base.replace('http', 'ws')}/ws?width=80&height=24"
        assert page.driver.execute_async_script(script, ws) == "refused"
        page.open(f"{served.base}/")
        page.wait("return 2")


def test_a_wrong_token_is_said(serve: Callable[..., Served], tmp_path: Path) -> None:
    served = serve()
    with browser.chromium(tmp_path) as page:
        page.open(f"{served.base}/")
        field = page.driver.find_element("id", "token")
        field.send_keys("wrong" + ENTER)
        page.wait(lambda _: "That is not the token." in page.driver.find_element("tag name", "body").text)
        page.driver.find_element("id", "token").send_keys(served.token + ENTER)
        page.wait("return 2")
