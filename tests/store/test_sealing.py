"""Contents and differences encrypted at rest: nothing of them lies readable, all commands work, a lost key is told."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from fcm_tui import cli
from fcm_tui.datadir import DataDir
from fcm_tui.store.sealing import sealer as sealing
from fcm_tui.store.sealing.key import VARIABLE
from tests.attributes import HAS_USER, bear, borne

WORD = b"very particular words"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def no_key_left() -> Iterator[None]:
    yield
    sealing.hold(None)


@pytest.fixture
def key(tmp_path: Path) -> Path:
    file = tmp_path / "key"
    file.touch(0o600)
    file.write_text(os.urandom(32).hex() + "\n")
    return file


@pytest.fixture
def config(tmp_path: Path, key: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "fcm.toml"
    file.write_text("[encryption]\nkey = 'file:key'\n")
    monkeypatch.setenv("FCM_CONFIG", str(file))
    return file


@pytest.fixture
def run(capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    def command(*arguments: str, status: int = 0) -> tuple[int, str, str]:
        found = cli.main(list(arguments))
        out, err = capfdbinary.readouterr()
        assert found == status, err
        return found, out.decode(), err.decode()

    return command


def texts() -> list[str]:
    first = "".join(f"line {number}\n" for number in range(400))
    second = first.replace("line 7\n", f"{WORD.decode()}\n").replace("line 9\n", "")
    return [first, second, second.replace("line 300\n", "three hundred\n")]


@pytest.fixture
def record(data_dir: DataDir, root: Path, config: Path, run: Run) -> DataDir:
    """Three changes of a text, two of a large binary, in an encrypted record."""
    binary = os.urandom(1_400_000) + WORD
    (root / "raw").write_bytes(WORD)
    for number, text in enumerate(texts()):
        (root / "text").write_bytes(text.encode())
        bear(root / "text", {"user.x": WORD + b"%d" % number} if HAS_USER else {})
        (root / "large").write_bytes(binary + b"%d" % number)
        run("record", "--once", str(root))
    return data_dir


def readable(data_dir: DataDir) -> list[str]:
    """Where the words are, in the files as they lie there and in what is compressed in them."""
    found = [f.name for f in data_dir.path.iterdir() if f.is_file() and WORD in f.read_bytes()]
    with closing(sqlite3.connect(data_dir.database)) as connection:
        found += [
            c
            for (c,) in connection.execute(
                "SELECT codec FROM contents WHERE codec NOT IN ('c') AND codec NOT LIKE 'x_'"
            )
        ]
        found += [
            d
            for (d,) in connection.execute(
                "SELECT affected_lines FROM differences WHERE typeof(affected_lines) = 'text'"
            )
        ]
        found += [
            d
            for (d,) in connection.execute(
                "SELECT replaced_lines FROM differences WHERE typeof(replaced_lines) = 'text'"
            )
        ]
    return found


def test_nothing_of_it_lies_readable_and_all_commands_work(record: DataDir, root: Path, run: Run) -> None:
    assert readable(record) == []
    with closing(sqlite3.connect(record.database)) as connection:
        codecs = {codec for (codec,) in connection.execute("SELECT DISTINCT codec FROM contents")}
        assert {"c", "xr"} < codecs
        assert codecs & {"xe", "xs", "xd"}
    changes = [json.loads(line) for line in run("log", "--json")[1].splitlines()]
    edits = [c for c in changes if c["path"].endswith("text")]
    assert len(edits) == 2
    old, new = texts()[1:]
    newest = str(edits[0]["sequence"])
    assert run("cat", newest)[1] == new
    assert run("cat", newest, "--before")[1] == old
    assert "+three hundred\n" in run("diff", newest)[1]
    assert len(run("log", "--text", WORD.decode())[1].splitlines()) == 1
    assert run("log", "--text", "in no line at all")[1] == ""
    assert run("verify")[1].startswith("ok: 4 changes")
    run("restore", newest, "--before")
    assert (root / "text").read_text() == old
    assert borne(root / "text") == ({"user.x": WORD + b"1"} if HAS_USER else {})
    assert readable(record) == []


def test_each_content_and_each_difference_is_stored_once(record: DataDir, root: Path, run: Run) -> None:
    def rows() -> list[tuple[int]]:
        with closing(sqlite3.connect(record.database)) as connection:
            return [
                connection.execute(f"SELECT count(*) FROM {t}").fetchone()
                for t in ("contents", "differences")
            ]

    before = rows()
    (root / "copy").write_bytes(texts()[2].encode())
    run("record", "--once", str(root))
    (root / "text").write_bytes(texts()[1].encode())
    run("record", "--once", str(root))
    (root / "text").write_bytes(texts()[2].encode())
    run("record", "--once", str(root))
    assert rows()[0] == before[0]
    assert (
        rows()[1][0] == before[1][0] + 2
    )  # all lines of the copy, and the way back; the way there was known


@pytest.mark.parametrize("how", ["no key configured", "another key", "no file", "no digits"])
def test_without_its_key_only_what_is_sealed_is_out_of_reach(
    how: str, record: DataDir, root: Path, config: Path, key: Path, run: Run
) -> None:
    good = key.read_text()
    files = {f.name: f.read_bytes() for f in record.path.iterdir() if f.name == "record.db"}
    match how:
        case "no key configured":
            config.write_text("")
        case "another key":
            key.write_text("ab" * 32)
        case "no file":
            key.unlink()
        case _:
            key.write_text("my password")
    sealing.hold(None)
    assert len(run("log", "--json")[1].splitlines()) == 4
    with closing(sqlite3.connect(record.database)) as connection:
        key_id = connection.execute("SELECT key_id FROM sealing_keys").fetchone()[0].hex()
    assert json.loads(run("status", "--json")[1])["encrypted_with"] == [key_id]
    assert key_id in run("status")[1]
    for command in (
        ("cat", "4"),
        ("diff", "4"),
        ("verify",),
        ("log", "--text", "x"),
        ("record", "--once", str(root)),
    ):
        _, out, err = run(*command, status=2)
        assert (out, len(err.splitlines())) == ("", 1), command
        assert "key" in err
    assert {name: (record.path / name).read_bytes() for name in files} == files
    config.write_text("[encryption]\nkey = 'file:key'\n")
    key.touch(0o600)
    key.write_text(good)
    sealing.hold(None)
    run("verify")


def test_what_was_recorded_before_encryption_stays_readable(
    data_dir: DataDir, root: Path, config: Path, run: Run
) -> None:
    config.write_text("")
    (root / "text").write_bytes(texts()[0].encode())
    run("record", "--once", str(root))
    config.write_text("[encryption]\nkey = 'file:key'\n")
    (root / "text").write_bytes(texts()[1].encode())
    run("record", "--once", str(root))
    assert run("cat", "1")[1] == texts()[1]
    assert run("cat", "1", "--before")[1] == texts()[0]
    run("verify")
    with closing(sqlite3.connect(data_dir.database)) as connection:
        codecs = [codec for (codec,) in connection.execute("SELECT codec FROM contents ORDER BY rowid")]
    assert [codec[0] for codec in codecs] == ["z", "x"]
    assert all(WORD not in f.read_bytes() for f in data_dir.path.iterdir() if f.is_file())


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE contents SET data = CAST(X'00' || substr(data, 2) AS BLOB) WHERE codec = 'xz'",
        "UPDATE contents SET data = 'text' WHERE codec = 'xz'",
        "UPDATE contents SET data = substr(data, 1, length(data) - 1) WHERE codec = 'xr'",
        "UPDATE contents SET codec = 'xr' WHERE codec = 'xz'",
        "UPDATE contents SET codec = 'r' WHERE codec = 'xr'",
        "UPDATE contents SET data = (SELECT data FROM contents c WHERE c.codec = 'xz') WHERE codec = 'xr'",
        "UPDATE contents SET data = X'' WHERE codec = 'xz'",
        "UPDATE differences SET affected_lines = CAST(X'00' || substr(affected_lines, 2) AS BLOB)",
        "UPDATE differences SET affected_lines = 'plain'",
        "UPDATE differences SET replaced_lines = NULL WHERE replaced_lines IS NOT NULL",
    ],
)
def test_an_altered_sealed_row_is_found(statement: str, record: DataDir, run: Run) -> None:
    with closing(sqlite3.connect(record.database)) as connection, connection:
        assert connection.execute(statement).rowcount > 0
    out = run("verify", status=1)[1]
    assert out.startswith("difference " if "differences" in statement else "content ")


def test_a_key_from_the_environment_and_a_key_file_that_others_can_read(
    data_dir: DataDir, root: Path, config: Path, key: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text("[encryption]\nkey = 'environment'\n")
    (root / "raw").write_bytes(WORD)
    err = run("record", "--once", str(root), status=2)[2]
    assert VARIABLE in err
    monkeypatch.setenv(VARIABLE, key.read_text())
    run("record", "--once", str(root))
    assert readable(data_dir) == []
    config.write_text("[encryption]\nkey = 'file:key'\n")
    run("verify")
    if sys.platform != "win32":
        sealing.hold(None)
        key.chmod(0o644)
        assert "chmod 600" in run("verify", status=2)[2]


def test_a_key_from_the_keyring(data_dir: DataDir, root: Path, config: Path, run: Run) -> None:
    import keyring
    from keyring.backend import KeyringBackend

    class Memory(KeyringBackend):
        priority = 1  # type: ignore[assignment]

        def get_password(self, service: str, username: str) -> str | None:
            return "cd" * 32 if (service, username) == ("fcm-tui", "encryption") else None

        def set_password(self, service: str, username: str, password: str) -> None:
            raise NotImplementedError

        def delete_password(self, service: str, username: str) -> None:
            raise NotImplementedError

    before = keyring.get_keyring()
    keyring.set_keyring(Memory())
    try:
        config.write_text("[encryption]\nkey = 'keyring'\n")
        (root / "raw").write_bytes(WORD)
        run("record", "--once", str(root))
        run("verify")
        assert readable(data_dir) == []
    finally:
        keyring.set_keyring(before)


def test_without_the_library_it_says_how_to_get_it(
    root: Path, config: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.ciphers.aead", None)
    err = run("record", "--once", str(root), status=2)[2]
    assert "pip install 'fcm-tui[crypto]'" in err
    assert len(err.splitlines()) == 1


@pytest.mark.slow
def test_processes_that_help_read_and_write_sealed_rows(
    data_dir: DataDir, root: Path, config: Path, run: Run
) -> None:
    def record() -> None:
        command = [sys.executable, "-m", "fcm_tui", "record", "--once", str(root)]
        subprocess.run(command, check=True, capture_output=True)

    for number in range(2500):
        (root / f"{number}").write_text(f"{number}\n" * 50)
    record()
    for number in range(2500):
        (root / f"{number}").write_text(f"{number}\n" * 49 + f"{WORD.decode()}\n")
    record()
    assert readable(data_dir) == []
    assert run("verify")[1].startswith("ok: 2500 changes")
    counts = {(c["inserted"], c["updated"]) for c in map(json.loads, run("log", "--json")[1].splitlines())}
    assert counts == {(0, 1)}
