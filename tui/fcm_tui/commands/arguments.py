"""The command line's grammar: argparse's, but a mistake is one line that says what is meant instead."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from fcm_tui.errors import UsageError

_OPTION = re.compile(r"--[a-z][a-z-]+")
_INVALID = re.compile(r"argument (\S+): invalid choice: (.*) \(choose from (.*)\)", re.DOTALL)
_SHOWN = 60


class Parser(argparse.ArgumentParser):
    """Raises `UsageError` where argparse would print a page and end the process."""

    _below: argparse._SubParsersAction[Any] | None = None
    _is_within = False

    def add_subparsers(self, **kwargs: Any) -> argparse._SubParsersAction[Any]:
        self._below = super().add_subparsers(**{"prog": self.prog, **kwargs})
        return self._below

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """As argparse, but options may stand between names: `record src --once lib`."""
        is_plain = self._below is not None or not self._get_positional_actions() or "--" in (args or ())
        if is_plain or self._is_within:
            return super().parse_known_args(args, namespace)
        self._is_within = True  # which this is called from, twice
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._is_within = False

    def error(self, message: str) -> NoReturn:
        said = self._said(message)
        raise UsageError(said if said.endswith("?") else f"{said}: see `{self.prog} --help`")

    def read(self, arguments: Sequence[str]) -> argparse.Namespace:
        """The arguments, every one of them understood.

        Raises:
            UsageError: one is not.
        """
        found, rest = self.parse_known_args(arguments)
        if rest:
            self._refuse(rest[0])
        return found

    def _refuse(self, word: str) -> NoReturn:
        if not word.startswith("-"):
            raise UsageError(f"{_short(word)}: one argument too many: see `{self.prog} --help`")
        option = word.partition("=")[0]
        near = nearest(option, self._options())
        if near is not None:
            raise UsageError(f"{_short(option)}: no such option: did you mean {near}?")
        raise UsageError(
            f"{_short(option)}: no such option: see `{self.prog} --help`; a name that begins with - goes behind `--`"
        )

    def _options(self) -> set[str]:
        found = set(_OPTION.findall(self.format_help()))
        for below in self._below.choices.values() if self._below is not None else ():
            found |= below._options()
        return found

    def _said(self, message: str) -> str:
        """argparse's words, in ours."""
        invalid = _INVALID.fullmatch(message)
        if invalid is not None:
            word, known = invalid[2][1:-1], invalid[3].replace("'", "")
            near = nearest(word, known.split(", "))
            meant = f"did you mean {near}?" if near else f"there are {known}"
            return f"{_short(word)}: no such {invalid[1].lower()}: {meant}"
        missing = message.removeprefix("the following arguments are required: ")
        if missing != message:
            return f"{missing} is missing"
        return re.sub(r"expected one argument$", "needs a value", message.removeprefix("argument "))


def whole(text: str) -> int:
    """The type of arguments that are whole numbers."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{_short(text)} is no whole number") from None


def text(argument: str) -> str:
    """The type of arguments that are text: bytes that are none stand in no text of the record."""
    try:
        argument.encode()
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError(
            f"{_short(argument)} is not text in this locale's encoding"
        ) from None
    return argument


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant, or None."""
    import difflib  # 9 ms, and only needed when something is wrong

    matches = difflib.get_close_matches(word[:_SHOWN].lower(), list(known), n=1, cutoff=0.6)
    return matches[0] if matches else None


def _short(word: str) -> str:
    return word if len(word) <= _SHOWN else f"{word[: _SHOWN - 1]}…"
