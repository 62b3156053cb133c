"""What a restore would do, as plain data."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from fcm_tui.capture.attributes import same as same_attributes
from fcm_tui.errors import ContentMissing, RestoreRefused
from fcm_tui.paths import SEPARATOR, is_inside, join
from fcm_tui.safetext import visible_path
from fcm_tui.store.reading import past
from fcm_tui.store.reading.past import Version
from fcm_tui.store.reading.queries import Reader

_EMPTY = hashlib.sha256(b"").digest()
_NO_NAMES = (b"", b".", b"..")


class Action(StrEnum):
    """What a step does to a path. Steps are carried out in this order."""

    REMOVE = "remove"
    MOVE = "move"
    WRITE = "write"
    ATTRIBUTES = "set mode and time of"
    """The extended attributes too, where the step has them."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to be done to one file or symbolic link."""

    action: Action
    base: bytes
    """A recorded folder, or one that a person named: nothing outside is touched, no link below it followed."""
    path: bytes
    """Absolute, below `base`."""
    source: bytes | None = None
    """Of a move: where the file is now, below `base` too."""
    digest: bytes | None = None
    """The content afterwards; None for a removal, and where a moved file's content is not known."""
    data: bytes | None = None
    """The content where the record does not have it yet: a file with some hunks undone."""
    size: int = 0
    mode: int | None = None
    """`st_mode`; None for the system's default."""
    mtime_ns: int | None = None
    """None for the present."""
    uid: int = -1
    gid: int = -1
    """Owner and group to give it where the system lets us; -1 for whoever restores."""
    attributes: bytes | None = None
    """Digest of the set of extended attributes to give it; empty to take all away, None to leave them as they are."""
    was: bytes | None = None
    """Another path, which the file had at the change that is restored: it is restored where it is now."""

    @property
    def is_link(self) -> bool:
        return self.mode is not None and stat.S_ISLNK(self.mode)

    @property
    def clears(self) -> bytes | None:
        """The path that is empty once the step is done."""
        return self.path if self.action is Action.REMOVE else self.source


@dataclass(frozen=True, slots=True)
class Missing:
    """A file that cannot be brought back."""

    path: bytes
    why: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in the order in which they are carried out."""

    steps: tuple[Step, ...]
    missing: tuple[Missing, ...] = ()
    """Files whose content was not kept: there is no step for them."""
    top: bytes | None = None
    """Folders below this one that the steps leave empty are removed; None to leave them."""

    @classmethod
    def of(cls, steps: Iterable[Step], missing: Iterable[Missing] = (), top: bytes | None = None) -> Plan:
        """A plan, its steps put in order."""
        order = list(Action)
        ordered = sorted(steps, key=lambda step: (order.index(step.action), step.path))
        return cls(tuple(ordered), tuple(sorted(missing, key=lambda m: m.path)), top)


def write(base: bytes, path: bytes, version: Version, *, own: bool = True) -> Step:
    """A step that puts a version at a path; `own` also gives it its owner."""
    return Step(
        Action.WRITE, base, path, digest=version.digest, size=version.size, mode=version.mode,
        mtime_ns=version.mtime_ns, uid=version.uid if own else -1, gid=version.gid if own else -1,
        attributes=version.attributes,
    )  # fmt: skip


def attributes(base: bytes, path: bytes, version: Version, now: Version) -> Step:
    """A step that gives a file its mode and time back, and its extended attributes where they differ."""
    return Step(
        Action.ATTRIBUTES, base, path, digest=version.digest, size=version.size, mode=version.mode,
        mtime_ns=version.mtime_ns, uid=version.uid, gid=version.gid,
        attributes=None if _same_attributes(version, now) else version.attributes,
    )  # fmt: skip


def bring_back(base: bytes, path: bytes, version: Version, now: Version | None) -> list[Step]:
    """What turns `now` at a path into a version: nothing, its attributes, or a new file."""
    if now is None or now.digest != version.digest or stat.S_ISLNK(now.mode) != stat.S_ISLNK(version.mode):
        return [write(base, path, version)]
    same = (now.mode, now.mtime_ns) == (version.mode, version.mtime_ns) and _same_attributes(version, now)
    return [] if stat.S_ISLNK(now.mode) or same else [attributes(base, path, version, now)]


def _same_attributes(version: Version, now: Version) -> bool:
    """Whether there is nothing to be done about extended attributes; of what is not recorded nothing is known."""
    return version.attributes is None or same_attributes(now.attributes, version.attributes)


def kept_only(
    reader: Reader, steps: list[Step], versions: dict[bytes, Version]
) -> tuple[list[Step], list[Missing]]:
    """The steps that can be taken, and what they lack whose content the record does not have.

    A file that cannot be written is not moved either.
    """
    wanted = [step for step in steps if step.action is Action.WRITE and step.data is None]
    known = reader.contents.known(step.digest for step in wanted if step.digest is not None)
    lacking = {step.path for step in wanted if step.digest not in known}
    missing = [Missing(path, past.why_not_kept(reader.connection, versions[path])) for path in lacking]
    return [_sized(reader, step) for step in steps if step.path not in lacking], missing


def _sized(reader: Reader, step: Step) -> Step:
    """A step with the size of its content where the record of the version has none."""
    if step.action is not Action.WRITE or step.size or step.data is not None or step.digest in (None, _EMPTY):
        return step
    try:
        return replace(step, size=len(reader.content(step.digest or b"")))
    except ContentMissing:  # damaged: told when it is written
        return step


def base_of(reader: Reader, path: bytes) -> bytes:
    """The innermost recorded folder above a path, watched ones first, else the folder that it is in."""
    best, rank = os.path.dirname(path), (False, -1)
    for root in reader.roots():
        if path != root.path and is_inside(path, root.path) and (root.active, len(root.path)) > rank:
            best, rank = root.path, (root.active, len(root.path))
    return best


def names_below(base: bytes, path: bytes) -> list[bytes]:
    """The names on the way from `base` to `path`.

    Raises:
        RestoreRefused: the path is not below its base, or has a name that leads elsewhere.
    """
    inside = join(base, b"")
    names = path[len(inside) :].split(SEPARATOR) if path.startswith(inside) else [b""]
    if any(is_stream(name) for name in names):
        raise RestoreRefused(in_a_stream(path))
    odd = b"/" if os.name == "nt" else b"\0"
    if any(name in _NO_NAMES or b"\0" in name or odd in name for name in names):
        raise RestoreRefused(
            f"{visible_path(path)}: is not a path inside {visible_path(base)}: nothing is written there"
        )
    return names


def is_stream(name: bytes) -> bool:
    """Whether Windows takes a name for a stream of another file."""
    return os.name == "nt" and b":" in name


def in_a_stream(path: bytes) -> str:
    """Why nothing is written to a path with such a name, and what to do."""
    return (
        f"{visible_path(path)}: Windows writes what has a colon in its name into"
        " a stream of another file: name another place with --to"
    )
