"""`fcm-tui record`: record without a screen."""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from fcm_tui import diagnostics
from fcm_tui.commands.progress import ProgressLine
from fcm_tui.commands.recording import Place, alerts_of, choose_roots, dropped, find_place, lock, shipping_of
from fcm_tui.commands.stderr import say
from fcm_tui.datadir import open_data_dir
from fcm_tui.errors import ConfigError, FcmError, UsageError
from fcm_tui.model import Shipping, Standing
from fcm_tui.recorder_lock import Lock
from fcm_tui.safetext import visible
from fcm_tui.store.values import reading

if TYPE_CHECKING:
    from fcm_tui.pipeline.progress import Ready
    from fcm_tui.pipeline.scan_process import ScanProcess
    from fcm_tui.recorder import Recorder
    from fcm_tui.settings.follow import Follower


def add_parser(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser
) -> None:
    """Add `record [PATH...] [--once]`."""
    parser = subparsers.add_parser(
        "record", parents=[common], help="record without a screen", description="Record changes until Ctrl-C."
    )
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="folders; else the configured ones, else the last run's"
    )
    parser.add_argument(
        "--once", action="store_true", help="record what changed since the last time, and end"
    )
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Record; the exit status.

    Raises:
        UsageError: there is nothing to record, or another recorder is at work.
    """
    with _noted(args):
        place = find_place(args)
        roots = choose_roots(place, args.paths)
        if not roots:
            raise UsageError(
                "no folder to record: name one (`fcm-tui record FOLDER`), or put it into the configuration"
            )
        held = lock(place)
    with held, reading(place.database):
        if left := dropped(place, roots):
            say(f"fcm-tui: {visible(left)}")
        if not args.once:
            return _until_stopped(place, roots, held)
        with _noted(args):
            return _once(place, roots, held)


@contextlib.contextmanager
def _noted(args: argparse.Namespace) -> Iterator[None]:
    """What goes wrong stands in the log too where nobody sees it said, as that of a service."""
    try:
        yield
    except FcmError as error:
        # Windows takes the null device for a terminal.
        if not sys.stderr.isatty() or sys.stderr.name == os.devnull:
            with contextlib.suppress(FcmError):
                diagnostics.refused(error, open_data_dir(args.data_dir, create=False).log_file)
        raise


def _tell_ready(ready: Ready) -> None:
    print(f"ready: {ready.roots} roots, {ready.files} files", flush=True)


def _once(place: Place, roots: list[bytes], held: Lock) -> int:
    """Reconcile, without an event loop: most of the time would go into importing one."""
    helper = _begun_scan(place)  # which reads the record while the rest is imported here
    from fcm_tui.pipeline.indexing import index_once
    from fcm_tui.pipeline.session import Session

    diagnostics.start(place.data_dir.log_file)
    alerts = alerts_of(place)
    alerts.prepare()
    gc.disable()  # the process is short, and makes hundreds of thousands of objects that all stay
    with ThreadPoolExecutor(2, "fcm-work") as pool, ProgressLine() as progress:
        session = Session(
            place.database, place.settings, roots, pool, own_paths=place.own_paths, helper=helper
        )
        try:
            ready = session.catch_up(patient=False, on_progress=progress.show)
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                session.close(all_recorded=False)
            raise
        try:
            session.pruning.run_if_due()
            index_once(session.record)
        finally:
            session.close()
    _tell_ready(ready)
    alerts.once()
    told = [f"{ready.changes} changes recorded"] if ready.changes else []
    if alerts.trouble:
        told.append(alerts.trouble)
    if told:
        say("; ".join(told))
    if session.trouble:
        say(f"fcm-tui: {visible(session.trouble)}")
    _send(place, held)
    return 0


def _begun_scan(place: Place) -> ScanProcess | None:
    """What is going to do a part of the scan, where the record looks large enough to be worth it."""
    from fcm_tui.pipeline.scan_process import WORTH_BYTES, ScanProcess
    from fcm_tui.store.filling import filling_mark

    try:
        is_worth_it = place.database.stat().st_size >= WORTH_BYTES
    except OSError:
        return None
    begins_anew = filling_mark(place.database).exists()  # as its first look was broken off
    return ScanProcess(place.database) if is_worth_it and not begins_anew else None


def _send(place: Place, held: Lock) -> None:
    """Send what was recorded; what cannot be sent now goes another time, so that is no failure."""
    shipping = shipping_of(place)
    if shipping is None:
        return
    import asyncio

    from fcm_tui.ship import wording

    state = asyncio.run(shipping.once())
    held.say(Standing("stopped", shipping=state))
    if state.behind or state.reason or state.dead:
        say(f"fcm-tui: database: {visible(wording.text(state))}")


def _until_stopped(place: Place, roots: list[bytes], held: Lock) -> int:
    import asyncio

    diagnostics.start(place.data_dir.log_file)
    return asyncio.run(_record(place, roots, held))


async def _record(place: Place, roots: list[bytes], held: Lock) -> int:
    import asyncio

    from fcm_tui.recorder import Recorder
    from fcm_tui.service.notify import Notifier
    from fcm_tui.settings.follow import Follower

    notifier = Notifier()
    with ProgressLine() as progress:
        recorder = Recorder(
            place.database,
            place.settings,
            roots,
            own_paths=place.own_paths,
            on_progress=progress.show,
            say=held.say,
            shipping=shipping_of(place),
            alerts=alerts_of(place, _to_terminal if sys.stderr.isatty() else None),
        )

        def stop() -> None:
            notifier.stopping()
            recorder.stop()

        _on_signals(stop, recorder.continued)
        running = asyncio.create_task(recorder.run())
        readiness = asyncio.create_task(recorder.ready())
        life = asyncio.create_task(notifier.keep_alive())
        told, sent = "", ("", "")
        awaited = {running, readiness}
        follower = Follower(place.configuration, place.settings)
        while not running.done():
            done, _ = await asyncio.wait(awaited, timeout=1.0, return_when=asyncio.FIRST_COMPLETED)
            if readiness in done:
                progress.end()
                found = await readiness
                with contextlib.suppress(OSError):
                    _tell_ready(found)
                notifier.ready()
                awaited = {running}
            for said in await _followed(follower, recorder, place):
                say(f"fcm-tui: {said}")
            if recorder.state.message != told and not running.done():
                told = recorder.state.message
                said = visible(told) if told else "all is recorded again"
                say(f"fcm-tui: {said}")
            sent = _tell_sending(recorder.state.shipping, sent)
            notifier.status(_status(recorder))
    readiness.cancel()
    life.cancel()
    await running
    return 0


def _status(recorder: Recorder) -> str:
    """How it does, for the service manager."""
    state = recorder.state
    return f"{state.phase}, {state.roots} roots, {state.files} files{f'; {state.message}' if state.message else ''}"


async def _followed(follower: Follower, recorder: Recorder, place: Place) -> list[str]:
    """Take up what the configuration says now; what is to be told of it."""
    import asyncio

    before = follower.settings
    try:
        after = await asyncio.to_thread(follower.changed)
        if after is None:
            return []  # and nothing was loaded: where descriptors run out, that would end the recorder
        from fcm_tui.alerts.rules import rules_of

        await asyncio.to_thread(
            rules_of, after
        )  # what is wrong with them is found before anything is changed
    except ConfigError as error:
        follower.settings = before
        return [f"{visible(str(error))}; what was read before still holds"]
    from fcm_tui.settings.follow import take_up

    return [
        f"{visible(str(place.configuration))} was read again",
        *await take_up(recorder, before, after, place.own_paths),
    ]


def _to_terminal(sequence: str) -> None:
    say(sequence, end="")


def _tell_sending(shipping: Shipping | None, told: tuple[str, str]) -> tuple[str, str]:
    """Say when sending begins to fail, or to work again; what was told."""
    if shipping is None or shipping.state not in ("connected", "retrying", "refused"):
        return told
    is_new = (shipping.state, shipping.reason) != told
    if is_new:
        from fcm_tui.ship import wording

        say(f"fcm-tui: database: {visible(wording.text(shipping))}")
    return (shipping.state, shipping.reason)


def _on_signals(stop: Callable[[], None], continued: Callable[[], None]) -> None:
    """Ctrl-C and SIGTERM end cleanly; who was stopped (Ctrl-Z, SIGSTOP) is told when it goes on."""
    import asyncio

    loop = asyncio.get_running_loop()
    if sys.platform != "win32":
        loop.add_signal_handler(signal.SIGCONT, continued)
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop)
        except NotImplementedError:  # Windows: handlers run between two steps of the loop
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop))
    if sys.platform == "win32":
        signal.signal(signal.SIGBREAK, lambda *_: loop.call_soon_threadsafe(stop))
