"""Plans that undo some hunks of a change in the file as it is now.

The hunk's new lines are looked for where comparing the version after the change with the present one
puts them; where that has them changed, they are looked for with their surroundings, as `patch` does.
"""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Sequence

from fcm_tui.capture.text import detect, to_utf8
from fcm_tui.diff.lines import diff_lines, split_lines
from fcm_tui.errors import ContentMissing, NoSuchChange, RestoreRefused
from fcm_tui.model import Change, Hunk
from fcm_tui.restore.disk import read_file
from fcm_tui.restore.plan import Action, Plan, Step, base_of
from fcm_tui.restore.versions import into
from fcm_tui.safetext import visible_path
from fcm_tui.store.reading import past
from fcm_tui.store.reading.queries import Reader

_CONTEXT = 3


class HunkGone(RestoreRefused):
    """A hunk's lines do not stand in the file any more, or there is no file."""

    def __init__(self, what: str, change: Change, instead: str) -> None:
        super().__init__(f"{what}: `fcm-tui restore {change.sequence} --before` brings back {instead}")
        self.what = what
        """For who has another way to the whole version than a command."""


def plan_hunks(reader: Reader, change: Change, numbers: Sequence[int], *, to: bytes | None = None) -> Plan:
    """The file as it is on disk now, wherever it is, with hunks (numbered from 1) of a change undone.

    Raises:
        NoSuchChange: the change has no such hunk.
        ContentMissing: the change's versions are not text, or were not kept.
        RestoreRefused: the file is gone, or a hunk's lines do not stand in it any more.
    """
    hunks = past.hunks(reader.connection, change.recorder_id, change.sequence)
    for number in numbers:
        if not 1 <= number <= len(hunks):
            has = f"hunks 1 to {len(hunks)}" if len(hunks) > 1 else "one hunk" if hunks else "no hunks"
            raise NoSuchChange(f"change {change.sequence} has {has}, but not hunk {number}")
    now = past.present_file(reader.connection, change.file_id) or past.present(reader.connection, change.path)
    if now is None:
        raise HunkGone(f"{visible_path(change.path)}: is not there any more", change, "all of it")
    base = base_of(reader, now.path)
    data = read_file(base, now.path)
    old, new = _lines(reader, change.before), _lines(reader, change.after)
    text = detect(data)
    if text is None:
        raise RestoreRefused(f"{visible_path(now.path)}: is not text now, so it has no lines to undo")
    lines = _undo(
        split_lines(to_utf8(data, text.encoding)),
        [hunks[n - 1] for n in sorted(set(numbers))],
        old,
        new,
        change,
    )
    result = _encode(b"".join(lines), text.encoding, data)
    target = now.path if to is None else into(to, now.path)
    step = Step(
        Action.WRITE, base if to is None else base_of(reader, target), target, digest=hashlib.sha256(result).digest(),
        data=result, size=len(result), mode=now.mode, uid=now.uid if to is None else -1, gid=now.gid if to is None else -1,
        attributes=now.attributes,
        was=change.path if to is None and now.path != change.path else None,
    )  # fmt: skip
    return Plan.of([step] if result != data or to is not None else [])


def _lines(reader: Reader, digest: bytes | None) -> list[bytes]:
    if digest is None:
        return []
    data = reader.content(digest)
    text = detect(data)
    if text is None:
        raise ContentMissing(f"sha256:{digest.hex()}: is not text, so it has no lines to undo")
    return split_lines(to_utf8(data, text.encoding))


def _undo(
    lines: list[bytes], hunks: Sequence[Hunk], old: list[bytes], new: list[bytes], change: Change
) -> list[bytes]:
    edits = diff_lines(b"".join(new), b"".join(lines))
    places: list[tuple[int, Hunk]] = []
    for hunk in hunks:
        at = _place_by_diff(hunk, edits, len(new))
        if at is None:
            at = _place_by_search(hunk, new, lines)
        if at is None or any(
            at < where + other.new_count and where < at + hunk.new_count for where, other in places
        ):
            raise HunkGone(
                f"{visible_path(change.path)}: the lines of change {change.sequence} that begin at line {hunk.new_start}"
                " have changed since",
                change,
                "all of the version",
            )
        places.append((at, hunk))
    result = list(lines)
    for at, hunk in sorted(places, key=lambda place: (place[0], place[1].new_start), reverse=True):
        back = old[hunk.old_start - 1 : hunk.old_start - 1 + hunk.old_count]
        result[at : at + hunk.new_count] = back
    return _terminated(result)


def _place_by_diff(hunk: Hunk, edits: Sequence[Hunk], length: int) -> int | None:
    """Index of the hunk's new lines now, where neither they nor the lines around a deletion were touched."""
    start, end, shift = hunk.new_start - 1, hunk.new_start - 1 + hunk.new_count, 0
    for edit in edits:
        low, high = edit.old_start - 1, edit.old_start - 1 + edit.old_count
        if high <= start and (high < start or hunk.new_count):
            shift += edit.new_count - edit.old_count
            continue
        if low < end or (not hunk.new_count and low <= end):
            return None
    return start + shift


def _place_by_search(hunk: Hunk, new: list[bytes], lines: list[bytes]) -> int | None:
    """The one place where the hunk's new lines stand, with as many of the lines around them as match."""
    start, end = hunk.new_start - 1, hunk.new_start - 1 + hunk.new_count
    for context in range(_CONTEXT, -1, -1):
        head, tail = new[max(0, start - context) : start], new[end : end + context]
        block = [*head, *new[start:end], *tail]
        if not block or (not hunk.new_count and not context):
            return 0 if not block and not lines else None
        found = _occurrences(block, lines)
        if len(found) == 1:
            return found[0] + len(head)
        if found:
            return None  # less around them would only fit in more places
    return None


def _occurrences(block: list[bytes], lines: list[bytes]) -> list[int]:
    found: list[int] = []
    at = -1
    while len(found) < 2:
        try:
            at = lines.index(block[0], at + 1)
        except ValueError:
            break
        if lines[at : at + len(block)] == block:
            found.append(at)
    return found


def _terminated(lines: list[bytes]) -> list[bytes]:
    """A line that came to stand before others needs its line feed, which the end of a file may have lacked."""
    return [line if line.endswith(b"\n") else line + b"\n" for line in lines[:-1]] + lines[-1:]


def _encode(text: bytes, encoding: str, data: bytes) -> bytes:
    """UTF-8 text in the encoding and byte order of `data`."""
    if encoding == "utf-8":
        return text
    mark = b""
    if encoding == "utf-16" and data.startswith(codecs.BOM_UTF16_BE):
        mark, encoding = codecs.BOM_UTF16_BE, "utf-16-be"
    elif encoding == "utf-16":
        mark, encoding = codecs.BOM_UTF16_LE, "utf-16-le"
    elif encoding == "utf-32":
        big = data.startswith(codecs.BOM_UTF32_BE)
        mark, encoding = (codecs.BOM_UTF32_BE, "utf-32-be") if big else (codecs.BOM_UTF32_LE, "utf-32-le")
    try:
        result = mark + text.decode().encode(encoding)
    except UnicodeEncodeError as error:
        raise RestoreRefused(
            f"the lines cannot be written in {encoding}, the encoding that the file has now"
        ) from error
    return result
