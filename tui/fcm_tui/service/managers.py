"""The service manager of this system."""

from __future__ import annotations

import sys

from fcm_tui.errors import UsageError
from fcm_tui.service.manager import Manager


def manager(*, is_system: bool) -> Manager:
    """That of the user, or of the system.

    Raises:
        UsageError: we know none here.
    """
    if sys.platform == "linux":
        from fcm_tui.service.systemd import Systemd

        return Systemd(is_system=is_system)
    if sys.platform == "win32":
        from fcm_tui.service.task_scheduler import TaskScheduler

        return TaskScheduler(is_system=is_system)
    if sys.platform == "darwin":
        import os

        from fcm_tui.service.launchd import Launchd

        return Launchd(is_system=is_system, uid=os.getuid())
    raise UsageError(
        f"there is no service manager on {sys.platform} that fcm-tui knows: start `fcm-tui record` yourself"
    )
