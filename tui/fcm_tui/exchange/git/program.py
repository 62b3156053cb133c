"""The program `git`, asked and told, whatever the surroundings want of it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import IO

from fcm_tui.errors import NotSoError, UsageError

_OF_A_REPOSITORY = (
    "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_CEILING_DIRECTORIES", "GIT_DEFAULT_HASH", "GIT_TEMPLATE_DIR",
    "GIT_CONFIG", "GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT", "GIT_TRACE",
)  # fmt: skip


class GitFailed(NotSoError):
    """git did not do it, and said why."""


def start(repository: Path, *arguments: str, stderr: IO[bytes] | int) -> subprocess.Popen[bytes]:
    """A git that is fed through its standard input. Ctrl-C does not reach it: who started it ends it.

    Raises:
        UsageError: there is no git.
    """
    try:
        return subprocess.Popen(
            ["git", *_own(repository), *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=stderr, env=environment(),
            start_new_session=os.name == "posix",
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )  # fmt: skip
    except FileNotFoundError:
        raise _missing() from None


def ask(repository: Path, *arguments: str) -> bytes:
    """What git answers.

    Raises:
        UsageError: there is no git.
        GitFailed: it refuses.
    """
    try:
        done = subprocess.run(
            ["git", *_own(repository), *arguments], capture_output=True, env=environment(), check=False,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )  # fmt: skip
    except FileNotFoundError:
        raise _missing() from None
    if done.returncode:
        raise GitFailed(f"git {arguments[0]}: {last_line(done.stderr)}")
    return done.stdout


def environment() -> dict[str, str]:
    """Ours, without what would lead git to another repository; its words in English."""
    kept = {name: value for name, value in os.environ.items() if name not in _OF_A_REPOSITORY}
    return {**kept, "LC_ALL": "C"}


def last_line(said: bytes) -> str:
    """The line that tells most of what git said."""
    lines = [line for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
    fatal = [line for line in lines if line.startswith(("fatal:", "error:"))]
    return (fatal or lines or ["it does not say why"])[0].removeprefix("fatal: ").removeprefix("error: ")


def _own(repository: Path) -> tuple[str, ...]:
    return f"--git-dir={repository}", "-c", "core.ignoreCase=false", "-c", "fastimport.unpackLimit=1"


def _missing() -> UsageError:
    return UsageError("git is not here: install it, and have it in PATH")
