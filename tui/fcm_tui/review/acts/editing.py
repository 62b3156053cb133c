"""Lending the terminal to the person's editor: recording goes on meanwhile, and nothing is drawn."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any, Protocol

from textual.app import SuspendNotSupported
from textual.screen import Screen

from fcm_tui.errors import RestoreRefused, UsageError
from fcm_tui.review.acts import editor
from fcm_tui.review.acts.subject import Subject
from fcm_tui.review.source import Source, reader_of
from fcm_tui.safetext import path_text, visible_path
from fcm_tui.store.reading import past


class Lender(Protocol):
    """The app, as far as its terminal is lent."""

    is_lent: bool
    """Nothing is drawn meanwhile."""
    versions: Source

    @property
    def screen(self) -> Screen[Any]: ...

    def suspend(self) -> AbstractContextManager[None]: ...

    def say(self, text: str, style: str = "text") -> None: ...

    def end(self) -> None: ...


async def edit(app: Lender, subject: Subject) -> None:
    """Open the subject's file, where it is now, and come back when the editor has ended.

    Raises:
        FcmError: there is no such file now, or no editor.
        OSError: the editor cannot be started.
    """
    path = await _path_now(app, subject)
    argv = editor.command(path_text(path), subject.line, os.environ)
    app.is_lent = True
    try:
        with app.suspend(), _without_interrupts(app):
            process = await asyncio.create_subprocess_exec(*argv)
            status = await process.wait()
    except SuspendNotSupported:
        raise UsageError("this terminal cannot be lent to another program") from None
    finally:
        app.is_lent = False
        app.screen.refresh(layout=True)
    if status:
        app.say(f"The editor ended with status {status}.", "warning")


async def _path_now(app: Lender, subject: Subject) -> bytes:
    change = subject.change
    path = subject.path
    if change is not None:
        now = await app.versions.call(
            lambda record: past.present_file(reader_of(record).connection, change.file_id)
        )
        path = now.path if now is not None else path
    if not await asyncio.to_thread(os.path.isfile, path):
        raise RestoreRefused(f"{visible_path(path)}: is not there now; what it was can be restored")
    return path


@contextlib.contextmanager
def _without_interrupts(app: Lender) -> Iterator[None]:
    """Ctrl-C is the editor's as long as it has the terminal."""
    loop = asyncio.get_running_loop()
    try:
        loop.add_signal_handler(signal.SIGINT, lambda: None)
    except (NotImplementedError, RuntimeError, ValueError):
        yield
        return
    try:
        yield
    finally:
        loop.add_signal_handler(signal.SIGINT, app.end)
