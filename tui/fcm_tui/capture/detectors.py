"""Whether a content holds what only its owner should see: private keys, access tokens.

Each detector has literals, one of which every match contains, and an expression that decides. The literals
of all are looked for at once (Aho-Corasick with SIMD: gigabytes a second), so that nearly all contents cost
nothing more. The formats are those that their issuers document, with a fixed beginning, so that ordinary
sources do not match; a password that looks like a word is not found by any of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from ahocorasick_rs import BytesAhoCorasick, MatchKind

_NOT_BEFORE = rb"(?<![A-Za-z0-9_])"
_NOT_AFTER = rb"(?![A-Za-z0-9_])"
_BEFORE, _AFTER = 300, 3000
"""Bytes around a literal within which all of what matches lies: expressions are slow, and asked about no more."""


@dataclass(frozen=True, slots=True)
class Detector:
    """One kind of secret."""

    literals: tuple[bytes, ...]
    """One of these is in every match."""
    pattern: bytes
    """Regular expression of bytes."""


def _token(*literals: bytes, rest: bytes) -> Detector:
    """A word that begins with one of the literals."""
    starts = b"|".join(re.escape(literal) for literal in literals)
    return Detector(literals, _NOT_BEFORE + b"(?:" + starts + b")" + rest + _NOT_AFTER)


DETECTORS = {
    # RFC 7468, RFC 4880 section 6.2, and OpenSSH's: the words and, within some lines of headers, a body; a
    # body as in a JSON text, its line ends written as \n, counts too. PuTTY's PPK says how many lines follow.
    # No text is read in two ways by the repeated part: else a hostile one would take for ever.
    "private-key": Detector(
        (b"PRIVATE KEY", b"Private-Lines:", b"AGE-SECRET-KEY-1"),
        rb"-----BEGIN (?:[A-Z0-9]{2,12} ){0,2}PRIVATE KEY(?: BLOCK)?-----"
        rb"(?:\\+[nr]|[\s\"'+,>#*|]|[A-Za-z-]{2,20}: [^\n\\]{0,100}(?:\n|\\+[nr])){1,100}?[A-Za-z0-9+/]{40}"
        rb"|Private-Lines: \d+\s+[A-Za-z0-9+/]{40}"
        rb"|AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}",
    ),
    # docs.aws.amazon.com, IAM "unique identifiers" (AKIA lasting, ASIA temporary); the secret one has no shape of its
    # own but 40 characters behind its name. Amazon's own examples end in EXAMPLE or EXAMPLEKEY.
    "aws": Detector(
        (b"AKIA", b"ASIA", b"ecret_access_key", b"ecretAccessKey", b"ECRET_ACCESS_KEY"),
        _NOT_BEFORE + rb"A[KS]IA(?![A-Z0-9]*EXAMPLE)[A-Z2-7]{16}" + _NOT_AFTER
        + rb"|(?:ecret_access_key|ecretAccessKey|ECRET_ACCESS_KEY)[\"' \t]{0,3}[=:][\"' \t]{0,3}"
        rb"(?![A-Za-z0-9/+]*EXAMPLE)[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])",
    ),
    # github.blog, "Behind GitHub's new authentication token formats"
    "github": _token(
        b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_", b"github_pat_",
        rest=rb"(?:[A-Za-z0-9]{36,255}|[A-Za-z0-9]{22}_[A-Za-z0-9]{59})",
    ),
    # docs.gitlab.com, "Token overview": token prefixes
    "gitlab": _token(b"glpat-", b"gldt-", b"glrt-", b"glptt-", b"glcbt-", b"gloas-", rest=rb"[A-Za-z0-9_.-]{20,300}"),
    # api.slack.com, "Token types" and "Incoming webhooks"
    "slack": Detector(
        (b"xoxb-", b"xoxp-", b"xoxe-", b"xoxe.xox", b"xapp-", b"hooks.slack.com/services/T"),
        _NOT_BEFORE + rb"(?:xox[bp]-\d{10,13}-\d{10,13}[A-Za-z0-9-]{20,}|xoxe(?:\.xox[bp])?-\d-[A-Za-z0-9]{140,}"
        rb"|xapp-\d-[A-Z0-9]{9,}-\d{10,}-[a-f0-9]{60,})"
        rb"|hooks\.slack\.com/services/T[A-Z0-9]{8,}/B[A-Z0-9]{8,}/[A-Za-z0-9]{24}",
    ),
    # cloud.google.com, "API keys"; OAuth client secrets
    "google": _token(b"AIza", b"GOCSPX-", rest=rb"(?:[A-Za-z0-9_-]{35}|[A-Za-z0-9_-]{28})"),
    # docs.stripe.com, "API keys": the live ones
    "stripe": _token(b"sk_live_", b"rk_live_", rest=rb"[A-Za-z0-9]{16,250}"),
    # platform.openai.com and docs.anthropic.com: keys
    "ai": Detector(
        (b"T3BlbkFJ", b"sk-ant-"),
        _NOT_BEFORE + rb"sk-(?:[A-Za-z0-9_-]{20,200}T3BlbkFJ[A-Za-z0-9_-]{20,}|ant-[a-z0-9]{3,8}-[A-Za-z0-9_-]{80,})",
    ),
    # The documentation of npm, the Python package index and Docker: access tokens
    "registry": Detector(
        (b"npm_", b"pypi-AgE", b"dckr_pat_"),
        _NOT_BEFORE + rb"(?:npm_[A-Za-z0-9]{36}|pypi-AgE[\w-]{50,500}|dckr_pat_[\w-]{27})" + _NOT_AFTER,
    ),
    # docs.sendgrid.com, docs.digitalocean.com, developer.hashicorp.com
    "service": Detector(
        (b"SG.", b"dop_v1_", b"hvs."),
        _NOT_BEFORE + rb"(?:SG\.[\w-]{22}\.[\w-]{43}|dop_v1_[a-f0-9]{64}|hvs\.[\w-]{90,120})" + _NOT_AFTER,
    ),
    # RFC 7519 with a signature: header and payload are JSON objects in Base64
    "jwt": Detector((b".eyJ",), _NOT_BEFORE + rb"eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}"),
}  # fmt: skip

NAMES = tuple(DETECTORS)


def secret_in(data: bytes, names: Sequence[str]) -> str | None:
    """The name of a detector, out of `names`, that finds a secret in a content, or None.

    A text in UTF-16 is looked at without the zero bytes that it has between ASCII letters.
    """
    if not names:
        return None
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or data[:4:2] == b"\0\0" or data[1:4:2] == b"\0\0":
        data = data.replace(b"\0", b"")
    owners, automaton = _automaton(tuple(names))
    stretches: dict[str, tuple[int, int]] = {}
    for literal, start, end in automaton.find_matches_as_indexes(data):
        name = owners[literal]
        low, high = stretches.get(name, (start - _BEFORE, end))
        if start - _BEFORE > high:
            if _expression(name).search(data, max(0, low), high):
                return name
            low = start - _BEFORE
        stretches[name] = low, end + _AFTER
    return next(
        (n for n, (low, high) in stretches.items() if _expression(n).search(data, max(0, low), high)), None
    )


@cache
def _automaton(names: tuple[str, ...]) -> tuple[list[str], BytesAhoCorasick]:
    """Of each literal the detector that it is of, and what finds them."""
    pairs = [(name, literal) for name in names for literal in DETECTORS[name].literals]
    # Of the kinds of matching only the leftmost ones are quick: 4.9 GB/s, not 0.1.
    return [name for name, _ in pairs], BytesAhoCorasick(
        [x for _, x in pairs], matchkind=MatchKind.LeftmostLongest
    )


@cache
def _expression(name: str) -> re.Pattern[bytes]:
    return re.compile(DETECTORS[name].pattern)
