"""Names of file owners, remembered; a number where the system has no name for it."""

from __future__ import annotations

import sys
from functools import lru_cache

from fcm_tui.model import DiskState

if sys.platform == "win32":

    def owner_name(state: DiskState) -> str | None:
        """The file's owner; on Windows the stat result does not tell it."""
        return None

else:
    import pwd

    @lru_cache(maxsize=4096)
    def _name(uid: int) -> str:
        try:
            return pwd.getpwuid(uid).pw_name
        except KeyError:
            return str(uid)

    def owner_name(state: DiskState) -> str | None:
        """The file's owner."""
        return _name(state.uid)
