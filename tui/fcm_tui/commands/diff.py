"""`fcm-tui diff`: what a change did, as a patch, as counts, or as JSON."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace

from fcm_tui.capture.text import detect, to_utf8
from fcm_tui.commands.common import find_change, for_terminal, open_record, write_bytes
from fcm_tui.diff.lines import diff_lines, split_lines
from fcm_tui.diff.patch import diffstat, unified
from fcm_tui.model import Change
from fcm_tui.safetext import path_text
from fcm_tui.store.contents.attribute_sets import told
from fcm_tui.store.reading import patches

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


def run(args: argparse.Namespace) -> int:
    """Print the difference.

    Raises:
        NotSoError: there is no such change, or a version's bytes were not kept.
    """
    with open_record(args) as reader:
        change = find_change(reader, args.change)
        if args.other is None:
            new = patches.after(reader, change)  # first, as its refusal tells why nothing was kept
            old = patches.before(reader, change)
            shown = change
        else:
            shown = find_change(reader, args.other)
            old, new = patches.after(reader, change), patches.after(reader, shown)
        if args.json:
            print(json.dumps(_hunks(shown, old, new)))
            return 0
        file = patches.between(old, new, shown.root, change.root)
        is_one = (shown.recorder_id, shown.file_id) == (change.recorder_id, change.file_id)
        file = replace(file, is_one=is_one)
        if args.stat:
            write_bytes(diffstat(file))
            return 0
        if args.other is None and (attributes := told(reader.content, change)):
            print(f"note: extended attributes: {attributes}", file=sys.stderr)
        patch = unified(file)
        write_bytes(_coloured(patch) if sys.stdout.isatty() else patch)
    return 0


def _hunks(change: Change, old: patches.Side, new: patches.Side) -> dict[str, object]:
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
