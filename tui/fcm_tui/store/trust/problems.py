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
    """Which one: a change's number, a digest in hexadecimal, a path (as safe text)."""
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


def safe_path(path: object) -> str:
    """A path, or what stands in its place, as safe text."""
    return visible_path(path if isinstance(path, bytes) else str(path).encode("utf-8", "replace"))
