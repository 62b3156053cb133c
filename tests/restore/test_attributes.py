"""Extended attributes are recorded with each version, and come back with it."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from fcm_tui.capture import attributes
from fcm_tui.restore import disk
from fcm_tui.store.reading.queries import Reader
from tests.attributes import ACCESS, CAPABILITY, bear, borne, needs_root, needs_user
from tests.restore.conftest import Case

pytestmark = needs_user

ONE = {"user.one": b"1", "user.two": b"\0\xff"}
OTHER = {"user.one": b"other", "user.three": b""}


def written(had: dict[str, bytes]) -> bytes:
    return attributes.encode({os.fsencode(name): value for name, value in had.items()})


def test_an_attribute_alone_is_a_change_of_metadata_and_is_undone_and_done_again(case: Case) -> None:
    path = case.write("a", "one\n")
    bear(path, ONE)
    case.record()
    bear(path, OTHER)
    (change,) = case.record()
    assert change.kind == "metadata"
    assert change.previous_attributes == hashlib.sha256(written(ONE)).digest()
    assert change.attributes == hashlib.sha256(written(OTHER)).digest()
    with Reader(case.data_dir.database) as reader:
        assert reader.content(change.attributes) == written(OTHER)
        assert reader.content(change.previous_attributes) == written(ONE)
    assert "attributes" in case.restore("1", "--before", "--dry-run")
    assert borne(path) == OTHER
    out = case.restore("1", "--before")
    assert out.startswith(f"set mode, time and attributes of {path}\n")
    assert borne(path) == ONE
    case.restore("1")
    assert borne(path) == OTHER
    assert case.restore("1") == "nothing to do: it is as it was\n"
    assert [(c.kind, c.origin) for c in case.since(1)] == [("metadata", "restore")] * 2


def test_removing_all_of_them_is_a_change_too(case: Case) -> None:
    path = case.write("a", "one\n")
    bear(path, ONE)
    case.record()
    bear(path, {})
    (change,) = case.record()
    assert (change.kind, change.attributes) == ("metadata", b"")
    case.restore("1", "--before")
    assert borne(path) == ONE
    case.restore("1")
    assert borne(path) == {}


def test_a_file_without_them_is_known_to_have_none(case: Case) -> None:
    path = case.write("a", "one\n")
    case.record()
    path.chmod(0o600)
    (change,) = case.record()
    assert (change.attributes, change.previous_attributes) == (b"", b"")
    bear(path, ONE)
    case.record()
    case.restore("1")
    assert borne(path) == {}


def test_a_version_comes_back_with_what_it_had(case: Case) -> None:
    path = case.write("a", "one\n")
    bear(path, ONE)
    case.record()
    path.write_text("two\n")
    bear(path, OTHER)
    case.record()
    path.unlink()
    (deleted,) = case.record()
    assert (deleted.attributes, deleted.previous_attributes) == (
        None,
        hashlib.sha256(written(OTHER)).digest(),
    )
    case.restore("2", "--before")
    assert (path.read_text(), borne(path)) == ("two\n", OTHER)
    out = case.restore("1", "--before")
    assert (path.read_text(), borne(path)) == ("one\n", ONE)
    assert f"wrote {path} (4 bytes and attributes)\n" in out


def test_a_folder_comes_back_with_what_its_files_had(case: Case) -> None:
    first, second, third = (case.write(f"d/{name}", f"{name}\n") for name in "abc")
    bear(first, ONE)
    bear(second, ONE)
    case.record()
    then = case.moment()
    bear(first, OTHER)
    second.rename(case.root / "d" / "moved")
    bear(case.root / "d" / "moved", {})
    bear(third, OTHER)
    changes = {os.path.basename(c.path): c for c in case.record()}
    assert changes[b"moved"].previous_attributes == hashlib.sha256(written(ONE)).digest()
    assert changes[b"moved"].attributes == b""
    case.restore(str(case.root), "--at", then)
    assert [borne(path) for path in (first, second, third)] == [ONE, ONE, {}]


def test_a_copy_elsewhere_has_them(case: Case, tmp_path: Path) -> None:
    path = case.write("a", "one\n")
    bear(path, ONE)
    case.record()
    bear(path, {})
    case.record()
    case.restore("1", "--before", "--to", str(tmp_path / "copy"))
    assert borne(tmp_path / "copy") == ONE


def test_undoing_a_hunk_leaves_them(case: Case) -> None:
    path = case.write("a", "one\ntwo\n")
    bear(path, ONE)
    case.record()
    path.write_text("one\nother\n")
    case.record()
    case.restore("1", "--hunk", "1")
    assert (path.read_text(), borne(path)) == ("one\ntwo\n", ONE)


@needs_root
def test_capabilities_and_access_lists_come_back(case: Case) -> None:
    path = case.write("a", "one\n", 0o754)
    all_of_them = {"security.capability": CAPABILITY, "trusted.x": b"1", "system.posix_acl_access": ACCESS}
    os.chown(path, 1234, 1235)
    bear(path, all_of_them)
    mode = path.stat().st_mode
    case.record()
    path.unlink()
    case.record()
    case.restore("1", "--before")
    assert borne(path) == dict(sorted(all_of_them.items()))
    assert (path.stat().st_mode, path.stat().st_uid) == (mode, 1234)
    bear(path, {})
    case.record()
    case.restore("3", "--before")
    assert borne(path) == dict(sorted(all_of_them.items()))


@needs_root
def test_no_rights_go_to_another_owner(case: Case, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = case.write("a", "one\n")
    bear(path, {"security.capability": CAPABILITY, "user.one": b"1"})
    case.record()
    path.unlink()
    case.record()
    case.restore("1", "--before", "--to", str(tmp_path / "copy"))
    assert borne(tmp_path / "copy") == {"user.one": b"1"}

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(disk.os, "fchown", refuse)
    case.restore("1", "--before")
    assert borne(path) == {"user.one": b"1"}
    assert case.err == f"note: extended attributes left out: security.capability on {path}\n"


def test_what_the_system_refuses_is_said_and_no_error(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    path = case.write("a", "one\n")
    bear(path, {"user.\x1b[31m": b"1", "user.two": b"2"})
    case.record()
    path.unlink()
    case.record()
    real = os.setxattr

    def refuse(handle: int, name: bytes, value: bytes) -> None:
        if b"two" not in name:
            raise OSError(95, "Operation not supported")
        real(handle, name, value)

    monkeypatch.setattr(attributes.os, "setxattr", refuse)
    case.restore("1", "--before")
    assert borne(path) == {"user.two": b"2"}
    assert len(case.err.splitlines()) == 1 and case.err[:-1].isprintable() and "[31m" in case.err


def test_a_file_closed_to_the_recorder_changes_no_attributes(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = case.write("a", "one\n")
    bear(path, ONE)
    case.record()
    from fcm_tui.capture import stable

    def refuse(path: bytes) -> int:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr(stable, "open_to_read", refuse)
        path.chmod(0o200)
        (change,) = case.record()
        assert (change.kind, change.attributes) == ("metadata", change.previous_attributes)
        path.write_text("longer\n")
        (change,) = case.record()
        assert (change.capture, change.attributes) == ("unreadable", change.previous_attributes)


def test_commands_tell_of_them(case: Case) -> None:
    path = case.write("a", "one\n")
    bear(path, {**ONE, "user.\x1b[31m": b"1"})
    case.record()
    bear(path, OTHER)
    (change,) = case.record()
    told = json.loads(case.run("log", "--json"))
    assert list(told)[-2:] == ["attributes", "previous_attributes"]
    assert told["attributes"] == hashlib.sha256(written(OTHER)).hexdigest()
    assert case.run("diff", "1") == ""
    assert case.err.startswith("note: extended attributes: user.")
    for said in ("user.one changed", "user.three added", "user.two removed"):
        assert said in case.err
    assert case.err[:-1].isprintable() and len(case.err.splitlines()) == 1
    assert case.run("cat", f"sha256:{change.attributes.hex() if change.attributes else ''}").startswith(
        '[["75'
    )


def test_of_secrets_nothing_is_recorded(case: Case) -> None:
    token = b"ghp_" + b"0123456789abcdefghijABCDEFGHIJ012345"
    named, inside, borne_by = (
        case.write(".env", "x\n"),
        case.write("i", b"k = " + token),
        case.write("b", "x\n"),
    )
    bear(named, {"user.x": b"of a named secret"})
    bear(inside, {"user.x": b"of a found secret"})
    bear(borne_by, {"user.token": b"t=" + token, "user.x": b"beside a secret"})
    case.record()
    for path in (named, inside, borne_by):
        path.chmod(0o640)
    changes = case.record()
    assert {(c.attributes, c.previous_attributes) for c in changes} == {(None, None)}
    with Reader(case.data_dir.database) as reader:
        for (digest,) in reader.connection.execute("SELECT digest FROM contents"):
            assert b"secret".hex().encode() not in reader.content(digest)
            assert token.hex().encode() not in reader.content(digest)
    assert "attributes" not in case.restore(str(len(changes)), "--before", "--dry-run")


def test_a_copy_of_a_program_runs_as_nobody_else(case: Case, tmp_path: Path) -> None:
    path = case.write("a", "one\n", 0o6755)
    case.record()
    path.chmod(0o644)
    case.record()
    case.restore("1", "--before", "--to", str(tmp_path / "copy"))
    assert (tmp_path / "copy").stat().st_mode & 0o7777 == 0o755
    case.restore("1", "--before")
    assert path.stat().st_mode & 0o7777 == 0o6755


def test_what_was_recorded_before_attributes_were_takes_none_away(case: Case) -> None:
    path = case.write("a", "one\n")
    bear(path, ONE)
    case.record()
    with closing(sqlite3.connect(case.data_dir.database)) as connection, connection:
        connection.execute("UPDATE files SET attributes = NULL")
    path.chmod(0o600)
    (change,) = case.record()
    assert (change.kind, change.previous_attributes) == ("metadata", None)
    case.run("diff", "1")
    assert case.err == "note: extended attributes: user.one, user.two; those before are not recorded\n"
    bear(path, OTHER)
    case.record()
    case.restore("1", "--before")
    assert borne(path) == OTHER
    assert path.stat().st_mode & 0o777 == 0o644


def test_nothing_new_is_no_change_where_nothing_was_recorded(case: Case) -> None:
    path = case.write("a", "one\n")
    case.record()
    with closing(sqlite3.connect(case.data_dir.database)) as connection, connection:
        connection.execute("UPDATE files SET attributes = NULL")
    os.link(path, case.root / "b")  # another change time, so that it is looked at
    assert {c.path for c in case.record()} == {os.fsencode(case.root / "b")}


def test_what_is_not_recorded_stays_where_a_file_is_written_over(case: Case) -> None:
    secret = {"user.token": b"ghp_0123456789abcdefghijABCDEFGHIJ012345"}
    path = case.write("a", "one\n")
    bear(path, secret)
    case.record()
    path.write_text("two\n")
    (change,) = case.record()
    assert (change.attributes, change.previous_attributes) == (None, None)
    case.restore("1", "--before")
    assert (path.read_text(), borne(path)) == ("one\n", secret)


def test_they_come_back_to_a_file_that_nobody_may_write_to(case: Case) -> None:
    path = case.write("a", "one\n")
    bear(path, ONE)
    path.chmod(0o444)
    case.record()
    path.chmod(0o644)
    bear(path, OTHER)
    path.chmod(0o444)
    case.record()
    case.restore("1", "--before")
    assert (borne(path), path.stat().st_mode & 0o777) == (ONE, 0o444)
