"""Patches to files: of a change, its group, or a file from a change on, for `git apply`. Knows no Textual."""

from __future__ import annotations

from pathlib import Path

from fcm_tui.errors import NotSoError, UsageError
from fcm_tui.model import Change
from fcm_tui.query.terms import Is, State, Term
from fcm_tui.review import wording
from fcm_tui.review.acts.subject import Subject
from fcm_tui.review.parts.menu import Choice
from fcm_tui.safetext import visible
from fcm_tui.store.reading import histories, patches
from fcm_tui.store.reading.filters import Filters
from fcm_tui.store.reading.queries import Reader
from fcm_tui.whole_file import write_whole

_MOST = 10_000
"""Changes in one patch."""


class Exists(UsageError):
    """There is a file of that name already."""


def entries(subject: Subject) -> list[Choice]:
    """What can be exported from here."""
    change = subject.change
    if change is None:
        return []
    found = [Choice("c", f"change {change.sequence}", "change")]
    if change.group is not None:
        found.append(Choice("g", "its group, all that came with it", "group"))
    found.append(Choice("f", f"all of this file since then, from change {change.sequence} on", "file"))
    found.append(
        Choice("a", f"all of {wording.relative_path(change.root, b'', with_root=False)} since then", "all")
    )
    return found


def name_for(change: Change, choice: str) -> str:
    """A name to begin with."""
    return f"change-{change.sequence}{'' if choice == 'change' else f'-{choice}'}.patch"


def patch_for(reader: Reader, change: Change, choice: str) -> bytes:
    """The patch of an entry.

    Raises:
        NotSoError: there is nothing in it, too much, or a content that was not kept.
    """
    patch = patches.patch_of(reader, _changes(reader, change, choice))
    if not patch:
        raise NotSoError("nothing is left to export: after all of it the files are as they were before")
    return patch


def _changes(reader: Reader, change: Change, choice: str) -> list[Change]:
    if choice == "change":
        return [change]
    key, filters = (change.sequence - 1, change.recorder_id), Filters()
    if choice == "file":
        file = histories.key_of_change(change)
        numbers = histories.sequences(reader.connection, file, after=change.sequence - 1)
        _refuse_many(len(numbers))
        return histories.changes(reader, file, numbers)
    if choice == "group":
        assert change.group is not None
        # what others did while a folder was restored stands between its changes
        key, filters = (change.group - 1, change.recorder_id), Filters(terms=(Term(Is(State.GROUP)),))
    found: list[Change] = []
    for other in reader.iterate(filters, after=key, reverse=True):
        if other.recorder_id != change.recorder_id:
            continue
        if other.group == change.group if choice == "group" else other.root == change.root:
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
