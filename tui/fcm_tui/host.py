"""What this machine is called."""

from __future__ import annotations

import os
import socket


def host_name() -> str:
    r"""Its name, as text that can be stored: bytes that are no UTF-8 as `\xff`; `localhost` where it has none."""
    return os.fsencode(socket.gethostname()).decode("utf-8", "backslashreplace") or "localhost"
