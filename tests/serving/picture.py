"""`python -m tests.serving.picture FILE.png`: a picture of the screens in a browser, for the README."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.picture import AFTER, lay_out
from tests.serving.browser import chromium


def take(scratch: Path) -> bytes:
    """What a browser shows of a small project in which something changed."""
    folder, data = scratch / "shop", scratch / "data"
    program = [sys.executable, "-m", "fcm_tui", "--data-dir", str(data)]

    def record() -> None:
        subprocess.run([*program, "record", "--once", str(folder)], check=True, capture_output=True)

    lay_out(folder)
    record()
    (folder / "docs/guide.md").rename(folder / "docs/manual.md")
    (folder / "config/shop.toml").write_text('currency = "EUR"\nport = 8443\ntls = true\n', encoding="utf-8")
    record()
    (folder / "src/shop/orders.py").unlink()
    (folder / "src/shop/prices.py").write_text(AFTER, encoding="utf-8")
    record()
    with subprocess.Popen(
        [*program, "serve", "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as served:
        assert served.stdout is not None
        try:
            with chromium(scratch, "--window-size=1000,700", "--hide-scrollbars") as page:
                page.open(served.stdout.readline().decode().strip())
                page.wait("CENT")  # of the newest change
                page.driver.execute_async_script(
                    "document.fonts.ready.then(() => setTimeout(arguments[0], 1000))"
                )
                return page.picture()
        finally:
            served.terminate()


def main() -> int:
    """Write the picture to the path given."""
    if len(sys.argv) != 2:
        print("usage: python -m tests.serving.picture FILE.png", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as scratch:
        picture = take(Path(scratch).resolve())
    Path(sys.argv[1]).write_bytes(picture)
    print(f"{sys.argv[1]}: {len(picture)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
