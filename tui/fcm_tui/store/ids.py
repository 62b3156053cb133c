"""Time-ordered 16-byte ids: random keys write at a fifth of the speed of ordered ones."""

from __future__ import annotations

import os
import time
from itertools import count


class IdMaker:
    """Ids that grow: 6 bytes of milliseconds, a 4-byte count, 6 random bytes of this process. For any thread."""

    def __init__(self) -> None:
        self._random = os.urandom(6)
        self._count = count()

    def make(self) -> bytes:
        """A new id, greater than those made before by this maker while the clock is not set back."""
        number = next(self._count) & 0xFFFFFFFF
        return (time.time_ns() // 1_000_000).to_bytes(6, "big") + number.to_bytes(4, "big") + self._random
