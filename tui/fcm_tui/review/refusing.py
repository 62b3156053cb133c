"""What a key cannot do here: it is listed nowhere, and pressed all the same it says why, in a line."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace

from textual.actions import ActionParseResult, parse
from textual.dom import DOMNode

from fcm_tui.review import keys
from fcm_tui.review.engine import Engine
from fcm_tui.review.keys import Key
from fcm_tui.review.look.theming import ThemedApp
from fcm_tui.review.parts.said import Said
from fcm_tui.settings.database import Server
from fcm_tui.store.reading.engine import Place

_AT_A_SEAT = {
    "app.statistics": "Figures are counted where it was recorded; `fcm-tui report --format csv` has the changes here.",
    "app.alerts": "Alerts stand in the record of each recorder: open them on its machine.",
    "app.pause": "Nothing is recorded here: `fcm-tui pause` on the machine that records pauses it.",
    "app.undo": "Nothing is restored from a reviewer's seat, so there is nothing to undo.",
    "app.edit": "The file is where it was recorded: from a reviewer's seat it cannot be edited.",
    "with_disk": "The file is where it was recorded: a reviewer's seat has only what was recorded of it.",
}
"""Actions that need the machine where it was recorded, and why."""
_OTHERWISE = {"file.restore": "the command that writes a copy here"}
"""What some keys do at a seat instead."""
_OPENED_BY = {
    keys.STATISTICS: "app.statistics",
    keys.ALERTS: "app.alerts",
    keys.CONFIRM: "app.undo",  # a restore asks too, but at a seat tells how to get a copy
    keys.SETTINGS: "app.settings",
    keys.PICK: "app.settings",
    keys.WRITE: "app.settings",
}
"""The action without which there is no screen for the keys of a context."""


def name_of(action: str | ActionParseResult) -> str:
    """Of an action, with whose it is where that is told: `app.edit`, `screen.edit`, `mark`."""
    whose, name, _ = parse(action) if isinstance(action, str) else action
    return f"{whose}.{name}" if whose else name


_READ = 1.0
"""Seconds in which a person has read a sentence."""


class Refusing(ThemedApp):
    """The part of the app that every key comes through, and that answers it with a sentence."""

    database: Place
    _passing: tuple[Said, float] | None = None
    """A warning that goes with the next key, and since when it stands (`monotonic`)."""
    _engine: Engine | None

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Every key and every line of the palette comes through here."""
        why = self.why_not(name_of(action), default_namespace)
        if why:
            self.say(why, "warning")
            return True
        return await super().run_action(action, default_namespace, namespaces)

    @property
    def is_seat(self) -> bool:
        """Whether this is a reviewer's seat: what is shown was recorded elsewhere."""
        return isinstance(self.database, Server)

    def why_not(self, name: str, node: DOMNode | None) -> str:
        """Why what `name_of` tells cannot be done on a node from here; empty where it can."""
        return _AT_A_SEAT.get(name, "") if self.is_seat else ""

    def node_of(self, context: str) -> DOMNode | None:
        """On what the keys of a context act, where that decides whether they may."""
        return None

    def listed(self) -> list[Key]:
        """The keys that do something here, as the help and the palette of all actions have them."""
        return [
            replace(key, description=_OTHERWISE.get(key.id, key.description)) if self.is_seat else key
            for key in keys.KEYMAP
            if self._is_listed(key)
        ]

    def _is_listed(self, key: Key) -> bool:
        if key.context == keys.LEAVE:
            return self._engine is not None
        opener = _OPENED_BY.get(key.context, "")
        return not (
            self.why_not(opener, None) or self.why_not(name_of(key.action), self.node_of(key.context))
        )

    def say(self, text: str, style: str = "text", *, stays: bool = False) -> None:
        """A sentence at the foot of the screen in sight, for a while. The text is safe.

        A warning goes with the next key once it could be read, unless it `stays`.
        """
        self.screen.query(Said).remove()
        said = Said(self.palette, text, style, self.size.width)
        self.screen.mount(said)
        self._passing = (said, time.monotonic()) if style == "warning" and not stays else None

    def pass_over(self) -> None:
        """A key was pressed: what was said of the one before it is history."""
        if self._passing is not None and time.monotonic() - self._passing[1] > _READ:
            said, self._passing = self._passing[0], None
            if said.is_attached:
                said.remove()

    def unsay(self, text: str) -> None:
        """Take that sentence away from whatever screen it stands on: it is not so any more."""
        for screen in self.screen_stack:
            for said in screen.query(Said):
                if said.text == text:
                    said.remove()
