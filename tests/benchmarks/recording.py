"""fcm-tui as its user starts it, and a look at its record from outside."""

from __future__ import annotations

import hashlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

_SCRIPT = Path(sys.executable).with_name("fcm-tui.exe" if sys.platform == "win32" else "fcm-tui")
if sys.platform == "win32":
    _GROUP, _END = subprocess.CREATE_NEW_PROCESS_GROUP, signal.CTRL_BREAK_EVENT
else:
    _GROUP, _END = 0, signal.SIGTERM
PATIENCE = 600.0
"""Seconds after which what was written counts as lost."""


def ours(data: Path, *arguments: str, toml: str = "") -> list[str]:
    """A command line of fcm-tui, by default with the settings that it has without a configuration file."""
    config = data.with_name("configured.toml" if toml else "empty.toml")
    config.write_text(toml, "utf-8")
    start = [str(_SCRIPT)] if _SCRIPT.exists() else [sys.executable, "-m", "fcm_tui"]
    return [*start, "--data-dir", str(data), "--config", str(config), *arguments]


@contextmanager
def recording(data: Path, tree: Path, toml: str = "") -> Iterator[int]:
    """`fcm-tui record` on a tree, ready; its process id."""
    process = subprocess.Popen(
        ours(data, "record", str(tree), toml=toml), stdout=subprocess.PIPE, text=True, creationflags=_GROUP
    )
    try:
        assert process.stdout is not None
        if not process.stdout.readline().startswith("ready:"):
            raise RuntimeError("the recorder did not become ready")
        yield process.pid
    finally:
        process.send_signal(_END)
        process.communicate(timeout=60)
    if process.returncode:
        raise RuntimeError(f"the recorder ended with {process.returncode}")


class Watcher:
    """Sees what another process commits, as a viewer does: `PRAGMA data_version` in a loop."""

    def __init__(self, data: Path, pause: float = 0.001) -> None:
        self._connection = sqlite3.connect(f"{(data / 'record.db').as_uri()}?mode=ro", uri=True)
        self._pause = pause

    def __enter__(self) -> Watcher:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def sequence(self) -> int:
        """Of the newest change."""
        return int(self._one("SELECT coalesce(max(sequence), 0) FROM changes"))

    def until(self, wanted: Mapping[Path, bytes], after: int) -> float:
        """When (`perf_counter`) the newest changes after a sequence had all these paths' contents.

        Raises:
            RuntimeError: some never came.
        """
        missing = {os.fsencode(path): hashlib.sha256(data).digest() for path, data in wanted.items()}
        digests = dict(missing)
        deadline = time.monotonic() + PATIENCE
        version, seen = -1, after
        while True:
            found, moment = self._one("PRAGMA data_version"), time.perf_counter()
            if found != version:
                version = found
                for sequence, path, digest in self._connection.execute(
                    "SELECT sequence, path, after_digest FROM changes WHERE sequence > ? ORDER BY sequence",
                    (seen,),
                ):
                    seen = sequence
                    if digest == digests.get(path):
                        missing.pop(path, None)
                    elif path in digests:
                        missing[path] = digests[path]
                if not missing:
                    return moment
            if time.monotonic() > deadline:
                raise RuntimeError(f"not recorded as they are: {len(missing)} of {len(digests)} files")
            time.sleep(self._pause)

    def _one(self, sql: str) -> int:
        return int(self._connection.execute(sql).fetchone()[0])


def files_recorded(data: Path) -> int:
    """How many files are in the record."""
    connection = sqlite3.connect(f"{(data / 'record.db').as_uri()}?mode=ro", uri=True)
    try:
        return int(connection.execute("SELECT count(*) FROM files WHERE present").fetchone()[0])
    finally:
        connection.close()


def processor_seconds(pid: int) -> float | None:
    """What a process has used so far, children that ended included; None where /proc does not tell."""
    if sys.platform != "linux":
        return None
    fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def resident(pid: int) -> tuple[float, float]:
    """MiB in memory, and of them those that are no file's (Linux)."""
    status = Path(f"/proc/{pid}/status").read_text("ascii", "replace")
    kib = {line.split(":")[0]: line.split()[1] for line in status.splitlines() if line.endswith("kB")}
    return int(kib["VmRSS"]) / 1024, int(kib["RssAnon"]) / 1024
