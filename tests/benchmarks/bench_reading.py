"""Reading the same record from its file and from MariaDB, through the same readers: pages, filters, a history, texts."""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from fcm_tui.query.parse import parse
from fcm_tui.settings.database import parse_server
from fcm_tui.store.reading import histories
from fcm_tui.store.reading.changes import key_of
from fcm_tui.store.reading.filters import Filters
from fcm_tui.store.reading.queries import Reader
from tests.benchmarks.log_record import many_changes
from tests.benchmarks.long_record import FILES
from tests.benchmarks.pairs import heading
from tests.benchmarks.scale import Scale
from tests.database.conftest import started
from tests.database.seats import send
from tests.database.server import PASSWORD, install

SLOWER, AT_ONCE = 3.0, 20.0
"""The goal: at most so many times SQLite's time, or so many milliseconds, as a question to a server takes its way."""
PAGE = 256
OTHERS, QUICK_OTHERS = 10_000, 1_000
"""Changes of another recorder, with which a server's come in the order of their times."""


def run(scale: Scale) -> list[str]:
    """Each question to both in turn; the answers have to be the same. Then again with another host's changes there too."""
    heading("reading MariaDB beside SQLite")
    if shutil.which("mariadb-install-db") is None:
        print("MariaDB's server is not here: left out")
        return ["left out: MariaDB's server is not here"]
    os.environ["FCM_DATABASE_PASSWORD"] = PASSWORD
    record = many_changes(scale) / "record.db"
    others = many_changes(scale, OTHERS, QUICK_OTHERS) / "record.db"
    with tempfile.TemporaryDirectory(prefix="fcm-bench-") as folder:
        install(Path(folder, "template"))
        with started(
            Path(folder, "template"), "--innodb-buffer-pool-size=1G", "--innodb-log-file-size=256M",
            "--innodb-flush-log-at-trx-commit=0",
        ) as mariadb:  # fmt: skip
            server = parse_server(mariadb.url())
            mariadb.sql("SELECT 1")
            began = time.monotonic()
            send(record, server)
            print(f"sent in {time.monotonic() - began:.0f} s", flush=True)
            lines = []
            for name, is_same in (("", True), ("beside another host: ", False)):
                if not is_same:
                    send(others, server)
                with Reader(record) as here, Reader(server) as there:
                    lines += _compare(scale, here, there, name, is_same=is_same)
            return lines


def _compare(scale: Scale, here: Reader, there: Reader, where: str, *, is_same: bool) -> list[str]:
    lines = []
    for question, ask in _questions(here).items():
        name = f"{where}{question}"
        taken: tuple[list[float], list[float]] = ([], [])
        for _ in range(scale.runs):
            answers = []
            for reader, own in zip((here, there), taken, strict=True):
                began = time.perf_counter()
                answers.append(ask(reader))
                own.append(time.perf_counter() - began)
            if is_same and answers[0] != answers[1]:
                raise RuntimeError(f"{name}: MariaDB answers something else")
        ours, theirs = (statistics.median(own) * 1000 for own in taken)
        times = theirs / ours
        lines.append(
            f"{name}: SQLite {ours:,.1f} ms, MariaDB {theirs:,.1f} ms: {times:.1f} times"
            f" (goal {SLOWER:g}, or {AT_ONCE:g} ms: {'met' if times <= SLOWER or theirs <= AT_ONCE else 'MISSED'})"
        )
        print(lines[-1], flush=True)
    return lines


def _questions(reader: Reader) -> dict[str, Callable[[Reader], object]]:
    (root,) = [root for root in reader.roots() if root.active]
    middle = reader.log(limit=1, before=(reader.count() // 2, b"\xff" * 16))[0]
    file = histories.key_of_change(middle)
    rare = reader.kept_hunks(middle, 1000)[0][2].strip()

    def page(**conditions: object) -> Callable[[Reader], object]:
        filters = Filters(**conditions)  # type: ignore[arg-type]
        return lambda reader: reader.log(filters, limit=PAGE)

    def words(expression: str) -> Callable[[Reader], object]:
        return page(terms=parse(expression))

    return {
        "the first page": page(),
        "a page in the middle": lambda reader: reader.log(limit=PAGE, before=key_of(middle)),
        "the oldest page": lambda reader: reader.log(limit=PAGE, reverse=True),
        "a page of a folder": page(path=root.path + b"/07"),
        "a page of a file": page(path=middle.path),
        "a page by letters": words("fl0042"),
        "a page by a pattern": words("*1.txt kind:modified"),
        "a page nothing is on": words("kind:deleted"),
        "a page of whom nothing is": words("by:nobody-at-all"),
        "a page of a week": page(since_ns=middle.time_ns, until_ns=middle.time_ns + 7 * 86400 * 10**9),
        "unreviewed": page(unreviewed=True),
        "a file's history": lambda reader: histories.sequences(reader.connection, file),
        "a version": lambda reader: reader.content(middle.after or b""),
        "a change's lines": lambda reader: reader.kept_hunks(middle, 10_000),
        "a frequent text": page(text="change"),
        "a text of one in a thousand": page(text=f"change {reader.count() // FILES // 2} "),
        "a rare, old text": page(text=rare),
        "an absent text": page(text="zebra crossing"),
        "how many changes": lambda reader: reader.count(),
        "roots and folders": lambda reader: reader.folder(root.root_id, root.path),
    }
