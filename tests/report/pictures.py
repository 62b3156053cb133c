"""`python -m tests.report.pictures FOLDER`: pictures of the report and of the statistics screen, for the README."""

from __future__ import annotations

import asyncio
import base64
import os
import re
import sys
import tempfile
from pathlib import Path

from fcm_tui import cli
from fcm_tui.review import wording
from fcm_tui.review.app import ReviewApp
from fcm_tui.review.look.theme import Themes
from tests.report.browser import chromium
from tests.report.shop import build
from tests.review.screens import shows
from tests.review.snapshots import steady

WIDTH, HEIGHT = 1060, 1120


async def screen(database: Path) -> str:
    """The statistics screen as SVG."""
    wording.prepare()
    app = ReviewApp(database=database, engine=None, themes=Themes("dark", colours="truecolor"))
    async with app.run_test(size=(112, 40)) as pilot:
        await shows(app, "changes ")
        await pilot.press("S")
        await shows(app, "not reviewed")
        await pilot.press(*["down"] * 5, *["right"] * 8)
        await shows(app, "Enter shows them")
        picture = app.export_screenshot(title="fcm-tui", simplify=True)
    await app.close_record()
    return re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.S)


def report(folder: Path) -> bytes:
    """The top of the HTML report, dark, as PNG."""
    page = folder / "report.html"
    assert cli.main(["--data-dir", str(folder), "report", "--output", str(page)]) == 0
    with chromium(folder) as browser:
        browser.dark(True)
        browser.width(WIDTH)
        browser.open(page)
        clip = {"x": 0, "y": 0, "width": WIDTH, "height": HEIGHT, "scale": 1}
        found = browser.tell("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
    return base64.b64decode(found["data"])


def main() -> int:
    """Write both into a folder."""
    if len(sys.argv) != 2:
        print("usage: python -m tests.report.pictures FOLDER", file=sys.stderr)
        return 2
    target = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        os.chmod(folder, 0o700)
        with steady():
            build(folder / "record.db").close()
            (target / "statistics.svg").write_text(
                asyncio.run(screen(folder / "record.db")), encoding="utf-8"
            )
            (target / "report.png").write_bytes(report(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
