"""What every system's service manager is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from fcm_tui.service.job import Job
from fcm_tui.service.plan import Step


@dataclass(frozen=True, slots=True)
class State:
    """How a service stands, as its manager tells it."""

    manager: str
    """Which one, in words."""
    where: str
    """The unit, task or agent."""
    installed: bool
    enabled: bool | None = None
    """Whether it starts by itself; None where that is not known."""
    state: str = ""
    """`running`, `waiting` (for its time), `stopped`, `failed`, or what the manager calls it; empty for not known."""
    detail: str = ""
    """More of it, or why nothing is known."""
    is_scheduled: bool = False


class Manager(Protocol):
    """Plans are made of what is there now; nothing is done before they are carried out."""

    def install(self, job: Job) -> list[Step]:
        """Have it run, whether it is there already or not.

        Raises:
            UsageError: something in the job cannot be carried by the manager's format.
        """

    def remove(self, name: str) -> list[Step]:
        """Be rid of it; nothing to do where it is not there."""

    def start(self, name: str) -> list[Step]: ...
    def stop(self, name: str) -> list[Step]: ...
    def state(self, name: str) -> State: ...
