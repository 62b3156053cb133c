"""A real user manager of systemd, in namespaces of its own, so that nothing of this machine's is seen or touched by it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.waiting import wait_for

SYSTEMD = "/usr/lib/systemd/systemd"
_NAMESPACES = ["unshare", "--mount", "--pid", "--cgroup", "--fork", "--kill-child", "--mount-proc"]
_BEGIN = """
mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system /run/user && chmod 700 /run/user || exit 99
"$1" --user --log-target=null </dev/null >/dev/null 2>&1 &
manager=$!
until systemctl --user show --property Version >/dev/null 2>&1; do
    kill -0 $manager 2>/dev/null || exit 98
    sleep 0.05
done
echo up
while IFS= read -r -d '' line; do
    eval "$line" </dev/null
    echo "=ended= $?"
done
kill $manager
wait $manager
"""


def _is_possible() -> bool:
    if sys.platform != "linux" or not os.path.exists(SYSTEMD) or not shutil.which("unshare"):
        return False
    tried = subprocess.run(
        [*_NAMESPACES, "mount", "-t", "tmpfs", "tmpfs", "/run"], capture_output=True, check=False
    )
    return tried.returncode == 0


needs_systemd = pytest.mark.skipif(
    not _is_possible(),
    reason="runs systemd's user manager in namespaces, which needs it and the right to make them",
)


class UserManager:
    """A shell beside the manager, to which commands are given one by one."""

    def __init__(self, shell: subprocess.Popen[str]) -> None:
        self._shell = shell

    def run(self, *words: str, status: int | None = 0) -> str:
        """Run a command there; what it said, on stdout and stderr."""
        import shlex

        assert self._shell.stdin is not None and self._shell.stdout is not None
        self._shell.stdin.write(f"{shlex.join(words)} 2>&1\0")
        self._shell.stdin.flush()
        said = ""
        for line in self._shell.stdout:
            head, mark, number = line.rpartition("=ended= ")
            if mark and number.strip().isdigit():
                said += head
                assert status is None or int(number) == status, said
                return said
            said += line
        raise AssertionError(f"the manager is gone: {said}")

    def show(self, unit: str, *properties: str) -> dict[str, str]:
        """Properties of a unit."""
        said = self.run("systemctl", "--user", "show", "--property", ",".join(properties), unit)
        return dict(line.split("=", 1) for line in said.splitlines() if "=" in line)

    def wait_for(self, unit: str, **wanted: str) -> None:
        """Wait until its properties are so."""

        def is_so() -> bool:
            found = self.show(unit, *wanted)
            return all(found.get(name) == value for name, value in wanted.items())

        wait_for(is_so, seconds=60, what=f"{unit}: {wanted}")


@contextmanager
def user_manager(home: Path, environ: Mapping[str, str]) -> Iterator[UserManager]:
    """A manager whose home is `home`; all that it started ends with it."""
    command = [*_NAMESPACES, "bash", "-c", _BEGIN, "manager", SYSTEMD]
    own = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "XDG_RUNTIME_DIR": "/run/user",
        "LC_ALL": "C.UTF-8",
        **environ,
    }
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=own, errors="surrogateescape"
    ) as shell:
        assert shell.stdout is not None and shell.stdin is not None
        assert shell.stdout.readline() == "up\n"
        try:
            yield UserManager(shell)
        finally:
            shell.stdin.close()
            try:
                shell.wait(60)
            except subprocess.TimeoutExpired:
                shell.kill()
