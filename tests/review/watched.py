"""The program in a terminal, over a folder that it records. POSIX only, as pseudo terminals are."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fcm_tui.datadir import DataDir
from fcm_tui.model import Change
from fcm_tui.store.reading.queries import Reader
from tests.ptyharness import Terminal

OLD = "".join(f"line {number}\n" for number in range(1, 61))
NEW = OLD.replace("line 10\n", "line ten\n").replace("line 50\n", "line fifty\n")
"""Two versions of a file, with a hunk at line 10 and another at line 50 between them."""


class Watched:
    """A folder, its record, and the screen over it."""

    def __init__(self, root: Path, data_dir: DataDir) -> None:
        self.root, self.data_dir = root, data_dir

    @contextmanager
    def screen(
        self, *paths: str, columns: int = 80, rows: int = 24, environ: dict[str, str] | None = None
    ) -> Iterator[Terminal]:
        argv = [sys.executable, "-m", "fcm_tui", *paths, "--data-dir", str(self.data_dir.path)]
        environ = {"LC_ALL": "C.UTF-8", **(environ or {})}
        with Terminal(
            argv, columns=columns, rows=rows, environ=environ, cwd=str(self.root.parent)
        ) as terminal:
            yield terminal
            assert terminal.leave() == 0
            assert b"Traceback" not in terminal.raw

    @contextmanager
    def recorder(self) -> Iterator[Terminal]:
        argv = [sys.executable, "-m", "fcm_tui", "record", str(self.root)]
        with Terminal([*argv, "--data-dir", str(self.data_dir.path)]) as recorder:
            recorder.wait("ready:")
            yield recorder
            recorder.signal(signal.SIGTERM)
            assert recorder.end() == 0

    def changes(self) -> list[Change]:
        with Reader(self.data_dir.database) as reader:
            return reader.log(reverse=True)

    def write(self, name: str, content: str) -> Path:
        path = self.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
        return path
