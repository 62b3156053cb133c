"""Child process that turns source text into style numbers: pygments, and nothing of the program.

Lexing a large file takes seconds and a hostile one may hang a lexer's regular expressions; in a
process of its own neither is felt. Frames are `marshal` values. In: `("open", [(id, name, text), …])`,
which replaces what was open, and `("window", id, first, last)`. Out: `(id, first_line, [spans, …],
exact)`, each line's spans an `array("H")` of start, end, style as bytes; `(id, None, [], True)` when
a text is done.
"""

from __future__ import annotations

import marshal
import os
import queue
import sys
import threading
import time
from array import array
from collections.abc import Iterator
from typing import Any

LINE = 2000
"""Characters of a line that are lexed in a window; the exact pass has no such limit."""
BEFORE, AFTER = 120, 120
"""Lines around a window that are lexed with it, so that it mostly starts at a sound place."""
SLICE = 0.03

_STYLES = (
    ("Token.Comment", 1), ("Token.Keyword", 2), ("Token.Operator.Word", 2), ("Token.Literal.String", 3),
    ("Token.Literal.Number", 4), ("Token.Name.Attribute", 4), ("Token.Name.Function", 5),
    ("Token.Generic.Heading", 5), ("Token.Generic.Subheading", 5), ("Token.Name.Class", 6),
    ("Token.Name.Decorator", 6), ("Token.Generic.Strong", 6), ("Token.Name.Builtin", 7),
    ("Token.Name.Variable", 7), ("Token.Name.Tag", 8),
)  # fmt: skip
_SHELLS = {
    "sh": "sh",
    "bash": "sh",
    "zsh": "sh",
    "dash": "sh",
    "python": "py",
    "perl": "pl",
    "ruby": "rb",
    "node": "js",
}
_styles: dict[object, int] = {}


def style_of(token: object) -> int:
    """The number of a token's style; 0 for plain text."""
    style = _styles.get(token)
    if style is None:
        name = str(token)
        style = next((number for prefix, number in _STYLES if name.startswith(prefix)), 0)
        _styles[token] = style
    return style


def make_lexer(name: str, text: str) -> Any:
    """The lexer for a file, by its name or its first line; None where there is none."""
    from pygments.lexers import find_lexer_class_for_filename

    found = find_lexer_class_for_filename(name)
    if found is None and text.startswith("#!"):
        program = text[2:200].split("\n", 1)[0].split("/")[-1].split()
        words = [word.rstrip("0123456789.") for word in program if not word.startswith("-") and word != "env"]
        if words and words[0] in _SHELLS:
            found = find_lexer_class_for_filename(f"x.{_SHELLS[words[0]]}")
    return found(stripnl=False) if found else None


def lex(text: str, lexer: Any) -> Iterator[array[int]]:
    """The spans of each line of `text`."""
    spans: array[int] = array("H")
    column = position = 0
    for index, token, value in lexer.get_tokens_unprocessed(text):
        if index < position:
            continue
        for part, style in ((text[position:index], 0), (value, style_of(token))):
            for number, piece in enumerate(part.split("\n")):
                if number:
                    yield spans
                    spans, column = array("H"), 0
                end = column + len(piece)
                if style and piece and end < 65536:
                    spans.extend((column, end, style))
                column = end
        position = index + len(value)
    for _ in range(text.count("\n", position)):
        yield spans
        spans = array("H")
    yield spans


def window(lines: list[str], lexer: Any, first: int, last: int) -> tuple[int, list[bytes]]:
    """Colours for the lines from `first` to before `last`, as good as they get without those above."""
    start = max(0, first - BEFORE)
    for line in range(first, start, -1):
        if lines[line : line + 1] and lines[line] and not lines[line][0].isspace():
            start = line
            break
    stop = min(len(lines), last + AFTER)
    text = "\n".join(line[:LINE] for line in lines[start:stop])
    return start, [spans.tobytes() for spans in lex(text, lexer)]


class _Text:
    """An open text and how far its exact pass has come."""

    def __init__(self, identity: int, name: str, text: str) -> None:
        self.identity = identity
        self.lexer = make_lexer(name, text)
        self.lines = text.split("\n")
        self.done = 0
        self.rest: Iterator[array[int]] | None = lex(text, self.lexer) if self.lexer is not None else None

    def advance(self) -> list[bytes]:
        """The spans of the next lines, as many as `SLICE` allows; `rest` is None after the last."""
        until, batch = time.monotonic() + SLICE, []
        assert self.rest is not None
        for spans in self.rest:
            batch.append(spans.tobytes())
            if time.monotonic() > until:
                break
        else:
            self.rest = None
        self.done += len(batch)
        return batch


def main() -> None:
    """Serve one parent until it closes the pipe."""
    if hasattr(os, "nice"):
        os.nice(5)
    out = sys.stdout.buffer
    orders: queue.Queue[tuple[Any, ...] | None] = queue.Queue()

    def listen() -> None:
        try:
            while True:
                orders.put(marshal.load(sys.stdin.buffer))
        except (EOFError, ValueError, TypeError):
            orders.put(None)

    def send(*frame: Any) -> None:
        marshal.dump(frame, out)
        out.flush()

    threading.Thread(target=listen, daemon=True).start()
    texts: dict[int, _Text] = {}
    while True:
        busy = next((text for text in texts.values() if text.rest is not None), None)
        try:
            order = orders.get(block=busy is None)
        except queue.Empty:
            assert busy is not None
            first = busy.done
            send(busy.identity, first, busy.advance(), True)
            if busy.rest is None:
                send(busy.identity, None, [], True)
            continue
        if order is None:
            return
        if order[0] == "open":
            texts = {identity: _Text(identity, name, text) for identity, name, text in order[1]}
            for opened in texts.values():
                if opened.rest is None:
                    send(opened.identity, None, [], True)
        elif order[0] == "window" and (found := texts.get(order[1])) is not None and found.lexer is not None:
            send(found.identity, *window(found.lines, found.lexer, order[2], order[3]), False)


if __name__ == "__main__":
    try:
        main()
    except (BrokenPipeError, KeyboardInterrupt):
        os._exit(0)
