"""Whether a record is true: it replays to the disk, every hunk applies, every version is there, nothing is damaged."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from fcm_tui.capture.text import detect, to_utf8
from fcm_tui.diff.split import split_lines
from fcm_tui.model import Capture, Change, LineCounts
from fcm_tui.paths import SEPARATOR
from fcm_tui.store.chain import CUT_MARK
from fcm_tui.store.reading.queries import Reader
from fcm_tui.store.trust.verify import Tally, verify
from tests.recording.harness import Disk, Entry, disk, history, replay

HunkRow = tuple[str, str, str | None, int, int, int, int]
"""Operation, affected and replaced lines, old start and count, new start and count."""


def check(database: Path, *roots: Path) -> int:
    """Everything that a record promises, from its tables alone and against the disk; how many changes it has.

    Raises:
        AssertionError: it does not hold, and how.
    """
    with Reader(database) as reader:
        changes = reader.log(limit=None, reverse=True)
        start = baseline(reader.connection)
        compare(replay(start, changes), disk(*roots), changes)
        check_places(start, changes)
        check_lines(reader, changes)
        problems = list(verify(reader.connection, Tally()))
        assert problems == [], problems
    return len(changes)


def baseline(connection: sqlite3.Connection) -> Disk:
    """What stood on the disk before the first change, as the tables tell it."""
    never_changed = connection.execute(
        "SELECT path, digest, mode, mtime_ns, coalesce(attributes, X'') FROM files f WHERE present"
        " AND NOT EXISTS (SELECT 1 FROM changes c WHERE c.file_id = f.file_id)"
    )
    changed_since = connection.execute(
        "SELECT coalesce(previous_path, path), before_digest, previous_mode, previous_mtime_ns,"
        " coalesce(previous_attributes, X'') FROM changes c"
        " WHERE kind <> 'created'"
        " AND sequence = (SELECT min(sequence) FROM changes e WHERE e.file_id = c.file_id)"
    )
    return {path: Entry(*entry) for rows in (never_changed, changed_since) for path, *entry in rows}


def compare(told: Disk, found: Disk, changes: Iterable[Change] = ()) -> None:
    """The log and the disk say the same.

    Raises:
        AssertionError: they do not; with what the log has on the paths in question.
    """
    if told == found:
        return
    wrong = sorted(path for path in told.keys() | found.keys() if told.get(path) != found.get(path))
    lines = [f"{len(wrong)} paths differ:"]
    for path in wrong[:5]:
        lines.append(f"{path!r}: the log says {told.get(path)}, the disk {found.get(path)}")
        about = [change for change in changes if path in (change.path, change.previous_path)]
        lines += [history(about, about[-1])] if about else ["the log has nothing on it"]
    raise AssertionError("\n".join(lines))


def check_places(start: Disk, changes: Iterable[Change]) -> None:
    """At no moment of the log is a file where a folder above another file has to be.

    Changes of the same moment were found together: where folders trade places there is no order for them.
    """
    files = set(start)
    folders = Counter(folder for path in start for folder in _above(path))
    for _, together in groupby(changes, key=lambda change: change.time_ns):
        come: list[bytes] = []
        for change in together:
            if change.kind != "created":
                gone = change.previous_path or change.path
                files.remove(gone)
                folders.subtract(_above(gone))
            if change.kind != "deleted":
                files.add(change.path)
                folders.update(_above(change.path))
                come.append(change.path)
        for path in come:
            in_the_way = files.intersection(_above(path)) if path in files else ()
            assert not in_the_way and not (path in files and folders[path]), (path, in_the_way, change)


def _above(path: bytes) -> list[bytes]:
    parts = path.split(SEPARATOR)
    return [SEPARATOR.join(parts[:count]) for count in range(2, len(parts))]


def check_lines(reader: Reader, changes: Iterable[Change]) -> None:
    """Hunks and lines as the tables tell them, applied to the lines before, give the lines after."""
    for change in changes:
        new = _content(reader, change.after if change.capture is Capture.STORED else None)
        if change.inserted is None:
            continue
        old = _content(reader, change.before)
        rows: list[HunkRow] = reader.connection.execute(
            "SELECT d.operation, d.affected_lines, d.replaced_lines, old_start, old_count, new_start, new_count"
            " FROM change_differences l JOIN differences d ON d.digest = l.difference_digest"
            " WHERE l.recorder_id = ? AND l.sequence = ? ORDER BY l.ordinal",
            (change.recorder_id, change.sequence),
        ).fetchall()
        assert apply(_lines(old), _lines(new), rows) == _lines(new), change
        assert _counts(rows) == (change.inserted, change.updated, change.deleted), change


def apply(old: list[str], new: list[str], rows: Iterable[HunkRow]) -> list[str]:
    """The old lines with each hunk's lines in the place of those that it names; of what was cut, those of `new`."""
    result: list[str] = []
    at = 0
    for operation, affected, replaced, old_start, old_count, new_start, new_count in rows:
        gone = old[old_start - 1 : old_start - 1 + old_count]
        result += old[at : old_start - 1]
        at = old_start - 1 + old_count
        assert operation == ("Insert" if not old_count else "Update" if new_count else "Delete")
        before = replaced if operation == "Update" else affected if operation == "Delete" else ""
        assert before is not None and _same("".join(gone), before)
        assert len(result) == new_start - 1
        whole = new[new_start - 1 : new_start - 1 + new_count]
        if new_count and affected.endswith(CUT_MARK):
            assert _same("".join(whole), affected)
            result += whole
        elif new_count:
            result += _split(affected)
    return result + old[at:]


def _same(whole: str, kept: str) -> bool:
    return whole == kept or (
        kept.endswith(CUT_MARK) and whole.startswith(kept.removesuffix(CUT_MARK)) and len(whole) > len(kept)
    )


def _counts(rows: Iterable[HunkRow]) -> LineCounts:
    inserted = updated = deleted = 0
    for operation, _, _, _, old_count, _, new_count in rows:
        inserted += new_count if operation == "Insert" else 0
        updated += new_count if operation == "Update" else 0
        deleted += old_count if operation == "Delete" else 0
    return LineCounts(inserted, updated, deleted)


def _content(reader: Reader, digest: bytes | None) -> bytes:
    if digest is None:
        return b""
    data = reader.content(digest)
    assert hashlib.sha256(data).digest() == digest
    return data


def _lines(data: bytes) -> list[str]:
    text = detect(data)
    assert text is not None
    return _split(to_utf8(data, text.encoding).decode("utf-8", "replace"))


def _split(text: str) -> list[str]:
    return [line.decode("utf-8", "replace") for line in split_lines(text.encode("utf-8", "surrogatepass"))]


Told = dict[bytes, tuple[str | None, int | None]]
"""Digest in hex and `st_mode`, by path: as much as `log --json` tells of a file."""


def told(state: Disk) -> Told:
    """A disk in the words of `log --json`."""
    return {path: (e.digest.hex() if e.digest else None, e.mode) for path, e in state.items()}


def replay_json(start: Told, lines: Iterator[str]) -> Told:
    """`log --json --reverse` over a baseline."""
    state = dict(start)
    for number, line in enumerate(lines, 1):
        change = json.loads(line)
        assert change["sequence"] == number, line
        path = os.fsencode(change["path"])
        source = os.fsencode(change["previous_path"]) if change["kind"] == "moved" else path
        if change["kind"] == "created":
            assert path not in state, line
        else:
            assert state.pop(source)[0] == change["before"], line
        if change["kind"] != "deleted":
            assert path not in state, line
            state[path] = (change["after"], change["mode"])
    return state
