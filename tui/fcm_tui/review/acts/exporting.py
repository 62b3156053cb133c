"""Patches to files: of a change, its group, or a file from a change on, for `git apply`. Knows no Textual."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fcm_tui.errors import Exists, NotSoError
from fcm_tui.model import Change
from fcm_tui.query.terms import Is, State, Term
from fcm_tui.review import wording
from fcm_tui.review.acts.subject import Subject
from fcm_tui.review.documents import bursts
from fcm_tui.review.parts.menu import Choice
from fcm_tui.safetext import visible
from fcm_tui.store.reading import histories, patches
from fcm_tui.store.reading.filters import Filters
from fcm_tui.store.reading.queries import Reader
from fcm_tui.whole_file import write_whole

_MOST = 10_000
"""Changes in one patch."""


def entries(subject: Subject) -> list[Choice]:
    """What can be exported from here."""
    change, burst = subject.change, subject.burst
    if change is None:
        return []
    name = wording.relative_path(change.root, b"", with_root=False)
    if burst is not None:
        whole = f"the burst, all of its {wording.plural(burst.count, 'change')}"
        since = f"all of {name} since then, from change {burst.oldest.sequence} on"
        return [Choice("b", whole, "burst"), Choice("a", since, "all")]
    found = [Choice("c", f"change {change.sequence}", "change")]
    if change.group is not None:
        found.append(Choice("g", "its group, all that came with it", "group"))
    found.append(Choice("f", f"all of this file since then, from change {change.sequence} on", "file"))
    found.append(Choice("a", f"all of {name} since then", "all"))
    return found


def name_for(subject: Subject, choice: str) -> str:
    """A name to begin with."""
    change = _first(subject)
    return f"change-{change.sequence}{'' if choice == 'change' else f'-{choice}'}.patch"


def patch_for(reader: Reader, subject: Subject, choice: str) -> bytes:
    """The patch of an entry.

    Raises:
        NotSoError: there is nothing in it, too much, or a content that was not kept.
    """
    patch = patches.patch_of(reader, _changes(reader, subject, choice))
    if not patch:
        raise NotSoError("nothing is left to export: after all of it the files are as they were before")
    return patch


def _first(subject: Subject) -> Change:
    """The change from which on there is something to export."""
    assert subject.change is not None
    return subject.change if subject.burst is None else subject.burst.oldest


def _changes(reader: Reader, subject: Subject, choice: str) -> list[Change]:
    change = _first(subject)
    if choice == "burst" and subject.burst is not None:
        return bursts.changes_of(reader, subject.burst)
    if choice == "change":
        return [change]
    if choice == "file":
        file = histories.key_of_change(change)
        numbers = histories.sequences(reader.connection, file, after=change.sequence - 1)
        _refuse_many(len(numbers))
        return histories.changes(reader, file, numbers)
    if choice == "group":
        return _group(reader, change)
    return _from(
        reader, change.sequence, change.recorder_id, Filters(), lambda other: other.root == change.root
    )


def _group(reader: Reader, change: Change) -> list[Change]:
    """All of its group; what others did while a folder was restored stands between them."""
    group = change.group
    assert group is not None
    grouped = Filters(terms=(Term(Is(State.GROUP)),))
    return _from(reader, group, change.recorder_id, grouped, lambda other: other.group == group)


def _from(
    reader: Reader, first: int, recorder_id: bytes, filters: Filters, is_meant: Callable[[Change], bool]
) -> list[Change]:
    """Those that are meant of a recorder's changes from a number on."""
    found: list[Change] = []
    if reader.is_server:
        filters = filters._replace(host=recorder_id.hex())
    for other in reader.iterate(filters, after=(first - 1, recorder_id), reverse=True):
        if other.recorder_id == recorder_id and is_meant(other):
            found.append(other)
            _refuse_many(len(found))
    return found


def _refuse_many(count: int) -> None:
    if count > _MOST:
        raise NotSoError(f"more than {_MOST:,} changes in one patch: begin with a newer change")


def write(path: Path, data: bytes, *, over: bool) -> None:
    """Write a file, whole or not at all.

    Raises:
        Exists: it is there, and `over` does not say to replace it.
        OSError: it cannot be written.
    """
    try:
        write_whole(path, data, over=over)
    except FileExistsError as error:
        raise Exists(f"{visible(str(path))} is there already") from error
