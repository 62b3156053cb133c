"""Lines that are made when they are asked for."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import overload


class MadeLines(Sequence[str]):
    """Each line by its index, counted from 0; a slice is made line by line."""

    @abstractmethod
    def line(self, index: int) -> str:
        """The line at an index below the length."""

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return [self.line(at) for at in range(*index.indices(len(self)))]
        if index >= len(self):
            raise IndexError(index)
        return self.line(index)
