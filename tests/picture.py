"""`python -m tests.picture FILE.svg`: a picture of the real screen, for the README.

Records a small project in a temporary folder, changes it as a person and a tool would, and saves what
the program then shows: nothing in it is drawn by hand.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
from pathlib import Path

from fcm_tui.datadir import open_data_dir
from fcm_tui.recorder import Recorder
from fcm_tui.review.app import ReviewApp
from fcm_tui.review.look.theme import Palette, Themes
from fcm_tui.settings.config import load as load_settings
from tests.review.screens import lines, shows
from tests.waiting import eventually

SIZE = (112, 32)

BEFORE = '''\
"""Prices of the shop."""

from decimal import Decimal

VAT = Decimal("0.19")


def gross(net: Decimal) -> Decimal:
    """The price with tax."""
    return net * (1 + VAT)


def total(prices: list[Decimal]) -> Decimal:
    """What a customer pays."""
    return sum(prices)
'''
AFTER = (
    BEFORE.replace('Decimal("0.19")', 'Decimal("0.21")')
    .replace("return net * (1 + VAT)", "return (net * (1 + VAT)).quantize(CENT)")
    .replace('VAT = Decimal("0.21")\n', 'VAT = Decimal("0.21")\nCENT = Decimal("0.01")\n')
    .replace("    return sum(prices)\n", "    return sum(map(gross, prices), Decimal(0))\n")
)


def lay_out(folder: Path) -> None:
    """The project before anything happens."""
    for name, text in {
        "src/shop/prices.py": BEFORE,
        "src/shop/orders.py": "ORDERS: list[int] = []\n",
        "src/shop/__init__.py": "",
        "tests/test_prices.py": "from shop.prices import total\n",
        "config/shop.toml": 'currency = "EUR"\nport = 8080\n',
        "docs/guide.md": "# Guide\n\nStart the shop.\n",
        "README.md": "# Shop\n",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


async def changes(folder: Path, app: ReviewApp) -> None:
    """What happens, one after the other, each seen before the next."""
    count = 0

    async def seen() -> None:
        nonlocal count
        count += 1
        await eventually(lambda: app.log_view.rows >= count)

    (folder / "config/shop.toml").write_text('currency = "EUR"\nport = 8443\ntls = true\n', encoding="utf-8")
    await seen()
    (folder / "docs/guide.md").rename(folder / "docs/manual.md")
    await seen()
    (folder / ".env").write_text("KEY=not copied\n", encoding="utf-8")
    await seen()
    (folder / "src/shop/orders.py").unlink()
    await seen()
    (folder / "docs/logo.png").write_bytes(b"\x89PNG\r\n\x1a\n\0" + bytes(range(256)) * 40)
    await seen()
    (folder / "tests/test_prices.py").write_text(
        "from decimal import Decimal\n\nfrom shop.prices import total\n\n\n"
        "def test_total() -> None:\n    assert total([Decimal(1)]) == Decimal('1.21')\n",
        encoding="utf-8",
    )
    await seen()
    os.chmod(folder / "README.md", 0o600)
    await seen()
    (folder / "src/shop/prices.py").write_text(AFTER, encoding="utf-8")
    await seen()


async def take(folder: Path, data: Path) -> str:
    """The screen as SVG, after all of that."""
    lay_out(folder)
    place = open_data_dir(str(data))
    recorder = Recorder(place.database, load_settings(None), [os.fsencode(folder)])
    app = ReviewApp(database=place.database, engine=recorder, themes=Themes("dark", colours="truecolor"))
    async with app.run_test(size=SIZE) as pilot:
        await shows(app, "● recording")
        await changes(folder, app)
        await shows(app, "quantize")
        await pilot.press("1")
        for name in ("src", "shop"):
            while f"▸ {name}" not in lines(app.tree_view)[app.tree_view.cursor]:
                await pilot.press("j")
            await pilot.press("right")
            await shows(app, f"▾ {name}")
        await pilot.press("2")
        await shows(app, lambda screen: "●" in screen and "orders.py" in screen)
        await eventually(lambda: _has_colours(app, app.palette))
        picture = app.export_screenshot(title="fcm-tui", simplify=True)
        app.end()
    await app.close_record()
    # a picture of its own: no fonts from elsewhere
    return re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.S)


def _has_colours(app: ReviewApp, palette: Palette) -> bool:
    """The lexing process has answered for what is in sight."""
    keyword = palette("keyword").color
    view = app.diff_view
    return any(
        segment.style is not None and segment.style.color == keyword
        for y in range(view.size.height)
        for segment in view.render_line(y)
    )


def main() -> int:
    """Write the picture to the path given."""
    if len(sys.argv) != 2:
        print("usage: python -m tests.picture FILE.svg", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch).resolve() / "shop"
        picture = asyncio.run(take(folder, Path(scratch) / "data"))
    Path(sys.argv[1]).write_text(picture, encoding="utf-8")
    print(f"{sys.argv[1]}: {len(picture)} characters")
    return 0


if __name__ == "__main__":
    sys.exit(main())
