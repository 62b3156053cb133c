"""A set of extended attributes is the same bytes for the same attributes, whatever else is there."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.attributes import bear, needs_user

from fcm_tui.capture import attributes
from fcm_tui.capture.attributes import BadSet, attributes_of, decode, encode, holds_secret, same

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="extended attributes of Linux")
names = st.binary(min_size=1, max_size=20).filter(attributes.is_recorded)


@given(st.dictionaries(names, st.binary(max_size=50)))
def test_what_is_written_is_read_again_and_its_order_does_not_matter(one: dict[bytes, bytes]) -> None:
    written = encode(one)
    assert decode(written) == one
    assert encode(dict(reversed(one.items()))) == written


@given(
    st.binary()
    | st.sampled_from([b"[" * 100_000, b"[[1,2]]", b'[["zz",""]]', b"{}", b"1", b'[["6",""]]', b"\xff"])
)
def test_what_is_no_set_is_told(data: bytes) -> None:
    with contextlib.suppress(BadSet):
        assert isinstance(decode(data), dict)


def test_names_that_are_not_recorded_are_not_read_from_a_record_either() -> None:
    odd = {b"security.ima": b"1", b"trusted.overlay.redirect": b"/etc", b"user.x": b"2", b"": b"3"}
    assert decode(encode(odd)) == {b"user.x": b"2"}


def test_of_a_file_of_which_nothing_was_recorded_no_attributes_are_no_difference() -> None:
    assert same(None, b"") and same(b"", b"") and same(None, None)
    assert not same(b"", None) and not same(b"x" * 32, b"") and not same(None, b"x" * 32)


@needs_user
def test_those_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.touch()
    with path.open("rb") as file:
        assert attributes_of(file.fileno()) == b""
        bear(path, {"user.b": b"\xff", "user.a": b""})
        assert attributes_of(file.fileno()) == b'[["757365722e61",""],["757365722e62","ff"]]'


@LINUX
@pytest.mark.parametrize("error", [95, 1, 5])
def test_a_file_system_without_them_tells_nothing(error: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(handle: int) -> list[str]:
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(attributes.os, "listxattr", refuse)
    assert attributes_of(0) is None


@LINUX
def test_a_shortage_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(handle: int) -> list[str]:
        raise OSError(12, os.strerror(12))

    monkeypatch.setattr(attributes.os, "listxattr", refuse)
    with pytest.raises(OSError, match="memory"):
        attributes_of(0)


@LINUX
def test_some_are_left_out_and_a_huge_set_is_not_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    value = b"1"
    listed = ["security.evm", "security.ima", "trusted.overlay.x", "user.\udcff"]
    monkeypatch.setattr(attributes.os, "listxattr", lambda handle: listed)
    monkeypatch.setattr(attributes.os, "getxattr", lambda handle, name: value)
    assert attributes_of(0) == encode({b"user.\xff": b"1"})
    value = bytes(attributes.MOST_BYTES // 2)
    assert attributes_of(0) is None
    listed = listed[:3]
    assert attributes_of(0) == b""


def test_detectors_look_at_names_and_values() -> None:
    token = b"ghp_" + b"0123456789abcdefghijABCDEFGHIJ012345"
    assert holds_secret(encode({b"user.a": b"=" + token}), ("github",))
    assert holds_secret(encode({b"user." + token: b""}), ("github",))
    assert not holds_secret(encode({b"user.a": token}), ())
    assert not holds_secret(encode({b"user.a": b"1"}), ("github",))
