"""A headless Chromium on a page with a terminal: what that shows, and what the page asks for."""

from __future__ import annotations

import base64
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.drawn import Drawn
from tests.waiting import wait_for

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def is_there() -> bool:
    """Whether there is one, with its driver."""
    return any(map(shutil.which, BROWSERS)) and shutil.which("chromedriver") is not None


class Browser:
    """One page at a time."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver
        self.requests: list[str] = []
        """All addresses that anything on the pages asked for."""
        self._screen = Drawn(80, 24)

    def open(self, url: str) -> None:
        self.driver.get(url)

    @property
    def text(self) -> str:
        """The terminal's lines, as what came through the websocket draws them."""
        self._read()
        return self._screen.text

    def wait(self, wanted: str | Callable[[str], object], seconds: float = 60.0) -> None:
        """Until a text is on the terminal, or a screen for which `wanted` holds."""
        holds = wanted if callable(wanted) else lambda screen: wanted in screen
        try:
            wait_for(lambda: holds(self.text), seconds)
        except AssertionError:
            raise AssertionError(f"after {seconds:g} s there is no {wanted!r} in\n{self.text}") from None

    def press(self, keys: str) -> None:
        """Keys for whatever has the keyboard."""
        from selenium.webdriver import ActionChains

        ActionChains(self.driver).send_keys(keys).perform()

    def complaints(self) -> list[str]:
        """Errors that the console was told of since the last time: of scripts, of the policy, of what was not found."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]

    def picture(self) -> bytes:
        """The page as PNG."""
        return base64.b64decode(self.driver.get_screenshot_as_base64())

    def _read(self) -> None:
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            told = message["params"]
            if message["method"] == "Network.requestWillBeSent":
                self.requests.append(told["request"]["url"])
            elif message["method"] == "Network.webSocketCreated":
                self.requests.append(told["url"])
            elif message["method"] == "Network.webSocketFrameSent":
                self._resize(told["response"]["payloadData"])
            elif message["method"] == "Network.webSocketFrameReceived" and told["response"]["opcode"] == 2:
                self._screen.feed(base64.b64decode(told["response"]["payloadData"]))

    def _resize(self, sent: str) -> None:
        kind, *rest = json.loads(sent)
        if kind == "resize":
            self._screen.screen.resize(rest[0]["height"], rest[0]["width"])


@contextmanager
def chromium(folder: Path, *arguments: str) -> Iterator[Browser]:
    """A browser with a profile of its own below a folder; only this machine is ever asked for anything."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = next(filter(None, map(shutil.which, BROWSERS)))
    for argument in (
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
        "--no-first-run", f"--user-data-dir={folder / 'profile'}", "--window-size=1280,900", *arguments,
    ):  # fmt: skip
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    service = Service(shutil.which("chromedriver"), log_output=os.devnull)
    driver = webdriver.Chrome(options=options, service=service)
    try:
        yield Browser(driver)
    finally:
        driver.quit()
