"""The settings as rows: what each is called, says now, and where that stands. Knows no Textual."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from fcm_tui.errors import ConfigError
from fcm_tui.review import keys
from fcm_tui.review.settings import saved_filters
from fcm_tui.review.settings.check import checked
from fcm_tui.safetext import visible
from fcm_tui.settings.config import WATCH_SOURCES, Settings
from fcm_tui.settings.defaults import DETECTORS
from fcm_tui.settings.draft import Draft
from fcm_tui.settings.lines import Key
from fcm_tui.settings.writer import as_document

DEFAULT = "default"


class Kind(Enum):
    """How a row is changed."""

    TEXT = auto()
    COUNT = auto()
    FLAG = auto()
    CHOICE = auto()
    ITEM = auto()
    """One of a list, at `Row.at`."""
    NEW = auto()
    """Another one for a list."""
    DETECTOR = auto()
    ROOT = auto()
    NEW_ROOT = auto()
    NAMED = auto()
    """Another saved filter: a name and an expression."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the fields."""

    kind: Kind
    way: Key
    """Where it stands in the file."""
    label: str
    value: str = ""
    """What it says, as one writes it; not safe to show."""
    origin: str = ""
    """`default`, or the line of the file."""
    choices: tuple[str, ...] = ()
    at: int = 0
    """Of an item: its place in the list. Of a root: which one."""

    @property
    def shown(self) -> str:
        """The value, safe to show."""
        return visible(self.value)


@dataclass(frozen=True, slots=True)
class Present:
    """A draft, taken apart."""

    document: dict[str, Any]
    lines: dict[Key, int]
    usual: dict[str, Any]
    """The defaults."""
    effective: dict[str, Any]
    """What holds; the defaults while something is wrong."""
    themes: tuple[str, ...] = ()

    def found(self, way: Key) -> Any:
        """The value in the file, or None."""
        at: Any = self.document
        for step in way:
            try:
                at = at[step]
            except (KeyError, IndexError, TypeError):
                return None
        return at

    def origin(self, way: Key) -> str:
        """Where a value comes from."""
        if self.found(way) is None:
            return DEFAULT
        return f"line {self.lines[way]}" if way in self.lines else "in the file"


def present(draft: Draft, themes: Sequence[str] = ()) -> Present:
    """Take a draft apart. For a thread.

    Raises:
        ConfigError: it is not TOML.
    """
    document = draft.document()
    usual = as_document(Settings())
    try:
        effective = as_document(draft.settings())
    except ConfigError:
        effective = usual
    return Present(document, draft.lines(), usual, effective, tuple(themes))


def written(value: object) -> str:
    """A value of the file as a person writes it in a field."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _usual(now: Present, way: Key) -> object:
    at: Any = now.effective if way[0] == "roots" else now.usual
    for step in way:
        if isinstance(step, int) and (not isinstance(at, list) or step >= len(at)):
            return None
        at = at.get(step) if isinstance(at, dict) else None if at is None else at[step]
    return at


def _row(
    now: Present, kind: Kind, way: Key, label: str, choices: tuple[str, ...] = (), none: str = ""
) -> Row:
    value = now.found(way)
    if value is None:
        usual = _usual(now, way)
        value = bool(usual) if kind is Kind.FLAG else usual
    return Row(kind, way, label, written(value) or none, now.origin(way), choices)


def _items(now: Present, way: Key, noun: str) -> Iterator[Row]:
    values = now.found(way)
    for at, value in enumerate(values if isinstance(values, list) else []):
        yield Row(Kind.ITEM, way, noun, written(value), now.origin((*way, at)), at=at)
    indent = " " * (len(noun) - len(noun.lstrip()))
    yield Row(Kind.NEW, way, f"{indent}+ {noun.lstrip()}")


def _roots(now: Present) -> Iterator[Row]:
    roots = now.found(("roots",))
    for at, root in enumerate(roots if isinstance(roots, list) else []):
        way: Key = ("roots", at)
        path = root.get("path") if isinstance(root, dict) else None
        yield Row(Kind.ROOT, way, "folder", written(path), now.origin(way), at=at)
        yield from _items(now, (*way, "ignore"), "  ignore")
        yield _row(now, Kind.TEXT, (*way, "size_limit"), "  size limit")
        yield _row(now, Kind.CHOICE, (*way, "poll"), "  poll", ("auto", "true", "false"))
        yield _row(now, Kind.TEXT, (*way, "poll_interval"), "  poll interval")
    yield Row(Kind.NEW_ROOT, ("roots",), "+ folder")


def _ignored(now: Present) -> Iterator[Row]:
    yield _row(now, Kind.FLAG, ("ignore", "defaults"), "shipped patterns")
    yield from _items(now, ("ignore", "patterns"), "pattern")


def _limits(now: Present) -> Iterator[Row]:
    yield _row(now, Kind.TEXT, ("capture", "size_limit"), "size limit")
    yield _row(now, Kind.CHOICE, ("watch", "source"), "hints from", WATCH_SOURCES)
    yield _row(now, Kind.TEXT, ("watch", "scan_interval"), "scan interval")
    yield _row(now, Kind.TEXT, ("watch", "poll_interval"), "poll interval")


def _retention(now: Present) -> Iterator[Row]:
    way = ("retention",)
    yield _row(now, Kind.FLAG, (*way, "thin"), "thin out")
    yield _row(now, Kind.TEXT, (*way, "keep_within"), "keep all within")
    for unit in ("hourly", "daily", "weekly", "monthly", "yearly"):
        yield _row(now, Kind.COUNT, (*way, f"keep_{unit}"), f"keep {unit}")
    yield _row(now, Kind.TEXT, (*way, "max_age"), "at most so old", none="no limit")
    yield _row(now, Kind.COUNT, (*way, "max_versions"), "versions a file", none="no limit")
    yield _row(now, Kind.TEXT, (*way, "max_size"), "database size", none="no limit")
    yield _row(now, Kind.FLAG, (*way, "keep_unreviewed"), "keep unreviewed")


def _secrets(now: Present) -> Iterator[Row]:
    yield _row(now, Kind.FLAG, ("secrets", "defaults"), "shipped patterns")
    yield from _items(now, ("secrets", "patterns"), "pattern")
    way = ("secrets", "detectors")
    used = detectors(now)
    for name in DETECTORS:
        value = "true" if name in used else "false"
        yield Row(Kind.DETECTOR, way, f"find {name}", value, now.origin(way))
    yield from _items(now, ("secrets", "allow"), "do not look in")


def detectors(now: Present) -> list[str]:
    """The names of those that look."""
    value = now.found(("secrets", "detectors"))
    if isinstance(value, list):
        return [name for name in value if isinstance(name, str)]
    return [] if value is False else list(DETECTORS)


def _screen(now: Present) -> Iterator[Row]:
    yield _row(now, Kind.CHOICE, ("theme",), "theme", now.themes, none="dark")
    yield _row(now, Kind.FLAG, ("ask_before_leaving",), "ask before leaving")


def _keys(now: Present) -> Iterator[Row]:
    table = now.found(("keys",))
    for key in keys.SHIPPED:
        way: Key = ("keys", key.id)
        if not (isinstance(table, dict) and key.id in table):
            nested: Key = ("keys", *key.id.split("."))
            way = nested if now.found(nested) is not None else way
        value = now.found(way)
        usual = ",".join(key.keys)
        yield Row(Kind.TEXT, way, key.id, usual if value is None else written(value), now.origin(way))


def _filters(now: Present) -> Iterator[Row]:
    table = now.found(("filters",))
    for name, value in (table if isinstance(table, dict) else {}).items():
        way: Key = ("filters", name)
        yield Row(Kind.TEXT, way, f"@{visible(name)}", written(value), now.origin(way))
    yield Row(Kind.NAMED, ("filters",), "+ filter")


def _database(now: Present) -> Iterator[Row]:
    way = ("database",)
    if isinstance(now.found(way), Mapping):
        yield _row(now, Kind.TEXT, (*way, "url"), "server")
        yield _row(now, Kind.TEXT, (*way, "password_file"), "password file", none="environment or keyring")
        yield _row(now, Kind.TEXT, (*way, "ca"), "certificates", none="the system's")
        yield _row(now, Kind.TEXT, (*way, "content_limit"), "contents up to")
    else:
        yield _row(now, Kind.TEXT, way, "database", none="record.db in the data directory")
    yield _row(now, Kind.TEXT, ("encryption", "key"), "encryption key", none="not encrypted")


SECTIONS: tuple[tuple[str, Callable[[Present], Iterator[Row]]], ...] = (
    ("Folders", _roots),
    ("Ignored", _ignored),
    ("Limits", _limits),
    ("Retention", _retention),
    ("Secrets", _secrets),
    ("Screen", _screen),
    ("Keys", _keys),
    ("Filters", _filters),
    ("Database", _database),
)
"""What the list of sections shows, and the rows of each."""


def explanation(row: Row | None, said: Mapping[Key, str]) -> str:
    """What a field is for; `said` is what the commented default says of it."""
    way = () if row is None else tuple(step for step in row.way if not isinstance(step, int))
    if row is not None and way[:1] == ("keys",):
        return next((key.description for key in keys.SHIPPED if key.id == row.label), "")
    if way == ("roots",):
        return "Folders that are recorded where the command line names none."
    if way[:1] == ("filters",):
        return saved_filters.EXPLANATION
    return said.get(way, "")


def prompt(row: Row) -> str:
    """What stands in front of the line in which a row is written."""
    return saved_filters.FORM if row.kind is Kind.NAMED else row.label.strip(" +")


def all_of(row: Row) -> str:
    """What a field is called, says and is for, in small letters, by which it is found."""
    key = next((key for key in keys.SHIPPED if key.id == row.label and row.way[0] == "keys"), None)
    more = "" if key is None else f"{key.description} {key.shown}"
    return f"{row.label} {row.shown} {more}".lower()


def begun(now: Present, row: Row) -> str:
    """What a person begins with who edits a row."""
    if row.kind is Kind.NEW or row.kind is Kind.NAMED:
        return ""
    if row.kind is Kind.ITEM:
        return row.value
    return row.value if now.found(row.way) is not None or _usual_text(now, row) else ""


def _usual_text(now: Present, row: Row) -> bool:
    return row.way[0] == "keys" or (row.way[0] != "filters" and _usual(now, row.way) is not None)


def changed(draft: Draft, now: Present, row: Row, text: str) -> Draft:
    """The draft with what a person wrote, or chose, for a row.

    Raises:
        ConfigError: it cannot be; as `config check` says it.
    """
    return checked(_put(draft, now, row, text), draft)


def _put(draft: Draft, now: Present, row: Row, text: str) -> Draft:
    if row.kind in (Kind.ITEM, Kind.NEW):
        values = list(now.found(row.way) or [])
        at = row.at if row.kind is Kind.ITEM else len(values)
        values[at : at + 1] = [text]
        return draft.with_value(row.way, values)
    if row.kind is Kind.DETECTOR:
        name, used = row.label.removeprefix("find "), detectors(now)
        used = [other for other in DETECTORS if (other in used) != (other == name)]
        return draft.with_value(row.way, True if len(used) == len(DETECTORS) else used)
    if row.kind is Kind.NAMED:
        name, expression = saved_filters.new_filter(text, now.found(row.way) or ())
        return draft.with_value((*row.way, name), expression)
    if row.way[0] == "filters":
        return draft.with_value(row.way, saved_filters.other_filter(text, now.found(("filters",)) or ()))
    if row.kind is Kind.ROOT:
        return draft.with_value((*row.way, "path"), text.replace("$", "$$"))
    if text in ("true", "false") and row.kind in (Kind.FLAG, Kind.CHOICE) and row.way != ("theme",):
        return draft.with_value(row.way, text == "true")
    if row.kind is Kind.COUNT and text.isascii() and text.isdigit() and len(text) < 19:
        return draft.with_value(row.way, int(text))
    return draft.with_value(row.way, text)


def removed(draft: Draft, now: Present, row: Row) -> Draft | None:
    """The draft without what a row stands for; None where the file does not have it.

    Raises:
        ConfigError: the file would be wrong without it.
    """
    if row.kind in (Kind.NEW, Kind.NEW_ROOT, Kind.NAMED) or now.found(row.way) is None:
        return None
    if row.kind is Kind.ITEM:
        values = list(now.found(row.way))
        del values[row.at]
        return checked(draft.with_value(row.way, values), draft)
    return checked(draft.without(row.way), draft)


def added(draft: Draft, paths: Sequence[str]) -> Draft:
    """The draft with more roots.

    Raises:
        ConfigError: one cannot be.
    """
    made = draft
    for path in paths:
        made = made.with_root(path)
    return checked(made, draft)
