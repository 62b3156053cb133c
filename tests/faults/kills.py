"""`kill -9` at random moments over a busy tree: `python -m tests.faults kills [--count 200] [--seed 1]`.

Recorders are started, as themselves or with `--once`, and killed after a random time: in the first baseline, in
the scan at the start, in a commit, at rest. Whatever another process could read of the record before the kill has to
be in it after, the record has to hold together each time, nothing may be left running, and a last `record --once`
completes it.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fcm_tui.errors import StoreError
from fcm_tui.store.filling import filling_mark
from fcm_tui.store.reading.queries import Reader
from fcm_tui.store.trust.verify import Tally, verify
from tests.faults import oracle
from tests.recording.random_work import RandomWork
from tests.waiting import wait_for

FILES = 250
"""There before the first start, so that its baseline can be met half done."""
LONGEST = 1.2
"""Seconds that a recorder is left alive at most, counted from its start or from its being ready."""
SHORT = 0.25
"""The same for a first baseline, from when there is a database."""
CATS = 20
"""Changes whose versions are asked for by the command."""


class Kills:
    """One busy tree, one data directory, one seed."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._dice = random.Random(f"kills {seed}")
        self._data = folder / "data"
        self._roots = [folder / "root", folder / "other"]
        for root in self._roots:
            root.mkdir(parents=True)
        for number in range(FILES):
            (self._roots[0] / f"f{number}").write_bytes(self._dice.randbytes(40_000))
        self.work = RandomWork(self._roots, seed)
        self.met_filling = 0
        """How often the first baseline was met half done."""
        self.met_ready = 0
        """How often the recorder had said that it was ready."""

    def run(self, count: int) -> int:
        """Kill so often, then let it be completed; the number of changes recorded.

        Raises:
            AssertionError: something told was lost, the record is damaged, or it is not true in the end.
        """
        in_baselines = count // 10
        with self._busy():
            for _ in range(in_baselines):
                self._kill_in_baseline()
            for _ in range(count - in_baselines):
                self._kill()
        self._command("record", "--once", *map(str, self._roots))
        self._command("verify")
        self._compare_commands()
        return oracle.check(self._database, *self._roots)

    @property
    def _database(self) -> Path:
        return self._data / "record.db"

    @contextmanager
    def _busy(self) -> Iterator[None]:
        """Something happens to the tree all the time."""
        over = threading.Event()

        def work() -> None:
            while not over.is_set():
                self.work.act()
                self.work.pause()

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _kill_in_baseline(self) -> None:
        """The first baseline is begun, anew if there was one, and killed soon."""
        if not filling_mark(self._database).exists():
            shutil.rmtree(self._data, ignore_errors=True)
        with self._recorder() as process:
            wait_for(lambda: self._database.exists() or process.poll() is not None)
            time.sleep(self._dice.random() * SHORT)
        self._check({})

    def _kill(self) -> None:
        """A recorder is killed at any moment from its start on; what could be read until then is compared."""
        once = ["--once"] if self._dice.random() < 0.2 else []
        with self._recorder(*once) as process:
            if not once and self._dice.random() < 0.5:
                assert process.stdout is not None
                self.met_ready += process.stdout.readline().startswith("ready:")
            time.sleep(self._dice.random() ** 2 * LONGEST)
            told = self._chain()
        self._check(told or {})

    @contextmanager
    def _recorder(self, *options: str) -> Iterator[subprocess.Popen[str]]:
        """`fcm-tui record`, killed when the block ends; none of its own processes may outlive it."""
        process = subprocess.Popen(
            [*_fcm(self._data), "record", *options, *map(str, self._roots)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        try:
            yield process
        finally:
            process.kill()
            errors = process.communicate()[1]
        assert "Traceback" not in errors, errors
        assert process.returncode in (0, -signal.SIGKILL), errors
        wait_for(lambda: not _is_alive(process.pid), what=f"no child of {process.pid} is left")

    def _check(self, told: dict[int, bytes]) -> None:
        if filling_mark(self._database).exists():
            self.met_filling += 1
            assert told == {}, "a change was told before the first baseline stood"
            return
        kept = self._chain()
        if kept is None:
            assert told == {}, "a change was told, and there is no record"
            return
        lost = [number for number, link in told.items() if kept.get(number) != link]
        assert lost == [], f"told, and lost or another after kill -9: {lost}"
        with Reader(self._database) as reader:
            assert list(verify(reader.connection, Tally())) == []

    def _chain(self) -> dict[int, bytes] | None:
        """Every change that can be read now, with its hash, which covers all that it says; None: no record has begun."""
        try:
            with Reader(self._database) as reader:
                return dict(reader.connection.execute("SELECT sequence, chain_hash FROM changes").fetchall())
        except StoreError as error:
            assert "no record here yet" in str(error) or filling_mark(self._database).exists(), error
            return None

    def _compare_commands(self) -> None:
        """What the commands print, as a script reads it: the log replays to the disk, versions have their bytes."""
        lines = self._command("log", "--json", "--reverse").splitlines()
        with Reader(self._database) as reader:
            start = oracle.told(oracle.baseline(reader.connection))
            changes = {change.sequence: change for change in reader.log(limit=None)}
            assert any("not running" in gap.reason for gap in reader.gaps())
            assert oracle.replay_json(start, iter(lines)) == oracle.told(oracle.disk(*self._roots))
            kept = [number for number, change in changes.items() if change.capture == "stored"]
            for number in self._dice.sample(kept, min(CATS, len(kept))):
                digest = changes[number].after
                assert digest is not None
                assert self._command("cat", str(number)) == reader.content(digest)

    def _command(self, *arguments: str) -> bytes:
        done = subprocess.run([*_fcm(self._data), *arguments], capture_output=True, check=False)
        assert done.returncode == 0, (arguments, done.stdout[-2000:], done.stderr)
        return done.stdout


def _fcm(data: Path) -> list[str]:
    return [sys.executable, "-m", "fcm_tui", "--data-dir", str(data)]


def _is_alive(group: int) -> bool:
    """Whether a process of this session is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
