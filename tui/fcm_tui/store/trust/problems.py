"""What does not hold in a record, in words."""

from __future__ import annotations

from dataclasses import dataclass

from fcm_tui.safetext import visible_path


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that does not hold."""

    what: str
    """`change`, `difference`, `content`, `backup`, `prune`, `file`, `recorder`, `root`, `gap`, `anchor` or `record`."""
    where: str
    """Which one: a change's number, a digest in hexadecimal, a path (as safe text).

    Where there are several recorders, what is of one has its id and a colon in front.
    """
    problem: str

    def __str__(self) -> str:
        return f"{self.what} {self.where}: {self.problem}" if self.where else f"{self.what}: {self.problem}"


def hex_text(digest: object) -> str:
    """A digest in hexadecimal; what else stands in its place as safe text."""
    return (
        digest.hex()
        if isinstance(digest, bytes)
        else visible_path(str(digest).encode("utf-8", "replace"))[:80]
    )


def of_recorder(recorder_id: object, where: object, several: bool) -> str:
    """What is of one recorder, as `Problem.where` has it; `several` tells whether there are others."""
    return f"{hex_text(recorder_id)}:{where}" if several else f"{where}"


def safe_path(path: object) -> str:
    """A path, or what stands in its place, as safe text."""
    return visible_path(path if isinstance(path, bytes) else str(path).encode("utf-8", "replace"))
