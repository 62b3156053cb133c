"""The screen with a configuration file, for tests of its settings."""

from __future__ import annotations

from pathlib import Path

from fcm_tui.review.app import ReviewApp
from fcm_tui.review.look.theme import Themes
from fcm_tui.review.settings.fields import SECTIONS
from fcm_tui.settings.config import load
from tests.review.builder import RecordBuilder
from tests.review.fake_engine import FakeEngine

FILE = """\
# mine
theme = "dark"
[ignore]
patterns = ["*.log"]
[[roots]]
path = "/home/ann/project"
"""


def written(folder: Path) -> Path:
    """A configuration file in a folder."""
    path = folder / "fcm.toml"
    path.write_text(FILE)
    return path


def app_over(record: RecordBuilder, file: Path, engine: FakeEngine | None = None) -> ReviewApp:
    """The screen over a record, with the settings of a file, which may be missing."""
    return ReviewApp(
        database=record.database,
        engine=engine,
        themes=Themes("dark", colours="truecolor"),
        settings=load(file) if file.exists() else None,
        configuration=file,
    )


def at(section: str) -> list[str]:
    """The keys to the fields of a section, from where the screen opens."""
    names = [name for name, _ in SECTIONS]
    return ["comma", *["down"] * names.index(section), "enter"]
