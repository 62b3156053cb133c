"""What can be copied from where a person looks, as text. For a thread, where it reads the record."""

from __future__ import annotations

from fcm_tui.capture.text import detect, to_utf8
from fcm_tui.diff.lines import split_lines
from fcm_tui.errors import ContentMissing, NotSoError
from fcm_tui.model import Capture, Change, Hunk
from fcm_tui.review import wording
from fcm_tui.review.acts.subject import Subject
from fcm_tui.review.parts.menu import Choice
from fcm_tui.safetext import path_text
from fcm_tui.store.reading import patches
from fcm_tui.store.reading.queries import Reader


def entries(subject: Subject) -> list[Choice]:
    """What there is to copy."""
    change = subject.change
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
    found.append(Choice("c", f"the number of the change, {change.sequence}", "number"))
    return found


def text_of(reader: Reader, subject: Subject, choice: str) -> str:
    """The text of an entry; undecodable bytes as lone surrogates.

    Raises:
        NotSoError: it is a secret, is not text, or its content was not kept.
    """
    change = subject.change
    if choice == "path" or change is None:
        return path_text(subject.path)
    if choice == "relative":
        return path_text(patches.relative(change.path, change.root) or change.path)
    if choice == "number":
        return str(change.sequence)
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
    return _fragment(subject.hunk, taken, came)


def _fragment(hunk: Hunk, taken: list[str], came: list[str]) -> str:
    # in a patch, a range without lines is named by the line in front of it
    old_at, new_at = hunk.old_start - (not hunk.old_count), hunk.new_start - (not hunk.new_count)
    lines = [f"@@ -{old_at},{hunk.old_count} +{new_at},{hunk.new_count} @@\n"]
    lines += [f"-{line}" for line in taken] + [f"+{line}" for line in came]
    open_end = "\n\\ No newline at end of file\n"
    return "".join(line if line.endswith("\n") else line + open_end for line in lines)


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
