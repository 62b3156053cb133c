"""The HTML report in a real Chromium: nothing leaves the page, nothing in it runs, and it can be read everywhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from fcm_tui import cli
from fcm_tui.datadir import DataDir
from tests.hostile import KINDS, usable
from tests.report.browser import chromium, is_there
from tests.waiting import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not is_there(), reason="needs chromium and chromedriver")]
EVIL = b"<img src=x onerror=alert(1)></pre></script><script>alert(2)</script>\xe2\x80\xa8&quot;\n"
COLOUR = "return getComputedStyle(document.body).backgroundColor"


def test_the_page_keeps_to_itself_and_reads_in_light_dark_narrow_and_print(
    data_dir: DataDir, root: Path, tmp_path: Path
) -> None:
    arguments = ["--data-dir", str(data_dir.path)]
    assert cli.main([*arguments, "record", "--once", str(root)]) == 0
    names = [hostile.name for hostile in KINDS.values() if usable(hostile.name)]
    for number, name in enumerate([b"<img src=x onerror=alert(3)>.txt", b"'\"><script>alert(4)<.js", *names]):
        folder = root / f"{number:03}"
        folder.mkdir()
        Path(folder, name.decode("utf-8", "surrogateescape")).write_bytes(EVIL)
    (root / ".env").write_text("API_KEY=do-not-show-me\n")
    assert cli.main([*arguments, "record", "--once", str(root)]) == 0
    page = tmp_path / "report.html"
    assert cli.main([*arguments, "report", "--output", str(page)]) == 0
    assert "do-not-show-me" not in page.read_text("utf-8")
    with chromium(tmp_path) as browser:
        browser.open(page)
        assert browser.run("return [...document.querySelectorAll('script')].map(s => s.type)") == [
            "application/json", "", "",
        ]  # fmt: skip
        assert (
            browser.run("return document.querySelectorAll('img, iframe, object, embed, link, a').length") == 0
        )
        assert browser.run("return document.querySelectorAll('.chart canvas').length") == 2
        assert "onerror=alert(3)" in browser.run("return document.querySelector('#file').innerText")
        assert "<script>alert(2)</script>" in browser.run("return document.querySelector('pre').textContent")
        assert "its content was not kept" in browser.run("return document.querySelector('#secret').innerText")

        first = "return document.querySelector('#file tbody tr:not([hidden]) td').innerText"
        browser.run("document.querySelector('#file th button').click()")
        falling = browser.run(first)
        browser.run("document.querySelector('#file th button').click()")
        assert browser.run(first) < falling
        browser.run(
            "const find = document.querySelector('#file .find'); find.value = 'ALERT(3)';"
            "find.dispatchEvent(new Event('input'))"
        )
        assert browser.run("return document.querySelectorAll('#file tbody tr:not([hidden])').length") == 1

        # the legend turns a kind off
        browser.run("document.querySelector('#days-chart .u-legend .u-series:last-child th').click()")
        assert "u-off" in browser.run(
            "return document.querySelector('#days-chart .u-series:last-child').className"
        )

        browser.dark(False)
        assert browser.run(COLOUR) == "rgb(255, 255, 255)"
        browser.dark(True)
        assert browser.run(COLOUR) == "rgb(16, 20, 27)"
        browser.width(380)
        wait_for(
            lambda: (
                browser.run("return document.documentElement.scrollWidth") <= 380
                and browser.run("return document.querySelector('.uplot').clientWidth") <= 380
            )
        )
        browser.run(
            "addEventListener('beforeprint', () => window.unfolded = document.querySelectorAll('details.matter[open]').length)"
        )
        assert browser.printed().startswith(b"%PDF")
        assert browser.run("return window.unfolded") == browser.run(
            "return document.querySelectorAll('details.matter').length"
        )
        assert browser.complaints() == []
        assert browser.requests() == [page.as_uri()]
