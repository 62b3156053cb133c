"""The same record twice: in its file, and on a server, sent by the recorder's own sender."""

from __future__ import annotations

import asyncio
import contextlib
import io
from pathlib import Path

import pytest

from fcm_tui.cli import main
from fcm_tui.settings.database import Server
from fcm_tui.ship.shipper import Shipper


def send(record: Path, server: Server) -> None:
    """All of a record to a server, whose tables are there afterwards."""

    async def sent() -> str:
        shipper = Shipper(record, server, record.with_name("refused.db"))
        shipper.stop(with_files=True)
        await shipper.run()
        return shipper.state.reason or ("" if not shipper.state.behind else "not all was sent")

    assert asyncio.run(sent()) == ""


def record_twice(root: Path, data: Path) -> None:
    """A real record of some edits in a folder."""
    (root / "src").mkdir()
    (root / "still.txt").write_text("never changed\n")
    (root / "a.txt").write_text("one\ntwo\nthree\n")
    (root / "src" / "util.py").write_text("def f():\n    return 1\n")
    (root / "blob.bin").write_bytes(bytes(range(256)) * 20)
    once(root, data)
    (root / "a.txt").write_text("one\n2 zwei ☃\nthree\n")
    (root / "blob.bin").write_bytes(bytes(range(256)) * 21)
    (root / "src" / "new \x1b[31m.py").write_text("x = 'it''s \\ %'\n")
    with open(bytes(root) + b"/\xff\xfe", "wb") as file:
        file.write(b"no name\n")
    once(root, data)
    (root / "src" / "util.py").rename(root / "src" / "used.py")
    once(root, data)
    (root / "src" / "used.py").write_text("def f():\n    return 2\n")
    (root / "a.txt").unlink()
    once(root, data)


def once(root: Path, data: Path, *more: str) -> None:
    """Record what changed."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        assert main(["record", "--once", str(root), "--data-dir", str(data), *more]) == 0


def once_sealed(root: Path, data: Path) -> tuple[str, ...]:
    """An encrypted record of one new file in a folder, with its key beside; the arguments that name that."""
    (data.parent / "key").write_text("ab" * 32)
    (data.parent / "key").chmod(0o600)
    (data.parent / "fcm.toml").write_text('[encryption]\nkey = "file:key"\n')
    config = ("--config", str(data.parent / "fcm.toml"))
    once(root, data, *config)
    (root / "a.txt").write_text("hidden line\n")
    once(root, data, *config)
    return config


def ran(capsysbinary: pytest.CaptureFixture[bytes], *arguments: str) -> tuple[int, bytes, bytes]:
    """Status, output and errors of a command."""
    status = main(arguments)
    out, err = capsysbinary.readouterr()
    return status, out, err
