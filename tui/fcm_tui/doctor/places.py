"""Where things lie: the data directory, the configuration, files of passwords and keys; their rights and their room."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from fcm_tui.doctor.finding import Finding, ok, warning, wrong
from fcm_tui.watch.mounts import is_remote, kind_of

_LITTLE = 1 << 30
_NEARLY_NONE = 100 << 20


def data_dir(path: Path) -> Iterator[Finding]:
    """The data directory: whose it is, who else can get at it. Nothing is made or mended."""
    topic = "data directory"
    try:
        found = os.stat(path)
    except FileNotFoundError:
        yield ok(topic, f"{path}: not made yet")
        return
    if not stat.S_ISDIR(found.st_mode):
        yield wrong(topic, f"{path} is not a directory", "name another --data-dir")
        return
    kind = kind_of(os.fsencode(os.path.realpath(path)))
    if is_remote(kind):
        mend = "name a --data-dir on a disk of this machine; --database sends the record elsewhere"
        yield wrong(topic, f"{path} is on {kind}, where a database can be damaged", mend)
    yield _rights_of(topic, path, found)
    if not os.access(path, os.W_OK | os.X_OK):
        yield warning(
            topic, f"{path} cannot be written, so nothing can be recorded", "mend that, or look on only"
        )


def _rights_of(topic: str, path: Path, found: os.stat_result) -> Finding:
    if sys.platform == "win32":
        return ok(topic, f"{path}")
    if found.st_uid != os.geteuid():
        return wrong(topic, f"{path} belongs to another user", "name another --data-dir, or be that user")
    if found.st_mode & 0o022:
        return wrong(topic, f"others can write to {path}", f"chmod 700 {path}")
    for parent in Path(os.path.realpath(path)).parents:
        mode = parent.stat().st_mode
        if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            return wrong(
                topic, f"others can exchange {path}, as they can write to {parent}", f"chmod o-w {parent}"
            )
    open_files = [
        name
        for name in sorted(os.listdir(path))
        if name.startswith(("record.db", "fcm-tui.log", "refused.db"))
        and (path / name).stat().st_mode & 0o077
    ]
    if open_files and found.st_mode & 0o077:
        return warning(
            topic, f"others can read {path / open_files[0]}", f"chmod 700 {path}; the next start does that"
        )
    return ok(
        topic,
        f"{path}, for its owner alone"
        if not found.st_mode & 0o077
        else f"{path}; what is ours in it is private",
    )


def room(path: Path) -> Iterator[Finding]:
    """How much more the disk of the record takes."""
    here = next(place for place in (path, *path.parents) if place.exists())
    free = shutil.disk_usage(here).free
    said = f"{free / (1 << 30):,.1f} GiB free where the record lies"
    mend = "make room, or have older versions thinned out: thin = true under [retention]"
    if free < _NEARLY_NONE:
        yield wrong("disk", said, mend)
    elif free < _LITTLE:
        yield warning("disk", said, mend)
    else:
        yield ok("disk", said)


def private_file(topic: str, path: Path, *, is_secret: bool) -> Iterator[Finding]:
    """A file that others must not write to, and, where it is a secret, not read either."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        if is_secret:
            yield wrong(topic, f"{path} is missing", "make it, 0600, or name another in the configuration")
        return
    if not stat.S_ISREG(found.st_mode):
        yield wrong(topic, f"{path} is no file", "name a file")
        return
    if not os.access(path, os.R_OK):
        yield wrong(topic, f"{path} cannot be read", "mend its rights")
        return
    if sys.platform == "win32":
        yield ok(topic, f"{path}")
    elif found.st_uid not in (0, os.geteuid()):
        yield warning(
            topic, f"{path} belongs to another user, who can change it", f"chown {os.geteuid()} {path}"
        )
    elif found.st_mode & 0o022:
        yield wrong(topic, f"others can write to {path}", f"chmod go-w {path}")
    elif is_secret and found.st_mode & 0o077:
        yield wrong(topic, f"others can read {path}", f"chmod 600 {path}")
    else:
        yield ok(topic, f"{path}")
