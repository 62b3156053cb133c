"""What can be copied from where a person looks, as text. For a thread, where it reads the record."""

from __future__ import annotations

from fcm_tui.capture.text import detect, to_utf8
from fcm_tui.diff.lines import split_lines
from fcm_tui.diff.patch import unified
from fcm_tui.errors import ContentMissing, NotSoError
from fcm_tui.model import Capture, Change, Hunk, Kind
from fcm_tui.review import wording
from fcm_tui.review.acts.subject import Subject
from fcm_tui.review.documents import bursts
from fcm_tui.review.parts.menu import Choice
from fcm_tui.safetext import path_text
from fcm_tui.store.reading import patches
from fcm_tui.store.reading.queries import Reader


def entries(subject: Subject) -> list[Choice]:
    """What there is to copy."""
    change, burst = subject.change, subject.many
    if burst is not None:
        paths = f"the paths of its {wording.plural(burst.files, 'file')}, a line each"
        patch = f"the patch of all of its {wording.plural(burst.count, 'change')}"
        return [Choice("p", paths, "paths"), Choice("P", patch, "burst")]
    found = [Choice("p", "the path", "path")]
    if change is None:
        return found
    found.append(Choice("r", "the path below its root", "relative"))
    if subject.hunk is not None:
        lines = subject.hunk.new_count or subject.hunk.old_count
        found.append(Choice("h", f"this hunk as a patch, {wording.plural(lines, 'line')}", "hunk"))
        if subject.hunk.new_count:
            found.append(Choice("n", "the new lines of this hunk", "new"))
        if subject.hunk.old_count:
            found.append(Choice("o", "the old lines of this hunk", "old"))
    found.append(Choice("P", f"the whole patch of change {change.sequence}", "patch"))
    number = wording.number_of(change).removeprefix("#")
    found.append(Choice("c", f"the number of the change, {number}", "number"))
    return found


def text_of(reader: Reader, subject: Subject, choice: str) -> str:
    """The text of an entry; undecodable bytes as lone surrogates.

    Raises:
        NotSoError: it is a secret, is not text, or its content was not kept.
    """
    change = subject.change
    if subject.many is not None:
        changes = bursts.changes_of(reader, subject.many)
        if choice == "burst":
            return patches.patch_of(reader, changes).decode("utf-8", "surrogateescape")
        last = {change.file_id: path_text(change.path) for change in changes}
        return "\n".join(sorted(last.values())) + "\n"
    if choice == "path" or change is None:
        return path_text(subject.path)
    if choice == "relative":
        return path_text(patches.relative(change.path, change.root) or change.path)
    if choice == "number":
        return reader.called(change)
    if change.capture is Capture.SECRET:
        raise NotSoError(f"change {change.sequence} is about a secret: nothing of its content is copied")
    if choice == "patch":
        return patches.patch_of(reader, [change]).decode("utf-8", "surrogateescape")
    assert subject.hunk is not None
    old, new = (
        (_lines(reader, change, change.before), _lines(reader, change, change.after))
        if subject.contents is None
        else tuple(_split(change, content) for content in subject.contents)
    )
    taken, came = _range(old, subject.hunk, 0), _range(new, subject.hunk, 2)
    if choice == "new":
        return "".join(came)
    if choice == "old":
        return "".join(taken)
    return _patch(subject, change, old, came)


def _patch(subject: Subject, change: Change, old: list[str], came: list[str]) -> str:
    """The hunk alone, for `git apply`: the old version, and what it is with this hunk's lines."""
    hunk = subject.hunk
    assert hunk is not None
    at = hunk.old_start - 1
    made = [*old[:at], *came, *old[at + hunk.old_count :]]
    is_there_before = bool(old) or subject.contents is not None or change.kind is not Kind.CREATED
    is_there_after = bool(made) or change.kind is not Kind.DELETED
    before = patches.Side(change.previous_path or change.path, change.mode, _utf8(old))
    after = patches.Side(change.path, change.mode, _utf8(made))
    file = patches.between(
        before if is_there_before else patches.NOTHING,
        after if is_there_after else patches.NOTHING,
        change.root,
    )
    return unified(file).decode("utf-8", "surrogateescape")


def _utf8(lines: list[str]) -> bytes:
    return "".join(lines).encode("utf-8", "surrogateescape")


def _range(lines: list[str], hunk: Hunk, at: int) -> list[str]:
    start, count = hunk[at], hunk[at + 1]
    return lines[start - 1 : start - 1 + count]


def _lines(reader: Reader, change: Change, digest: bytes | None) -> list[str]:
    if digest is None:
        return []
    patches.refuse_thinned(reader, change, digest)
    return _split(change, reader.content(digest))


def _split(change: Change, data: bytes | None) -> list[str]:
    if data is None:
        return []
    text = detect(data)
    if text is None and data:
        raise ContentMissing(f"change {change.sequence}: it is not text, so it has no lines")
    return [
        line.decode("utf-8", "replace") for line in split_lines(to_utf8(data, text.encoding) if text else b"")
    ]
