"""The changes as Parquet, a row each, in typed columns: for analysis elsewhere. With pyarrow."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO

from fcm_tui.errors import UsageError
from fcm_tui.model import Change
from fcm_tui.report.statistics import Asked
from fcm_tui.safetext import path_text
from fcm_tui.store.reading.queries import Reader

if TYPE_CHECKING:
    import pyarrow

_ROWS = 20_000
"""In memory at once, and in one row group."""


def write(out: BinaryIO, reader: Reader, asked: Asked) -> int:
    """Write the changes, oldest first.

    Raises:
        UsageError: pyarrow is not installed.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise UsageError(
            "--format parquet needs pyarrow: install it with `pip install 'fcm-tui[parquet]'`, or write csv"
        ) from None
    schema = _schema(pyarrow)
    changes = reader.iterate(asked.filters, reverse=True)
    count = 0
    with parquet.ParquetWriter(out, schema, compression="zstd") as writer:
        while batch := list(islice(changes, _ROWS)):
            columns = zip(*map(_row, batch), strict=True)
            arrays = [
                pyarrow.array(column, field.type) for column, field in zip(columns, schema, strict=True)
            ]
            writer.write_table(pyarrow.Table.from_arrays(arrays, schema=schema))
            count += len(batch)
    return count


def _schema(arrow: Any) -> pyarrow.Schema:
    """The columns of `log --json`. Paths are bytes as the file system has them, and text to look at."""
    word = arrow.dictionary(arrow.int32(), arrow.string())
    moment = arrow.timestamp("ns", tz="UTC")
    whole, text, raw, digest = arrow.int64(), arrow.string(), arrow.binary(), arrow.binary(32)
    return arrow.schema(
        [
            ("recorder", arrow.binary(16)), ("host", word), ("sequence", whole), ("time", moment), ("kind", word),
            ("root", text), ("path", text), ("path_bytes", raw), ("previous_path", text), ("previous_path_bytes", raw),
            ("size", whole), ("mode", arrow.uint32()), ("owner", word), ("process", word),
            ("process_info", word), ("before", digest), ("after", digest),
            ("capture", word), ("origin", word), ("group", whole), ("inserted", whole),
            ("updated", whole), ("deleted", whole), ("reviewed", arrow.bool_()), ("note", text), ("encoding", word),
            ("newline", word), ("mtime", moment), ("attributes", raw), ("previous_attributes", raw),
        ]
    )  # fmt: skip


def _row(change: Change) -> tuple[object, ...]:
    return (
        change.recorder_id, change.host, change.sequence, change.time_ns, change.kind.value, _text(change.root),
        _text(change.path), change.path, _text(change.previous_path), change.previous_path, change.size, change.mode,
        change.owner, change.process, change.process_info,
        change.before, change.after, change.capture.value, change.origin.value,
        change.group, change.inserted, change.updated, change.deleted, change.reviewed, change.note, change.encoding,
        change.newline, change.mtime_ns, change.attributes, change.previous_attributes,
    )  # fmt: skip


def _text(path: bytes | None) -> str | None:
    """Bytes that are no text as `\\udc80` to `\\udcff` are written: Parquet's text is UTF-8."""
    return None if path is None else path_text(path).encode("utf-8", "backslashreplace").decode()
