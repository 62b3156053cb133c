"""Each screen looks as its snapshot says, and in every theme with the theme's own colours, well legible."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from rich.color import Color
from rich.style import Style

from fcm_tui.resources import themes_dir
from fcm_tui.review.app import ReviewApp
from fcm_tui.review.look.theme import Theme, load, names
from tests.review.snapshots import SHOTS, SIZES, Shot, cells, file_of, snapshot, taken
from tests.review.test_themes import contrast

if sys.platform == "win32":
    pytest.skip("paths are written otherwise there", allow_module_level=True)

THEMES = [load(name, "truecolor", [themes_dir()]) for name in names([themes_dir()])]
CASES = [
    pytest.param(
        shot, size, id=f"{shot.name}-{size[0]}", marks=[] if size == SIZES[0] else [pytest.mark.slow]
    )
    for shot in SHOTS
    for size in SIZES
]


@pytest.mark.parametrize(("shot", "size"), CASES)
async def test_a_screen_is_as_its_snapshot_and_legible_in_every_theme(
    shot: Shot, size: tuple[int, int], tmp_path: Path
) -> None:
    async with taken(shot, size, tmp_path) as app:
        assert snapshot(app) == file_of(shot, size).read_text(encoding="utf-8"), (
            "another screen: if it is meant so, `python -m tests.review.snapshots`"
        )
        if isinstance(app, ReviewApp):
            for theme in THEMES:
                app._wear(theme)
                assert not _wrong(app, theme), theme.name


def _wrong(app: ReviewApp, theme: Theme) -> set[str]:
    """Cells in colours that the theme does not have, and text that is hard to read on its background."""
    known = {None} | {
        _code(colour) for style in theme.styles.values() for colour in (style.color, style.bgcolor)
    }
    found = set()
    for line in cells(app):
        for text, style in line:
            shown = _straight(style)
            if not text.strip():
                shown = Style(bgcolor=shown.bgcolor)
            if not {_code(shown.color), _code(shown.bgcolor)} <= known:
                found.add(f"{text!r} is {shown}, not of the theme")
            elif not theme.native and any(map(str.isalnum, text)) and contrast(shown) < 4.5:
                found.add(f"{text!r} is {shown}, contrast {contrast(shown):.1f}")
    return found


def _code(colour: Color | None) -> object:
    """What reaches the terminal: a number, or red, green and blue."""
    return None if colour is None or colour.is_default else colour.number or colour.triplet or 0


def _straight(style: Style) -> Style:
    return Style(color=style.bgcolor, bgcolor=style.color) if style.reverse else style
