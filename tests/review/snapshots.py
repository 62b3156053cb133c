"""The screens as text, over a record and a clock that are always the same.

A snapshot has the characters of the screen, and under each line that has any the styles of its cells: a letter
stands for a text and background of the theme, as the table at the end tells. `python -m tests.review.snapshots [NAME…]`
writes them anew; `git diff` then shows what became of the screens.
"""

from __future__ import annotations

import asyncio
import os
import string
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import Mock, patch

from rich.cells import cell_len
from rich.style import Style
from textual.app import App

from fcm_tui.model import Capture, Kind
from fcm_tui.review.app import ReviewApp
from fcm_tui.review.first_run import OfferApp
from fcm_tui.review.look.theme import Palette, Themes
from fcm_tui.store.reading import quarters
from fcm_tui.store.reading.results import Sizes
from tests.review.builder import MODE, START_NS, RecordBuilder
from tests.review.screens import shows

FOLDER = Path(__file__).parent / "snapshots"
SIZES = ((80, 24), (120, 40), (200, 60))
AT = "/home/ann/shop/"
LETTERS = string.ascii_letters + string.digits + "!$%&*=?@"
NOW = START_NS / 1e9 + 6 * 3600

OLD = b"".join(b"def price_%d(net):\n    return net * %d\n\n\n" % (n, n) for n in range(1, 21))
NEW = OLD.replace(b"return net * 3\n", b"return round(net * 3, 2)\n").replace(b"* 15\n", b"* 16\n# checked\n")


def build(database: Path) -> RecordBuilder:
    """A shop: one change of every kind, a burst, a gap, and some that are reviewed."""
    record = RecordBuilder(database)
    record.root(AT[:-1])
    with record.transaction():
        for name in ("src/prices.py", "notes.txt", "old.txt", "logo.bin"):
            record.file(AT + name, OLD)
        for number in range(24):
            record.change(f"{AT}build/part{number}.o", b"\0%d" % number, Kind.CREATED, process="make")
        for minute, (name, content, kind) in enumerate(
            (
                ("docs/guide.md", b"# Guide\n\nStart the shop.\n", Kind.CREATED),
                ("old.txt", None, Kind.DELETED),
                ("src/prices.py", OLD.replace(b"return net * 3\n", b"return 3 * net\n"), Kind.MODIFIED),
                ("logo.bin", b"\0\1\2" * 500, Kind.MODIFIED),
                ("docs/guide.md", b"# Guide\n\nStart the shop.\n", Kind.METADATA),
                ("src/prices.py", NEW, Kind.MODIFIED),
            )
        ):
            time_ns = START_NS + (minute + 2) * 60 * 10**9
            record.change(AT + name, content, kind, process="vim", mode=MODE, time_ns=time_ns)
            if minute == 3:
                record.change(
                    AT + ".env",
                    b"KEY=1\n",
                    Kind.CREATED,
                    capture=Capture.SECRET,
                    stored=False,
                    time_ns=time_ns + 10**9,
                )
        record.change(
            AT + "tale.txt",
            OLD,
            Kind.MOVED,
            previous=AT + "notes.txt",
            time_ns=START_NS + 7 * 60 * 10**9 - 10**9,
        )
    return record


@dataclass(frozen=True, slots=True)
class Shot:
    """A screen: the keys that lead there, and what stands on it then."""

    name: str
    keys: tuple[str, ...]
    wanted: str
    in_colours: bool = False
    """Source stands on it, whose colours come from another process."""


_READ = ("2", "j")
"""To the newest change that vim made of a text; the move stands above it."""

SHOTS = (
    Shot("panes", _READ, "hunk", True),
    Shot("diff-unified", (*_READ, "3", "z", "s"), "round", True),
    Shot("diff-side-by-side", (*_READ, "3", "z", "s", "s"), "round", True),
    Shot("history", (*_READ, "H"), "of 3", True),
    Shot("blame", (*_READ, "B"), "line 10 of 81"),
    Shot("restore-menu", ("2", "j", "j", "R"), "Restore"),
    Shot("restore-preview", (*_READ, "R", "b"), "leaves all as it is", True),
    Shot("help", ("question_mark",), "Esc closes it"),
    Shot("filter", ("slash", *"kind:c", "tab"), "26 found"),
    Shot("first-run", (), "Record this directory?"),
    Shot("statistics", ("S",), "32 not reviewed"),
    Shot("inbox", ("G", "space"), "   new "),
)


@contextmanager
def steady() -> Iterator[None]:
    """A clock that stands still, in UTC, and a store that is always as large."""
    sizes = Sizes(files=29, versions=40, changes=32, database_bytes=1_000_000, free_bytes=0)
    local = time.localtime
    zone = os.environ.get("TZ")
    os.environ["TZ"] = "UTC"
    if hasattr(time, "tzset"):
        time.tzset()
    quarters.local.cache_clear()
    try:
        with (
            patch("time.time", lambda: NOW),
            patch("time.time_ns", lambda: int(NOW * 1e9)),
            patch("time.localtime", lambda seconds=None: local(NOW if seconds is None else seconds)),
            patch("fcm_tui.store.reading.queries.Reader.sizes", lambda reader: sizes),
            patch("fcm_tui.review.log.pane._WHILE", 3600.0),  # what is told in passing stays
        ):
            yield
    finally:
        if zone is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = zone
        if hasattr(time, "tzset"):
            time.tzset()
        quarters.local.cache_clear()


def _app(shot: Shot, record: RecordBuilder) -> ReviewApp | OfferApp:
    themes = Themes("dark", colours="truecolor")
    if shot.name == "first-run":
        return OfferApp(Palette(themes.current), Path("/home/ann/shop"))
    # a restore is only looked at here, for which nothing needs to be recorded
    return ReviewApp(
        database=record.database, engine=None, themes=themes, recordings=lambda: Mock(own_paths=[])
    )


@asynccontextmanager
async def taken(shot: Shot, size: tuple[int, int], folder: Path) -> AsyncIterator[ReviewApp | OfferApp]:
    """The app with that screen in sight."""
    with steady():
        record = build(folder / "record.sqlite")
        app = _app(shot, record)
        async with app.run_test(size=size) as pilot:
            if isinstance(app, ReviewApp):
                await shows(app, "29 files")
                await shows(app, "▾ shop")
                await shows(app, "tale.txt")
                await shows(app, "changes ")
            for key in shot.keys:
                await pilot.press(key)
            await shows(app, shot.wanted)
            await _still(app, in_colours=shot.in_colours)
            yield app
        if isinstance(app, ReviewApp):
            await app.close_record()
        record.close()


async def _still(app: App[Any], *, in_colours: bool) -> None:
    """Until nothing changes any more, and the colours of the source are there."""
    before, same = "", 0
    for _ in range(400):
        await asyncio.sleep(0.05)
        now = snapshot(app)
        same = same + 1 if now == before and (not in_colours or "keyword" in now) else 0
        before = now
        if same == 12:
            return
    raise AssertionError(f"still changing, or without colours:\n{before}")


def cells(app: App[Any]) -> list[list[tuple[str, Style]]]:
    """Text and style of every segment of the screen, line by line."""
    return [
        [(segment.text, segment.style or Style()) for segment in strip]
        for strip in app.screen._compositor.render_strips()
    ]


def snapshot(app: App[Any]) -> str:
    """Characters, styles and what the letters of these stand for."""
    palette: Palette = app.palette  # type: ignore[attr-defined]
    names: dict[Style, str] = {}
    for combination, style in sorted(palette._made.items(), key=lambda made: (len(made[0]), made[0])):
        names.setdefault(_colours(style), "+".join(combination) or "text")
    letters: dict[str, str] = {}
    written = []
    for line in cells(app):
        written.append("".join(text for text, _ in line).rstrip())
        layer = ""
        for text, style in line:
            name = names.get(_colours(style), "")
            letter = " "
            if name != "text" and (name or text.strip()):
                letter = letters.setdefault(name, LETTERS[len(letters)])
            layer += letter * cell_len(text)
        written.append(f"{' ' * 2}\u00a6{layer.rstrip()}" if layer.strip() else "")
    table = [f"{letter}  {name or 'scrollbar'}" for name, letter in letters.items()]
    return "\n".join([*written, "", *table]) + "\n"


def _colours(style: Style) -> Style:
    return Style(
        color=style.color, bgcolor=style.bgcolor, bold=bool(style.bold), italic=bool(style.italic),
        dim=bool(style.dim), underline=bool(style.underline), reverse=bool(style.reverse),
    )  # fmt: skip


def file_of(shot: Shot, size: tuple[int, int]) -> Path:
    """Where the snapshot stands."""
    return FOLDER / f"{shot.name}-{size[0]}x{size[1]}.txt"


async def _one(shot: Shot, size: tuple[int, int]) -> str:
    with tempfile.TemporaryDirectory() as folder:
        async with taken(shot, size, Path(folder)) as app:
            return snapshot(app)


def main() -> int:
    """Write all snapshots anew, or those of the screens that are named."""
    FOLDER.mkdir(exist_ok=True)
    for shot in SHOTS:
        if sys.argv[1:] and shot.name not in sys.argv[1:]:
            continue
        for size in SIZES:
            file_of(shot, size).write_text(asyncio.run(_one(shot, size)), encoding="utf-8", newline="\n")
            print(file_of(shot, size).name, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
