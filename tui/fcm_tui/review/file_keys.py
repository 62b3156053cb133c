"""What the keys for the file or change in sight do, on whichever screen that is."""

from __future__ import annotations

from typing import Any

from fcm_tui.review.diff_view import DiffView
from fcm_tui.review.display import PatientApp
from fcm_tui.review.log import EventLog
from fcm_tui.review.source import Source
from fcm_tui.review.subject import Looking, Subject, shown
from fcm_tui.review.theme import Palette
from fcm_tui.review.tree import DirectoryTree
from fcm_tui.store.histories import key_of_change


class FileKeys(PatientApp[int]):
    """The part of the app that these keys call; the app has the panes and the readers."""

    palette: Palette
    tree_view: DirectoryTree
    log_view: EventLog
    diff_view: DiffView
    versions: Source

    def subject(self) -> Subject | None:
        """What the person looks at now; None on a screen that shows no file."""
        screen: Any = self.screen
        if isinstance(screen, Looking):
            return screen.subject()
        if len(self.screen_stack) > 1:
            return None
        if self.tree_view.has_focus:
            node = self.tree_view.selected
            return None if node is None else Subject(node.path, is_folder=node.is_folder)
        document = self.diff_view.document
        reading = self.diff_view.has_focus and document is not None
        change = document.change if reading and document is not None else self.log_view.selected
        return None if change is None else shown(change, self.diff_view)

    def action_history(self) -> None:
        from fcm_tui.review.history import HistoryScreen

        subject = self.subject()
        if subject is None or subject.is_folder or isinstance(self.screen, HistoryScreen):
            return
        change = subject.change
        file, at = (key_of_change(change), change.sequence) if change is not None else (None, None)
        self.push_screen(HistoryScreen(self.palette, self.versions, subject.path, file, at))
