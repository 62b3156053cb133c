"""Text files that people edit: cut from the standard library, changed by a few lines at a time.

Always the same for a seed and a version of Python.
"""

from __future__ import annotations

import random
import sysconfig
from pathlib import Path

Lines = list[bytes]
LINES = 380
"""About 14 KB."""
_FEWEST = 40


def first_versions(files: int, lines: int = LINES, seed: int = 1) -> list[Lines]:
    """Stretches of the standard library's source; each begins with a line of its own."""
    dice = random.Random(seed)
    library: Lines = []
    for path in sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py")):
        library += path.read_bytes().splitlines(keepends=True)
    starts = [dice.randrange(len(library) - lines) for _ in range(files)]
    return [[b"# file %d\n" % number, *library[at : at + lines]] for number, at in enumerate(starts)]


def edit(lines: Lines, dice: random.Random) -> None:
    """The next version, in place: one to three changes of one to four lines each, and a version line."""
    for _ in range(dice.randint(1, 3)):
        at, count = dice.randrange(1, len(lines)), dice.randint(1, 4)
        new = [
            b"    value_%d = compute(%d)\n" % (dice.randrange(1000), dice.getrandbits(30))
            for _ in range(count)
        ]
        match dice.randrange(3):
            case 0:
                lines[at : at + count] = new
            case 1:
                lines[at:at] = new
            case _ if len(lines) > _FEWEST:
                del lines[at : at + count]
    lines[0] = b"# version %d\n" % dice.getrandbits(30)
