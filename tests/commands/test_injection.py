"""SQL in names, filters, searched text and host names is text, and nothing else."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from fcm_tui import cli
from fcm_tui.store.reading.queries import Reader

SQL = [
    "'; DROP TABLE changes; --",
    "' OR '1'='1",
    '" OR ""="',
    "x') UNION SELECT * FROM contents; --",
    "%",
    "_",
    "*",
    "?",
    "?1",
    ":text",
    "@x",
    "$x",
    "\\",
    "''",
    "x\ny; ATTACH 'z' AS z",
    "[sqlite_master]",
    "1 OR 1",
    "NULL",
]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows takes few of these names")
def test_sql_is_text_wherever_it_stands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, root = tmp_path / "data", tmp_path / "root"

    def run(*arguments: str, status: int = 0) -> str:
        assert cli.main(["--data-dir", str(data), *arguments]) == status, capsys.readouterr()
        out, err = capsys.readouterr()
        assert len(err.splitlines()) <= 1
        return out

    def log(*arguments: str) -> list[str]:
        return [json.loads(line)["path"] for line in run("log", "--json", *arguments).splitlines()]

    root.mkdir()
    run("record", "--once", str(root))
    names = {text: root / f"n{number}{text}" for number, text in enumerate(SQL)}
    for text, path in names.items():
        path.write_text(f"before\n{text} of {path.name}\n")
    run("record", "--once", str(root))
    with Reader(data / "record.db") as reader:
        tables = reader.connection.execute("SELECT name, sql FROM sqlite_schema ORDER BY name").fetchall()
    for text, path in names.items():
        with_it = {str(p) for t, p in names.items() if text in f"before\n{t} of {p.name}\n"}
        assert str(path) in with_it
        assert log("--", str(path)) == [str(path)]
        assert set(log(f"--text={text}")) == with_it, "exactly the lines that hold it, as they are"
        assert log(f"--text={text}no such text") == []
        assert log(f"--host={text}") == []
        assert log("--", str(root / text / "x")) == []
        run("log", f"--kind={text}", status=2)
        run("log", f"--since={text}", status=2)
        run("diff", "--", text, status=2)
        run("cat", "--", f"{text}:1", status=1)
        run("restore", f"--at={text}", "--", str(path), status=2)
        run("restore", "1", f"--to={path}.copy")
        assert Path(f"{path}.copy").is_file()
    with Reader(data / "record.db") as reader:
        assert (
            tables
            == reader.connection.execute("SELECT name, sql FROM sqlite_schema ORDER BY name").fetchall()
        )
        assert reader.count() == 2 * len(SQL)
    assert run("verify").startswith("ok: ")
