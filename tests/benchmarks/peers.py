"""The programs that we are measured against: their commands, kept away from the person's own settings."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from tests.benchmarks.pairs import quietly


def is_installed(name: str) -> bool:
    """Whether a program is there; if not, it is said that it is left out."""
    if shutil.which(name):
        return True
    print(f"{name}: not installed, left out")
    return False


class Git:
    """A repository beside the tree that it is about."""

    def __init__(self, folder: Path, tree: Path) -> None:
        self.objects = folder / "objects"
        self.env: Mapping[str, str] = {
            **os.environ,
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.org",
            "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@example.org",
        }  # fmt: skip
        self._command = ["git", f"--git-dir={folder}", f"--work-tree={tree}"]
        quietly(self.command("init", "-q"), env=self.env)
        # its own housekeeping would go on behind its back, into the next run
        quietly(self.command("config", "gc.auto", "0"), env=self.env)

    def command(self, *arguments: str) -> list[str]:
        return [*self._command, *arguments]

    def do(self, *arguments: str) -> None:
        """A command that is not measured."""
        quietly(self.command(*arguments), env=self.env)


class Restic:
    """A repository; what restic encrypts, we do not."""

    def __init__(self, folder: Path, tree: Path) -> None:
        self._folder = folder
        self._tree = tree
        self.data = folder / "data"
        self.env: Mapping[str, str] = {**os.environ, "RESTIC_PASSWORD": "benchmark"}
        quietly(self._command("init"), env=self.env)

    @property
    def backup(self) -> list[str]:
        return self._command("backup", str(self._tree))

    def _command(self, *arguments: str) -> list[str]:
        cache = self._folder.with_name(f"{self._folder.name}-cache")
        return ["restic", "-q", "-r", str(self._folder), "--cache-dir", str(cache), *arguments]


class Aide:
    """A database of permissions and SHA-256 of every file."""

    def __init__(self, folder: Path, tree: Path) -> None:
        config = folder / "aide.conf"
        config.write_text(
            f"database_in=file:{folder}/aide.db\ndatabase_out=file:{folder}/aide.new\ngzip_dbout=no\n"
            f"{tree} p+sha256\n",
            "utf-8",
        )
        self.check = ["aide", "--config", str(config), "--check"]
        quietly(["aide", "--config", str(config), "--init"])
        (folder / "aide.new").rename(folder / "aide.db")


class Watchman:
    """A server of its own, watching a tree; end it with `stop`."""

    def __init__(self, folder: Path, tree: Path) -> None:
        self._command = [
            "watchman", f"--sockname={folder}/sock", f"--logfile={folder}/log", f"--statefile={folder}/state",
            f"--pidfile={folder}/pid",
        ]  # fmt: skip
        quietly([*self._command, "watch", str(tree)])
        quietly([*self._command, "find", str(tree), "*.nothing"])  # answered once everything is known
        self.pid = int((folder / "pid").read_text("ascii"))

    def stop(self) -> None:
        quietly([*self._command, "shutdown-server"])
