"""What a change does to a file's content: the lines that differ, and the bytes packed for the store.

It needs neither database nor order, so threads and processes can do it.
"""

from __future__ import annotations

from typing import NamedTuple

from fcm_tui.capture.text import TextFormat
from fcm_tui.model import Capture, FileRecord
from fcm_tui.pipeline.lines import LineChanges, line_changes, unchanged
from fcm_tui.store.contents.packing import Packed, Version, pack


class Before(NamedTuple):
    """What the record says of the content before."""

    digest: bytes | None
    is_stored: bool
    is_link: bool


class Work(NamedTuple):
    """What came of comparing and packing."""

    lines: LineChanges
    packed: Packed


def before_of(record: FileRecord | None) -> Before | None:
    """None where there was no file."""
    if record is None:
        return None
    return Before(record.digest, record.capture == Capture.STORED, record.state.is_link)


def work_out(
    before: Before | None,
    base: Version | None,
    is_link: bool,
    data: bytes,
    digest: bytes,
    base_format: TextFormat | None = None,
) -> Work:
    """Compare and pack a content that is not the one before.

    Args:
        base: the version before, where its bytes were kept.
        is_link: whether the content is what a symbolic link says.
        data: the content, whose SHA-256 is `digest`.
        base_format: of the base, where it is known to be text.
    """
    if before is None:
        return Work(line_changes(None, data), pack(data, digest))
    if base is None or before.is_link != is_link:
        return Work(LineChanges(unchanged(data).format, None, ()), pack(data, digest, base))
    lines = line_changes(base.data, data, base_format)
    return Work(lines, pack(data, digest, base, spans=lines.spans))
