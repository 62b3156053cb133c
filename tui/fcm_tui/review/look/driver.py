"""The terminal's driver on POSIX: whatever stops the process and lets it go on, there is one reader of keys."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

if sys.platform != "win32":
    import termios

    from textual._xterm_parser import XTermParser
    from textual.drivers.linux_driver import LinuxDriver
    from textual.events import Resize
    from textual.geometry import Size

    from fcm_tui.review.look.tty import Reader, Writer

    class PatientDriver(LinuxDriver):
        """Textual's begins anew in the signal's handler, even in the middle of its own beginning; and where it had not
        ended, with a second reader, and the terminal's modes lost.

        Uses `_must_signal_resume`, `_in_band_window_resize`, `_key_thread` and `_writer_thread` of Textual 8.2: what is
        put into the last two are threads, and on Linux others stand in for them.
        """

        def __init__(self, *arguments: Any, **options: Any) -> None:
            self._reader: Any = None
            self._writer: Any = None
            super().__init__(*arguments, **options)
            self._is_on = False
            """The terminal is ours."""
            self._is_suspended = False
            """It is to be again, once the process goes on."""
            self._is_to_stop = False

        @property
        def _key_thread(self) -> Any:
            return self._reader

        @_key_thread.setter
        def _key_thread(self, thread: Any) -> None:
            if thread is not None:
                parser: Any = partial(XTermParser, self._debug)
                with contextlib.suppress(OSError):
                    thread = Reader(self._loop, self.fileno, parser, self.process_message, self._hung_up)
            self._reader = thread

        @property
        def _writer_thread(self) -> Any:
            return self._writer

        @_writer_thread.setter
        def _writer_thread(self, thread: Any) -> None:
            if thread is not None and self._file is not None:
                with contextlib.suppress(OSError):
                    thread = Writer(self._loop, self._file.fileno())
            self._writer = thread

        def send_message(self, message: Any) -> None:
            """As Textual's, without the turn through another thread where it comes from the loop's own."""
            if isinstance(self._reader, Reader):
                self._app.post_message(message)
            else:
                super().send_message(message)

        def _hung_up(self) -> None:
            """The terminal is gone."""
            signal.raise_signal(signal.SIGHUP)

        def _sigtstp_application(self, *_: object) -> None:
            self._is_to_stop = True
            self._soon(self._stop)

        def _sigcont_application(self, *_: object) -> None:
            self._is_to_stop = False
            self._soon(self._go_on)

        def _soon(self, do: Callable[[], None]) -> None:
            """Between two steps of the loop, which has ended where the program is about to."""
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(do)

        def _stop(self) -> None:
            if not self._is_to_stop:
                return  # it was told to go on before it came to that
            if self._auto_restart and self._is_on:
                self.suspend_application_mode()
                self._is_suspended = True
            os.kill(os.getpid(), signal.SIGSTOP)

        def _go_on(self) -> None:
            """Who stopped us may have used the terminal for something else."""
            if not self._auto_restart or not (self._is_on or self._is_suspended):
                return
            try:
                termios.tcgetattr(self.fileno)
            except termios.error:
                return  # it is the terminal's end that lets us go on
            if self._is_on:
                self.suspend_application_mode()
            self._must_signal_resume = True
            self.resume_application_mode()

        def start_application_mode(self) -> None:
            """In the background it does not: the system stops the process, and it is tried again once that goes on."""
            before, self._is_on = self._key_thread, True
            super().start_application_mode()  # type: ignore[no-untyped-call]
            self._is_on = self._key_thread is not before
            self._is_suspended = not self._is_on
            if self._is_on:
                signal.signal(signal.SIGWINCH, lambda *_: self._soon(self._resized))

        def _resized(self) -> None:
            """Tell the size as it is by now: of many changes at once, handlers are told of the last one first."""
            if self._is_on and not self._in_band_window_resize:
                size = Size(*self._get_terminal_size())
                self._app.post_message(Resize(size, size))

        def stop_application_mode(self) -> None:
            if self._is_on:
                super().stop_application_mode()
                self._is_on = False

        def write(self, data: str) -> None:
            if self._is_on:
                super().write(data)
