"""`fcm.toml` while a person changes it: edits that keep comments and order, the diff, and writing it whole.

Every edit gives a new text, and is compared with the same edit of the parsed document: what could not be
written as meant is refused, so the file never says something else than the screen.
"""

from __future__ import annotations

import contextlib
import copy
import difflib
import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fcm_tui import resources
from fcm_tui.errors import ConfigError, UsageError
from fcm_tui.settings.config import FILE_NAME, Settings, of_text
from fcm_tui.settings.file import LARGEST_FILE, decoded, parsed, read_raw
from fcm_tui.settings.lines import Key, key_lines
from fcm_tui.settings.turn import turn
from fcm_tui.whole_file import write_whole

Value = str | int | list[Any]
_BOM = b"\xef\xbb\xbf"


class ChangedMeanwhile(UsageError):
    """The file is not what it was when it was read."""


@dataclass(frozen=True, slots=True)
class Draft:
    """The file as it was read, and as it would be written."""

    path: Path
    raw: bytes | None
    """What stood there; None where there is no file yet."""
    before: str
    """Its text; where there is none, the commented default, as which a new one begins."""
    text: str
    """Its text as it would be."""

    @property
    def is_changed(self) -> bool:
        """Whether there is anything to write."""
        return self.text != self.before

    def settings(self) -> Settings:
        """What it would mean.

        Raises:
            ConfigError: something in it is wrong.
        """
        return of_text(self.text, self.path)

    def document(self) -> dict[str, Any]:
        """Its tables.

        Raises:
            ConfigError: it is not TOML.
        """
        return parsed(self.text, self.path)

    def lines(self) -> dict[Key, int]:
        """On which line each key stands."""
        return key_lines(self.text)

    def with_value(self, way: Key, value: Value) -> Draft:
        """With another value for a key.

        Raises:
            ConfigError: it cannot be written by itself.
        """
        *tables, key = way

        def put(document: Any) -> None:
            at = document
            for table in tables:
                if isinstance(table, str) and table not in at:
                    at[table] = {}
                at = at[table]
            if isinstance(value, list) and isinstance(at.get(key), list):
                _put_list(at[key], value)
            else:
                at[key] = value

        return self._edited(put)

    def without(self, way: Key) -> Draft:
        """Without a key, so that the default holds, or without a root.

        Raises:
            ConfigError: it cannot be taken out by itself.
        """

        def take(document: Any) -> None:
            at = document
            for table in way[:-1]:
                at = at[table]
            del at[way[-1]]
            if isinstance(way[-1], int) and not at:
                del document[way[0]]

        if isinstance(way[-1], int) and (text := self._without_lines(way)) is not None:
            meant = copy.deepcopy(self.document())
            take(meant)
            if parsed(text, self.path) == meant:
                return replace(self, text=text)
        return self._edited(take)

    def _without_lines(self, way: Key) -> str | None:
        """Without the lines of a table. tomlkit would take along the comments above the next one."""
        lines, place = self.text.split("\n"), self._place(way)
        return None if place is None else "\n".join(lines[: place.start] + lines[place.stop :])

    def _place(self, way: Key) -> range | None:
        """The lines of a `[[table]]`, from 0, without what is said above the next one."""
        places, lines = self.lines(), self.text.split("\n")
        if way not in places or not lines[places[way] - 1].lstrip().startswith("[["):
            return None
        start = places[way] - 1
        others = [line - 1 for key, line in places.items() if key[: len(way)] != way and line - 1 > start]
        end = min(others, default=len(lines))
        while end > start and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
            end -= 1
        return range(start, end)

    def with_root(self, path: str) -> Draft:
        """With one more root, behind the others or at the end.

        Raises:
            ConfigError: it cannot be written by itself.
        """
        root = {"path": path.replace("$", "$$")}

        def add(document: Any) -> None:
            document["roots"].append(root)

        meant = copy.deepcopy(self.document())
        with contextlib.suppress(ConfigError, AttributeError, ValueError):
            before = len(meant.setdefault("roots", []))
            meant["roots"].append(root)
            text = self._with_table(("roots", before - 1), "roots", root)
            if parsed(text, self.path) == meant:
                return replace(self, text=text)
        return self._edited(add)

    def _with_table(self, last: Key, name: str, values: dict[str, str]) -> str:
        """With the lines of a table behind the last of that name, or at the end. tomlkit would leave no line between.

        Raises:
            ValueError: a value is no text.
        """
        import tomlkit

        place, lines = self._place(last), self.text.rstrip("\n").split("\n")
        table = [
            f"[[{name}]]",
            *(f"{key} = {tomlkit.item(value).as_string()}" for key, value in values.items()),
        ]
        "\n".join(table).encode()  # of a name that is none in UTF-8, an error
        end = len(lines) if place is None else place.stop
        return "\n".join([*lines[:end], "", *table, *lines[end:], ""]).lstrip("\n")

    def diff(self) -> list[str]:
        """What writing it would change, as lines of a unified diff; a new file is compared with the commented default."""
        made = difflib.unified_diff(self.before.splitlines(), self.text.splitlines(), lineterm="", n=2)
        return list(made)[2:]

    def write(self) -> Draft:
        """Write it, in turn with others; the draft from here on.

        Raises:
            ChangedMeanwhile: somebody else wrote the file since it was read.
            ConfigError: it would be too large to be read.
            UsageError: it cannot be written.
        """
        with _turn(self.path) as target:
            return self._write(target)

    def _write(self, target: Path) -> Draft:
        text = self.text
        if self.raw is not None and b"\r\n" in self.raw:
            text = text.replace("\n", "\r\n")
        data = (_BOM if self.raw is not None and self.raw.startswith(_BOM) else b"") + text.encode()
        if len(data) > LARGEST_FILE:
            raise ConfigError(f"{self.path}:1: it would be larger than 1 MiB: take something out of it first")
        if _raw(self.path) != self.raw:
            raise ChangedMeanwhile(f"{self.path}: somebody else changed it meanwhile: read it again first")
        like = None if self.raw is None else _replaceable(target)
        write_whole(target, data, over=like is not None, mode=0o600, like=like)
        return replace(self, raw=data, before=self.text)

    def _edited(self, edit: Callable[[Any], None]) -> Draft:
        import tomlkit  # 40 ms, and only the settings need it
        from tomlkit.exceptions import TOMLKitError

        meant = copy.deepcopy(self.document())
        try:
            edit(meant)
            _check_writable(meant)
            document = tomlkit.parse(self.text)
            edit(document)
            text = tomlkit.dumps(document)
        except UnicodeEncodeError:
            raise ConfigError(
                f"{self.path}:1: a name that is not UTF-8 cannot stand here: name the folder on the command line"
            ) from None
        except (TOMLKitError, KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
            raise _by_hand(self.path) from error
        if parsed(text, self.path) != meant:
            raise _by_hand(self.path)
        return replace(self, text=text)


def read(path: Path) -> Draft:
    """The file at `path`, or the commented default where there is none.

    Raises:
        ConfigError: it cannot be read.
    """
    path = Path(os.path.abspath(path))
    raw = _raw(path)
    text = _default() if raw is None else decoded(raw, path)
    return Draft(path, raw, text, text)


def explanations() -> dict[Key, str]:
    """What the commented default says of each key."""
    found: dict[Key, str] = {}
    table: Key = ()
    said: list[str] = []
    for line in _default().split("\n"):
        bare = line.removeprefix("# ")
        key, equals, _ = bare.partition(" = ")
        if bare.startswith("["):
            table, said = (bare.strip("[]"),), []
        elif equals and key.replace("_", "").isalpha():
            found.setdefault((*table, key), " ".join(said))
            said = []
        elif line.startswith("#"):
            said.append(bare.removeprefix("# "))
        else:
            said = []
    return found


def change(path: Path, edit: Callable[[Draft], Draft]) -> None:
    """Read the file at `path`, edit it, and write it, with nobody else's writing in between.

    Raises:
        ConfigError: it cannot be read, or would be too large for that.
        UsageError: it cannot be written.
    """
    path = Path(os.path.abspath(path))
    with _turn(path) as target:
        made = edit(read(path))
        if made.is_changed:
            made._write(target)


@contextmanager
def _turn(path: Path) -> Iterator[Path]:
    """The file that is ours to write; what the disk says meanwhile, in words."""
    try:
        with turn(path) as target:
            yield target
    except FileExistsError:
        raise ChangedMeanwhile(f"{path}: somebody else made it meanwhile: read it again") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"{path} cannot be written: {reason}") from None


def _replaceable(target: Path) -> os.stat_result:
    """What a file is like that another may be put in the place of.

    Raises:
        PermissionError: somebody wants it as it is, or in more places than this.
    """
    found = target.stat()
    if not (found.st_mode & 0o222 and os.access(target, os.W_OK)):
        raise PermissionError(errno.EACCES, "it is read-only: make it writable, or edit it by hand")
    if found.st_nlink > 1:
        why = "it has another name too (a hard link), where nothing would change: edit it by hand"
        raise PermissionError(errno.EMLINK, why)
    if hasattr(os, "geteuid") and os.geteuid() not in (0, found.st_uid):
        raise PermissionError(errno.EPERM, "it belongs to another user: edit it by hand")
    return found


def _raw(path: Path) -> bytes | None:
    return read_raw(path) if os.path.lexists(path) else None


def _default() -> str:
    return (resources.config_dir() / FILE_NAME).read_text("utf-8")


def _put_list(old: Any, new: list[Any]) -> None:
    """Item by item, so that the comments between them and how they are laid out stay."""
    for at, value in enumerate(new):
        if at >= len(old):
            old.append(value)
        elif len(old) > len(new) and old[at] != value:
            del old[at]
            _put_list(old, new)
            return
        elif old[at] != value:
            old[at] = value
    while len(old) > len(new):
        del old[-1]


def _check_writable(value: Any) -> None:
    """Names that are no text, as the disk may have them, cannot stand in TOML."""
    if isinstance(value, str):
        value.encode()
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _check_writable(inner)


def _by_hand(path: Path) -> ConfigError:
    return ConfigError(f"{path}:1: this cannot be changed here as the file is written: edit it by hand")
