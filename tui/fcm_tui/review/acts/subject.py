"""What a person is looking at: what the keys for a file or change are about."""

from __future__ import annotations

from typing import NamedTuple, Protocol, runtime_checkable

from fcm_tui.model import Change, Hunk
from fcm_tui.review.diff.hunks import HunksView
from fcm_tui.review.documents.document import Burst, Contents, Span
from fcm_tui.store.reading.changes import key_of


class Subject(NamedTuple):
    """A change with, maybe, one of its hunks; or a path in the tree."""

    path: bytes
    change: Change | None = None
    is_folder: bool = False
    is_gone: bool = False
    """A path in the tree at which nothing is any more."""
    hunks: tuple[Hunk, ...] = ()
    """Of the change, where its diff is shown."""
    hunk: Hunk | None = None
    """The one in sight, where a single one is."""
    burst: Burst | None = None
    """Where the line of one is looked at: the change is its newest, the path the folder of its files if it has several."""
    host: str = ""
    """On which a path in the tree is, where there are several, as filters take it."""
    on: str = ""
    """What people are told that is."""
    at_ns: int | None = None
    """The moment as of which a path in the tree is looked at; None for now."""
    contents: Contents | None = None
    """The two versions that the hunks are of, where they are not those of the change."""
    marked: Change | None = None
    """Whose version the older side is, where one compares with a marked one."""
    span: Span | None = None
    """Between what files are compared, where they are: the older moment can be gone back to."""
    first_before: Change | None = None
    """The change before which the version stood that is looked at, where that is what the first look found."""
    line_in_sight: int | None = None
    """Of the version after the change, where no hunk begins in sight."""

    @property
    def many(self) -> Burst | None:
        """The burst where it is of several files, so that none of them is meant."""
        return self.burst if self.burst is not None and self.burst.files > 1 else None

    def of(self, burst: Burst | None) -> Subject:
        """The same where the line of a burst is looked at, if it is one."""
        subject = self._replace(burst=burst)
        return subject if subject.many is None else subject._replace(path=subject.many.folder)

    @property
    def line(self) -> int:
        """The line of the version after the change to be at; 1 where none is meant."""
        if self.line_in_sight is not None:
            return self.line_in_sight
        hunk = self.hunk or (self.hunks[0] if self.hunks else None)
        return hunk.new_start if hunk is not None else 1


@runtime_checkable
class Looking(Protocol):
    """A screen that knows what is being looked at."""

    def subject(self) -> Subject | None: ...


@runtime_checkable
class LookingAtFiles(Protocol):
    """A screen over a folder that shows files of it."""

    def file(self) -> Subject | None: ...


def shown(change: Change, view: HunksView) -> Subject:
    """A change, with its hunks where the diff pane shows it; of several files that it shows the one in sight."""
    document = view.document
    if document is None or key_of(document.change) != key_of(change):
        return Subject(change.path, change)
    if document.files:
        return file_shown(view) or Subject(change.path, change)
    number, hunks = view.hunk_at[0], tuple(view.hunks)
    one = hunks[number - 1] if 0 < number <= len(hunks) else hunks[0] if len(hunks) == 1 else None
    return Subject(
        change.path, change, hunks=hunks, hunk=one, contents=document.contents, marked=document.marked,
        line_in_sight=view.line_at,
    )  # fmt: skip


def file_shown(view: HunksView) -> Subject | None:
    """The file in sight of a document that has several, and its hunk in sight; None where there is none."""
    document, number = view.document, view.hunk_at[0]
    if document is None or not document.files:
        return None
    file = document.files[max(1, view.file_at) - 1]
    if file.change is None:
        return None
    found = view.hunks[number - 1] if 0 < number <= len(view.hunks) else None
    own = found and found.shifted(-file.old_start, -file.new_start)
    return Subject(
        file.change.path, file.change, hunks=(own,) if own else (), hunk=own, contents=file.contents,
        span=document.span,
    )  # fmt: skip
