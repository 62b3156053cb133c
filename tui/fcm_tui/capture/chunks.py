"""Where large content is cut, so that an edit changes the pieces around it and no others.

Content above 1 MiB is kept as pieces that are contents of their own, each stored once however many
versions and files have it. The borders come from the content itself (FastCDC), so an insertion near
the start moves them along instead of changing every piece behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from fcm_tui.capture.codec import MAX_PIECE

if TYPE_CHECKING:
    from pyfastcdc import FastCDC

MIN_PIECE = 64 << 10
AVERAGE_PIECE = 256 << 10


@cache
def _cutter() -> FastCDC:
    # Importing it takes 72 ms, and most runs never meet a large file.
    from pyfastcdc import FastCDC

    return FastCDC(avg_size=AVERAGE_PIECE, min_size=MIN_PIECE, max_size=MAX_PIECE)


def cut(data: bytes) -> list[tuple[int, int]]:
    """Offset and length of each piece, in order and without gaps; none is longer than `MAX_PIECE`."""
    return [(piece.offset, piece.length) for piece in _cutter().cut_buf(data)]


def counterparts(old: Sequence[bytes], new: Sequence[bytes]) -> list[int | None]:
    """For each new piece the place of the old piece that it most likely grew out of, or None.

    Both are digests in order. A piece that was there before has no counterpart to look for (None); a
    run of new pieces between two kept ones is paired, in order, with the old run between the same two.
    """
    place = {digest: index for index, digest in enumerate(old)}
    pairs: list[int | None] = [None] * len(new)
    next_old = 0
    for index, digest in enumerate(new):
        kept = place.get(digest)
        if kept is not None:
            next_old = kept + 1
        elif next_old < len(old):
            pairs[index] = next_old
            next_old += 1
    kept_new = set(new)
    # An old piece that is still in use bounds its run: what was paired past it was newly inserted.
    return [None if pair is None or old[pair] in kept_new else pair for pair in pairs]
