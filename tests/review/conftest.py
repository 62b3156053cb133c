"""A record to look at, and the screen over it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fcm_tui.datadir import DataDir
from fcm_tui.model import Capture, Kind
from fcm_tui.resources import themes_dir
from fcm_tui.review import wording
from fcm_tui.review.app import ReviewApp
from fcm_tui.review.engine import Engine
from fcm_tui.review.look.theme import Palette, Themes, load
from fcm_tui.review.source import Source
from tests.review.builder import MODE, RecordBuilder

if TYPE_CHECKING:
    from tests.review.watched import Watched

wording.prepare()  # as who runs the app does, before its loop

OLD = b"".join(b"line %d\n" % number for number in range(1, 101))
NEW = (
    OLD.replace(b"line 10\n", b"line ten\n")
    .replace(b"line 50\n", b"")
    .replace(b"line 90\n", b"line 90\nmore\n")
)


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[RecordBuilder]:
    """A record of one directory in which nothing changed yet."""
    builder = RecordBuilder(tmp_path / "record.sqlite")
    builder.root("/home/ann/project")
    yield builder
    builder.close()


@pytest.fixture
def record(empty: RecordBuilder) -> RecordBuilder:
    """A record with one change of every kind; the newest has the sequence 8."""
    at = "/home/ann/project"
    with empty.transaction():
        for name in ("main.py", "notes.txt", "src/util.py", "gone.txt", "blob.bin"):
            empty.file(f"{at}/{name}", OLD)
        empty.change(f"{at}/new.txt", b"first\nsecond\n", Kind.CREATED)
        empty.change(f"{at}/gone.txt", None, Kind.DELETED)
        empty.change(f"{at}/moved.txt", OLD, Kind.MOVED, previous=f"{at}/notes.txt")
        empty.change(f"{at}/src/util.py", OLD, Kind.METADATA, mode=MODE)
        empty.change(f"{at}/.env", b"KEY=1\n", Kind.CREATED, capture=Capture.SECRET, stored=False)
        empty.change(f"{at}/blob.bin", b"\0\1\2" * 500)
        empty.change(f"{at}/src/util.py", b"def f():\n    return 1\n", process="vim")
        empty.change(f"{at}/main.py", NEW)
    return empty


@pytest.fixture
def palette() -> Palette:
    return Palette(load("dark", "truecolor", [themes_dir()]))


@pytest.fixture(autouse=True)
def no_reader_is_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An app under test ends without what a real run does last: to close what reads for it."""
    made: list[Source] = []
    real = Source.__init__

    def begin(self: Source, *arguments: Any, **options: Any) -> None:
        made.append(self)
        real(self, *arguments, **options)

    monkeypatch.setattr(Source, "__init__", begin)
    yield

    async def close() -> None:
        for source in made:
            await source.close()

    asyncio.run(close())


@pytest.fixture
def make_app() -> Callable[..., ReviewApp]:
    """`make_app(builder, engine=None)`: the screen over a record."""

    def make(
        builder: RecordBuilder,
        engine: Engine | None = None,
        who: Callable[[], str] | None = None,
        themes: Themes | None = None,
    ) -> ReviewApp:
        themes = themes or Themes("dark", colours="truecolor")
        return ReviewApp(database=builder.database, engine=engine, themes=themes, who=who)

    return make


@pytest.fixture
def watched(tmp_path: Path, data_dir: DataDir) -> Watched:
    from tests.review.watched import Watched  # there are no pseudo terminals everywhere

    root = tmp_path / "root"
    root.mkdir()
    return Watched(root, data_dir)
