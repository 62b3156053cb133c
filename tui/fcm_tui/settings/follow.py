"""Taking up what somebody writes into `fcm.toml` while this process runs."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from fcm_tui.paths import is_inside
from fcm_tui.safetext import visible_path
from fcm_tui.settings.alerts import NONE
from fcm_tui.settings.config import Settings, load
from fcm_tui.whole_file import state_of

LOOK = 1.0
"""Seconds between two looks at the file."""
SETTLED = 0.5
"""Seconds after which a file that was written counts as written whole; sooner if two looks find it as it is."""


class Follower:
    """Tells when the file says something else. For a thread at a time."""

    def __init__(self, path: Path, settings: Settings) -> None:
        """`settings` are those that hold."""
        self.settings = settings
        self.is_wrong = False
        """Whether the file, as it was read last, cannot be taken up."""
        self._path = path
        self._seen = state_of(self._path) if settings.source is not None else None
        self._met = self._seen
        """What the last look met."""

    def changed(self) -> Settings | None:
        """What holds from now on, if the file was written since the last call and says something else.

        A file that went away changes nothing, and one that was written a moment ago waits for the next look: who saves
        it may be between two steps, at which it is empty or ends in the middle, and other roots and rules would hold.

        Raises:
            ConfigError: it is wrong, which is said once; what held before still holds.
        """
        state = state_of(self._path)
        was_met, self._met = state == self._met, state
        if state is None or state == self._seen or not (was_met or _is_settled(state[0])):
            return None
        self._seen, self.is_wrong = state, True
        found = load(self._path)
        self.is_wrong = False
        if found == self.settings:
            return None
        self.settings = found
        return found


def _is_settled(mtime_ns: int) -> bool:
    return time.time_ns() - mtime_ns > SETTLED * 1e9


@dataclass(frozen=True, slots=True)
class Roots:
    """The roots of a running recorder after the configuration changed."""

    paths: list[bytes]
    refused: list[str]
    """Those that cannot be, each with why; safe to show."""


def roots_after(
    current: Sequence[bytes], before: Settings, after: Settings, own_paths: Sequence[bytes] = ()
) -> Roots:
    """What was taken out of the configuration goes, what was put in comes; what was named otherwise stays."""
    old = [os.path.realpath(root.path) for root in before.roots]
    new = [os.path.realpath(root.path) for root in after.roots]
    kept = [root for root in current if root in new or root not in old]
    refused: list[str] = []
    for root in dict.fromkeys(new):
        if root in kept or (root in old and root not in current):
            continue
        if not os.path.isdir(root):
            refused.append(f"{visible_path(root)}: no such folder now: recorded from the next start on")
        elif any(is_inside(root, os.path.realpath(own)) for own in own_paths):
            refused.append(f"{visible_path(root)}: it is the data directory, which records itself never")
        else:
            kept.append(root)
    if not kept:
        refused.append("the last folder stays until the end of this run: add another one first")
        return Roots(list(current), refused)
    return Roots(kept, refused)


class Recording(Protocol):
    """What records; `recorder.Recorder` does."""

    @property
    def roots(self) -> list[bytes]: ...
    def take_up(self, settings: Settings, roots: Sequence[bytes]) -> None: ...
    async def has_taken_up(self) -> None: ...
    def take_up_alerts(self, settings: Settings) -> None: ...


async def take_up(
    recorder: Recording, before: Settings, after: Settings, own_paths: Sequence[bytes]
) -> list[str]:
    """Let a running recorder go on with what the configuration says now; what it cannot take up, safe to show."""
    roots = await asyncio.to_thread(roots_after, recorder.roots, before, after, own_paths)
    if roots.paths != recorder.roots or for_recorder(before) != for_recorder(after):
        recorder.take_up(after, roots.paths)
        await recorder.has_taken_up()  # before anybody is told that it has
    if (before.alerts, before.filters) != (after.alerts, after.filters):
        await asyncio.to_thread(recorder.take_up_alerts, after)
    changed = needing_restart(before, after)
    return [*roots.refused, *(f"{name} counts from the next start on" for name in changed)]


def for_recorder(settings: Settings) -> Settings:
    """What of the settings a running recorder can take up; equal where it need not do anything."""
    nothing: MappingProxyType[str, str] = MappingProxyType({})
    return replace(
        settings, source=None, theme=None, ask_before_leaving=True, keys=nothing, filters=nothing,
        alerts=NONE, database=None, encryption=None,
    )  # fmt: skip


def needing_restart(before: Settings, after: Settings) -> list[str]:
    """Keys that changed and count from the next start on only."""
    return [name for name in ("database", "encryption") if getattr(before, name) != getattr(after, name)]
