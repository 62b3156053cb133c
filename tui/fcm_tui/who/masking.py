"""Command lines without the secrets in them: passwords that were given as arguments are never stored.

What the detectors for contents find goes, and what stands where programs take passwords: behind options of such names,
in URLs, in headers, in settings of environment variables, and behind the short options of well-known programs.
A secret that stands anywhere else, and looks like a word, is not found.
"""

from __future__ import annotations

import re
import shlex
from functools import cache

from fcm_tui.capture.detectors import DETECTORS

MASK = "[secret]"
_PLAIN = re.compile(r"[\w@%+=:,./\[\]-]+", re.ASCII)
LONGEST = 300
"""Characters of a command line that are kept."""

_NAME = (
    r"(?:pass(?:w(?:or)?d|wd|phrase|code)?|pwd|pw|secret|token|api[_-]?key|access[_-]?key|auth(?!or)|credentials?"
    r"|private[_-]?key|bearer|cookie)"
)
_OPTION = re.compile(rf"--?(?:[\w.-]{{0,30}}[_.-])?{_NAME}(?:[_-]\w{{1,20}})?", re.IGNORECASE)
"""An option whose value is a secret."""
_WITH_NAME = re.compile(r"--(?:proxy-)?user", re.IGNORECASE)
"""One whose value is `NAME:PASSWORD`."""
_ASSIGNED = re.compile(
    rf"((?:--?|/)?[\w.-]{{0,30}}?{_NAME}[\w.-]{{0,20}}=)(.+)|(--(?:proxy-)?user=)([^:]*:.+)",
    re.IGNORECASE | re.DOTALL,
)
"""An option, or a variable, with its value in one word, whatever stands in that."""
_WORD = re.compile(r"""(?:'[^']*'?|"(?:[^"\\]|\\.)*"?|\\.|[^\s;|&()'"])+""", re.DOTALL)
"""One of a text that may be commands for a shell."""
_RUNS = re.compile(r"-\w{0,5}c", re.ASCII)
"""An option of shells before such a text."""
_BOUND = [
    re.compile(rf"([\w.-]{{0,20}}?{_NAME}[\w.-]{{0,20}}[\"']?\s{{0,4}}[=:]\s{{0,4}}[\"']?)([^\s;&,'\"]+)", re.IGNORECASE),
    re.compile(r"([a-z][a-z0-9+.-]{0,20}://[^\s/@:]{0,200}:)([^\s/]{1,500})(?=@)", re.IGNORECASE),
    re.compile(
        r"((?:authorization|x-[\w-]{0,40}(?:token|key))\s{0,4}:\s{0,4}(?:[a-z]{1,20}\s{1,4})?)([^\s'\"]+)", re.IGNORECASE
    ),
]  # fmt: skip
"""`PGPASSWORD=x`, `?token=x`, `"password": "x"`, `/password:x`; `https://me:x@host`; `Authorization: Bearer x`."""
_ATTACHED = {
    "-p": frozenset(
        (
            "mysql",
            "mariadb",
            "mysqldump",
            "mariadb-dump",
            "mysqladmin",
            "mariadb-admin",
            "7z",
            "7za",
            "rar",
            "unrar",
        )
    ),
}
"""Options with which a password follows at once, by program."""
_EITHER = {
    "-p": frozenset(("sshpass",)),
    "-P": frozenset(("zip", "unzip")),
    "-a": frozenset(("redis-cli",)),
    "-k": frozenset(("openssl",)),
    "-K": frozenset(("openssl",)),
    "-u": frozenset(("curl",)),
    "-U": frozenset(("curl",)),
    "-w": frozenset(("ldapsearch", "ldapmodify", "ldapadd", "ldappasswd")),
}
"""Those with which it follows at once or as the next argument."""


def command_text(command: bytes, program: bytes = b"") -> str:
    """A command line as one line of text, its secrets masked, cut to `LONGEST` characters.

    Args:
        command: arguments, each ended by a NUL.
        program: the path of what runs.
    """
    arguments = [argument.decode("utf-8", "backslashreplace") for argument in command.split(b"\0")]
    while arguments and not arguments[-1]:
        arguments.pop()
    names = {_base(arguments[0])} if arguments else set()
    names.add(_base(program.decode("utf-8", "backslashreplace")))
    text = " ".join(_quoted(argument) for argument in _masked(arguments, names))
    text = _found(text)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _masked(words: list[str], programs: set[str]) -> list[str]:
    """Words of a command line of one of these programs."""
    result: list[str] = []
    for word in words:
        before = result[-1] if result else ""
        if _is_value_of(before, word, programs):
            result.append(MASK)
            continue
        option = next(
            (o for of in (_ATTACHED, _EITHER) for o, p in of.items() if word.startswith(o) and programs & p),
            None,
        )
        is_script = re.search(r"\s", word) is not None
        if option is not None and len(word) > len(option):
            result.append(option + MASK)
        elif (assigned := _ASSIGNED.fullmatch(word)) and not (is_script and _RUNS.fullmatch(before)):
            result.append((assigned[1] or assigned[3]) + MASK)
        elif is_script:
            result.append(_script(word))
        else:
            result.append(_bound(word))
    return [_bound(word) for word in result]


def _is_value_of(option: str, word: str, programs: set[str]) -> bool:
    if _WITH_NAME.fullmatch(option):
        return ":" in word
    if option in _EITHER and programs & _EITHER[option]:
        return True
    return bool(_OPTION.fullmatch(option)) and not word.startswith("--")


def _script(text: str) -> str:
    """A text of several words, perhaps commands for a shell."""
    found = list(_WORD.finditer(text))
    words = [re.sub(r"['\"\\]", "", match[0]) for match in found]
    parts, at = [], 0
    for match, word, masked in zip(
        found, words, _masked(words, {_base(word) for word in words}), strict=True
    ):
        parts += [text[at : match.start()], match[0] if masked == word else masked]
        at = match.end()
    return _bound("".join([*parts, text[at:]]))


def _bound(text: str) -> str:
    for pattern in _BOUND:
        text = pattern.sub(rf"\g<1>{MASK}", text)
    return text


def _quoted(argument: str) -> str:
    """As a shell takes it, but for the brackets of what is masked."""
    return argument if _PLAIN.fullmatch(argument) else shlex.quote(argument)


def _found(text: str) -> str:
    """Without what the detectors find."""
    data = text.encode("utf-8", "backslashreplace")
    for expression in _expressions():
        data = expression.sub(MASK.encode(), data)
    return data.decode("utf-8", "backslashreplace")


@cache
def _expressions() -> tuple[re.Pattern[bytes], ...]:
    return tuple(re.compile(detector.pattern) for detector in DETECTORS.values())


def _base(path: str) -> str:
    return path.rpartition("/")[2]
