"""Colours: theme files as data, and the palette that turns their names into styles."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path

from rich.color import Color
from rich.errors import StyleSyntaxError
from rich.style import Style

from fcm_tui.errors import ConfigError
from fcm_tui.resources import themes_dir
from fcm_tui.review.look.terminal import depth
from fcm_tui.safetext import visible

_LARGEST_FILE = 1 << 20
DEFAULT = "dark"
SIXTEEN = "sixteen"
"""The theme that stands in on a terminal of 16 colours for one that has no colours of its own there."""

TOKENS = (
    "background", "text", "muted", "accent", "rule", "title", "title-focused", "cursor", "cursor-unfocused",
    "scrollbar", "created", "modified", "deleted", "moved", "metadata", "good", "warning", "bad", "key",
    "line-number", "fold", "added", "added-word", "added-sign", "removed", "removed-word", "removed-sign",
    "comment", "keyword", "string", "number", "function", "class", "builtin", "tag",
)  # fmt: skip
"""Every name that a theme gives a style. A style adds to `background` and `text`."""

SYNTAX = ("text", "comment", "keyword", "string", "number", "function", "class", "builtin", "tag")
"""The styles of source text, by the numbers that the lexing process sends."""

_WORD = re.compile(
    r"(?:on|bold|dim|italic|underline|reverse|#[0-9a-fA-F]{6}|color\(\d{1,3}\)|[a-z]+(?:_[a-z]+)*)"
)
_DEPTHS = {"truecolor": "colors", "256": "colors-256", "16": "colors-16"}


@dataclass(frozen=True, slots=True)
class Theme:
    """The styles of one theme at one colour depth."""

    name: str
    dark: bool
    depth: str
    """`truecolor`, `256` or `16`; at 16 the terminal's own colours are used by name."""
    styles: Mapping[str, Style]

    @property
    def native(self) -> bool:
        """The terminal's own colours by name: they must reach it as they are, not as approximations."""
        background = self.styles["background"].bgcolor
        return self.depth == "16" or background is None or background.is_system_defined


class Palette:
    """Styles by name, laid over one another; each combination is made once."""

    def __init__(self, theme: Theme) -> None:
        self._made: dict[tuple[str, ...], Style] = {}
        self.use(theme)

    def use(self, theme: Theme) -> None:
        """The styles of another theme from here on."""
        self.theme = theme
        self.base = theme.styles["background"] + theme.styles["text"]
        self._made.clear()

    def __call__(self, *names: str) -> Style:
        """The base with the styles of `names` over it, the last on top."""
        style = self._made.get(names)
        if style is None:
            style = self.base
            for name in names:
                style = style + self.theme.styles[name]
            self._made[names] = style
        return style


def load(name: str | None, colours: str, folders: list[Traversable | Path]) -> Theme:
    """The theme of that name from the first of the folders that has it.

    Raises:
        ConfigError: there is none, or its file is wrong; one line with file and line number.
    """
    name = name or DEFAULT
    theme = _read(name, colours, folders) or _read(SIXTEEN, colours, folders)
    if theme is None:
        raise ConfigError(f"theme {SIXTEEN!r}: has no colours")
    return theme


def names(folders: list[Traversable | Path]) -> list[str]:
    """The names of the themes that can be chosen."""
    found = {
        entry.name.removesuffix(".toml")
        for folder in folders
        if folder.is_dir()
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    }
    return sorted(found)


def find(name: str, folders: list[Traversable | Path]) -> Traversable | Path | None:
    """The file of a theme, from the first of the folders that has it."""
    if not re.fullmatch(r"[\w-]+", name):
        return None
    return next((file for folder in folders if (file := folder / f"{name}.toml").is_file()), None)


def _read(name: str, colours: str, folders: list[Traversable | Path]) -> Theme | None:
    source = find(name, folders)
    if source is None:
        known = ", ".join(names(folders)) or "none found"
        raise ConfigError(f"theme {visible(name)!r}: there is no such theme; there are: {known}", ("theme",))
    where = visible(str(source))
    try:
        with source.open("rb") as opened:
            raw = opened.read(_LARGEST_FILE + 1)
        if len(raw) > _LARGEST_FILE:
            raise ConfigError(f"{where}:1: larger than 1 MiB: is it another file?")
        text = raw.decode()
        data = tomllib.loads(text.replace("\r\n", "\n"))
    except UnicodeDecodeError as error:
        raise ConfigError(f"{where}:1: not UTF-8 text") from error
    except RecursionError as error:
        raise ConfigError(f"{where}:1: lists or tables lie too deep in one another") from error
    except ValueError as error:  # TOMLDecodeError, and int's refusal of a number with thousands of digits
        line = re.search(r"line (\d+)", str(error))
        raise ConfigError(f"{where}:{line[1] if line else 1}: {visible(str(error))}") from error
    except OSError as error:
        raise ConfigError(f"{where}:1: cannot be read: {error.strerror}") from error

    def wrong(key: str, what: str) -> ConfigError:
        return ConfigError(f"{where}:{_line_of(text, key)}: {visible(key)}: {visible(what)}")

    for key, value in data.items():
        if key not in ("dark", *_DEPTHS.values()):
            raise wrong(key, f"unknown; a theme has dark, {', '.join(_DEPTHS.values())}")
        if not isinstance(value, bool if key == "dark" else dict):
            raise wrong(key, "true or false" if key == "dark" else "must be a table of colours")
    tables = {table: _styles(data.get(table, {}), wrong) for table in _DEPTHS.values()}
    own = _DEPTHS[colours]
    if colours == "16" and not tables[own]:
        if name != SIXTEEN:
            return None
        own = "colors"
    styles = tables[own] if colours == "16" else {**tables["colors"], **tables[own]}
    missing = [token for token in TOKENS if token not in styles]
    if missing:
        raise ConfigError(
            f"{where}:1: no style for {', '.join(missing)} in [{own if colours == '16' else 'colors'}]"
        )
    return Theme(name, bool(data.get("dark", True)), colours, styles)


def _styles(table: Mapping[str, object], wrong: Callable[[str, str], ConfigError]) -> dict[str, Style]:
    styles = {}
    for token, value in table.items():
        if token not in TOKENS:
            near = difflib.get_close_matches(token, TOKENS, 1)
            raise wrong(token, f"unknown{f'; do you mean {near[0]}?' if near else ''}")
        if not isinstance(value, str) or not all(_WORD.fullmatch(word) for word in value.split()):
            raise wrong(token, f'not a style: {value!r}; one is like "bold #ffcc00 on #202020"')
        try:
            styles[token] = Style.parse(value)
        except StyleSyntaxError as error:
            raise wrong(token, f'not a style: {value!r}; one is like "bold #ffcc00 on #202020"') from error
    return styles


def _line_of(text: str, key: str) -> int:
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(rf'\s*\[?\s*["\']?{re.escape(key)}["\']?\s*[\]=]', line):
            return number
    return 1


def css_color(color: Color | None) -> str:
    """A Rich colour in the words of Textual's stylesheets."""
    if color is None or color.is_default:
        return "ansi_default"
    if color.triplet is None and color.number is not None and color.number < 16:
        return "ansi_" + color.name
    return color.get_truecolor().hex


class Themes:
    """The themes of a folder of the person's own, which come first, and those that are shipped."""

    def __init__(self, name: str | None, own: Path | None = None, colours: str | None = None) -> None:
        """Begin with the theme of that name, or the default one; at the terminal's depth of colours, if none is given.

        Raises:
            ConfigError: there is no such theme, or its file is wrong.
        """
        self._folders: list[Traversable | Path] = [*([own] if own is not None else []), themes_dir()]
        self._colours = colours or depth()
        self.current = load(name, self._colours, self._folders)
        self._seen = self._state()

    def next(self) -> Theme:
        """The theme after the one in use, by name; one that is broken is passed over."""
        known = names(self._folders)
        at = known.index(self.current.name) if self.current.name in known else -1
        for name in (*known[at + 1 :], *known[: at + 1]):
            try:
                self.current = load(name, self._colours, self._folders)
            except ConfigError:
                continue
            break
        self._seen = self._state()
        return self.current

    def names(self) -> list[str]:
        """Those that there are."""
        return names(self._folders)

    def choose(self, name: str | None) -> Theme:
        """The theme of that name, or the default one, from now on.

        Raises:
            ConfigError: there is no such theme, or its file is wrong; the one before stays.
        """
        self.current = load(name, self._colours, self._folders)
        self._seen = self._state()
        return self.current

    def changed(self) -> Theme | None:
        """The theme in use read anew, if its file is another one by now.

        Raises:
            ConfigError: the file is wrong, which is said once; what was read before stays in use.
        """
        state = self._state()
        if state == self._seen:
            return None
        self._seen = state
        self.current = load(self.current.name, self._colours, self._folders)
        return self.current

    def _state(self) -> tuple[str, int, int] | None:
        """Which file it is, when it was written and how long it is."""
        file = find(self.current.name, self._folders)
        if not isinstance(file, Path):
            return None
        try:
            found = file.stat()
        except OSError:
            return None
        return str(file), found.st_mtime_ns, found.st_size
