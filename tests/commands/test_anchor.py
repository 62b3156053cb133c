"""Heads kept elsewhere: a record that was cut short, written anew or exchanged shows, signed or not."""

from __future__ import annotations

import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from fcm_tui import cli
from fcm_tui.datadir import DataDir
from tests.store.test_verify import rehash, tamper

Capsys = pytest.CaptureFixture[str]


def run(capsys: Capsys, *arguments: str) -> tuple[int, str, str]:
    return cli.main(list(arguments)), *capsys.readouterr()


@pytest.fixture
def record(data_dir: DataDir, tmp_path: Path, capsys: Capsys) -> DataDir:
    """Three changes."""
    folder = tmp_path / "root"
    folder.mkdir()
    run(capsys, "record", "--once", str(folder))
    for name in "abc":
        (folder / name).write_text(f"{name}\n")
        assert run(capsys, "record", "--once", str(folder))[0] == 0
    return data_dir


def test_the_head_is_told_everywhere_alike(record: DataDir, capsys: Capsys) -> None:
    recorder, sequence, chain = run(capsys, "anchor")[1].split()
    status = json.loads(run(capsys, "status", "--json")[1])
    assert status["head"] == {"recorder": recorder, "sequence": int(sequence), "chain": chain}
    assert json.loads(run(capsys, "verify", "--json")[1])["head"] == status["head"]
    assert f"head       {sequence} {chain}\n" in run(capsys, "status")[1]


@pytest.mark.parametrize("how", [("status", "--json"), ("verify", "--json"), ("anchor",)])
def test_a_record_that_went_on_leads_through_its_anchor(
    record: DataDir, tmp_path: Path, how: tuple[str, ...], capsys: Capsys
) -> None:
    anchor = tmp_path / "anchor"
    anchor.write_text(run(capsys, *how)[1])
    (tmp_path / "root/d").write_text("d\n")
    run(capsys, "record", "--once", str(tmp_path / "root"))
    status, out, err = run(capsys, "verify", "--anchor", str(anchor))
    assert (status, err) == (0, "")
    assert out.startswith("ok: 4 changes")


def test_what_happened_to_a_record_is_told_in_one_line(
    record: DataDir, tmp_path: Path, capsys: Capsys
) -> None:
    anchors = tmp_path / "anchors"
    head = run(capsys, "anchor")[1]
    anchors.write_text(f"# gathered\n\n{head}")

    def told() -> tuple[int, list[str]]:
        status, out, _ = run(capsys, "verify", "--anchor", str(anchors))
        return status, [line for line in out.splitlines() if line.startswith("anchor")]

    with closing(sqlite3.connect(record.database)) as connection:
        kept = connection.execute("SELECT path FROM changes WHERE sequence = 3").fetchone()[0]
    tamper(record, "UPDATE changes SET path = X'2f78' WHERE sequence = 2")
    rehash(record)
    assert told() == (1, ["anchor 3: the history up to change 3 was written anew"])
    assert kept
    tamper(record, "DELETE FROM changes WHERE sequence = 3")
    assert told() == (1, ["anchor 3: the record's end was cut off: it ends with change 2, and had 3"])
    other = "ab" * 16
    anchors.write_text(head.replace(head[:32], other))
    assert told() == (1, [f"anchor 3: this record is another one: it has no recorder {other}"])


def test_an_anchor_before_the_first_change(data_dir: DataDir, tmp_path: Path, capsys: Capsys) -> None:
    folder = tmp_path / "root"
    folder.mkdir()
    run(capsys, "record", "--once", str(folder))
    for how in (("anchor",), ("status", "--json")):
        (tmp_path / "anchor").write_text(run(capsys, *how)[1])
        assert run(capsys, "verify", "--anchor", str(tmp_path / "anchor"))[0] == 0


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", "{", "hello\n", "\0\xff", '{"head": 3}', '{"recorder": "zz"}', "00 1 22"]
)
def test_a_file_that_is_no_anchor(record: DataDir, tmp_path: Path, content: str, capsys: Capsys) -> None:
    (tmp_path / "anchor").write_bytes(content.encode("latin-1"))
    status, out, err = run(capsys, "verify", "--anchor", str(tmp_path / "anchor"))
    assert (status, out, len(err.splitlines())) == (2, "", 1)
    assert "anchor" in err


def test_signed_anchors(record: DataDir, tmp_path: Path, capsys: Capsys) -> None:
    key, other, anchors = tmp_path / "key", tmp_path / "other", tmp_path / "anchors"
    for file in (key, other):
        status, out, err = run(capsys, "anchor", "--make-key", str(file))
        assert (status, out, len(err.splitlines())) == (0, "", 1)
        if sys.platform != "win32":
            assert file.stat().st_mode & 0o777 == 0o600
    assert run(capsys, "anchor", "--make-key", str(key))[0] == 2  # never over a key
    signed = run(capsys, "anchor", "--sign", str(key))[1]
    anchors.write_text(signed)
    check = ("verify", "--anchor", str(anchors), "--key")
    assert run(capsys, *check, f"{key}.pub")[0] == 0
    assert run(capsys, "verify", "--anchor", str(anchors))[0] == 0
    status, out, _ = run(capsys, *check, f"{other}.pub")
    assert (status, out) == (1, "anchor 3: was altered, or signed with another key\n")
    anchors.write_text(signed.replace(" 3 ", " 2 "))
    assert run(capsys, *check, f"{key}.pub")[:2] == (1, "anchor 2: was altered, or signed with another key\n")
    anchors.write_text(signed.rsplit(" ", 1)[0])
    assert run(capsys, *check, f"{key}.pub")[:2] == (1, "anchor 3: is not signed\n")
    found = json.loads(run(capsys, *check, f"{key}.pub", "--json")[1])
    assert (found["ok"], len(found["problems"])) == (False, 1)


def test_keys_that_are_none(record: DataDir, tmp_path: Path, capsys: Capsys) -> None:
    anchors, junk = tmp_path / "anchors", tmp_path / "junk"
    anchors.write_text(run(capsys, "anchor")[1])
    junk.write_text("junk")
    for arguments in (
        ("verify", "--anchor", str(anchors), "--key", str(junk)),
        ("verify", "--anchor", str(anchors), "--key", str(tmp_path / "none")),
        ("verify", "--key", str(junk)),
        ("anchor", "--sign", str(junk)),
        ("anchor", "--sign", str(tmp_path)),
        ("anchor", "--make-key", str(tmp_path / "no/where")),
    ):
        status, out, err = run(capsys, *arguments)
        assert (status, out, len(err.splitlines())) == (2, "", 1), arguments


def test_without_the_library_it_says_how_to_get_it(
    record: DataDir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capsys
) -> None:
    monkeypatch.setitem(sys.modules, "cryptography", None)
    status, out, err = run(capsys, "anchor", "--sign", str(tmp_path / "key"))
    assert (status, out) == (2, "")
    assert (
        err
        == "fcm-tui: signing needs the package `cryptography`: install it with `pip install 'fcm-tui[crypto]'`\n"
    )


def test_an_empty_name_is_no_anchor_that_holds(record: DataDir, capsys: Capsys) -> None:
    """As a script with a variable that nobody set has it."""
    status, out, err = run(capsys, "verify", "--anchor", "")
    assert (status, out) == (2, "")
    assert "--anchor is empty" in err
