"""Which characters of a line that was replaced are marked."""

from __future__ import annotations

from fcm_tui.review.documents.document import Document

MARKED = 2_000
"""In lines longer than this all between what they begin and end with is marked, not the words in it."""
_KEPT = 10_000

Marks = list[tuple[int, int]]


class WordMarks:
    """The marks of one document, found where they are seen, and kept."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._found: dict[tuple[int, int], tuple[Marks, Marks]] = {}

    def of(self, old: int, new: int) -> tuple[Marks, Marks]:
        """What differs in an old line and in the new one that stands for it."""
        marks = self._found.get((old, new))
        if marks is None:
            marks = self._find(self._document.old.drawn(old), self._document.new.drawn(new))
            if len(self._found) > _KEPT:
                self._found.clear()
            self._found[old, new] = marks
        return marks

    def _find(self, before: str, after: str) -> tuple[Marks, Marks]:
        from fcm_tui.diff.hexes import byte_spans  # not before the first paint
        from fcm_tui.diff.words import ends_spans, word_spans

        if self._document.hex:
            return byte_spans(before, after)
        if len(before) > MARKED or len(after) > MARKED:
            return ends_spans(before, after)
        spans = word_spans(before, after)
        # where almost all words differ, marks say nothing
        if sum(_letters(before[start:end]) for start, end in spans[0]) > 0.7 * _letters(before) + 2:
            return [], []
        return [*spans[0]], [*spans[1]]


def _letters(text: str) -> int:
    return sum(map(len, text.split()))
