"""The terminal: what it can show, and what stands between its keys and the screen."""

from __future__ import annotations

import codecs
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping

from fcm_tui.doctor.finding import Finding, ok, warning, wrong
from fcm_tui.service.plan import run

_SLOW_ESCAPE = 100
"""Milliseconds for which Esc may be held back."""


def terminal(environ: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """Colours, encoding, and multiplexers."""
    term = environ.get("TERM", "")
    if not sys.stdout.isatty():
        yield ok("terminal", "not at one now: run this where the screen is to be")
    elif term in ("", "dumb", "unknown") and os.name != "nt":
        yield wrong(
            "terminal",
            f"TERM={term or '(not set)'} cannot place text",
            "set TERM to what the terminal really is",
        )
    else:
        yield _colours(term, environ)
    encoding = sys.stdout.encoding or "ascii"
    if codecs.lookup(encoding).name != "utf-8":
        how = "chcp 65001, or PYTHONUTF8=1" if os.name == "nt" else "LC_ALL=C.UTF-8, or PYTHONUTF8=1"
        yield wrong("encoding", f"{encoding}, but the screen needs UTF-8", f"set {how}")
    else:
        yield ok("encoding", "UTF-8")
    if environ.get("TMUX"):
        yield from tmux(lambda *words: run(("tmux", *words), 3.0))
    elif environ.get("STY"):
        yield warning(
            "screen", "GNU screen hands no copied text on (OSC 52)", "copy with `x` into a file, or use tmux"
        )
    else:
        yield _copying(environ)


def _colours(term: str, environ: Mapping[str, str]) -> Finding:
    said = f"TERM={term or '(Windows)'}, COLORTERM={environ.get('COLORTERM') or '(not set)'}"
    if "NO_COLOR" in environ:
        return ok("terminal", f"{said}, NO_COLOR: attributes instead of colours")
    if environ.get("COLORTERM", "").lower() in ("truecolor", "24bit") or os.name == "nt":
        return ok("terminal", f"{said}: all colours")
    if term.rpartition("-")[2] in ("256color", "kitty"):
        over = "; ssh does not hand COLORTERM on" if environ.get("SSH_CONNECTION") else ""
        mend = "export COLORTERM=truecolor, if the terminal has them"
        return (
            warning("terminal", f"{said}: 256 colours{over}", mend)
            if over
            else ok("terminal", f"{said}: 256 colours")
        )
    mend = "set TERM to what the terminal really is, such as xterm-256color"
    return warning("terminal", f"{said}: 16 colours", mend)


def tmux(ask: Callable[..., tuple[int, str]]) -> Iterator[Finding]:
    """The settings of tmux that the screen depends on; `ask` runs tmux with these words."""
    topic = "tmux"
    status, escape = ask("show-options", "-sv", "escape-time")
    if status:
        yield warning(
            topic, f"it does not answer: {escape.strip()}", "see whether TMUX is left over from elsewhere"
        )
        return
    if escape.strip().isdigit() and int(escape) > _SLOW_ESCAPE:
        mend = "`set -s escape-time 10` in ~/.tmux.conf"
        yield warning(topic, f"Esc is held back for {escape.strip()} ms", mend)
    else:
        yield ok(topic, f"Esc comes after {escape.strip()} ms")
    clipboard = ask("show-options", "-sv", "set-clipboard")[1].strip()
    if clipboard == "off":
        yield warning(
            topic, "it hands no copied text on (OSC 52)", "`set -s set-clipboard on` in ~/.tmux.conf"
        )
    inside = ask("show-options", "-gv", "default-terminal")[1].strip()
    if inside and not inside.endswith(("256color", "direct")):
        mend = "`set -g default-terminal tmux-256color` in ~/.tmux.conf"
        yield warning(topic, f"it gives TERM={inside} to what runs inside, so colours are missing", mend)
    features = ask("display-message", "-p", "#{client_termfeatures}")
    if not features[0] and features[1].strip() and "RGB" not in features[1]:
        mend = "`set -as terminal-features ',*:RGB'` in ~/.tmux.conf, if the terminal has them"
        yield warning(topic, "it reduces colours to 256", mend)


def _copying(environ: Mapping[str, str]) -> Finding:
    tools = ("clip.exe",) if os.name == "nt" else ("wl-copy", "xclip", "xsel", "pbcopy")
    known = next((tool for tool in tools if shutil.which(tool)), None)
    if known and not environ.get("SSH_CONNECTION"):
        return ok("clipboard", f"copied text goes to {known}")
    return ok(
        "clipboard",
        "copied text goes to the terminal (OSC 52), which may not take it: then `x` writes a file",
    )
