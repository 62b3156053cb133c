"""The command that writes a copy of what is in sight, for where nothing can be restored. For a thread."""

from __future__ import annotations

import os
import shlex

from fcm_tui.model import Change
from fcm_tui.review import wording
from fcm_tui.review.acts import gone
from fcm_tui.review.acts.subject import Subject
from fcm_tui.safetext import visible
from fcm_tui.store.reading.queries import Reader
from fcm_tui.times import utc_text


def command(reader: Reader, subject: Subject) -> str:
    """As a person writes it; safe to show.

    Raises:
        NotSoError: nothing that was recorded took away what is not there any more.
    """
    if subject.many is not None:
        return _of_path(subject.many.folder, _before(reader, subject.many.oldest), "")
    if subject.first_before is not None:
        return _of_change(f"{reader.called(subject.first_before)} --before")
    if subject.change is not None and subject.change.sequence:
        return _of_change(reader.called(subject.change))
    if subject.change is not None:
        return _of_path(subject.path, "now", _host(reader, subject.change.recorder_id))
    host = _host(reader, reader.recorder_of_host(subject.host)) if subject.host else ""
    if not subject.is_gone:
        return _of_path(subject.path, _moment(subject.at_ns), host)
    loss = gone.loss_of(reader, subject)
    if not subject.is_folder:
        return _of_change(f"{reader.called(loss.first)} --before")
    return _of_path(subject.path, _before(reader, loss.first), "")


def _before(reader: Reader, change: Change) -> str:
    """The moment before a change, as `--at` takes it."""
    return f"#{reader.called(change._replace(sequence=change.sequence - 1))}"


def _of_change(called: str) -> str:
    return f"fcm-tui restore {visible(called)} --to PATH"


def _of_path(path: bytes, at: str, host: str) -> str:
    on = f" --host {shlex.quote(host)}" if host else ""
    return visible(f"fcm-tui restore {shlex.quote(os.fsdecode(path))} --at {shlex.quote(at)}{on} --to PATH")


def _moment(at_ns: int | None) -> str:
    """As `--at` takes it, to the second where it is a whole one."""
    if at_ns is None:
        return "now"
    return utc_text(at_ns) if at_ns % 10**9 else wording.moment(at_ns)


def _host(reader: Reader, recorder_id: bytes) -> str:
    """As commands take it; empty where there is no other."""
    return reader.names().get(recorder_id, "") if reader.is_server else ""
