"""A recorded folder, and `fcm-tui restore` on it."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fcm_tui import cli
from fcm_tui.datadir import DataDir
from fcm_tui.model import Change
from fcm_tui.store.reading.queries import Reader

Disk = dict[bytes, tuple[str, int, bytes]]
"""Path below the root (with `/`) to digest, permissions, and a link's target."""


@dataclass
class Case:
    """One folder and its record."""

    root: Path
    data_dir: DataDir
    capsys: pytest.CaptureFixture[str]
    out: str = ""
    err: str = ""

    def run(self, *arguments: str | bytes, status: int = 0) -> str:
        """A command in this process; what it printed."""
        words = [os.fsdecode(argument) for argument in arguments]
        self.capsys.readouterr()
        found = cli.main([*words, "--data-dir", str(self.data_dir.path)])
        self.out, self.err = self.capsys.readouterr()
        assert found == status, (found, self.out, self.err)
        return self.out

    def restore(self, *arguments: str | bytes) -> str:
        return self.run("restore", *arguments)

    def refused(self, *arguments: str | bytes, status: int = 1) -> str:
        """A restore that has to be refused, with one line, and nothing done; that line."""
        before = self.disk()
        self.run("restore", *arguments, status=status)
        assert self.disk() == before
        assert self.out == ""
        assert len(self.err.splitlines()) == 1, self.err
        assert self.err.isprintable() or self.err[:-1].isprintable()
        return self.err

    def try_restore(self, *arguments: str) -> int:
        """A restore that may be refused, with one line; its status."""
        status = cli.main(["restore", *arguments, "--data-dir", str(self.data_dir.path)])
        self.out, self.err = self.capsys.readouterr()
        said = [line for line in self.err.splitlines() if not line.startswith("note: ")]
        assert len(said) == (status != 0), (status, self.err)
        assert status in (0, 1, 2), self.err  # 2: the disk refused, as where a folder is exchanged just then
        return status

    def record(self) -> list[Change]:
        """Record what is there now; the changes that were found, oldest first."""
        last = self.last() if self.data_dir.database.exists() else 0
        self.run("record", "--once", str(self.root))
        return self.since(last)

    def since(self, last: int) -> list[Change]:
        with Reader(self.data_dir.database) as reader:
            return [c for c in reader.log(limit=None, reverse=True) if c.sequence > last]

    def last(self) -> int:
        with Reader(self.data_dir.database) as reader:
            return reader.last_sequence()

    def moment(self) -> str:
        """Now, as `--at` takes it; changes before and after are on either side of it."""
        now = time.time_ns()
        while time.time_ns() // 1000 <= now // 1000 + 1:
            pass
        seconds, rest = divmod(now + 1000, 10**9)
        return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{rest // 1000:06d}Z"

    def disk(self) -> Disk:
        """What stands below the root."""
        found: Disk = {}
        for folder, folders, files in os.walk(os.fsencode(self.root)):
            for name in [*files, *folders]:
                path = os.path.join(folder, name)
                state = os.lstat(path)
                key = path[len(os.fsencode(self.root)) + 1 :].replace(os.fsencode(os.sep), b"/")
                if stat.S_ISLNK(state.st_mode):
                    found[key] = ("link", 0, os.readlink(path))
                elif stat.S_ISREG(state.st_mode):
                    digest = hashlib.sha256(Path(os.fsdecode(path)).read_bytes()).hexdigest()
                    found[key] = (digest, stat.S_IMODE(state.st_mode), b"")
        return found

    def write(self, name: str | bytes, content: str | bytes, mode: int | None = None) -> Path:
        path = self.root / os.fsdecode(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        if mode is not None:
            path.chmod(mode)
        return path

    def clear(self) -> None:
        for entry in self.root.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()

    def verify(self) -> None:
        assert self.run("verify").startswith("ok: ")


@pytest.fixture
def case(tmp_path: Path, data_dir: DataDir, capsys: pytest.CaptureFixture[str]) -> Iterator[Case]:
    root = tmp_path / "root"
    root.mkdir()
    made = Case(root, data_dir, capsys)
    yield made
    if data_dir.database.exists():
        made.verify()
