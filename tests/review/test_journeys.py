"""The journeys in a usual terminal, with few colours and none, under tmux, and on a slow line."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

if sys.platform == "win32":
    pytest.skip("there are no pseudo terminals", allow_module_level=True)

from tests.ptyharness import Terminal
from tests.review.journeys import JOURNEYS, Journey, Open
from tests.terminals import SlowTerminal, Tmux

PLAIN = {"LC_ALL": "C.UTF-8"}
FEW = {"TERM": "xterm-16color", "COLORTERM": ""}
NONE = {"NO_COLOR": "1"}

each_journey = pytest.mark.parametrize("journey", JOURNEYS, ids=lambda journey: journey.__name__)
needs_tmux = pytest.mark.skipif(shutil.which("tmux") is None, reason="there is no tmux here")


class Watched:
    """Opens terminals, and remembers them for what is to be said of all that was written."""

    def __init__(self, kind: Open, environ: Mapping[str, str]) -> None:
        self._kind, self._environ = kind, environ
        self.seen: list[Terminal] = []

    def __call__(
        self, argv: list[str], *, environ: Mapping[str, str] | None = None, **options: Any
    ) -> Terminal:
        terminal = self._kind(argv, environ={**PLAIN, **self._environ, **(environ or {})}, **options)
        self.seen.append(terminal)
        return terminal

    @property
    def written(self) -> bytes:
        return b"".join(bytes(terminal.raw) for terminal in self.seen)


@contextmanager
def _opened(kind: Open, environ: Mapping[str, str], journey: Journey, folder: Path) -> Iterator[bytes]:
    watched = Watched(kind, environ)
    journey(watched, folder)
    assert b"Traceback" not in watched.written
    yield watched.written


@each_journey
def test_in_a_usual_terminal(journey: Journey, tmp_path: Path) -> None:
    with _opened(Terminal, {}, journey, tmp_path) as written:
        assert b"38;2;" in written


@pytest.mark.slow
@each_journey
def test_at_sixteen_colours(journey: Journey, tmp_path: Path) -> None:
    with _opened(Terminal, FEW, journey, tmp_path) as written:
        assert b"38;2;" not in written and b"38;5;" not in written


@pytest.mark.slow
@each_journey
def test_without_colours(journey: Journey, tmp_path: Path) -> None:
    with _opened(Terminal, NONE, journey, tmp_path) as written:
        assert b"38;2;" not in written and b"38;5;" not in written and b"\x1b[31m" not in written


@pytest.mark.slow
@needs_tmux
@each_journey
def test_under_tmux(journey: Journey, tmp_path: Path) -> None:
    with Tmux() as tmux, _opened(tmux.open, {}, journey, tmp_path):
        pass


@pytest.mark.slow
@each_journey
def test_on_a_slow_line(journey: Journey, tmp_path: Path) -> None:
    with _opened(SlowTerminal, {}, journey, tmp_path):
        pass
