"""`python -m tests.session FILE.svg`: a session with the real program, as an animated picture for the README.

The program runs in a pseudo terminal; keys are pressed, and each frame is what stood on the screen when the text that
a key was to bring was there. Nothing is drawn by hand. The picture moves by CSS alone: no script, no fonts of others.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

from tests.picture import AFTER, BEFORE, lay_out
from tests.ptyharness import Terminal

COLUMNS, ROWS = 100, 28
WIDTH, HEIGHT = 8.4, 17
"""Of a cell, in pixels."""
BACKGROUND, TEXT = "#10141b", "#c9d1d9"

Run = tuple[int, str, str, str, bool]
"""Column, text, colour, background, bold."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What stood on the screen, and for how many seconds it is shown."""

    lines: tuple[tuple[Run, ...], ...]
    seconds: float


def _runs(terminal: Terminal, y: int) -> tuple[Run, ...]:
    """A line as stretches of cells that look the same."""
    found: list[Run] = []
    for x in range(COLUMNS):
        cell = terminal.screen.buffer[y][x]
        colour, ground = _hex(cell.fg, TEXT), _hex(cell.bg, BACKGROUND)
        if cell.reverse:
            colour, ground = ground, colour
        if found and found[-1][2:] == (colour, ground, cell.bold):
            at, text, *_ = found[-1]
            found[-1] = (at, text + cell.data, colour, ground, cell.bold)
        else:
            found.append((x, cell.data, colour, ground, cell.bold))
    return tuple(run for run in found if run[1].strip() or run[3] != BACKGROUND)


def _hex(colour: str, usual: str) -> str:
    return usual if colour == "default" else f"#{colour}"


def session(work: Path, data: Path) -> Iterator[Frame]:
    """Something changes; one looks at it, restores a part, and sees the file's history."""
    lay_out(work)
    prices = work / "src/shop/prices.py"
    environ = {"LC_ALL": "C.UTF-8", "FCM_DATA_DIR": str(data), "HOME": str(data.parent)}
    command = [sys.executable, "-m", "fcm_tui", str(work)]

    with Terminal(command, columns=COLUMNS, rows=ROWS, environ=environ) as terminal:

        def frame(wanted: str, seconds: float, *keys: str) -> Frame:
            terminal.press(*keys)
            terminal.wait(wanted)
            while terminal.pump(0.3):  # until all of it is drawn
                pass
            return Frame(tuple(_runs(terminal, y) for y in range(ROWS)), seconds)

        yield frame("● recording", 2.0)
        (work / "config/shop.toml").write_text(
            'currency = "EUR"\nport = 8443\ntls = true\n', encoding="utf-8"
        )
        yield frame("+ tls = true", 1.8)
        (work / "docs/guide.md").rename(work / "docs/manual.md")
        yield frame("→ docs/manual.md", 1.5)
        prices.write_text(AFTER, encoding="utf-8")
        yield frame("quantize", 2.5)
        yield frame("▌Diff", 1.2, "enter")
        yield frame("undo this hunk", 2.0, "R")
        yield frame("leaves all as it is", 3.0, "b")
        yield frame("U undoes it", 2.5, "y")
        assert prices.read_text(encoding="utf-8") == BEFORE
        yield frame("History", 2.0, "H")
        yield frame("quantize", 2.5, "left")
        yield frame("● recording", 1.5, "escape")
        terminal.leave()


def animated(frames: list[Frame]) -> str:
    """An SVG in which a line of the screen that stays the same for several frames is there once."""
    total = sum(frame.seconds for frame in frames)
    starts = [sum(frame.seconds for frame in frames[:number]) for number in range(len(frames) + 1)]
    width, height = COLUMNS * WIDTH + 16, ROWS * HEIGHT + 16
    shown: dict[tuple[int, int], list[str]] = {}
    for y in range(ROWS):
        first = 0
        for number in range(1, len(frames) + 1):
            if number == len(frames) or frames[number].lines[y] != frames[first].lines[y]:
                shown.setdefault((first, number), []).extend(_line(frames[first].lines[y], y))
                first = number
    rules, groups = [], []
    for number, ((first, last), parts) in enumerate(shown.items()):
        if not parts:
            continue
        if (first, last) == (0, len(frames)):
            groups.append(f"<g>{''.join(parts)}</g>")
            continue
        begin, end = 100 * starts[first] / total, 100 * starts[last] / total
        steps = f"{begin:.3f}%{{visibility:visible}}"
        if first:
            steps = f"0%{{visibility:hidden}}{steps}"
        if last < len(frames):
            steps += f"{end:.3f}%{{visibility:hidden}}"
        rules.append(
            f"@keyframes k{number}{{{steps}}}.k{number}{{visibility:hidden;animation:k{number} {total:g}s step-end infinite}}"
        )
        groups.append(f'<g class="k{number}">{"".join(parts)}</g>')
    style = f"text{{font:14px ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;white-space:pre}}{''.join(rules)}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}">'
        f"<title>A session with fcm-tui</title><style>{style}</style>"
        f'<rect width="100%" height="100%" rx="6" fill="{BACKGROUND}"/>{"".join(groups)}</svg>\n'
    )


def _line(runs: tuple[Run, ...], y: int) -> Iterator[str]:
    for at, text, colour, ground, bold in runs:
        x, top, length = 8 + at * WIDTH, 8 + y * HEIGHT, len(text) * WIDTH
        if ground != BACKGROUND:
            yield f'<rect x="{x:.1f}" y="{top}" width="{length:.1f}" height="{HEIGHT}" fill="{ground}"/>'
        if words := text.strip():
            x += (len(text) - len(text.lstrip())) * WIDTH
            weight = ' font-weight="bold"' if bold else ""
            yield (
                f'<text x="{x:.1f}" y="{top + 13}" fill="{colour}" textLength="{len(words) * WIDTH:.1f}"{weight}>'
                f"{escape(words)}</text>"
            )


def main() -> int:
    """Write the picture to the path given."""
    if len(sys.argv) != 2:
        print("usage: python -m tests.session FILE.svg", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as scratch:
        # a short name, which the program shows: the same on every machine
        work = Path(tempfile.gettempdir()) / "shop"
        work.mkdir()
        try:
            frames = list(session(work, Path(scratch).resolve() / "data"))
        finally:
            shutil.rmtree(work)
    picture = animated(frames)
    Path(sys.argv[1]).write_text(picture, encoding="utf-8")
    print(f"{sys.argv[1]}: {len(frames)} frames, {len(picture) // 1000} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
