"""What was found, and looking that never takes longer than it may."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from fcm_tui.errors import ConfigError, FcmError


class Verdict(StrEnum):
    """How it stands with something."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. The texts may quote hostile names."""

    topic: str
    verdict: Verdict
    text: str
    mend: str = ""
    """What to do; empty where all is well."""


def ok(topic: str, text: str) -> Finding:
    return Finding(topic, Verdict.OK, text)


def warning(topic: str, text: str, mend: str) -> Finding:
    return Finding(topic, Verdict.WARNING, text, mend)


def wrong(topic: str, text: str, mend: str) -> Finding:
    return Finding(topic, Verdict.WRONG, text, mend)


@dataclass(frozen=True, slots=True)
class Probe:
    """Something to be looked at."""

    topic: str
    look: Callable[[], Iterable[Finding]]
    patience: float = 5.0
    """Seconds that it may take."""
    late: str = "find out what does not answer there"
    """What to do where it takes longer."""


def examine(probes: Sequence[Probe]) -> list[Finding]:
    """Look at all of them at once; what was found, in their order. One that does not come to an end is left behind."""
    begun = time.monotonic()
    results: list[list[Finding] | None] = [None] * len(probes)

    def work(number: int, probe: Probe) -> None:
        try:
            results[number] = list(probe.look())
        except ConfigError as error:
            results[number] = [
                wrong(probe.topic, str(error), "change that line; `,` on the screen has all settings")
            ]
        except FcmError as error:
            results[number] = [_told(probe.topic, str(error))]
        except Exception as error:  # whatever it is, the others are to be told all the same
            why = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
            results[number] = [wrong(probe.topic, f"it cannot be looked at: {why}", probe.late)]

    # Not an executor: the end of the process would wait for its threads.
    threads = [
        threading.Thread(target=work, args=(number, probe), name="fcm-probe", daemon=True)
        for number, probe in enumerate(probes)
    ]
    for thread in threads:
        thread.start()
    found: list[Finding] = []
    for number, (probe, thread) in enumerate(zip(probes, threads, strict=True)):
        thread.join(max(0.0, begun + probe.patience - time.monotonic()))
        result = results[number]
        if result is None:
            result = [wrong(probe.topic, f"no answer within {probe.patience:.0f} s", probe.late)]
        found += result
    return found


def _told(topic: str, text: str) -> Finding:
    """An error's text says at its end how to mend it."""
    what, colon, mend = text.rpartition(": ")
    return wrong(topic, what, mend) if colon else wrong(topic, text, "mend that")
