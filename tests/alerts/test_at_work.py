"""Rules on a recorder at work, told to a program: raised once, folded, never lost, never in the recorder's way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import pytest

from tests.alerts.harness import Watching, told
from tests.waiting import eventually, wait_for

RULE = """
[alerts.shipped]
secret-touched.on = false
gap.on = false
[[alerts.rules]]
name = "payroll"
filter = "payroll/**"
quiet = "{quiet}"
targets = ["screen", "ops"]
[alerts.targets.ops]
type = "command"
argv = {teller}
"""


@contextmanager
def recording(command: list[str], stderr: BinaryIO | None = None) -> Iterator[subprocess.Popen[str]]:
    """A recorder of its own, once it is ready; gone afterwards, whatever happens."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, text=True) as process:
        try:
            assert process.stdout is not None
            assert "ready" in process.stdout.readline()
            yield process
        finally:
            process.kill()


async def test_a_change_that_a_rule_is_about_is_told_to_a_program(watching: Watching) -> None:
    watching.write(RULE.replace("{quiet}", "15m"))
    (watching.root / "payroll").mkdir()
    async with watching.running():
        (watching.root / "other").write_text("x")
        (watching.root / "payroll" / "may").write_text("secret content")
        (alert,) = await eventually(lambda: told(watching.got))
    assert alert["rule"] == "payroll"
    assert alert["title"] == f"payroll: {watching.root / 'payroll' / 'may'} created"
    assert [file["path"] for file in alert["files"]] == [str(watching.root / "payroll" / "may")]
    assert "secret content" not in watching.got.read_text()
    assert [(s.target, s.state) for s in watching.alerts()[0].sent] == [("ops", "sent")]


async def test_more_of_the_same_is_one_summary_at_the_end_of_the_quiet_time(watching: Watching) -> None:
    quiet = "10s" if sys.platform == "win32" else "2s"  # in which 300 files are written
    watching.write(RULE.replace("{quiet}", quiet))
    folder = watching.root / "payroll"
    folder.mkdir()
    async with watching.running():
        (folder / "first").write_text("x")
        await watching.has("payroll")
        for number in range(300):
            (folder / f"{number}").write_text("x")
        _, summary = await eventually(lambda: told(watching.got) if len(told(watching.got)) > 1 else None)
    first, second = told(watching.got)[:2]
    assert (first["kind"], second["kind"]) == ("alert", "summary")
    assert first["count"] + second["count"] <= 301
    assert second["count"] >= 1
    assert len(second["files"]) <= 5
    assert f"more changes in the {quiet} after the alert in {folder}" in summary["title"]


async def test_what_was_counted_in_a_quiet_time_outlives_the_recorder(watching: Watching) -> None:
    watching.write(RULE.replace("{quiet}", "4s"))
    folder = watching.root / "payroll"
    folder.mkdir()
    async with watching.running():
        (folder / "first").write_text("x")
        await watching.has("payroll")
        for number in range(10):
            (folder / f"{number}").write_text("x")
        await watching.has_changes(11)
    if len(watching.titles("payroll")) > 1:
        pytest.skip("this machine is too busy for a quiet time of 4 s")
    async with watching.running():
        _, entry = await watching.has("payroll", 2)
    assert (entry.alert.kind, entry.alert.count, entry.alert.kinds) == ("summary", 10, {"created": 10})


async def test_nothing_is_told_below_a_rate_and_all_of_it_above(watching: Watching) -> None:
    watching.write(RULE.replace('quiet = "{quiet}"', 'rate = "more than 5 in 1m"'))
    folder = watching.root / "payroll"
    folder.mkdir()
    async with watching.running():
        for number in range(5):
            (folder / f"{number}").write_text("x")
        await watching.has_changes(5)
        await watching.is_asked()
        assert watching.titles("payroll") == []
        (folder / "sixth").write_text("x")
        (entry,) = await watching.has("payroll")
    assert entry.alert.count == 6
    assert entry.alert.title == f"payroll: 6 changes within 1m in {folder}"


async def test_a_rate_remembers_what_came_before_a_restart(watching: Watching) -> None:
    watching.write(RULE.replace('quiet = "{quiet}"', 'rate = "more than 5 in 10m"'))
    folder = watching.root / "payroll"
    folder.mkdir()
    async with watching.running():
        for number in range(5):
            (folder / f"{number}").write_text("x")
        await watching.has_changes(5)
    (folder / "while nobody looked").write_text("x")
    async with watching.running():
        (entry,) = await watching.has("payroll")
    assert (entry.alert.count, entry.alert.found_by_scan) == (6, 1)


async def test_hours_count_from_when_a_file_says_that_it_changed(watching: Watching) -> None:
    """What a scan finds later was written when it was written."""
    watching.write(
        RULE.replace('quiet = "{quiet}"', 'quiet = "0s"\ninside_hours = "Mon 03:00-04:00"\nzone = "UTC"')
    )
    folder = watching.root / "payroll"
    folder.mkdir()
    async with watching.running():
        pass
    monday = 1_763_953_800  # 2025-11-24 03:10 UTC, a Monday
    for name, moment in (("in the night", monday), ("in the day", monday + 8 * 3600)):
        (folder / name).write_text("x")
        os.utime(folder / name, (moment, moment))
    async with watching.running():
        (entry,) = await watching.has("payroll")
        await watching.is_asked()
    assert [file.path for file in entry.alert.files] == [str(folder / "in the night")]


async def test_changes_from_before_the_first_run_are_nobodys_alert(watching: Watching) -> None:
    watching.toml.write_text("[alerts]\non = false\n")
    (watching.root / "payroll").mkdir()
    async with watching.running():
        (watching.root / "payroll" / "old").write_text("x")
        await watching.has_changes(1)
    Path(f"{watching.database}-alerts").unlink()
    watching.write(RULE.replace("{quiet}", "0s"))
    async with watching.running():
        (watching.root / "payroll" / "new").write_text("x")
        (entry,) = await watching.has("payroll")
    assert entry.alert.files[0].path == str(watching.root / "payroll" / "new")


async def test_other_rules_are_taken_up_while_it_records(watching: Watching) -> None:
    from fcm_tui.errors import ConfigError
    from fcm_tui.settings.follow import take_up

    before = watching.write("[alerts]\non = true\n")
    (watching.root / "payroll").mkdir()
    async with watching.running() as recorder:
        after = watching.write(RULE.replace("{quiet}", "0s"))
        assert await take_up(recorder, before, after, []) == []
        (watching.root / "payroll" / "may").write_text("x")
        await eventually(lambda: told(watching.got))
        wrong = watching.write(RULE.replace("payroll/**", "knid:created").replace("{quiet}", "0s"))
        with pytest.raises(
            ConfigError, match=r"fcm.toml:7: the filter of rule 'payroll': knid:created.*kind:"
        ):
            await take_up(recorder, after, wrong, [])
        (watching.root / "payroll" / "june").write_text("x")
        await eventually(lambda: len(told(watching.got)) == 2)


async def test_a_program_that_hangs_slows_nothing_and_is_killed(watching: Watching) -> None:
    argv = [sys.executable, "-c", "import time; time.sleep(600)"]
    text = RULE.replace("{quiet}", "0s").replace("{teller}", str(argv).replace("'", '"'))
    watching.write(f'{text}deadline = "1s"\n')
    (watching.root / "payroll").mkdir()
    async with watching.running():
        (watching.root / "payroll" / "may").write_text("x")
        state = await eventually(lambda: watching.target("ops"))
        assert "took longer than 1 s, and was killed" in (state.error or "")
        (watching.root / "after").write_text("x")
        await watching.has_changes(2)
    (entry,) = watching.alerts()
    assert (entry.sent[0].state, entry.sent[0].tries) == ("waiting", entry.sent[0].tries)


@pytest.mark.slow
def test_an_alert_raised_before_a_kill_is_sent_after_it_with_the_same_id(watching: Watching) -> None:
    """The program fails until a file is there; the recorder is killed in between."""
    allowed = watching.folder / "allowed"
    code = f"import os, sys; sys.exit(7) if not os.path.exists({str(allowed)!r}) else 0; open({str(watching.got)!r}, 'ab').write(sys.stdin.buffer.read())"
    argv = json.dumps([sys.executable, "-I", "-S", "-c", code])
    watching.write(RULE.replace("{quiet}", "15m").replace("{teller}", argv))
    (watching.root / "payroll").mkdir()
    command = [
        sys.executable, "-m", "fcm_tui", "--data-dir", str(watching.data), "--config", str(watching.toml),
        "record", str(watching.root),
    ]  # fmt: skip
    with recording(command) as first:
        (watching.root / "payroll" / "may").write_text("x")
        wait_for(lambda: watching.target("ops"), what="a try that failed")
        first.send_signal(signal.SIGKILL)
        first.wait()
    (before,) = watching.alerts()
    assert "ended with 7" in (before.sent[0].error or "")
    allowed.touch()
    (watching.root / "payroll" / "june").write_text("while nobody looked")
    with recording(command) as second:
        (alert,) = wait_for(lambda: told(watching.got), seconds=40)
        wait_for(lambda: watching.alerts()[0].sent[0].state == "sent", what="the program's end is noted")
        second.terminate()
        assert second.wait() == 0
    assert alert["id"] == before.alert.id
    assert watching.alerts()[0].sent[0].state == "sent"
    state = watching.target("ops")
    assert state is not None
    assert (state.sent, state.error) == (1, None)


async def test_a_damaged_journal_is_told_and_recording_goes_on(watching: Watching) -> None:
    watching.write(RULE.replace("{quiet}", "0s"))
    Path(f"{watching.database}-alerts").write_bytes(b"no database at all" * 1000)
    (watching.root / "payroll").mkdir()
    async with watching.running() as recorder:
        (watching.root / "payroll" / "may").write_text("x")
        await watching.has_changes(1)

        def is_told() -> bool:
            (watching.root / "more").write_text(str(os.urandom(8)))  # the state is told after a look
            return "journal of alerts is damaged" in recorder.state.message

        await eventually(is_told)
        Path(f"{watching.database}-alerts").unlink()
        await watching.has("payroll")


@pytest.mark.slow
def test_a_rule_that_is_written_wrong_meanwhile_changes_nothing(watching: Watching) -> None:
    watching.write(RULE.replace("{quiet}", "0s"))
    (watching.root / "payroll").mkdir()
    said = watching.folder / "said"
    command = [
        sys.executable, "-m", "fcm_tui", "--data-dir", str(watching.data), "--config", str(watching.toml),
        "record", str(watching.root),
    ]  # fmt: skip
    with open(said, "wb") as stderr, recording(command, stderr) as process:
        right = watching.toml.read_text()
        watching.toml.write_text(right.replace("payroll/**", "knid:created"))
        wait_for(lambda: "what was read before still holds" in said.read_text())
        (watching.root / "payroll" / "may").write_text("x")
        wait_for(lambda: told(watching.got))
        watching.toml.write_text(right.replace("payroll/**", "wages/**"))
        wait_for(lambda: "was read again" in said.read_text())
        (watching.root / "wages").mkdir()
        (watching.root / "wages" / "may").write_text("x")
        wait_for(lambda: len(told(watching.got)) == 2)
        process.terminate()
        assert process.wait() == 0
    assert (
        "fcm.toml:7: the filter of rule 'payroll': knid:created: no such key: did you mean kind:?"
        in said.read_text()
    )


def test_one_pass_asks_and_sends_too(watching: Watching) -> None:
    watching.write(RULE.replace("{quiet}", "0s"))
    (watching.root / "payroll").mkdir()
    command = [
        sys.executable, "-m", "fcm_tui", "--data-dir", str(watching.data), "--config", str(watching.toml),
        "record", "--once", str(watching.root),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)
    (watching.root / "payroll" / "may").write_text("x")
    subprocess.run(command, check=True, capture_output=True)
    (alert,) = told(watching.got)
    assert alert["found_by_scan"] == 1
    subprocess.run(command, check=True, capture_output=True)
    assert len(told(watching.got)) == 1
