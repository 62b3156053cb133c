"""What is a secret, and what only looks like one. No token here was ever valid; each is put together when asked for."""

from __future__ import annotations

import base64
import random
import string

import pytest

from fcm_tui.capture.detectors import DETECTORS, NAMES, secret_in
from fcm_tui.settings import defaults

LETTERS = string.ascii_letters + string.digits
BODY = base64.b64encode(bytes(range(120))).decode()


def word(length: int, alphabet: str = LETTERS) -> str:
    source = random.Random(length)
    return "".join(source.choices(alphabet, k=length))


def key_block(kind: str = "") -> str:
    body = "\n".join(BODY[at : at + 64] for at in range(0, len(BODY), 64))
    return f"-----BEGIN {kind}PRIVATE KEY-----\n{body}\n-----END {kind}PRIVATE KEY-----\n"


SECRETS = [
    ("private-key", key_block()),
    ("private-key", key_block("RSA ")),
    ("private-key", key_block("OPENSSH ")),
    ("private-key", key_block("ENCRYPTED ")),
    ("private-key", key_block().replace("\n", "\r\n")),
    ("private-key", '{"private_key": "' + key_block().replace("\n", "\\n") + '"}'),
    (
        "private-key",
        key_block("RSA ").replace("KEY-----\n", "KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES,00\n\n", 1),
    ),
    ("private-key", "-----BEGIN RSA PRIVATE KEY-----\\nProc-Type: 4\\n\\n" + BODY),
    ("private-key", "-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: 2\n\n" + BODY),
    ("private-key", f"Private-Lines: 8\n{BODY[:64]}\n"),
    ("private-key", "AGE-SECRET-KEY-1" + word(58, "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L")),
    ("aws", "AKIA" + word(16, string.ascii_uppercase + "234567")),
    ("aws", f"aws_secret_access_key = {word(40)}"),
    ("aws", f'"SecretAccessKey": "{word(40)}"'),
    ("github", "ghp_" + word(36)),
    ("github", f"github_pat_{word(22)}_{word(59)}"),
    ("gitlab", "glpat-" + word(20)),
    ("slack", f"xoxb-{'1' * 12}-{'2' * 12}-{word(24)}"),
    ("slack", f"https://hooks.slack.com/services/T{'A' * 8}/B{'B' * 8}/{word(24)}"),
    ("google", "AIza" + word(35)),
    ("stripe", "sk_live_" + word(24)),
    ("ai", f"sk-ant-api03-{word(93)}"),
    ("ai", f"sk-{word(20)}T3BlbkFJ{word(20)}"),
    ("registry", "npm_" + word(36)),
    ("registry", "pypi-AgEIcHlwaS5vcmc" + word(120)),
    ("service", f"SG.{word(22)}.{word(43)}"),
    ("jwt", f"eyJhbGciOiJIUzI1NiJ9.eyJ{word(40)}.{word(43)}"),
]
HARMLESS = [
    "-----BEGIN PRIVATE KEY-----",
    'if line.startswith("-----BEGIN RSA PRIVATE KEY-----"):\n    return load_the_key(line)\n',
    "-----BEGIN PUBLIC KEY-----\n" + BODY,
    "-----BEGIN CERTIFICATE-----\n" + BODY,
    "AKIA" + "IOSFODNN7EXAMPLE",
    "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "aws_secret_access_key = os.environ['AWS_SECRET_ACCESS_KEY_OF_THE_PRODUCTION']",
    "ghp_" + "short", "a_ghp_" + word(36), "npm_config_registry", "npm_lifecycle_event_of_the_package",
    "sk_test_" + word(24), "xoxb-your-token-here", "AIza" + word(12), "eyJ0.eyJ1.x", "ASIA " * 100,
    "hvs.get('x')", "SG.Popup('hello')",
]  # fmt: skip


def test_the_names_that_can_be_configured_are_those_that_there_are() -> None:
    assert defaults.DETECTORS == NAMES == tuple(DETECTORS)


@pytest.mark.parametrize(("name", "text"), SECRETS, ids=lambda value: str(value)[:24].strip())
def test_secrets(name: str, text: str) -> None:
    surroundings = "x = 1\n" * 2000
    for around in ("", surroundings):
        data = f"{around}token: {text}\n{around}".encode()
        assert secret_in(data, NAMES) == name
        assert secret_in(data, [name]) == name
        assert secret_in(data, [other for other in NAMES if other != name]) is None
        assert secret_in(data, ()) is None
    for encoding in ("utf-16", "utf-16-le", "utf-16-be"):
        assert secret_in(f"token: {text}\n".encode(encoding), NAMES) == name


@pytest.mark.parametrize("text", HARMLESS, ids=lambda text: text[:24])
def test_what_only_looks_like_one(text: str) -> None:
    assert secret_in(f"x = '{text}'\n".encode(), NAMES) is None


def test_every_literal_is_in_what_it_stands_for() -> None:
    for name, text in SECRETS:
        assert any(literal in text.encode() for literal in DETECTORS[name].literals)


def test_one_after_many_that_look_like_one_is_found() -> None:
    much = ("ghp_no " * 3000 + "x" * 5000) * 20
    assert secret_in(much.encode(), NAMES) is None
    for data in (f"{much} ghp_{word(36)}", f"ghp_{word(36)} {much}", f"{much} ghp_{word(36)} {much}"):
        assert secret_in(data.encode(), NAMES) == "github"


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "junk",
    [
        b"Ab: " * 300,
        b"Ab: |\\n" * 300,
        b"Ab-: x\n" * 300,
        b"Ab: Ab: |" * 200,
        b"\\" * 3000,
        b"\\n" * 1500,
        b"-----BEGIN PRIVATE KEY-----" * 100,
        b"T3BlbkFJ " + b"sk-" * 900 + b" ",
        b"npm_a" * 500,
        b".eyJ" * 700,
        b"eyJ" + b"a" * 20 + b".eyJ" + b"-" * 3000 + b" ",
        b"ghp_" * 700,
    ],
    ids=lambda junk: repr(junk[:12]),
)
def test_hostile_texts_end_soon(junk: bytes) -> None:
    """An expression that reads a text in several ways would take longer than the world lasts."""
    assert secret_in(b"-----BEGIN PRIVATE KEY-----\n" + junk * 20, NAMES) is None
