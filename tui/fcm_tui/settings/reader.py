"""Takes typed values out of a parsed TOML document and refuses what nobody asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, NoReturn, TypeVar

from fcm_tui.settings.values import BadValue

T = TypeVar("T")
_Way = tuple[str | int, ...]


class Misplaced(Exception):
    """Something in the document is wrong: `way` leads to it, the text says what and how to mend it."""

    def __init__(self, way: _Way, text: str) -> None:
        super().__init__(text)
        self.way = way


class Table:
    """One table of the document. Take every key that may stand in it, then call `finish`."""

    def __init__(self, values: Mapping[str, Any], way: _Way = ()) -> None:
        self._values = values
        self._way = way
        self._known: list[str] = []

    def __contains__(self, key: str) -> bool:
        return key in self._values

    @property
    def way(self) -> tuple[str | int, ...]:
        """What leads to this table from the top of the document."""
        return self._way

    def names(self) -> list[str]:
        """Every key that stands in it."""
        return list(self._values)

    def peek(self, key: str) -> Any:
        """The value of `key` as it stands there, or None."""
        return self._values.get(key)

    def take(self, key: str, parse: Callable[[Any], T], default: T, *, quote: bool = True) -> T:
        """The value of `key` as `parse` gives it, or `default` where the key is absent.

        `quote=False` keeps the value, which may hold a password, out of the error.

        Raises:
            Misplaced: `parse` raised `BadValue`.
        """
        self._known.append(key)
        if key not in self._values:
            return default
        value = self._values[key]
        try:
            return parse(value)
        except BadValue as error:
            what = _shown(value) if quote else "this"
            is_in_it = isinstance(value, list)  # what is wrong stands in the list, and the error says what
            said = f"{_quoted(key)}: {error}" if is_in_it else f"{_quoted(key)} cannot be {what}: {error}"
            raise Misplaced((*self._way, key), said) from None

    def table(self, key: str) -> Table:
        """The table under `key`, empty where it is absent."""
        self._known.append(key)
        value = self._values.get(key, {})
        if not isinstance(value, dict):
            self.refuse(key, f"{_quoted(key)} is a table: write [{key}] on a line of its own, its keys below")
        return Table(value, (*self._way, key))

    def tables(self, key: str) -> list[Table]:
        """The array of tables under `key`."""
        self._known.append(key)
        value = self._values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.refuse(key, f"{_quoted(key)} is a list of tables: write [[{key}]] above the keys of each")
        return [Table(item, (*self._way, key, index)) for index, item in enumerate(value)]

    def strings(self) -> dict[str, str]:
        """Every text in this table and the tables below it; `a.b = "c"` gives `{"a.b": "c"}`."""
        found: dict[str, str] = {}
        for key, value in self._values.items():
            if isinstance(value, dict):
                found.update((f"{key}.{name}", inner) for name, inner in self.table(key).strings().items())
            else:
                found[key] = self.take(key, text, "")
        return found

    def refuse(self, key: str, why: str) -> NoReturn:
        """Raise `Misplaced` for `key`, or for the table itself where the key is absent."""
        raise Misplaced((*self._way, key) if key in self._values else self._way, why)

    def finish(self, elsewhere: Mapping[str, str]) -> None:
        """Refuse the first key that was not taken; `elsewhere` tells in which table a key is valid.

        Raises:
            Misplaced: there is such a key.
        """
        for key in self._values:
            if key in self._known:
                continue
            if key in elsewhere:
                self.refuse(key, f"{_quoted(key)} does not stand here: move it {elsewhere[key]}")
            nearest = _nearest(key, self._known)
            hint = (
                f"did you mean {nearest!r}?" if nearest else f"known here: {', '.join(sorted(self._known))}"
            )
            self.refuse(key, f"unknown key {_quoted(key)}: {hint}")


def text(value: Any) -> str:
    """A text that is not empty.

    Raises:
        BadValue: it is something else.
    """
    if not isinstance(value, str) or not value:
        raise BadValue("write a text in quotation marks")
    return value


def flag(value: Any) -> bool:
    """True or False.

    Raises:
        BadValue: it is something else.
    """
    if not isinstance(value, bool):
        raise BadValue("write true or false")
    return value


def count(value: Any) -> int:
    """A whole number from 0 to a million.

    Raises:
        BadValue: it is something else.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 1_000_000:
        raise BadValue("write a whole number from 0 to 1000000, without quotation marks")
    return value


def one_of(value: Any, choices: Collection[str]) -> str:
    """One of the words `choices`.

    Raises:
        BadValue: it is something else.
    """
    if isinstance(value, str) and value in choices:
        return value
    nearest = _nearest(value, choices) if isinstance(value, str) else None
    listed = ", ".join(f'"{choice}"' for choice in choices)
    raise BadValue(
        f"did you mean {nearest!r}? It is one of {listed}" if nearest else f"write one of {listed}"
    )


def _nearest(word: str, known: Collection[str]) -> str | None:
    import difflib  # 9 ms, and only needed when something is wrong

    matches = difflib.get_close_matches(word[:80].lower().replace("-", "_"), list(known), n=1, cutoff=0.6)
    return matches[0] if matches else None


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, int) and value.bit_length() > 64:
        return "so large a number"
    return _quoted(value) if isinstance(value, str) else _cut(str(value))


def _quoted(value: str) -> str:
    return repr(_cut(value))


def _cut(value: str) -> str:
    return value if len(value) <= 60 else value[:59] + "…"
