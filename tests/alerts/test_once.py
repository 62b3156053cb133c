"""`record --once` and alerts: nothing is asked where nothing is new, and nothing that an earlier run left is forgotten."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from fcm_tui.alerts.journal import journal_path
from tests.alerts.harness import Watching, told
from tests.alerts.test_at_work import RULE

HEAVY = {"fcm_tui.alerts.evaluator", "fcm_tui.alerts.sending", "fcm_tui.store.retention.plan", "asyncio"}
"""What no run that finds nothing has to wait for."""


def once(watching: Watching) -> set[str]:
    """Record what changed; the modules that this took."""
    program = (
        "import sys; from fcm_tui.cli import main; status = main(sys.argv[1:]);"
        " print(*sys.modules, sep='\\n'); sys.exit(status)"
    )
    arguments = ["--data-dir", str(watching.data), "--config", str(watching.toml), "record", "--once"]
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments, str(watching.root)],
        check=True,
        capture_output=True,
        text=True,
    )
    return set(done.stdout.split())


def in_journal(watching: Watching, statement: str) -> None:
    with closing(sqlite3.connect(journal_path(watching.database))) as journal, journal:
        assert journal.execute(statement).rowcount == 1


@pytest.fixture
def payroll(watching: Watching) -> Path:
    """A folder that a rule is about, in a record that has begun."""
    watching.write(RULE.replace("{quiet}", "0s"))
    folder = watching.root / "payroll"
    folder.mkdir()
    once(watching)
    return folder


def test_a_run_that_finds_nothing_asks_no_rule(watching: Watching, payroll: Path) -> None:
    assert not once(watching) & HEAVY
    (payroll / "may").write_text("x")
    assert {"fcm_tui.alerts.evaluator", "fcm_tui.alerts.sending"} <= once(watching)
    assert len(told(watching.got)) == 1
    assert not once(watching) & HEAVY
    assert len(told(watching.got)) == 1


def test_what_a_killed_run_did_not_ask_about_is_asked_by_one_that_finds_nothing(
    watching: Watching, payroll: Path
) -> None:
    (payroll / "may").write_text("x")
    once(watching)
    in_journal(watching, "UPDATE reached SET sequence = 0")
    for table in ("alerts", "deliveries", "quiet"):
        in_journal(watching, f"DELETE FROM {table}")
    once(watching)
    assert len(told(watching.got)) == 2


def test_what_could_not_be_sent_is_sent_by_a_run_that_finds_nothing(
    watching: Watching, payroll: Path
) -> None:
    (payroll / "may").write_text("x")
    once(watching)
    in_journal(watching, "UPDATE deliveries SET state = 'waiting', next_ns = 0")
    once(watching)
    assert len(told(watching.got)) == 2


def test_what_was_folded_is_told_by_a_run_that_finds_nothing(watching: Watching, payroll: Path) -> None:
    watching.write(RULE.replace("{quiet}", "1s"))
    for name in ("may", "june"):
        (payroll / name).write_text("x")
        once(watching)
    first, *rest = told(watching.got)
    while not rest:
        once(watching)
        first, *rest = told(watching.got)
    assert (first["count"], [alert["count"] for alert in rest]) == (1, [1])


def test_a_rule_about_times_without_a_recorder_is_asked_by_a_run_that_finds_nothing(
    watching: Watching, payroll: Path
) -> None:
    watching.write("[alerts.shipped]\ngap.not_running = true\n")
    once(watching)
    assert [title for title in watching.titles("gap") if "not running" in title]


def test_a_journal_that_is_damaged_is_told_by_a_run_that_finds_nothing(
    watching: Watching, payroll: Path
) -> None:
    path = journal_path(watching.database)
    for suffix in ("-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    path.write_bytes(os.urandom(100_000))
    assert "fcm_tui.alerts.journal" in once(watching)
