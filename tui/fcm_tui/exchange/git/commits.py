"""What a commit says and does: its author, its message, and the steps that make its tree of the one before."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from fcm_tui.amounts import plural
from fcm_tui.exchange.git.tree import Placed
from fcm_tui.model import Capture, Change, Kind
from fcm_tui.safetext import visible

MOST_LISTED = 100
"""Changes that the message of a burst lists one by one."""
_SIGNS = {Kind.CREATED: "+", Kind.MODIFIED: "~", Kind.DELETED: "-", Kind.MOVED: ">", Kind.METADATA: "."}
_KEPT = (Capture.STORED, Capture.NONE)
_UNFIT = re.compile(r"[<>\x00-\x20\x7f]+")
_CRUD = " .,:;<>\"\\'"  # which git takes off the ends of a name


@dataclass(frozen=True, slots=True)
class Remove:
    path: bytes
    """As recorded; as are all of these."""


@dataclass(frozen=True, slots=True)
class Rename:
    old: bytes
    new: bytes


@dataclass(frozen=True, slots=True)
class Put:
    """Have this version at its place."""

    file: Placed


Step = Remove | Rename | Put


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a repository has come: what the last lines of each message say."""

    recorder_id: bytes
    sequence: int = 0
    """All changes up to this one are in it."""
    file_id: bytes = b""
    """All files of first looks up to this one are."""

    def trailer(self, first: int | None = None) -> str:
        """The lines, of which the first names the changes from `first` on."""
        number = self.sequence if first in (None, self.sequence) else f"{first}-{self.sequence}"
        return f"Recorded-Change: {self.recorder_id.hex()}:{number}\nRecorded-Files: {self.file_id.hex()}\n"

    @classmethod
    def read(cls, message: str) -> Mark | None:
        """The mark at the end of a message; None where it has none."""
        found = re.search(
            r"\nRecorded-Change: ([0-9a-f]{32}):(?:\d+-)?(\d+)\nRecorded-Files: ((?:[0-9a-f]{2})*)"
            r"\n(?:Co-authored-by: .*\n)*\s*\Z",
            message,
        )
        return found and cls(bytes.fromhex(found[1]), int(found[2]), bytes.fromhex(found[3]))


@dataclass(frozen=True, slots=True)
class Person:
    """A name and an address as Git takes them."""

    name: str
    email: str

    @classmethod
    def of(cls, owner: str, host: str) -> Person:
        """Of the owner of a file on a host; neither is trusted."""
        name = visible(owner).replace("<", "(").replace(">", ")").strip(_CRUD)
        user = _UNFIT.sub("-", visible(owner)).strip(_CRUD)
        place = _UNFIT.sub("-", visible(host)).strip(_CRUD)
        return cls(name or "unknown", f"{user or 'unknown'}@{place or 'localhost'}")


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit; its steps are read once, while it is written."""

    author: Person
    committer: Person
    time_ns: int
    message: str
    steps: Iterable[Step]


def first_look(count: int, mark: Mark, since: str | None) -> str:
    """The message of a commit that brings files which no change brought."""
    files = plural(count, "file")
    subject = f"first look: {files}" if since is None else f"as of {since}: {files}"
    return f"{subject}\n\n{mark.trailer()}"


def message(
    changes: Sequence[Change], shown: Callable[[bytes], str], mark: Mark, others: Sequence[Person] = ()
) -> str:
    """The message of a commit.

    Args:
        changes: those that it holds, oldest first.
        shown: makes safe text of a path.
        mark: how far it comes.
        others: who owns what the author does not.
    """
    trailer = mark.trailer(changes[0].sequence)
    trailer += "".join(f"Co-authored-by: {one.name} <{one.email}>\n" for one in others)
    if len(changes) == 1:
        subject, details = described(changes[0], shown)
        return "\n".join([subject, "", *details, trailer])
    names = [_named(change, shown) for change in changes]
    lines = [
        f"{_SIGNS[change.kind]} {name}{_briefly(change)}" for change, name in zip(changes, names, strict=True)
    ]
    if len(lines) > MOST_LISTED:
        lines[MOST_LISTED:] = [f"… and {len(lines) - MOST_LISTED:,} more"]
    return "\n".join([_summary(changes), "", *lines, "", trailer])


def described(change: Change, shown: Callable[[bytes], str]) -> tuple[str, list[str]]:
    """A change in a line, and what else is known of it, with an empty line behind that if it is anything."""
    return f"{change.kind} {_named(change, shown)}", _details(change)


def _named(change: Change, shown: Callable[[bytes], str]) -> str:
    if change.previous_path is None:
        return shown(change.path)
    return f"{shown(change.previous_path)} -> {shown(change.path)}"


def _summary(changes: Sequence[Change]) -> str:
    counts: dict[Kind, int] = {}
    for change in changes:
        counts[change.kind] = counts.get(change.kind, 0) + 1
    return f"{len(changes):,} changes: " + ", ".join(f"{number:,} {kind}" for kind, number in counts.items())


def _details(change: Change) -> list[str]:
    lines = []
    if change.inserted is not None and change.kind is not Kind.METADATA:
        lines.append(f"Lines: +{change.inserted} ~{change.updated} -{change.deleted}")
    if change.process:
        lines.append(f"Process: {visible(change.process)}")
    if change.mode is not None:
        lines.append(f"Mode: {change.mode & 0o7777:04o}")
    if change.origin != "event":
        lines.append(f"Noticed: by {change.origin}")
    if (why := unkept(change)) is not None:
        lines.append(f"Content: {why}")
    return [*lines, ""] if lines else []


def _briefly(change: Change) -> str:
    why = unkept(change)
    return "" if why is None else f" ({why})"


def unkept(change: Change) -> str | None:
    """Why the content after a change is not in the record, or None."""
    if change.capture in _KEPT:
        return None
    return "thinned out" if change.capture is Capture.QUOTA else f"not kept ({change.capture})"
