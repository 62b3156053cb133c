"""The screen in a browser, without what would act on the machine that serves it, and without what changes anything."""

from __future__ import annotations

from typing import Any

from textual import messages
from textual.dom import DOMNode
from textual.drivers.web_driver import WebDriver

from fcm_tui.review import keys
from fcm_tui.review.app import ReviewApp
from fcm_tui.review.log.inbox import Inbox

_NEVER = {
    "app.suspend_process": "a browser has no shell to go to",
    "app.edit": "an editor is opened on the machine itself only",
    "app.copy": "to copy, hold Shift, and select with the mouse",
}
_CHANGES = frozenset(
    f"app.{name}"
    for name in (
        "restore", "undo", "export", "settings", "keep_filter", "reviewed", "mark_folder", "pause",
    )
)  # fmt: skip
"""Actions of the app that change the record, the disk or the settings."""
_REVIEWS = frozenset(("mark", "mark_shown", "note"))
"""Actions of the log that do."""
_READ_ONLY = "this is for looking on: nothing can be changed from here"


class Driver(WebDriver):
    """Ends the screen when whoever serves it is gone."""

    def run_input_thread(self) -> None:
        super().run_input_thread()
        self._app.post_message(messages.ExitApp())


class ServedApp(ReviewApp):
    """A viewer for one window."""

    def __init__(self, *, may_change: bool, **more: Any) -> None:
        """`may_change`: reviews, restores, patches, settings and pauses are allowed; `more` as `ReviewApp` has it."""
        self.may_change = may_change
        if not may_change:
            more |= {"recordings": None, "configuration": None, "pausing": None}
        super().__init__(**more)
        self.driver_class = Driver
        self.log_view.may_review = may_change

    def why_not(self, name: str, node: DOMNode | None) -> str:
        """Why a browser may not do an action on a node; empty where it may."""
        if name in _NEVER:
            return _NEVER[name]
        is_review = name in _REVIEWS and isinstance(node, Inbox)
        if not self.may_change and (name in _CHANGES or is_review):
            return _READ_ONLY
        return super().why_not(name, node)

    def node_of(self, context: str) -> DOMNode | None:
        return self.log_view if context in (keys.LIST, keys.LOG) else None
