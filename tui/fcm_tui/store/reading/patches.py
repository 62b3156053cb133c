"""Changes as patches that `git apply` takes: one change, or what several of them come to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fcm_tui.diff.patch import PatchFile, unified
from fcm_tui.errors import ContentMissing
from fcm_tui.model import Capture, Change, Kind
from fcm_tui.paths import SEPARATOR, join
from fcm_tui.store.reading import past
from fcm_tui.store.reading.queries import Reader


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two versions compared; no path where there was no file."""

    path: bytes | None
    mode: int | None
    data: bytes | None


NOTHING = Side(None, None, None)


def before(reader: Reader, change: Change) -> Side:
    """The version that a change replaced.

    Raises:
        ContentMissing: its bytes are not kept.
    """
    if change.kind is Kind.CREATED:
        return NOTHING
    mode = reader.state_before(change)[0]
    return Side(change.previous_path or change.path, mode, _content(reader, change, change.before))


def after(reader: Reader, change: Change) -> Side:
    """The version that a change left.

    Raises:
        ContentMissing: its bytes are not kept.
    """
    if change.kind is Kind.DELETED:
        return NOTHING
    refuse_thinned(reader, change, change.after)
    if change.capture != Capture.STORED:
        raise ContentMissing(f"change {change.sequence}: the content was not kept ({change.capture})")
    return Side(change.path, change.mode, _content(reader, change, change.after))


def refuse_thinned(reader: Reader, change: Change, digest: bytes | None) -> None:
    """Tell when a version of a change's file was thinned out, and which ones are there.

    Raises:
        ContentMissing: it was.
    """
    if digest is not None and not reader.contents.known([digest]):
        why = past.why_thinned(reader.connection, digest, change.file_id)
        if why:
            which = "after" if digest == change.after else "before"
            raise ContentMissing(f"change {change.sequence}: the content {which} it is not there: {why}")


def between(old: Side, new: Side, root: bytes, old_root: bytes | None = None) -> PatchFile:
    """Two versions as a file of a patch, its paths below the root."""
    return PatchFile(
        path=relative(new.path, root), old_path=relative(old.path, root if old_root is None else old_root),
        old_mode=old.mode, new_mode=new.mode, old=old.data, new=new.data,
    )  # fmt: skip


def patch_of(reader: Reader, changes: Iterable[Change]) -> bytes:
    """What changes come to: each file from before its first one of them to after its last. Empty for nothing.

    Raises:
        ContentMissing: a version's bytes are not kept.
    """
    first: dict[bytes, Change] = {}
    last: dict[bytes, Change] = {}
    for change in sorted(changes, key=lambda change: change.sequence):
        first.setdefault(change.file_id, change)
        last[change.file_id] = change
    files = []
    for file_id, change in first.items():
        new = after(reader, last[file_id])
        files.append(between(before(reader, change), new, last[file_id].root, change.root))
    # what goes makes way for what comes to stand there
    files.sort(key=lambda file: (file.path is not None, file.path or file.old_path or b""))
    return unified(files)


def relative(path: bytes | None, root: bytes) -> bytes | None:
    """A path as patches name it: below the root, with slashes."""
    if path is None:
        return None
    inside = join(root, b"")
    below = path[len(inside) :] if path.startswith(inside) else path.lstrip(SEPARATOR)
    return below.replace(SEPARATOR, b"/")


def _content(reader: Reader, change: Change, digest: bytes | None) -> bytes:
    if digest is None:
        raise ContentMissing(f"change {change.sequence}: the content before it was not kept")
    refuse_thinned(reader, change, digest)
    return reader.content(digest)
