"""Real-looking versions of text files: a few lines edited each time, always the same for a seed."""

from __future__ import annotations

import random
import sysconfig
from pathlib import Path


def first_versions(files: int, seed: int = 1) -> list[list[str]]:
    """Files of about 14 KB, cut out of the standard library's source."""
    dice = random.Random(seed)
    lines: list[str] = []
    for path in sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py")):
        lines += path.read_text("utf-8", "replace").splitlines(keepends=True)
    starts = [dice.randrange(len(lines) - 400) for _ in range(files)]
    return [lines[start : start + 380] for start in starts]


def edit(versions: list[list[str]], dice: random.Random) -> None:
    """The next version of each: one to three lines replaced, inserted or deleted."""
    for lines in versions:
        for _ in range(dice.randint(1, 3)):
            at = dice.randrange(len(lines))
            match dice.randrange(3):
                case 0:
                    lines[at] = f"    value_{dice.randrange(1000)} = compute({dice.random():.6f})\n"
                case 1:
                    lines.insert(at, f"    # note {dice.randrange(10**6)}\n")
                case _ if len(lines) > 100:
                    del lines[at]
