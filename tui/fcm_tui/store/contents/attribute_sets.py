"""Sets of extended attributes out of the record, and what a change did to them in words."""

from __future__ import annotations

from collections.abc import Callable

from fcm_tui.capture.attributes import NONE, BadSet, decode, differences, same
from fcm_tui.errors import ContentMissing
from fcm_tui.model import Change, Kind
from fcm_tui.safetext import visible_path


def set_of(content: Callable[[bytes], bytes], digest: bytes | None) -> dict[bytes, bytes] | None:
    """The attributes that a digest stands for; None where nothing is recorded, or it cannot be had.

    `content` gives the bytes of a digest, or raises `ContentMissing`.
    """
    if digest is None:
        return None
    try:
        return decode(content(digest) if digest else NONE)
    except (ContentMissing, BadSet):
        return None


def told(content: Callable[[bytes], bytes], change: Change) -> str:
    """`user.a added, user.b removed`, safe for a terminal; empty where a change did nothing to them."""
    if same(change.previous_attributes, change.attributes) or change.attributes is None:
        return ""
    new, old = (set_of(content, digest) for digest in (change.attributes, change.previous_attributes))
    if new is None:
        return "what they are is damaged in the record"
    if old is None and change.kind is not Kind.CREATED:
        names = ", ".join(map(visible_path, sorted(new))) or "none"
        return f"{names}; those before are not recorded"
    old = old or {}
    return ", ".join(f"{visible_path(name)} {what}" for what, name in differences(old, new))
