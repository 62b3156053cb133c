"""The shipped themes can be read, at every depth and by every eye; a broken one gets one clear line."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from rich.color import Color
from rich.style import Style

from fcm_tui.errors import ConfigError
from fcm_tui.resources import themes_dir
from fcm_tui.review.look.terminal import depth
from fcm_tui.review.look.theme import SYNTAX, TOKENS, Palette, load, names

SHIPPED = names([themes_dir()])


def luminance(color: Color) -> float:
    """Relative luminance (WCAG 2.2)."""
    channels = [value / 255 for value in color.get_truecolor()]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(style: Style) -> float:
    assert style.color is not None and style.bgcolor is not None
    light, dark = sorted((luminance(style.color), luminance(style.bgcolor)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_promised_themes_are_there() -> None:
    assert {"dark", "light", "high-contrast", "dark-colorblind", "light-colorblind", "sixteen"} <= set(
        SHIPPED
    )


Seen = tuple[float, float, float]
"""CIE L*, a*, b*."""

_EYES = {
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
}  # fmt: skip
"""What an eye without one kind of cones makes of linear RGB (Machado, Oliveira and Fernandes 2009)."""


def seen(color: Color, eye: str) -> Seen:
    """A colour as such an eye sees it."""
    rgb = [value / 255 for value in color.get_truecolor()]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb]
    r, g, b = (min(1.0, max(0.0, sum(m * c for m, c in zip(row, linear, strict=True)))) for row in _EYES[eye])
    x, y, z = (
        (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505,
        0.2126 * r + 0.7152 * g + 0.0722 * b,
        (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089,
    )
    fx, fy, fz = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


@pytest.mark.parametrize("name", ["dark-colorblind", "light-colorblind"])
@pytest.mark.parametrize("colours", ["truecolor", "256"])
@pytest.mark.parametrize("eye", _EYES)
def test_what_is_added_and_removed_is_told_apart_without_red_and_green(
    name: str, colours: str, eye: str
) -> None:
    """A difference of 10 in CIE L*a*b* is seen at a glance; the default theme's green and red have less for them."""
    palette = Palette(load(name, colours, [themes_dir()]))
    pairs = {
        "sign": (palette("added-sign").color, palette("removed-sign").color),
        "log": (palette("created").color, palette("deleted").color),
        "line": (palette("added").bgcolor, palette("removed").bgcolor),
        "word": (palette("added-word").bgcolor, palette("removed-word").bgcolor),
    }
    for what, (one, other) in pairs.items():
        assert one is not None and other is not None
        assert math.dist(seen(one, eye), seen(other, eye)) > 10, what


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("colours", ["truecolor", "256", "16"])
def test_every_theme_has_a_style_for_everything(name: str, colours: str) -> None:
    palette = Palette(load(name, colours, [themes_dir()]))
    for token in TOKENS:
        assert palette(token).bgcolor is not None


@pytest.mark.parametrize("name", [name for name in SHIPPED if name != "sixteen"])
@pytest.mark.parametrize("colours", ["truecolor", "256"])
def test_text_has_the_contrast_that_eyes_need(name: str, colours: str) -> None:
    """WCAG AA: 4.5 to 1 for text, on every background on which it stands."""
    palette = Palette(load(name, colours, [themes_dir()]))
    kinds = ("text", "muted", "accent", "created", "modified", "deleted", "moved", "metadata", "warning")
    combinations = [
        *((token,) for token in (*kinds, *SYNTAX)),
        *((token,) for token in ("bad", "key", "title", "title-focused", "line-number", "fold")),
        *((cursor, kind) for cursor in ("cursor", "cursor-unfocused") for kind in kinds),
        *(("title", kind) for kind in ("text", "muted", "accent", "good", "warning", "bad", "key")),
        *((tint, token) for tint in ("added", "removed") for token in SYNTAX),
        *((tint, token, f"{tint}-word") for tint in ("added", "removed") for token in SYNTAX),
        *((tint, token) for tint in ("added", "removed") for token in (f"{tint}-sign",)),
    ]  # fmt: skip
    poor = {
        names: round(contrast(palette(*names)), 2)
        for names in combinations
        if contrast(palette(*names)) < 4.5
    }
    assert not poor


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("colours", ["truecolor", "256", "16"])
def test_added_and_removed_never_look_the_same(name: str, colours: str) -> None:
    palette = Palette(load(name, colours, [themes_dir()]))
    assert palette("added") != palette("removed")
    assert palette("added") != palette("added-word")
    assert palette("removed") != palette("removed-word")
    assert palette("cursor") != palette()


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "truecolor"),
        ({"TERM": "xterm-256color"}, "256"),
        ({"TERM": "xterm"}, "16"),
        ({"TERM": "linux"}, "16"),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor", "NO_COLOR": ""}, "16"),
    ],
)
def test_depth_of_a_terminal(environ: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fcm_tui.review.look.terminal.os.name", "posix")
    assert depth(environ) == expected


BROKEN = {
    "dark = true\n[colors]\ntext = #fff\n": ":3:",
    '[colors]\ntext = "#c9d1d9"\nmutted = "#c9d1d9"\n': ":3: mutted: unknown; do you mean muted?",
    '[colors]\ntext = "ultraviolet"\n': ":2: text: not a style",
    '[colors]\ntext = "link http://example.org"\n': ":2: text: not a style",
    "[colors]\ntext = 7\n": ":2: text: not a style",
    "colors = 7\n": ":1: colors: must be a table of colours",
    "[colours]\n": ":1: colours: unknown",
    'dark = "yes"\n': ":1: dark: true or false",
    "[colors]\n": ":1: no style for background, ",
}


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_theme_is_refused_with_its_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        load("mine", "truecolor", [tmp_path])
    said = str(caught.value)
    assert said.startswith(str(tmp_path / "mine.toml")) and BROKEN[text] in said and "\n" not in said


@pytest.mark.parametrize("name", ["none", "../dark", "a/b", "", "\x1b[2J"])
def test_a_theme_that_is_not_there(tmp_path: Path, name: str) -> None:
    if not name:
        assert load(name, "truecolor", [themes_dir()]).name == "dark"
        return
    with pytest.raises(ConfigError, match="there is no such theme; there are: dark, ") as caught:
        load(name, "truecolor", [themes_dir()])
    assert str(caught.value).isprintable()
