"""Every command on every kind of hostile name and content: safe on a terminal, exact in a pipe."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fcm_tui import cli
from tests.hostile import KINDS, OURS, acting, usable

if sys.platform == "win32":
    pytest.skip("such names, and pseudo terminals, are POSIX", allow_module_level=True)


class Kinds:
    """A folder with a file of each kind, changed and moved, and its record."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.root = os.fsencode(folder / "root")
        self.paths = {
            kind: os.path.join(self.root, b"%d" % number, hostile.name)
            for number, (kind, hostile) in enumerate(KINDS.items())
            if usable(hostile.name)
        }
        for path in self.paths.values():
            os.makedirs(os.path.dirname(path))
        self.pipe("record", "--once", self.root)
        for kind, path in self.paths.items():
            self.write(path, KINDS[kind].content)
        self.pipe("record", "--once", self.root)
        for kind, path in self.paths.items():
            self.write(path, KINDS[kind].content + b"and\n" + KINDS[kind].content)
        self.pipe("record", "--once", self.root)
        self.numbers = {
            bytes(os.fsencode(change["path"])): change["sequence"]
            for change in map(json.loads, self.pipe("log", "--kind", "modified", "--json").splitlines())
        }

    def write(self, path: bytes, content: bytes) -> None:
        with open(path, "wb") as file:
            file.write(content)

    def pipe(self, *arguments: str | bytes) -> bytes:
        """What a command writes to a pipe; it has to succeed."""
        out, kept = io.BytesIO(), (sys.stdout, sys.stderr)
        sys.stdout = io.TextIOWrapper(out, encoding="utf-8", write_through=True)
        try:
            assert self._run(arguments) == 0
            return out.getvalue()
        finally:
            sys.stdout, sys.stderr = kept

    def terminal(self, *arguments: str | bytes) -> str:
        """All that a command writes to a terminal, output and errors; it has to be text."""
        if sys.platform == "win32":
            pytest.skip("there are no pseudo terminals")
        import pty

        handle, other = pty.openpty()
        kept = sys.stdout, sys.stderr
        with ThreadPoolExecutor(1) as pool:
            reading = pool.submit(_all_of, handle)
            try:
                sys.stdout = sys.stderr = open(other, "w", encoding="utf-8")  # noqa: SIM115
                assert sys.stdout.isatty()
                assert self._run(arguments) in (0, 1, 2)
            finally:
                sys.stdout.close()
                sys.stdout, sys.stderr = kept
            return OURS.sub("\n", reading.result().decode())

    def _run(self, arguments: Sequence[str | bytes]) -> int:
        try:
            return cli.main(["--data-dir", str(self.data), *map(os.fsdecode, arguments)])
        except SystemExit as end:  # argparse has shown its help
            return int(end.code or 0)


def _all_of(handle: int) -> bytes:
    read = bytearray()
    try:
        while piece := os.read(handle, 1 << 16):
            read += piece
    except OSError:  # how Linux says that nobody writes any more
        pass
    finally:
        os.close(handle)
    return bytes(read)


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> Kinds:
    return Kinds(tmp_path_factory.mktemp("kinds"))


COMMANDS = {
    "log": ["log", "--", "PATH"],
    "log --json": ["log", "--json", "--", "PATH"],
    "log --text": ["log", "--limit", "5", "--text=NAME"],
    "log of nothing": ["log", "--", "PATH.not"],
    "log of no host": ["log", "--host=NAME", "--", "PATH"],
    "log of no kind": ["log", "--kind=NAME"],
    "log since": ["log", "--since=NAME"],
    "diff": ["diff", "N"],
    "diff --json": ["diff", "N", "--json"],
    "diff --stat": ["diff", "N", "--stat"],
    "diff of no host": ["diff", "--", "NAME:7"],
    "diff of nothing": ["diff", "--", "NAME"],
    "cat": ["cat", "N"],
    "cat before": ["cat", "N", "--before"],
    "cat of nothing": ["cat", "--", "NAME"],
    "restore, tried": ["restore", "N", "--before", "--dry-run"],
    "restore to, tried": ["restore", "N", "--to=PATH.copy", "--dry-run"],
    "restore at, tried": ["restore", "--at", "1s", "--dry-run", "--", "PATH"],
    "restore refused": ["restore", "N", "--hunk", "99"],
    "restore there and back": ["restore", "N", "--before"],
    "record of no folder": ["record", "--once", "--", "PATH"],
    "status of nowhere": ["status", "--data-dir=PATH.not"],
    "status of no file": ["status", "--database=sqlite:PATH"],
    "report below": ["report", "--format=md", "--", "PATH"],
    "report filtered": ["report", "--format=md", "--filter=NAME"],
    "report to nowhere": ["report", "--output=PATH.not/NAME"],
    "config of nothing": ["config", "check", "--config=PATH.not"],
    "config of what is none": ["config", "check", "--config=PATH"],
    "a theme": ["--theme=NAME"],
    "an option": ["log", "--xNAME"],
    "a command": ["NAME"],
}


def words(kinds: Kinds, kind: str, command: str) -> list[bytes]:
    path = kinds.paths[kind]
    name = os.path.basename(path)
    return [
        os.fsencode(word).replace(b"PATH", path).replace(b"NAME", name)
        if word != "N"
        else b"%d" % kinds.numbers[path]
        for word in COMMANDS[command]
    ]


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_a_terminal_gets_nothing_that_acts_on_it(kinds: Kinds, command: str) -> None:
    found = {
        kind: bad for kind in kinds.paths if (bad := acting(kinds.terminal(*words(kinds, kind, command))))
    }
    assert not found


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        ["status"],
        ["status", "--json"],
        ["verify"],
        ["verify", "--json"],
        ["log", "--json"],
        ["report"],
        ["report", "--format=md"],
        ["report", "--format=json"],
        ["report", "--format=csv"],
    ],
)
def test_commands_about_all_of_it(kinds: Kinds, command: list[str]) -> None:
    assert not acting(kinds.terminal(*command))


@pytest.mark.slow
def test_a_pipe_gets_the_bytes_as_they_are(kinds: Kinds, tmp_path: Path) -> None:
    for number, (kind, path) in enumerate(kinds.paths.items()):
        n = str(kinds.numbers[path])
        content = KINDS[kind].content
        after = content + b"and\n" + content
        assert kinds.pipe("cat", n) == after
        (line,) = kinds.pipe("log", "--json", "--limit", "1", "--", path).splitlines()
        assert os.fsencode(json.loads(line)["path"]) == path
        assert os.fsencode(json.loads(kinds.pipe("diff", n, "--json"))["path"]) == path
        place = tmp_path / str(number)
        target = os.path.join(os.fsencode(place), b"%d" % number, os.path.basename(path))
        os.makedirs(os.path.dirname(target))
        kinds.write(target, content)
        patch = kinds.pipe("diff", n)
        subprocess.run(["git", "apply", "-"], input=patch, cwd=place, check=True)
        with open(target, "rb") as file:
            assert file.read() == after, kind


@pytest.mark.slow
def test_a_huge_sparse_file_is_recorded_by_its_digest_alone(tmp_path: Path) -> None:
    root, data = tmp_path / "root", tmp_path / "data"
    root.mkdir()
    with open(root / "sparse", "wb") as file:
        file.truncate(2 << 30)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "-m", "fcm_tui", "--data-dir", str(data), *arguments]
        return subprocess.run(argv, capture_output=True, text=True, check=False)

    assert run("record", "--once", str(root)).returncode == 0
    os.truncate(root / "sparse", (2 << 30) + 1)
    assert run("record", "--once", str(root)).returncode == 0
    (change,) = map(json.loads, run("log", "--json").stdout.splitlines())
    assert (change["size"], change["capture"], change["inserted"]) == ((2 << 30) + 1, "too-large", None)
    for arguments in (["cat", "1"], ["diff", "1"], ["restore", "1", "--before"]):
        done = run(*arguments)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
        assert "too" in done.stderr
    assert (data / "record.db").stat().st_size < 1 << 20
