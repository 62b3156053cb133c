"""Keys one after the other: what a key opens gets the key that was pressed right behind it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from textual import events
from textual.await_complete import AwaitComplete
from textual.message_pump import MessagePump
from textual.screen import ModalScreen, Screen

from fcm_tui.review.look.display import PatientApp

R = TypeVar("R")
_LOST = 5.0
"""Seconds after which a key that nobody has finished with holds up no others."""
_QUIET = frozenset(("move", "page", "line", "first", "last", "hunk", "sideways", "scrub", "step", "file"))
"""Actions that leave the keyboard where it is: what follows them need not wait, and a key held down is drawn less often."""
_MOST = 1000
"""Keys that wait: as many as a line takes, where a terminal pastes as if one wrote."""


class KeysInTurn(PatientApp[R]):
    """An app that hands out a key, or what is pasted, when what the one before it led to is there.

    Textual hands keys to the widget that has the focus as they come, and looks for their bindings only when they have
    bubbled up from there: a key pressed right behind one that opens something went to what was there before.
    """

    def __init__(self, *, ansi_color: bool | None = None) -> None:
        super().__init__(ansi_color=ansi_color)
        self._ahead: deque[events.Event] = deque()
        self._began: float | None = None
        """When (monotonic) the key was handed out for whose end others wait; None where none do."""
        self._turn = 0
        """Of the key that was handed out last: what comes to the end of an earlier one's way lets nobody in."""
        self._opening = 0
        self._asked: list[Screen[Any]] = []
        """Screens on whose answer there is more to do."""

    def opens(self, work: Coroutine[Any, Any, object], group: str) -> None:
        """Work that pushes a screen when it has read what that needs: keys wait for the screen, or for the work's end.

        Esc waits for neither, takes back what waits, and closes the question that is being worked at.
        """
        self._opening += 1
        self.run_worker(self._opened(work), group=group, exit_on_error=False)

    async def _opened(self, work: Coroutine[Any, Any, object]) -> None:
        try:
            await work
        finally:
            self.opened()

    async def ask(self, screen: Screen[Any]) -> Any:
        """For work that `opens`: the answer of a screen; keys behind the one that gave it wait for the work's end again."""
        self._asked.append(screen)
        try:
            return await self.push_screen_wait(screen)
        finally:
            self._asked.remove(screen)

    def opened(self) -> None:
        """What was about to open is there, or will not come."""
        if self._opening:
            self._opening = 0
            self._settle(self._take_turn())  # as if a key were on its way, until that has been mounted

    def forget_keys(self) -> None:
        """What was pressed so far was not meant for what is on the screen now."""
        self._ahead.clear()

    def push_screen(self, *args: Any, **kwargs: Any) -> Any:
        pushed = super().push_screen(*args, **kwargs)
        self.opened()
        return pushed

    def pop_screen(self) -> AwaitComplete:
        if self.screen in self._asked:
            self._opening += 1
        return super().pop_screen()

    async def on_event(self, event: events.Event) -> None:
        key = event.key if isinstance(event, events.Key) else ""
        is_input = isinstance(event, events.Key | events.Paste)
        if not is_input or event.is_forwarded or key == "ctrl+c" or not self.screen_stack:
            await super().on_event(event)
        elif self._opening and key == "escape":
            self.forget_keys()
            self._opening = 0
            if isinstance(self.screen, ModalScreen):  # which is at work itself
                await self._hand_out(event)
        elif self._opening or self._began is not None or self._ahead:
            if len(self._ahead) < _MOST:
                self._ahead.append(event)
            if not self._opening and self._is_lost:
                await self._next(self._turn)
        elif key and self._is_quiet(event):
            await super().on_event(event)
        else:
            await self._hand_out(event)

    @property
    def _is_lost(self) -> bool:
        """Whether the key that was handed out has been on its way for longer than any is."""
        return self._began is None or time.monotonic() - self._began > _LOST

    def _is_quiet(self, event: events.Event) -> bool:
        assert isinstance(event, events.Key)
        if self.focused is not None and self.focused.check_consume_key(event.key, event.character):
            return True  # a letter of what is being written
        for _, bindings in self.screen._modal_binding_chain:
            for binding in bindings.key_to_bindings.get(event.key, ()):
                return binding.action.partition("(")[0].rpartition(".")[2] in _QUIET
        return False

    async def _hand_out(self, event: events.Event) -> None:
        turn = self._take_turn()
        target: MessagePump = self.focused or self.screen
        await super().on_event(event)
        # once behind the key, which the app acts on in the end, and once behind what the widget was told to say then
        self._follow(target, lambda: self._follow(target, lambda: self._settle(turn)))

    def _take_turn(self) -> int:
        self._began = time.monotonic()
        self._turn += 1
        return self._turn

    def _follow(self, pump: MessagePump | None, then: Callable[[], object]) -> None:
        """Go the way of a message from a widget, right behind it, until it has reached the app."""
        if pump is None or pump is self or not pump.call_later(self._follow, pump._parent, then):
            self.call_later(then)

    def _settle(self, turn: int) -> None:
        """Let the screen that is on top now, which may be new, come to what waits for it."""
        if not self.screen_stack or not self.screen.call_later(self.call_later, self._next, turn):
            self.call_later(self._next, turn)

    async def _next(self, turn: int) -> None:
        if turn != self._turn:
            return
        self._began = None
        while self._ahead and self.screen_stack and not self._opening and self._began is None:
            event = self._ahead.popleft()
            if isinstance(event, events.Key) and self._is_quiet(event):
                await super().on_event(event)
            else:
                await self._hand_out(event)
