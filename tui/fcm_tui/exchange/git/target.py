"""The repository that a history goes into: made by us, and by nobody else."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from fcm_tui.errors import NotSoError, UsageError
from fcm_tui.exchange.git.commits import Mark
from fcm_tui.exchange.git.program import ask
from fcm_tui.exchange.scope import Scope
from fcm_tui.whole_file import write_whole

BRANCH = "main"
_NOTE = "fcm-tui-export.json"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a repository holds; each run after the first goes on with the same."""

    recorder_id: bytes
    scope: Scope
    since_ns: int | None
    expression: str
    by_burst: bool

    def text(self) -> bytes:
        values = {
            "recorder": self.recorder_id.hex(),
            "top": self.scope.top.hex(),
            "paths": [path.hex() for path in self.scope.paths],
            "since_ns": self.since_ns,
            "filter": self.expression,
            "by": "burst" if self.by_burst else "change",
        }
        return json.dumps(values, indent=1).encode() + b"\n"

    @classmethod
    def read(cls, text: bytes) -> Terms:
        """Raises ValueError, KeyError or TypeError where it is none of ours."""
        told = json.loads(text)
        paths = tuple(bytes.fromhex(path) for path in told["paths"])
        scope = Scope(bytes.fromhex(told["top"]), paths)
        return cls(
            bytes.fromhex(told["recorder"]), scope, told["since_ns"], told["filter"], told["by"] == "burst"
        )


class Target:
    """A bare repository."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def terms(self) -> Terms | None:
        """What it holds; None where nothing is there yet.

        Raises:
            UsageError: something else is there.
        """
        note = self.path / _NOTE
        try:
            return Terms.read(note.read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            pass
        except (ValueError, KeyError, TypeError):
            raise UsageError(f"{self.path}: {_NOTE} in it is damaged: name another folder") from None
        if os.path.lexists(self.path) and not self.path.is_dir():
            raise UsageError(f"{self.path}: is there and no folder: name another")
        if self.path.is_dir() and any(self.path.iterdir()):
            raise UsageError(
                f"{self.path}: is not empty and was not made by `fcm-tui export git`: name another folder"
            )
        return None

    def make(self, terms: Terms) -> None:
        """Make it, open to its owner alone as the record is.

        Raises:
            GitFailed: git refuses.
            OSError: it cannot be written.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        if sys.platform != "win32":
            os.chmod(self.path, 0o700)
        ask(self.path, "init", "--quiet", "--bare", "--template=", f"--initial-branch={BRANCH}")
        ask(self.path, "config", "core.ignoreCase", "false")
        write_whole(self.path / _NOTE, terms.text(), over=True)

    def mark(self, recorder_id: bytes) -> Mark | None:
        """How far it has come; None where it has no commit.

        Raises:
            NotSoError: its last commit is not one of ours.
        """
        if not ask(self.path, "for-each-ref", f"refs/heads/{BRANCH}").strip():
            return None
        message = ask(self.path, "cat-file", "commit", f"refs/heads/{BRANCH}").decode("utf-8", "replace")
        mark = Mark.read(message)
        if mark is None or mark.recorder_id != recorder_id:
            raise NotSoError(
                f"{self.path}: the last commit on {BRANCH} is none that was exported: put yours on another branch,"
                " or name another folder"
            )
        return mark
