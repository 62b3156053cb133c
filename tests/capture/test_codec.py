"""Pieces of content come back exact, deltas are small, and no row makes more bytes than a piece has."""

from __future__ import annotations

import random
import threading
import time
from itertools import pairwise

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from fcm_tui.capture.chunks import AVERAGE_PIECE, MIN_PIECE, counterparts, cut
from fcm_tui.capture.codec import (
    EDITS,
    MAX_PIECE,
    MAX_STEPS,
    MAX_WORK,
    CodecError,
    DeltaBase,
    Encoded,
    Span,
    decode,
    encode,
    encode_whole,
    is_delta,
    steps_of,
    with_steps,
)

DIGEST = b"\x01" * 32

TEXT = "".join(
    f"line {number}: the value of setting {number * 7919 % 1000}\n" for number in range(400)
).encode()

pieces = st.one_of(
    st.binary(max_size=2000),
    # Few symbols and repeats: long equal heads and tails that overlap, and much to compress.
    st.lists(st.sampled_from([b"a", b"ab", b"\x00", b"\r\n", b"word " * 20, TEXT[:900]]), max_size=60).map(
        b"".join
    ),
)


def back(encoded: Encoded, base: bytes | None) -> bytes:
    return decode(encoded.codec, encoded.data, base if encoded.base else None)


@given(pieces)
@settings(deadline=None)
def test_a_piece_comes_back_exact(data: bytes) -> None:
    encoded = encode(data)
    assert encoded.base is None
    assert back(encoded, None) == data


@given(st.lists(pieces, max_size=5), st.sampled_from([1, 3]))
@settings(deadline=None)
def test_many_pieces_are_encoded_as_each_by_itself(many: list[bytes], level: int) -> None:
    assert encode_whole(many, level) == [encode(data, level=level) for data in many]


@given(pieces, pieces)
@settings(deadline=None)
def test_a_piece_comes_back_exact_over_any_base(data: bytes, base: bytes) -> None:
    encoded = encode(data, DeltaBase(DIGEST, base, 0))
    assert back(encoded, base) == data
    assert (encoded.base == DIGEST) == is_delta(encoded.codec)


@given(
    st.integers(0, len(TEXT)),
    st.integers(0, 3000),
    st.one_of(st.binary(max_size=300), st.just(TEXT[100:2000])),
)
@settings(deadline=None)
def test_an_edit_comes_back_exact(at: int, removed: int, inserted: bytes) -> None:
    edited = TEXT[:at] + inserted + TEXT[at + removed :]
    assert back(encode(edited, DeltaBase(DIGEST, TEXT, 0)), TEXT) == edited


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60), st.binary(max_size=40)), max_size=6))
@settings(deadline=None)
def test_known_edits_come_back_exact_and_cost_little_more_than_their_bytes(
    edits: list[tuple[int, int, bytes]],
) -> None:
    parts: list[bytes] = []
    spans: list[Span] = []
    at = length = 0
    for keep, leave, came in edits:
        parts += [TEXT[at : at + keep], came]
        spans.append((at + keep, at + keep + leave, length + keep, length + keep + len(came)))
        at, length = at + keep + leave, length + keep + len(came)
    data = b"".join([*parts, TEXT[at:]])
    encoded = encode(data, DeltaBase(DIGEST, TEXT, 0), spans=spans)
    assert back(encoded, TEXT) == data
    if edits:
        assert encoded.codec == EDITS
        assert len(encoded.data) <= 4 + sum(5 + len(came) for _, _, came in edits)
        assert steps_of(*encoded[::2]) == 1


def test_edits_that_do_not_lead_to_the_content_are_not_used() -> None:
    new = b"first\n" + TEXT[:-1]
    encoded = encode(new, DeltaBase(DIGEST, TEXT, 0), spans=[(0, 0, 0, 6)])
    assert encoded.codec != EDITS
    assert back(encoded, TEXT) == new


@given(st.sampled_from("rzsde?"), st.binary(max_size=200), st.one_of(st.none(), pieces))
@settings(max_examples=500, deadline=None)
def test_any_bytes_decode_or_are_refused_within_the_bound(
    codec: str, data: bytes, base: bytes | None
) -> None:
    try:
        decoded = decode(codec, data, base)
    except CodecError:
        return
    assert len(decoded) <= MAX_PIECE


@given(st.data())
@settings(deadline=None)
def test_damage_to_one_byte_never_escapes_as_another_error(data: st.DataObject) -> None:
    edited = TEXT[:4000] + b"another line\n" * 9 + TEXT[4400:9000] + TEXT[9100:]
    encoded = encode(edited, DeltaBase(DIGEST, TEXT, 0))
    assert encoded.codec == "d"
    at = data.draw(st.integers(0, len(encoded.data) - 1))
    broken = bytearray(encoded.data)
    broken[at] ^= data.draw(st.integers(1, 255))
    for stored in (bytes(broken), encoded.data[:at]):
        try:
            decoded = decode(encoded.codec, stored, TEXT)
        except CodecError:
            continue
        assert len(decoded) <= MAX_PIECE


def test_one_changed_line_costs_little_more_than_its_bytes() -> None:
    new = TEXT.replace(b"line 200: the value of", b"line 200: the second value of")
    encoded = encode(new, DeltaBase(DIGEST, TEXT, 0))
    assert len(encoded.data) <= len(b"second ") + 6


def test_two_distant_edits_cost_little() -> None:
    new = TEXT.replace(b"line 20:", b"line twenty:").replace(b"line 380:", b"line three hundred eighty:")
    encoded = encode(new, DeltaBase(DIGEST, TEXT, 0))
    assert encoded.codec == "d"
    assert len(encoded.data) < 90


def test_what_does_not_compress_is_kept_raw() -> None:
    noise = random.Random(7).randbytes(50_000)
    assert encode(noise) == Encoded("r", None, noise)
    assert encode(b"") == Encoded("r", None, b"")


def test_an_unrelated_base_is_not_used() -> None:
    other = random.Random(7).randbytes(len(TEXT))
    assert not is_delta(encode(TEXT, DeltaBase(DIGEST, other, 0)).codec)


def test_a_chain_is_bounded_by_steps_and_by_work() -> None:
    assert steps_of(*_row(encode(TEXT + b"x", DeltaBase(DIGEST, TEXT, MAX_STEPS - 1)))) == MAX_STEPS
    assert not is_delta(encode(TEXT + b"x", DeltaBase(DIGEST, TEXT, MAX_STEPS)).codec)
    large = TEXT * (MAX_PIECE // len(TEXT))
    allowed = MAX_WORK // len(large)
    assert is_delta(encode(large, DeltaBase(DIGEST, large[:-9], allowed - 1)).codec)
    assert not is_delta(encode(large, DeltaBase(DIGEST, large[:-9], allowed)).codec)


def _row(encoded: Encoded) -> tuple[str, bytes]:
    return encoded.codec, encoded.data


def test_steps_are_in_the_row() -> None:
    encoded = encode(TEXT + b"x", DeltaBase(DIGEST, TEXT, 41))
    assert steps_of(*_row(encoded)) == 42
    assert steps_of(encoded.codec, with_steps(encoded.data, 7)) == 7
    assert steps_of(encoded.codec, with_steps(encoded.data, 9000)) == 255
    assert decode(encoded.codec, with_steps(encoded.data, 7), TEXT) == TEXT + b"x"
    assert steps_of(*_row(encode(TEXT))) == 0


def test_a_bomb_is_refused_before_it_is_expanded() -> None:
    parameters = zstandard.ZstdCompressionParameters(
        compression_level=3, format=zstandard.FORMAT_ZSTD1_MAGICLESS, write_content_size=1
    )
    bomb = zstandard.ZstdCompressor(compression_params=parameters).compress(bytes(64 << 20))
    assert len(bomb) < 10_000
    with pytest.raises(CodecError, match="67108864 bytes"):
        decode("z", bomb)
    streamed = zstandard.ZstdCompressor(
        compression_params=zstandard.ZstdCompressionParameters(
            compression_level=3, format=zstandard.FORMAT_ZSTD1_MAGICLESS, write_content_size=0
        )
    ).compress(bytes(64 << 20))
    with pytest.raises(CodecError):
        decode("z", streamed)
    # A base of a full piece, taken almost twice.
    base = bytes(MAX_PIECE)
    with pytest.raises(CodecError):
        decode("s", b"\x01\xff\xff\x3f\xff\xff\x3f", base)
    with pytest.raises(CodecError):
        decode("s", b"\x01\x80\x80\x40\x00one more", base)


@pytest.mark.parametrize(
    ("codec", "data", "base", "says"),
    [
        ("z", b"not a frame", None, "decompress|decodes"),
        ("s", b"\x01\x05\x00", None, "without a base"),
        ("s", b"", b"base", "inside a number"),
        ("e", b"", b"base", "inside a number"),
        ("e", b"\x01\x05\x02", b"base", "inside a number"),
        ("e", b"\x01\x05\x02\x03\x00", b"base", "fit its base"),
        ("e", b"\x01\x05\x02\x00\x02a", b"base", "fit its base"),
        ("e", b"\x01\x05\x02\x00\x01a\x00\x01\x00", b"base", "another size"),
        ("e", b"\x01\xff\xff\x7f", b"base", "are the most"),
        ("s", b"\x01\xff\xff\xff\xff\xff\x01", b"base", "inside a number"),
        ("s", b"\x01\x05\x00", b"base", "fit its base"),
        ("\x1b[2J", b"", None, r"'\\x1b\[2J'"),
    ],
)
def test_refusals_say_what_is_wrong(codec: str, data: bytes, base: bytes | None, says: str) -> None:
    with pytest.raises(CodecError, match=says):
        decode(codec, data, base)


def test_a_piece_over_the_limit_is_refused() -> None:
    with pytest.raises(ValueError, match="cut it first"):
        encode(bytes(MAX_PIECE + 1))
    assert back(encode(bytes(MAX_PIECE)), None) == bytes(MAX_PIECE)
    noise = random.Random(3).randbytes(MAX_PIECE)
    assert back(encode(noise), None) == noise


def test_threads_do_not_disturb_each_other() -> None:
    failures: list[object] = []

    def work(seed: int) -> None:
        source = random.Random(seed)
        try:
            previous = TEXT
            for _ in range(150):
                at = source.randrange(len(previous))
                new = previous[:at] + source.randbytes(source.randrange(200)) + previous[at + 50 :]
                if (
                    back(encode(new, DeltaBase(DIGEST, previous, 0)), previous) != new
                    or back(encode(new), None) != new
                ):
                    failures.append(seed)
                previous = new
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def _large(seed: int, size: int) -> bytes:
    source = random.Random(seed)
    words = [source.randbytes(6).hex().encode() for _ in range(500)]
    out = bytearray()
    while len(out) < size:
        out += b" ".join(source.choices(words, k=200)) + b"\n"
    return bytes(out[:size])


def test_pieces_cover_the_content_in_order_and_keep_their_bounds() -> None:
    data = _large(1, 6 << 20)
    spans = cut(data)
    assert b"".join(data[start : start + length] for start, length in spans) == data
    assert all(length <= MAX_PIECE for _, length in spans)
    assert all(length >= MIN_PIECE for _, length in spans[:-1])
    assert len(data) / len(spans) < 2 * AVERAGE_PIECE
    assert cut(data) == spans
    assert cut(b"") == []


def test_an_insertion_at_the_start_changes_the_pieces_around_it_only() -> None:
    data = _large(2, 6 << 20)
    new = data[:100] + b"inserted" + data[100:]
    old_pieces = {data[start : start + length] for start, length in cut(data)}
    changed = [span for span in cut(new) if new[span[0] : span[0] + span[1]] not in old_pieces]
    assert 1 <= len(changed) <= 3


def test_a_changed_piece_is_paired_with_the_one_at_its_place() -> None:
    a, b, c, d, x, y, z = (bytes((letter,)) for letter in b"abcdxyz")
    assert counterparts([a, b, c], [a, x, c]) == [None, 1, None]
    assert counterparts([a, b, c], [a, b, x]) == [None, None, 2]
    assert counterparts([a, b], [a, b, x]) == [None, None, None]
    assert counterparts([a, b, c], [x, b, c]) == [0, None, None]
    assert counterparts([a, b, c, d], [a, x, y, d]) == [None, 1, 2, None]
    # One split into two: the second has no place of its own.
    assert counterparts([a, b, c], [a, x, y, c]) == [None, 1, None, None]
    assert counterparts([a, b, c, d], [a, x, d, z]) == [None, 1, None, None]
    assert counterparts([], [x]) == [None]


def test_encoding_gives_up_the_gil() -> None:
    """Another thread goes on while a large delta is compressed: its pauses are shorter than that takes."""
    base, new = _large(5, MAX_PIECE), _large(6, MAX_PIECE)
    beats: list[float] = []
    stop = threading.Event()

    def beat() -> None:
        while not stop.is_set():
            beats.append(time.perf_counter())
            time.sleep(0.0002)

    thread = threading.Thread(target=beat)
    thread.start()
    shares = []
    # One undisturbed round is enough on a busy machine; with the GIL held there is none.
    for _ in range(12):
        began = time.perf_counter()
        encode(new, DeltaBase(DIGEST, base, 0))
        ended = time.perf_counter()
        within = [began, *(moment for moment in list(beats) if began < moment < ended), ended]
        shares.append(max(after - before for before, after in pairwise(within)) / (ended - began))
    stop.set()
    thread.join()
    assert min(shares) < 0.5
