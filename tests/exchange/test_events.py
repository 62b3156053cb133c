"""`fcm-tui export events`: what a SIEM reads, exactly once and as it comes."""

from __future__ import annotations

import hashlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from fcm_tui.exchange.events import ocsf
from fcm_tui.model import Process
from fcm_tui.store.reading.queries import Reader
from fcm_tui.who.users import user_of
from fcm_tui.who.words import How, told
from tests.commands.test_commands import Cli
from tests.hostile import KINDS, usable

SCHEMA = json.loads(Path(__file__).with_name("ocsf-1.5.0-file-activity.json").read_text())


def work(cli: Cli) -> None:
    """A change of each kind, of a link, of a secret, and of a name in bytes."""
    (cli.root / "a").write_bytes(b"one\n")
    (cli.root / "b").write_bytes(b"b\n")
    (cli.root / ".env").write_bytes(b"KEY=1\n")
    cli.once()
    (cli.root / "a").write_bytes(b"two\n")
    (cli.root / "b").rename(cli.root / "c")
    (cli.root / ".env").write_bytes(b"KEY=2\n")
    (cli.root / "new").write_bytes(b"new\n")
    if os.name == "posix":
        (cli.root / "link").symlink_to("a")
        for kind in KINDS.values():
            if usable(kind.name):
                (cli.root / os.fsdecode(kind.name)).write_bytes(kind.content)
    cli.once()
    (cli.root / "new").unlink()
    if os.name == "posix":
        (cli.root / "c").chmod(0o755)
    cli.once()


def events(cli: Cli, *arguments: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in cli.run("export", "events", *arguments).stdout.splitlines()]


def test_ocsf_holds_to_its_schema(cli: Cli) -> None:
    work(cli)
    found = events(cli)
    changes = cli.log("--reverse")
    assert [event["metadata"]["sequence"] for event in found] == [change["sequence"] for change in changes]
    check = jsonschema.Draft202012Validator(SCHEMA)
    for event in found:
        check.validate(event)
        json.dumps(event, ensure_ascii=False).encode()  # no lone surrogates, which other readers refuse
    by_name = {(event["activity_name"], event["file"]["name"]): event for event in found}
    update = by_name["Update", "a"]
    assert update["file"]["hashes"][0]["value"] == hashlib.sha256(b"two\n").hexdigest()
    assert update["unmapped"]["before"] == hashlib.sha256(b"one\n").hexdigest()
    assert (update["type_uid"], update["file"]["size"]) == (100103, 4)
    rename = by_name["Rename", "b"]
    assert (rename["file"]["path"], rename["file_result"]["path"]) == (
        str(cli.root / "b"),
        str(cli.root / "c"),
    )
    assert by_name["Update", ".env"]["severity_id"] == 2
    assert by_name["Delete", "new"]["type_uid"] == 100104
    if os.name == "posix":
        assert by_name["Create", "link"]["file"]["type_id"] == 7
        assert by_name["Set Attributes", "c"]["unmapped"]["mode"] == "0755"
        undecodable = next(event for event in found if "path_bytes" in event["unmapped"])
        assert bytes.fromhex(undecodable["unmapped"]["path_bytes"]).startswith(os.fsencode(cli.root))
    assert events(cli, "--filter", "kind:deleted") == [by_name["Delete", "new"]]


def of_process(cli: Cli, process: str | None, stored: str | None) -> dict[str, Any]:
    """The event of a change that a process made, which holds to the schema."""
    with Reader(cli.data / "record.db") as reader:
        recorder, change = reader.recorder(), reader.log(limit=1)[0]
    assert recorder is not None
    (event,) = ocsf.events(change._replace(process=process, process_info=stored), recorder)
    jsonschema.Draft202012Validator(SCHEMA).validate(event)
    return event


@pytest.mark.skipif(os.name != "posix", reason="a user has no number there")
def test_who_did_it_is_told_as_far_as_it_is_known(cli: Cli) -> None:
    work(cli)
    vim = Process(7, 1, b"vim", b"vim\0notes.txt\0", b"/usr/bin/vim", 0, 3, b"bash", 0)
    me = user_of(0)
    user = {"name": me, "type_id": 0, "type": "Unknown"}
    event = of_process(cli, *told([vim], How.EVENT))
    assert event["actor"] == {
        "user": user,
        "process": {
            "name": "vim",
            "pid": 7,
            "cmd_line": "vim notes.txt",
            "file": {"name": "vim", "path": "/usr/bin/vim", "type_id": 1, "type": "Regular File"},
            "user": user,
            "parent_process": {"name": "bash", "pid": 3},
        },
    }
    assert event["unmapped"]["attribution"] == {"how": "event", "login": me}
    event = of_process(cli, *told([vim], How.GUESS, "it has the file open"))
    assert event["actor"]["process"]["pid"] == 7
    assert event["unmapped"]["attribution"] == {"how": "guess", "why": "it has the file open", "login": me}
    event = of_process(cli, *told([], How.UNKNOWN, "events were lost"))
    assert event["actor"] == {"user": {"name": "unknown", "type_id": 0, "type": "Unknown"}}
    assert event["unmapped"]["attribution"] == {"how": "unknown", "why": "events were lost"}
    assert of_process(cli, "vim[7]", None)["actor"] == {"process": {"name": "vim", "pid": 7}}
    for hostile in ('{"how": 7, "user": ["x"], "parent": ""}', "[1]", '{"program": "/", "parent": "x"}'):
        of_process(cli, "vim[7]", hostile)


def test_rows_of_osquery(cli: Cli) -> None:
    work(cli)
    found = events(cli, "--shape", "osquery")
    for row in found:
        assert row["name"] == "file_events" and row["action"] == "added"
        assert all(isinstance(value, str) for value in row["columns"].values())
    actions = [(row["columns"]["action"], os.path.basename(row["columns"]["target_path"])) for row in found]
    for wanted in (
        ("UPDATED", "a"),
        ("MOVED_FROM", "b"),
        ("MOVED_TO", "c"),
        ("CREATED", "new"),
        ("DELETED", "new"),
    ):
        assert wanted in actions
    moved = [
        row["columns"]["transaction_id"] for row in found if row["columns"]["action"].startswith("MOVED")
    ]
    assert len(moved) == 2 and moved[0] == moved[1]
    assert events(cli, "--shape", "json") == cli.log("--reverse")


def test_behind_a_change_and_from_a_moment(cli: Cli) -> None:
    work(cli)
    whole = events(cli, "--shape", "json")
    assert events(cli, "--shape", "json", "--since", "3") == whole[3:]
    newest = [change for change in whole if change["time"] >= whole[-1]["time"]]
    assert events(cli, "--shape", "json", "--since", whole[-1]["time"]) == newest
    assert events(cli, "--shape", "json", "--since", str(len(whole))) == []
    too_far = cli.run("export", "events", "--since", "9999", status=1).stderr
    assert too_far == f"fcm-tui: --since 9999: this record ends at change {len(whole)}\n".encode()


@contextmanager
def following(cli: Cli, *arguments: str) -> Iterator[tuple[subprocess.Popen[bytes], queue.Queue[int]]]:
    """`--follow` in a process of its own; the sequences that it tells."""
    program = [
        sys.executable,
        "-m",
        "fcm_tui",
        "--data-dir",
        str(cli.data),
        "export",
        "events",
        "--follow",
        *arguments,
    ]
    told: queue.Queue[int] = queue.Queue()
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, b"")

        def read() -> None:
            for line in lines:
                told.put(json.loads(line)["metadata"]["sequence"])

        reader = threading.Thread(target=read)
        reader.start()
        try:
            yield process, told
        finally:
            process.kill()
            reader.join()


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_following_and_taking_up_again(cli: Cli) -> None:
    cli.once()
    (cli.root / "f1").write_text("1\n")
    cli.once()
    with following(cli) as (process, told):
        assert told.get(timeout=30) == 1
        (cli.root / "f2").write_text("2\n")
        (cli.root / "f3").write_text("3\n")
        cli.once()
        assert [told.get(timeout=30), told.get(timeout=30)] == [2, 3]
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        assert process.stderr is not None and process.stderr.read() == b""
    (cli.root / "f4").write_text("4\n")
    cli.once()
    with following(cli, "--since", "3", "--filter", "kind:created") as (process, told):
        assert told.get(timeout=30) == 4
        (cli.root / "f4").write_text("other\n")
        (cli.root / "f5").write_text("5\n")
        cli.once()
        assert told.get(timeout=30) == 6
        assert told.empty()


@pytest.mark.skipif(os.name != "posix", reason="pipes of POSIX")
def test_it_ends_where_nobody_reads_any_more(cli: Cli) -> None:
    work(cli)
    program = [sys.executable, "-m", "fcm_tui", "--data-dir", str(cli.data), "export", "events", "--follow"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(30) in (0, 141)
        assert process.stderr.read() == b""
