"""What a binary content is, what lies in an archive, which bytes differ: told of any bytes whatever."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fcm_tui.diff.hexes import ROW, WINDOW, byte_spans, hexed
from fcm_tui.diff.lines import apply
from fcm_tui.diff.magic import dimensions, type_of
from fcm_tui.diff.members import MOST, differing, members_of

PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBB", 13, b"IHDR", 640, 480, 8, 2, 0, 0, 0)
GIF = b"GIF89a" + struct.pack("<HH", 320, 200)
JPEG = (
    b"\xff\xd8\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0" + bytes(9)
    + b"\xff\xff\xc4\0\3\0" + b"\xff\xc2" + struct.pack(">HBHH", 11, 8, 600, 800) + bytes(4)
)  # fmt: skip


def zipped(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return packed.getvalue()


def tarred(files: dict[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=form) as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


FILES = {"one.txt": b"1", "some folder/two": b"22", "n" * 150: b"long", "grüße": b""}
SUMS = {name: (len(content), zlib.crc32(content)) for name, content in FILES.items()}


def test_types_and_pictures() -> None:
    assert (type_of(PNG), dimensions(PNG)) == ("PNG image", (640, 480))
    assert (type_of(GIF), dimensions(GIF)) == ("GIF image", (320, 200))
    assert (type_of(JPEG), dimensions(JPEG)) == ("JPEG image", (800, 600))
    assert (type_of(tarred(FILES)), type_of(zipped(FILES))) == ("tar archive", "ZIP archive")
    assert (type_of(b"\1\2\3"), dimensions(b"\1\2\3")) == ("Binary", None)
    for sound in (PNG, GIF, JPEG):
        for size in range(len(sound)):
            dimensions(sound[:size])


@pytest.mark.parametrize(
    "packed",
    [zipped(FILES), tarred(FILES), tarred(FILES, tarfile.GNU_FORMAT), gzip.compress(tarred(FILES)),
     bz2.compress(tarred(FILES)), lzma.compress(tarred(FILES))],
    ids=["zip", "pax", "gnu", "gz", "bz2", "xz"],
)  # fmt: skip
def test_members_are_found_without_unpacking(packed: bytes) -> None:
    found = members_of(packed)
    assert found is not None and found.whole
    assert found.found == SUMS


def test_members_that_differ() -> None:
    old, new = (
        members_of(zipped({"a": b"1", "b": b"2", "c": b"3"})),
        members_of(zipped({"a": b"1", "b": b"x", "d": b"3"})),
    )
    assert old is not None and new is not None
    assert differing(old.found, new.found) == ["b", "c", "d"]


def test_bombs_and_damage_are_bounded() -> None:
    many = tarred({f"{number}": b"" for number in range(MOST + 5)})
    found = members_of(many)
    assert found is not None and len(found.found) == MOST and not found.whole
    bomb = gzip.compress(tarred({"bomb": bytes(40 << 20)}))
    found = members_of(bomb)
    assert found is not None and not found.whole
    assert members_of(gzip.compress(bytes(1 << 20))) is None
    assert members_of(b"PK\5\6" + b"\xff" * 18) is None


@given(st.sampled_from([zipped(FILES), tarred(FILES), gzip.compress(tarred(FILES)), JPEG]), st.data())
def test_no_damage_gets_further_than_here(sound: bytes, data: st.DataObject) -> None:
    hurt = bytearray(sound)
    for _ in range(data.draw(st.integers(1, 4))):
        hurt[data.draw(st.integers(0, len(hurt) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(hurt[: data.draw(st.integers(0, len(hurt)))])
    members_of(cut)
    dimensions(cut)
    type_of(cut)


@given(st.binary(max_size=200), st.binary(max_size=200), st.binary(max_size=60))
def test_rows_that_differ_are_in_hunks_and_no_others(head: bytes, old: bytes, new: bytes) -> None:
    old, new = head + old, head + new
    shown = hexed(old, new)
    left, right = list(shown.old), list(shown.new)
    assert apply(left, shown.hunks, right) == right
    for hunk in shown.hunks:
        for row in range(hunk.old_start - 1, hunk.old_start - 1 + min(hunk.old_count, hunk.new_count)):
            marks = byte_spans(left[row], right[row])
            offset = row * ROW
            ours, theirs = old[offset : offset + ROW], new[offset : offset + ROW]
            count = sum(a != b for a, b in zip(ours, theirs, strict=False))
            assert len(marks[0]) == 2 * (count + max(0, len(ours) - len(theirs)))
            assert len(marks[1]) == 2 * (count + max(0, len(theirs) - len(ours)))


def test_only_a_window_of_a_large_content_is_shown() -> None:
    old = bytes(4 << 20)
    new = old[: 3 << 20] + b"\1" + old[(3 << 20) + 1 :]
    shown = hexed(old, new)
    assert shown.first == (3 << 20) - 1024 and shown.last == shown.first + WINDOW
    assert len(shown.old) == WINDOW // ROW
    assert shown.old[0].startswith(f"{shown.first:06x}  00 00")
    assert [hunk.old_count for hunk in shown.hunks] == [1]
