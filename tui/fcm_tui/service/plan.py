"""What has to be written, taken away and run to install a service or to be rid of it: told first, then done."""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fcm_tui.errors import NotSoError, UsageError
from fcm_tui.safetext import visible
from fcm_tui.whole_file import write_whole

PATIENCE = 60.0
"""Seconds that a command of the service manager gets."""


@dataclass(frozen=True, slots=True)
class Write:
    """A file to be there with these bytes."""

    path: Path
    data: bytes
    mode: int = 0o644

    def told(self) -> str:
        text = self.data.decode("utf-16" if self.data[:2] == b"\xff\xfe" else "utf-8")
        return "\n".join([f"write {self.path}", *(f"    {line}" for line in text.splitlines())])

    def do(self) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self.path, self.data, over=True, mode=self.mode)
        except OSError as error:
            raise UsageError(
                f"{self.path} cannot be written ({error.strerror}): mend that, or ask who may"
            ) from None


@dataclass(frozen=True, slots=True)
class Delete:
    """A file to be gone."""

    path: Path

    def told(self) -> str:
        return f"delete {self.path}"

    def do(self) -> None:
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            raise UsageError(
                f"{self.path} cannot be deleted ({error.strerror}): mend that, or ask who may"
            ) from None


@dataclass(frozen=True, slots=True)
class Run:
    """A command of the service manager."""

    command: tuple[str, ...]
    may_fail: bool = False
    """Whether it may find that there is nothing for it to do."""
    mend: str = "mend that, and try again"
    """What to do where it fails."""
    tries: int = 1
    """How often it is run, a second apart, until it does not fail."""

    def told(self) -> str:
        words = subprocess.list2cmdline(self.command) if os.name == "nt" else shlex.join(self.command)
        return f"run {words}"

    def do(self) -> None:
        status, said = run(self.command)
        for _ in range(1, self.tries):
            if not status:
                break
            time.sleep(1)
            status, said = run(self.command)
        if status and not self.may_fail:
            why = " ".join(said.split()) or f"exit status {status}"
            raise NotSoError(f"{' '.join(self.command[:4])}: {why[:400]}: {self.mend}")


Step = Write | Delete | Run


def run(command: Sequence[str], patience: float = PATIENCE) -> tuple[int, str]:
    """Run a command without a terminal; its exit status and all that it said.

    Where it cannot be found the status is 127, where it does not end in time 124.
    """
    # Into a file: what holds a pipe open after the command has ended would be waited for.
    with tempfile.TemporaryFile() as output:
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=patience,
                check=False,
            )
            status = done.returncode
        except subprocess.TimeoutExpired:
            return 124, f"no answer within {patience:.0f} s"
        except OSError as error:
            return 127, f"{command[0]}: {error.strerror}"
        output.seek(0)
        return status, decoded(output.read())


def decoded(said: bytes) -> str:
    """What a command said, in whichever encoding this system's commands have."""
    if said[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return said.decode("utf-16", "replace")
    with contextlib.suppress(UnicodeDecodeError):
        return said.decode("utf-8")
    return said.decode("oem" if os.name == "nt" else "latin-1", "replace")


def carry_out(steps: Sequence[Step]) -> None:
    """Do all of them, in order.

    Raises:
        FcmError: one could not be done; those before it are done.
    """
    for step in steps:
        step.do()


def told(steps: Sequence[Step]) -> str:
    """What would be done, safe to show."""
    return "\n".join(visible(line) for step in steps for line in step.told().split("\n"))
