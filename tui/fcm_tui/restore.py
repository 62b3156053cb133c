"""Bringing back a version, some hunks of a change, or a folder as it was: planned first, then carried out.

A plan is a list of steps that a screen can show. Carrying it out never follows a symbolic link below its
base, writes beside the target and renames over it, and refuses to lose what is not recorded.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from fcm_tui.diff.lines import diff_lines, split_lines
from fcm_tui.errors import ContentMissing, NoSuchChange, RestoreRefused
from fcm_tui.model import Capture, Change, Hunk, Kind
from fcm_tui.safetext import visible_path
from fcm_tui.store.queries import Filters, Reader
from fcm_tui.watch.tree import SEPARATOR, is_inside, join

_CONTEXT = 3


@dataclass(frozen=True, slots=True)
class Step:
    """One file to be written, or removed where `data` is None."""

    base: bytes
    """Folder that the person named or recorded; nothing outside it is touched."""
    path: bytes
    data: bytes | None
    mode: int | None = None
    """`st_mode` to give it, the type bits included; a link's data is its target."""
    mtime_ns: int | None = None

    @property
    def digest(self) -> bytes | None:
        return None if self.data is None else hashlib.sha256(self.data).digest()

    @property
    def is_link(self) -> bool:
        return self.mode is not None and stat.S_ISLNK(self.mode)


def plan_change(reader: Reader, change: Change, *, before: bool, to: bytes | None) -> list[Step]:
    """The version after a change, or before it, back at its path or at `to`.

    Raises:
        ContentMissing: its bytes were not kept.
    """
    path = (change.previous_path or change.path) if before else change.path
    gone = change.kind is (Kind.CREATED if before else Kind.DELETED)
    mode, mtime_ns = reader.state_before(change) if before else (change.mode, change.mtime_ns)
    base, target = (change.root, path) if to is None else (os.path.dirname(to), to)
    if gone:
        return [Step(base, target, None)] if os.path.lexists(target) else []
    digest = change.before if before else change.after
    if digest is None:
        raise ContentMissing(f"change {change.sequence}: the content was not kept ({change.capture})")
    steps = [Step(base, target, reader.content(digest), mode, mtime_ns)]
    if before and to is None and change.previous_path is not None and os.path.lexists(change.path):
        steps.append(Step(change.root, change.path, None))
    return steps


def plan_hunks(reader: Reader, change: Change, numbers: Sequence[int], *, to: bytes | None) -> list[Step]:
    """The file as it is on disk now, with some hunks (from 1) of a change undone.

    Raises:
        NoSuchChange: the change has no such hunk.
        RestoreRefused: the hunk's lines do not stand in the file any more.
    """
    if change.before is None or change.after is None:
        raise ContentMissing(
            f"change {change.sequence} ({change.kind}): it has not two versions to take hunks from"
        )
    old, new = split_lines(reader.content(change.before)), split_lines(reader.content(change.after))
    hunks = diff_lines(b"".join(old), b"".join(new))
    for number in numbers:
        if not 1 <= number <= len(hunks):
            raise NoSuchChange(f"change {change.sequence} has no hunk {number}: it has {len(hunks)}")
    try:
        found = os.lstat(change.path)
        with open(change.path, "rb") as file:
            lines = split_lines(file.read())
    except OSError as error:
        raise RestoreRefused(
            f"{visible_path(change.path)}: {error.strerror}: restore the whole version instead"
        ) from error
    for number in sorted(set(numbers), reverse=True):
        lines = _undo(lines, hunks[number - 1], old, new, change, number)
    base, target = (change.root, change.path) if to is None else (os.path.dirname(to), to)
    return [Step(base, target, b"".join(lines), found.st_mode)]


def _undo(
    lines: list[bytes], hunk: Hunk, old: list[bytes], new: list[bytes], change: Change, number: int
) -> list[bytes]:
    """Put a hunk's old lines where its new lines stand, at the nearest place that has them in context."""
    start, end = hunk.new_start - 1, hunk.new_start - 1 + hunk.new_count
    for context in range(_CONTEXT, -1, -1):
        head, tail = new[max(0, start - context) : start], new[end : end + context]
        block = [*head, *new[start:end], *tail]
        if not block and lines:
            break
        wanted = start - len(head)
        places = [at for at in range(len(lines) - len(block) + 1) if lines[at : at + len(block)] == block]
        if places:
            at = min(places, key=lambda place: abs(place - wanted)) + len(head)
            back = old[hunk.old_start - 1 : hunk.old_start - 1 + hunk.old_count]
            return [*lines[:at], *back, *lines[at + hunk.new_count :]]
    raise RestoreRefused(
        f"{visible_path(change.path)}: the lines of hunk {number} have changed since: restore the whole version instead"
    )


def plan_moment(reader: Reader, path: bytes, at_ns: int, *, to: bytes | None) -> list[Step]:
    """A file or folder as it was at a moment: what was undone since, newest first, over what is now.

    Raises:
        NoSuchChange: nothing at the path was recorded then.
        ContentMissing: a version's bytes were not kept.
    """
    roots = [root for root in reader.roots() if is_inside(path, root.path)]
    if not roots:
        raise NoSuchChange(f"{visible_path(path)}: not in a recorded folder: `fcm-tui status` lists them")
    root = max(roots, key=lambda r: len(r.path))
    if root.baseline_ns is None or at_ns < root.baseline_ns:
        raise NoSuchChange(
            f"{visible_path(path)}: the record of it begins later: `fcm-tui status --json` says when"
        )
    now = {file.path: (file.digest, file.mode, file.mtime_ns, file.capture) for file in reader.files(path)}
    then = {at: (digest, mode, mtime, str(capture)) for at, (digest, mode, mtime, capture) in now.items()}
    for change in reader.iterate(Filters(path=path, since_ns=at_ns + 1)):
        mode, mtime_ns = reader.state_before(change)
        if change.kind is not Kind.DELETED:
            then.pop(change.path, None)
        if change.kind is not Kind.CREATED and mode is not None and mtime_ns is not None:
            then[change.previous_path or change.path] = (change.before, mode, mtime_ns, "not kept")
    wanted = {at: version for at, version in then.items() if is_inside(at, path)}
    if not wanted and not now:
        raise NoSuchChange(f"{visible_path(path)}: nothing was recorded there at that time")
    base = root.path if to is None else to
    steps = []
    for at, (digest, mode, mtime_ns, why) in sorted(wanted.items()):
        if to is None and at in now and now[at][:2] == (digest, mode):
            continue
        if digest is None:
            raise ContentMissing(f"{visible_path(at)}: its content at that time was not kept ({why})")
        target = (
            at if to is None else join(to, at[len(join(path, b"")) :] if at != path else os.path.basename(at))
        )
        steps.append(Step(base, target, reader.content(digest), mode, mtime_ns))
    if to is None:
        steps += [Step(base, at, None) for at in sorted(now) if at not in wanted and os.path.lexists(at)]
    return steps


def check(reader: Reader, steps: Sequence[Step]) -> None:
    """Nothing on disk would be lost: what stands in the way is recorded as it is.

    Raises:
        RestoreRefused: a target has content that the record does not have.
    """
    for step in steps:
        try:
            found = os.lstat(step.path)
        except OSError:
            continue
        if stat.S_ISDIR(found.st_mode):
            raise RestoreRefused(
                f"{visible_path(step.path)}: a folder stands there: move it away, or give --to"
            )
        data = os.readlink(step.path) if stat.S_ISLNK(found.st_mode) else _read(step.path)
        digest = hashlib.sha256(data).digest()
        if digest == step.digest:
            continue
        kept = {file.digest for file in reader.files(step.path) if file.capture is Capture.STORED}
        if digest not in kept:
            raise RestoreRefused(
                f"{visible_path(step.path)}: what stands there is not recorded and would be lost:"
                " record it first (`fcm-tui record --once`), give --to, or --force"
            )


def _read(path: bytes) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def execute(steps: Sequence[Step]) -> None:
    """Carry out a plan.

    Raises:
        RestoreRefused: a symbolic link or a file stands where a folder has to be, or the system refuses.
    """
    for step in sorted(steps, key=lambda step: step.data is not None):
        try:
            _carry_out(step)
        except OSError as error:
            raise RestoreRefused(
                f"{visible_path(step.path)}: {error.strerror or error}: nothing was changed there"
            ) from error


def _carry_out(step: Step) -> None:
    inside = join(step.base, b"")
    relative = step.path[len(inside) :]
    if not step.path.startswith(inside) or b".." in relative.split(SEPARATOR):
        raise RestoreRefused(f"{visible_path(step.path)}: outside {visible_path(step.base)}")
    *folders, name = relative.split(SEPARATOR)
    if sys.platform == "win32":
        _carry_out_by_path(step, folders)
    else:
        _carry_out_by_handle(step, folders, name)


if sys.platform != "win32":

    def _carry_out_by_handle(step: Step, folders: list[bytes], name: bytes) -> None:
        """Each folder opened from the one above without following links: renaming one in between leads nowhere."""
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
        if step.data is not None:
            os.makedirs(step.base, exist_ok=True)
        handle = os.open(step.base, flags)
        try:
            for folder in folders:
                if step.data is not None:
                    with contextlib.suppress(FileExistsError):
                        os.mkdir(folder, dir_fd=handle)
                inner = os.open(folder, flags | os.O_NOFOLLOW, dir_fd=handle)
                os.close(handle)
                handle = inner
            if step.data is None:
                os.unlink(name, dir_fd=handle)
                return
            temporary = b".fcm-restore-" + os.urandom(6).hex().encode() + b"~"
            try:
                if step.is_link:
                    os.symlink(step.data, temporary, dir_fd=handle)
                else:
                    created = os.open(
                        temporary,
                        os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC,
                        0o600,
                        dir_fd=handle,
                    )
                    with os.fdopen(created, "wb") as file:
                        _fill(file.fileno(), step)
                os.rename(temporary, name, src_dir_fd=handle, dst_dir_fd=handle)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(temporary, dir_fd=handle)
                raise
        finally:
            os.close(handle)


def _fill(handle: int, step: Step) -> None:
    data = memoryview(step.data or b"")
    while data:
        data = data[os.write(handle, data) :]
    if step.mode is not None and hasattr(os, "fchmod"):
        os.fchmod(handle, stat.S_IMODE(step.mode))
    if step.mtime_ns is not None and os.utime in os.supports_fd:
        os.utime(handle, ns=(step.mtime_ns, step.mtime_ns))
    os.fsync(handle)


def _carry_out_by_path(step: Step, folders: list[bytes]) -> None:
    """Where folders cannot be opened by handle (Windows): each is looked at before it is entered."""
    here = step.base
    for folder in folders:
        here = join(here, folder)
        if os.path.islink(here) or (hasattr(os.path, "isjunction") and os.path.isjunction(here)):
            raise RestoreRefused(f"{visible_path(here)}: a link stands where a folder has to be")
        if step.data is not None and not os.path.isdir(here):
            os.mkdir(here)
    if step.data is None:
        os.unlink(step.path)
        return
    temporary = join(here, b".fcm-restore-" + os.urandom(6).hex().encode() + b"~")
    try:
        if step.is_link:
            os.symlink(os.fsdecode(step.data), os.fsdecode(temporary))
        else:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
            with os.fdopen(os.open(temporary, flags, 0o600), "wb") as file:
                _fill(file.fileno(), step)
            if step.mtime_ns is not None:
                os.utime(temporary, ns=(step.mtime_ns, step.mtime_ns))
        os.replace(temporary, step.path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
