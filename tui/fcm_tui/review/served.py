"""The screen in a browser, without what would act on the machine that serves it, and without what changes anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textual import messages
from textual.actions import ActionParseResult, parse
from textual.dom import DOMNode
from textual.drivers.web_driver import WebDriver

from fcm_tui.review.app import ReviewApp
from fcm_tui.review.log.inbox import Inbox

_NEVER = {
    "suspend_process": "a browser has no shell to go to",
    "edit": "an editor is opened on the machine itself only",
    "copy": "to copy, hold Shift, and select with the mouse",
}
_CHANGES = frozenset(
    ("restore", "undo", "export", "settings", "keep_filter", "reviewed", "mark_folder", "pause")
)
"""Actions of the app that change the record, the disk or the settings."""
_REVIEWS = frozenset(("mark", "mark_one", "mark_shown", "note"))
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

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Every key and every line of the palette comes through here."""
        _, name, _ = parse(action) if isinstance(action, str) else action
        why = self.why_not(name, default_namespace)
        if why:
            self.say(why, "warning")
            return True
        return await super().run_action(action, default_namespace, namespaces)

    def why_not(self, name: str, node: DOMNode | None) -> str:
        """Why a browser may not do an action on a node; empty where it may."""
        if name in _NEVER:
            return _NEVER[name]
        if self.may_change:
            return ""
        is_review = name in _REVIEWS and isinstance(node, Inbox)
        return _READ_ONLY if name in _CHANGES or is_review else ""
