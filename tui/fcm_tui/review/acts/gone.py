"""What brings back a file or folder of the tree that is deleted. For a thread, where it reads the record."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fcm_tui.errors import NotSoError
from fcm_tui.model import Change
from fcm_tui.review.acts.subject import Subject
from fcm_tui.review.parts.menu import Choice
from fcm_tui.safetext import visible_path
from fcm_tui.store.reading import histories
from fcm_tui.store.reading.filters import Filters
from fcm_tui.store.reading.queries import Reader

if TYPE_CHECKING:
    from fcm_tui.review.acts.restore_plans import Wish


@dataclass(frozen=True, slots=True)
class Loss:
    """How a path came to be empty."""

    subject: Subject
    """Of a file, its last change."""
    first: Change
    """Of the changes that took it away, the first: a folder's come in one group, if it went at once."""


def loss_of(reader: Reader, subject: Subject) -> Loss:
    """What took a path away.

    Raises:
        NotSoError: nothing that was recorded did.
    """
    if subject.is_folder:
        newest = reader.log(Filters(path=subject.path, host=subject.host or None), limit=1)
        last = newest[0] if newest else None
        first = None if last is None or last.group is None else reader.change(last.group, last.recorder_id)
    else:
        file = histories.key_at(reader.connection, subject.path, subject.host)
        numbers = [] if file is None else histories.sequences(reader.connection, file)
        last = reader.change(numbers[-1], file.recorder_id) if file is not None and numbers else None
        first = last
    if last is None:
        raise NotSoError(f"{visible_path(subject.path)}: no change is recorded that took it away")
    return Loss(subject if subject.is_folder else Subject(last.path, last), first or last)


def entries(loss: Loss) -> list[Choice]:
    """What can be brought back of a folder."""
    name = visible_path(os.path.basename(loss.subject.path) or loss.subject.path)
    return [Choice("b", f"{name} as it was before change {loss.first.sequence} took it away", "before")]


def wish_of(loss: Loss) -> Wish:
    """The folder as it was then."""
    from fcm_tui.review.acts import restore_plans

    return restore_plans.folder(loss.subject.path, loss.first, before=True)
