"""A text as its lines."""

from __future__ import annotations

_CHUNK = 1 << 20  # split at once: a few milliseconds, after which other threads get their turn


def split_lines(data: bytes) -> list[bytes]:
    """The lines of `data` with their terminators; only b"\\n" is one."""
    if len(data) <= _CHUNK and b"\r" not in data:
        return data.splitlines(keepends=True)  # which knows CR too, and is four times as fast
    result: list[bytes] = []
    start = 0
    while start < len(data):
        end = len(data)
        if end - start > _CHUNK:
            end = data.find(b"\n", start + _CHUNK) + 1 or end
        lines = data[start:end].split(b"\n")
        last = lines.pop()
        result += [line + b"\n" for line in lines]
        if last:
            result.append(last)
        start = end
    return result
