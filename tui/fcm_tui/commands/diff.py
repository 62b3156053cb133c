"""`fcm-tui diff`: what a change did, as a patch, as counts, or as JSON."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass

from fcm_tui.capture.text import detect, to_utf8
from fcm_tui.commands.common import find_change, for_terminal, open_record, refuse_thinned, write_bytes
from fcm_tui.diff.lines import diff_lines, split_lines
from fcm_tui.diff.patch import PatchFile, diffstat, unified
from fcm_tui.errors import ContentMissing
from fcm_tui.model import Capture, Change
from fcm_tui.safetext import path_text
from fcm_tui.store.attribute_sets import told
from fcm_tui.store.queries import Reader
from fcm_tui.watch.tree import SEPARATOR, join

_COLOURS = {b"+": b"\x1b[32m", b"-": b"\x1b[31m", b"@": b"\x1b[36m"}


def add_parser(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser
) -> None:
    """Add `diff CHANGE [OTHER] [--json|--stat]`."""
    parser = subparsers.add_parser("diff", parents=[common], help="show what a change did, as a patch")
    parser.add_argument("change", metavar="CHANGE", help="its number, or HOST:NUMBER")
    parser.add_argument(
        "other", nargs="?", metavar="OTHER", help="compare the version after CHANGE with the one after OTHER"
    )
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="the hunks as one JSON object")
    shape.add_argument("--stat", action="store_true", help="only how many lines")
    parser.set_defaults(func=run)


@dataclass(frozen=True, slots=True)
class _Side:
    """One of the two versions compared; no path where there was no file."""

    path: bytes | None
    mode: int | None
    data: bytes | None


def run(args: argparse.Namespace) -> int:
    """Print the difference.

    Raises:
        NotSoError: there is no such change, or a version's bytes were not kept.
    """
    with open_record(args) as reader:
        change = find_change(reader, args.change)
        if args.other is None:
            new = _after(reader, change)  # first, as its refusal tells why nothing was kept
            old = _before(reader, change)
            shown = change
        else:
            shown = find_change(reader, args.other)
            old, new = _after(reader, change), _after(reader, shown)
        if args.json:
            print(json.dumps(_hunks(shown, old, new)))
            return 0
        file = PatchFile(
            path=_relative(new.path, shown.root), old_path=_relative(old.path, change.root),
            old_mode=old.mode, new_mode=new.mode, old=old.data, new=new.data,
        )  # fmt: skip
        if args.stat:
            write_bytes(diffstat(file))
            return 0
        if args.other is None and (attributes := told(reader.content, change)):
            print(f"note: extended attributes: {attributes}", file=sys.stderr)
        patch = unified(file)
        write_bytes(_coloured(patch) if sys.stdout.isatty() else patch)
    return 0


def _before(reader: Reader, change: Change) -> _Side:
    path = change.previous_path or change.path
    if change.kind == "created":
        return _Side(None, None, None)
    return _Side(path, reader.state_before(change)[0], _content(reader, change, change.before))


def _after(reader: Reader, change: Change) -> _Side:
    if change.kind == "deleted":
        return _Side(None, None, None)
    refuse_thinned(reader, change, change.after)
    if change.capture != Capture.STORED:
        raise ContentMissing(f"change {change.sequence}: the content was not kept ({change.capture})")
    return _Side(change.path, change.mode, _content(reader, change, change.after))


def _content(reader: Reader, change: Change, digest: bytes | None) -> bytes:
    if digest is None:
        raise ContentMissing(f"change {change.sequence}: the content before it was not kept")
    refuse_thinned(reader, change, digest)
    return reader.content(digest)


def _relative(path: bytes | None, root: bytes) -> bytes | None:
    """A path as patches name it: below the root, with slashes."""
    if path is None:
        return None
    inside = join(root, b"")
    relative = path[len(inside) :] if path.startswith(inside) else path.lstrip(SEPARATOR)
    return relative.replace(SEPARATOR, b"/")


def _hunks(change: Change, old: _Side, new: _Side) -> dict[str, object]:
    formats = [detect(side.data) if side.data is not None else None for side in (old, new)]
    binary = any(
        side.data is not None and text is None for side, text in zip((old, new), formats, strict=True)
    )
    shown = formats[1] or formats[0]
    result: dict[str, object] = {
        "sequence": change.sequence,
        "path": path_text(change.path),
        "encoding": shown.encoding if shown and not binary else None,
        "newline": shown.newline if shown and not binary else None,
        "binary": binary,
        "hunks": [],
    }
    if binary:
        return result
    texts = [
        to_utf8(side.data, text.encoding) if side.data is not None and text is not None else b""
        for side, text in zip((old, new), formats, strict=True)
    ]
    old_lines, new_lines = (split_lines(text) for text in texts)
    result["hunks"] = [
        {
            "operation": hunk.operation,
            "old_start": hunk.old_start,
            "old_lines": _lines(old_lines, hunk.old_start, hunk.old_count),
            "new_start": hunk.new_start,
            "new_lines": _lines(new_lines, hunk.new_start, hunk.new_count),
        }
        for hunk in diff_lines(*texts)
    ]
    return result


def _lines(lines: list[bytes], start: int, count: int) -> list[str]:
    return [line.decode() for line in lines[start - 1 : start - 1 + count]]


def _coloured(patch: bytes) -> bytes:
    """For a terminal: every line made safe, then coloured by its first character."""
    out = []
    for line in patch.split(b"\n"):
        text = for_terminal(line).encode("utf-8", "backslashreplace")
        colour = _COLOURS.get(line[:1])
        if line.startswith((b"+++", b"---", b"diff ", b"index ")):
            colour = b"\x1b[1m"
        out.append(colour + text + b"\x1b[0m" if colour else text)
    return b"\n".join(out)
