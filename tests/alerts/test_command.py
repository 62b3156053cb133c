"""`fcm-tui alert`, and what `status` says of targets."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from fcm_tui.cli import main
from fcm_tui.safetext import visible
from tests.alerts.harness import Watching, told
from tests.alerts.servers import web
from tests.waiting import eventually

HOSTILE = "\u202emay" if sys.platform == "win32" else "\x1b[31mmay"
"""Windows has no names with ESC in them."""
CONFIGURATION = """
[[alerts.rules]]
name = "payroll"
filter = "payroll/"
targets = ["screen", "ops", "hook"]
[alerts.targets.ops]
type = "command"
argv = {teller}
[alerts.targets.hook]
type = "webhook"
url = "http://127.0.0.1:{port}/"
"""


def run(watching: Watching, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(["--data-dir", str(watching.data), "--config", str(watching.toml), *arguments])
    said = capsys.readouterr()
    return status, said.out, said.err


async def test_alerts_are_listed_and_a_failing_target_is_told(
    watching: Watching, capsys: pytest.CaptureFixture[str]
) -> None:
    with web(503) as server:
        watching.write(CONFIGURATION.replace("{port}", str(server.port)))
        hostile = watching.root / "payroll" / HOSTILE
        hostile.parent.mkdir()
        async with watching.running():
            hostile.write_text("content")
            await eventually(lambda: watching.target("hook"))
            await eventually(lambda: told(watching.got))
    status, out, _ = run(watching, capsys, "alert", "list")
    assert status == 0
    assert "payroll: " in out
    assert f"{visible(HOSTILE)} created" in out
    assert "not sent to hook so far: 127.0.0.1: it answers 503" in out
    status, out, _ = run(watching, capsys, "alert", "list", "--json")
    (line,) = out.splitlines()
    values = json.loads(line)
    assert (values["rule"], values["read"], values["test"]) == ("payroll", False, False)
    assert {sent["target"]: sent["state"] for sent in values["sent"]} == {"ops": "sent", "hook": "waiting"}
    status, out, _ = run(watching, capsys, "status")
    assert "alerts     1 unread; 6 rules" in out
    assert "hook fails since" in out
    status, out, _ = run(watching, capsys, "status", "--json")
    found = {target["target"]: target for target in json.loads(out)["alerts"]["targets"]}
    assert (found["ops"]["sent"], found["ops"]["error"]) == (1, None)
    assert found["hook"]["waiting"] == 1


def test_a_test_is_marked_and_says_what_came_of_it(
    watching: Watching, capsys: pytest.CaptureFixture[str]
) -> None:
    with web(204, 500) as server:
        watching.write(CONFIGURATION.replace("{port}", str(server.port)))
        status, out, _ = run(watching, capsys, "alert", "test", "payroll")
        assert status == 0, out
        assert [line.partition(":")[0] for line in out.splitlines()] == ["screen", "ops", "hook"]
        status, out, _ = run(watching, capsys, "alert", "test", "hook", "--json")
        assert (status, json.loads(out)["error"]) == (1, "127.0.0.1: it answers 500 Internal Server Error")
    (alert,) = told(watching.got)
    assert (alert["kind"], alert["test"]) == ("test", True)
    assert alert["title"].startswith("TEST: payroll: ")
    assert json.loads(server.got[0].body)["test"] is True


def test_all_targets_are_tried_those_of_no_rule_too(
    watching: Watching, capsys: pytest.CaptureFixture[str]
) -> None:
    spare = '[alerts.targets.spare]\ntype = "command"\nargv = ["/nonexistent"]\n'
    watching.write(CONFIGURATION.replace("{port}", "1") + spare)
    status, out, _ = run(watching, capsys, "alert", "test", "--json")
    assert status == 1
    tried = {(told_ := json.loads(line))["target"]: told_["sent"] for line in out.splitlines()}
    assert (tried["ops"], tried["hook"], tried["spare"]) == (True, False, False)


def test_what_is_misspelt_is_told(watching: Watching, capsys: pytest.CaptureFixture[str]) -> None:
    watching.write(CONFIGURATION.replace("{port}", "1"))
    status, _, err = run(watching, capsys, "alert", "test", "payrol")
    assert (status, err) == (2, "fcm-tui: payrol: no such rule or target: did you mean payroll?\n")
    status, _, err = run(watching, capsys, "alert", "list")
    assert (status, err) == (0, "no alerts yet\n")
    watching.write(CONFIGURATION.replace("{port}", "1").replace("payroll/", "kind:x"))
    status, _, err = run(watching, capsys, "config", "check")
    assert status == 2
    assert "fcm.toml:4: the filter of rule 'payroll'" in err


def test_a_test_at_a_seat_leads_to_no_list_that_is_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seat = ["--data-dir", str(tmp_path / "none"), "--database", "mysql://reviewer@127.0.0.1:9/fcm"]
    assert main(["alert", "test", *seat]) == 0
    assert capsys.readouterr().out == (
        "screen: at a reviewer's seat no alert is raised; where it is recorded they are listed on the screen;"
        " a test is not\n"
    )
    assert main(["alert", "test", "--data-dir", str(tmp_path / "none")]) == 0
    assert "by `fcm-tui alert list`; a test is not" in capsys.readouterr().out
