"""The screen as the terminal sees it: how soon something stands there, and how many bytes a key costs, beside vim.

A plain Textual application of one line stands for what Python and Textual take by themselves. All in turn, medians.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.benchmarks.log_record import many_changes
from tests.benchmarks.pairs import heading
from tests.benchmarks.recording import ours
from tests.benchmarks.scale import Scale

SOMETHING, LIVE = 0.050, 0.350
"""Seconds: goals for the first text on the screen, and for the first page of the log with all keys at work."""
TIMES = 4
"""Times vim's bytes that a key may take."""
_PLAIN = """
from textual.app import App
from textual.widgets import Static
class Plain(App):
    def compose(self):
        yield Static("plainly")
Plain().run()
"""
_FILES, _LINES = 4, 400


def run(scale: Scale) -> list[str]:
    """Starts, then bytes."""
    heading("the terminal's view")
    if sys.platform == "win32":
        return ["not on Windows, which has no pseudo terminals"]
    place = scale.fresh("terminal")
    small = place / "small"
    _small_record(place, small)
    told = _starts(scale, place, small, many_changes(scale))
    if shutil.which("vim"):
        told += _bytes(scale, place, small)
    scale.drop("terminal")
    return told


def _small_record(place: Path, data: Path) -> None:
    """Four texts, each changed in some places."""
    from tests.benchmarks.pairs import quietly

    tree = place / "tree"
    tree.mkdir()
    data.mkdir(mode=0o700)
    for version in ("first", "second"):
        for number in range(_FILES):
            word = ("value", "name", "thing", "where")[number]
            lines = [
                f"    {word}_{n} = call({n * 7919 % 10_007}, '{word} {n % 97}')  # {'=' * (n * 31 % 9)}\n"
                for n in range(_LINES)
            ]
            if version == "second":
                lines[5::20] = [line.replace("call", "other") for line in lines[5::20]]
            (tree / f"file{number}.py").write_text("".join(lines))
        quietly(ours(data, "record", "--once", str(tree)))


def _starts(scale: Scale, place: Path, small: Path, large: Path) -> list[str]:
    from tests.ptyharness import Terminal

    plain = place / "plain.py"
    plain.write_text(_PLAIN)
    quick = "vim" if shutil.which("vim") else "cat"
    text = str(place / "tree" / "file0.py")
    sides: dict[str, tuple[Sequence[str], Callable[[str], object]]] = {
        "plain Textual": ([sys.executable, str(plain)], lambda screen: "plainly" in screen),
        quick: ([quick, *(["-n"] if quick == "vim" else []), text], lambda screen: "call(" in screen),
        "a small record": (
            ours(small, "--theme", "dark"),
            lambda screen: "file" in screen and "Diff" in screen,
        ),
        "a long record": (
            ours(large, "--theme", "dark"),
            lambda screen: "100" in screen and "files" in screen,
        ),
    }
    something: dict[str, list[float]] = {name: [] for name in sides}
    live: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(scale.runs * 2):
        for name, (argv, holds) in sides.items():
            with Terminal(argv, columns=120, rows=40) as terminal:
                something[name].append(terminal.wait(lambda screen: screen.strip()))
                live[name].append(terminal.wait(holds))
    told = []
    for name in sides:
        first, then = statistics.median(something[name]), statistics.median(live[name])
        goals = name.endswith("record")
        told.append(
            f"start, {name}: something after {first * 1000:.0f} ms{_goal(first, SOMETHING, goals)},"
            f" live after {then * 1000:.0f} ms{_goal(then, LIVE, goals)}"
        )
        print(told[-1], flush=True)
    return told


def _goal(seconds: float, goal: float, is_ours: bool) -> str:
    if not is_ours:
        return ""
    return f" (goal {goal * 1000:.0f}: {'met' if seconds <= goal else 'MISSED'})"


def _bytes(scale: Scale, place: Path, small: Path) -> list[str]:
    """Ours in the log, in the diff, and from one change to the next; vim in one of the files, and from one to the next."""
    files = [str(path) for path in sorted((place / "tree").glob("file*.py"))]
    log = ours(small, "--theme", "dark")
    # Ours begins to scroll at once, as there is no cursor in the diff; vim where its cursor stands in the last line.
    cases: dict[str, tuple[Sequence[str], Sequence[str], Sequence[str], Sequence[str]]] = {
        "j 20 times": (("3",), ["j"] * 20, ("L",), ["j"] * 20),
        "PageDown 3 times": (("3",), ["pagedown"] * 3, (), ["pagedown"] * 3),
        "another file": ((), ["j"], (), [":n\r"]),
    }
    told = []
    # A long path is a message of several lines, which vim would have confirmed.
    vim = ["vim", "-u", "NONE", "-n", "--cmd", "set shortmess=atF"]
    for name, (before, keys, vim_before, vim_keys) in cases.items():
        mine = _written(log, before, keys)
        bare = _written([*vim, *files], vim_before, vim_keys)
        full = _written([*vim, "-c", "syntax on", *files], vim_before, vim_keys)
        ratio = mine / full
        told.append(
            f"bytes, {name}: {mine:,}, vim {bare:,}, with colours {full:,}: {ratio:.1f} times"
            f" (goal {TIMES}: {'met' if ratio <= TIMES else 'MISSED'}; {mine / bare:.1f} times vim without colours)"
        )
        print(told[-1], flush=True)
    return told


def _written(argv: Sequence[str], before: Sequence[str], keys: Sequence[str]) -> int:
    """Bytes that keys cost, each pressed when the last one's answer stands."""
    from tests.ptyharness import Terminal

    with Terminal(argv, columns=80, rows=24) as terminal:
        terminal.wait("call(" if "vim" in argv[0] else "file")
        _settle(terminal)
        for key in before:
            terminal.press(key)
            _settle(terminal)
        start = len(terminal.raw)
        for key in keys:
            terminal.press(key)
            _settle(terminal)
        return len(terminal.raw) - start


def _settle(terminal: object, quiet: float = 0.3) -> None:
    from tests.ptyharness import Terminal

    assert isinstance(terminal, Terminal)
    until = time.monotonic() + 5
    while terminal.pump(quiet) and time.monotonic() < until:
        pass
