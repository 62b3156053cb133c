from __future__ import annotations

import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fcm_tui.capture.text import TextFormat, decode, detect, to_utf8

RUSSIAN = "Быстрая лиса прыгает через ленивую собаку. Мы не знаем, что произошло вчера вечером.\r\n"
GREEK = "Η γρήγορη καφέ αλεπού πηδάει πάνω από το τεμπέλικο σκυλί. Δεν ξέρουμε τι έγινε χθες.\n"
CHINESE = "敏捷的棕色狐狸跳过了懒狗。我们不知道昨天晚上发生了什么事情，但是今天一切都很好。\n"
JAPANESE = "素早い茶色の狐は怠け者の犬を飛び越えます。私たちは昨夜何が起こったのかを知りません。\n"
KOREAN = "빠른 갈색 여우가 게으른 개를 뛰어넘습니다. 우리는 어젯밤에 무슨 일이 있었는지 모릅니다.\n"
FRENCH = "Le garçon a mangé à la fenêtre où l'été était déjà très agréable – « voilà » l’œuvre.\n"
GERMAN = "Für die Größe der Straße müssen wir überlegen, weil Übung schön ist.\n"
BOXES = "╔════════╗\r\n║ ▒▒▒▒▒▒ ║\r\n║ ██████ ║\r\n╚════════╝\r\n"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", TextFormat("utf-8", "none")),
        (b"ascii", TextFormat("utf-8", "none")),
        (b"one\ntwo\n", TextFormat("utf-8", "lf")),
        (b"one\r\ntwo\r\n", TextFormat("utf-8", "crlf")),
        (b"one\rtwo\r", TextFormat("utf-8", "cr")),
        (b"one\r\ntwo\n", TextFormat("utf-8", "mixed")),
        (b"one\r\r\n", TextFormat("utf-8", "mixed")),
        ("héllo\n".encode(), TextFormat("utf-8", "lf")),
        ("héllo\n".encode("utf-8-sig"), TextFormat("utf-8-sig", "lf")),
        (b"\xff\xfeh\0\r\0\n\0", TextFormat("utf-16", "crlf")),
        (b"\xfe\xff\0h\0\n", TextFormat("utf-16", "lf")),
        ("héllo\r\n".encode("utf-16-le"), TextFormat("utf-16-le", "crlf")),
        ("héllo\r".encode("utf-16-be"), TextFormat("utf-16-be", "cr")),
        (b"\xff\xfe\0\0h\0\0\0", TextFormat("utf-32", "none")),
        (b"\0\0\xfe\xff\0\0\0h", TextFormat("utf-32", "none")),
        (b"\x1b[31mred\x1b[0m\x07\n", TextFormat("utf-8", "lf")),  # a terminal's log is text
    ],
)
def test_unicode_by_its_mark_its_nuls_or_its_form(data: bytes, expected: TextFormat) -> None:
    assert detect(data) == expected


@pytest.mark.parametrize(
    "data",
    [
        b"\0",
        b"text with a \0 in it\n",
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        b"\x7fELF\x02\x01\x01\0\0\0\0\0",
        b"\xff\xfeh\0\x00\xd8",  # a lone surrogate
        b"\xff\xfeh",  # half a character
        "héllo\n".encode("utf-32-le"),  # without its mark
        bytes(range(1, 32)) * 4,
        random.Random(1).randbytes(4_000).replace(b"\0", b""),
    ],
)
def test_binary(data: bytes) -> None:
    assert detect(data) is None


@pytest.mark.parametrize(
    ("text", "encoding", "expected"),
    [
        (FRENCH, "cp1252", "cp1252"),
        (GERMAN, "iso8859-1", "cp1252"),
        (GERMAN, "cp850", "cp850"),
        (RUSSIAN, "cp1251", "cp1251"),
        (RUSSIAN, "koi8-r", "koi8-r"),
        (RUSSIAN, "cp866", "cp866"),
        (GREEK, "cp1253", "cp1253"),
        (CHINESE, "gb18030", "gb18030"),
        (JAPANESE, "shift_jis", "cp932"),
        (JAPANESE, "euc_jp", "euc_jp"),
        (KOREAN, "euc_kr", "cp949"),
        (BOXES, "cp437", "cp437"),
    ],
)
@pytest.mark.parametrize("times", [1, 50])
def test_common_8_bit_encodings(text: str, encoding: str, expected: str, times: int) -> None:
    data = (text * times).encode(encoding)
    found = detect(data)
    assert found is not None
    assert found.encoding == expected
    assert decode(data, found.encoding) == text * times
    assert found.newline == ("crlf" if "\r\n" in text else "lf")


@given(st.one_of(st.binary(max_size=200), st.text(max_size=60).map(str.encode)))
@example(b"\x81\x8d caf\xe9")
def test_what_is_text_decodes_and_gives_the_same_bytes_back(data: bytes) -> None:
    found = detect(data)
    if found:
        text = decode(data, found.encoding)
        assert to_utf8(data, found.encoding).decode() == text
        if not found.encoding.startswith(("utf-16", "utf-32")):  # their marks tell the order of bytes
            assert text.encode(found.encoding) == data


@given(st.text(max_size=60))
def test_every_text_in_utf8_is_text_or_has_control_characters(text: str) -> None:
    data = text.encode()
    if not any(ord(character) < 32 or ord(character) == 127 for character in text):
        found = detect(data)
        assert found is not None
        assert decode(data, found.encoding).removeprefix("\ufeff") == text.removeprefix("\ufeff")


@given(st.lists(st.sampled_from(("x", "é", "\r", "\n", "\r\n")), max_size=12), st.integers(1, 5))
def test_line_ends_across_chunks(parts: list[str], size: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fcm_tui.capture.text._CHUNK", size)
        text = "".join(parts)
        pairs = text.count("\r\n")
        kinds = {"crlf": pairs, "lf": text.count("\n") - pairs, "cr": text.count("\r") - pairs}
        present = [kind for kind, count in kinds.items() if count]
        expected = "none" if not present else present[0] if len(present) == 1 else "mixed"
        assert detect(text.encode()) == TextFormat("utf-8", expected)


def test_to_utf8_hands_utf8_back_as_it_is() -> None:
    data = "héllo".encode()
    assert to_utf8(data, "utf-8") is data
    assert to_utf8("héllo".encode("utf-8-sig"), "utf-8-sig") == data
    assert to_utf8("héllo".encode("utf-16"), "utf-16") == data
    assert to_utf8("héllo".encode("cp1252"), "cp1252") == data
