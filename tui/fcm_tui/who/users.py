"""Names of users, remembered; a number where the system has no name for it."""

from __future__ import annotations

import sys
from functools import lru_cache

if sys.platform == "win32":

    def user_of(uid: int) -> str | None:
        """The user's name; on Windows a stat result does not tell the owner."""
        return None

else:
    import pwd

    @lru_cache(maxsize=4096)
    def user_of(uid: int) -> str | None:
        """The user's name."""
        try:
            return pwd.getpwuid(uid).pw_name
        except KeyError:
            return str(uid)
