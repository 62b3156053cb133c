"""The text formats: what a name may not do in them, and that nothing is lost."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import sqlite3
import stat
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from fcm_tui import cli
from fcm_tui.model import Kind
from fcm_tui.report.html import embedded
from fcm_tui.report.md import escaped
from tests.review.builder import RecordBuilder

Run = pytest.CaptureFixture[bytes]


def report(record: RecordBuilder, capture: Run, *arguments: str) -> bytes:
    capture.readouterr()
    folder = str(record.database.parent)
    os.chmod(folder, 0o700)
    assert cli.main(["--data-dir", folder, "report", *arguments]) == 0
    return capture.readouterr().out


def test_json_has_a_line_for_each_figure(record: RecordBuilder, capfdbinary: Run, in_utc: None) -> None:
    told = [json.loads(line) for line in report(record, capfdbinary, "--format", "json").splitlines()]
    figures = {line["figure"]: line["rows"] for line in told}
    if hasattr(time, "tzset"):  # else it is the machine's
        assert figures["report"][0]["zone"] == "UTC"
    assert figures["summary"][0]["changes"] == 326
    assert sum(row["changes"] for row in figures["hours"]) == 326 and len(figures["hours"]) == 168
    assert figures["burst"][0]["folder"].endswith("build")
    assert {row["kind"]: row["changes"] for row in figures["kind"]}["moved"] == 34


FORMULAS = (
    "=cmd|' /C calc'!A0",
    "+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "'=1",
    'plain, "quoted"\nand more',
)


def test_a_csv_cell_is_no_formula_and_comes_back_as_it_was(record: RecordBuilder, capfdbinary: Run) -> None:
    for name in FORMULAS:
        record.change("/srv/shop/x.txt", b"", Kind.METADATA, process=name)
    rows = list(
        csv.DictReader(io.StringIO(report(record, capfdbinary, "--format", "csv").decode(), newline=""))
    )
    assert [int(row["sequence"]) for row in rows] == [*range(1, len(rows) + 1)]
    for row in rows:
        assert not any(re.match(r"[=+@\t\r-]", cell) for cell in row.values())
    undone = tuple(row["process"].removeprefix("'") for row in rows[-len(FORMULAS) :])
    assert undone == FORMULAS
    capfdbinary.readouterr()
    cli.main(["--data-dir", str(record.database.parent), "log", "--json", "--reverse"])
    logged = [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]
    for row, change in zip(rows, logged, strict=True):
        for name, value in change.items():
            cell = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
            assert row[name].removeprefix("'") == cell, name


def test_a_name_that_is_no_text_is_in_every_format(record: RecordBuilder, capfdbinary: Run) -> None:
    for number in range(30):
        record.change(b"/srv/shop/caf\xe9|`<b>*.txt", b"%d" % number, Kind.MODIFIED)
    assert b"caf\\udce9|`<b>*.txt" in report(record, capfdbinary, "--format", "csv")
    assert b"caf\\\\xe9\\|\\`\\<b\\>\\*.txt |" in report(record, capfdbinary, "--format", "md")
    page = report(record, capfdbinary)
    assert b"caf\\xe9|`&lt;b&gt;*.txt" in page and b"<b>*" not in page


def test_markdown_text_stands_for_itself() -> None:
    assert escaped("a|b_c*d<e>[x](y)") == r"a\|b\_c\*d\<e\>\[x\](y)"
    assert escaped("https://evil.example") == r"https\://evil.example"
    assert escaped("- no list") == r"\- no list"


def test_json_in_a_page_ends_no_script() -> None:
    text = embedded({"a": "</script><!--\u2028\u2029&\udc80"})
    assert not re.search(r"[<>&\u2028\u2029]", text) and text.isascii()
    assert json.loads(text) == {"a": "</script><!--\u2028\u2029&\udc80"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--format", "htlm"], "did you mean html?"),
        (["--output", "x.doc"], "no format is told by its name"),
        (["--since", "now", "--until", "1d"], "--until is not behind --since"),
        (["--filter", "knd:x"], "did you mean kind:?"),
        (["--output", "{folder}"], "is a folder"),
        (["--output", "{folder}/none/x.html"], "name a file in a folder that is there"),
    ],
)
def test_what_cannot_be_written_is_said_in_a_line(
    record: RecordBuilder, capfd: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    data = record.database.parent
    given = [argument.format(folder=data.parent) for argument in arguments]
    assert cli.main(["--data-dir", str(data), "report", *given]) == 2
    out, err = capfd.readouterr()
    assert said in err and err.count("\n") == 1 and not out


def test_an_empty_range_says_so(record: RecordBuilder, capfd: pytest.CaptureFixture[str]) -> None:
    for name in ("html", "md", "json", "csv"):
        assert (
            cli.main(
                ["--data-dir", str(record.database.parent), "report", "--since", "now", "--format", name]
            )
            == 0
        )
        assert "no change is in this range" in capfd.readouterr().err


def test_a_file_is_replaced_whole_but_not_one_in_a_recorded_folder(
    record: RecordBuilder, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    data = ["--data-dir", str(record.database.parent), "report", "--output"]
    page = tmp_path / "page.html"
    page.write_text("old")
    assert cli.main([*data, str(page)]) == 0
    assert page.read_bytes().startswith(b"<!DOCTYPE html>")
    assert "report: 326 changes in" in capfd.readouterr().err
    watched = tmp_path / "watched"
    watched.mkdir()
    record.root(watched.as_posix())
    inside = watched / "page.md"
    assert cli.main([*data, str(inside)]) == 0
    capfd.readouterr()
    assert cli.main([*data, str(inside)]) == 2
    assert "is in the recorded folder" in capfd.readouterr().err
    assert cli.main([*data, str(inside), "--force"]) == 0
    assert sorted(path.name for path in watched.iterdir()) == ["page.md"]


@pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")
def test_a_report_is_its_owners_alone_unless_a_file_there_is_not(
    record: RecordBuilder, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    ask = ["--data-dir", str(record.database.parent), "report", "--output", str(page)]
    for made, stays in ((0o600, 0o644), (0o644, 0o640), (0o640, 0o640)):
        assert cli.main(ask) == 0
        assert stat.S_IMODE(page.stat().st_mode) == made
        page.chmod(stays)


@pytest.mark.parametrize(
    "name", ["record.db", "record.db-wal", "record.db-search", "recorder.lock", "new.md"]
)
def test_a_report_never_takes_the_place_of_the_record(
    record: RecordBuilder, tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    data = ["--data-dir", str(record.database.parent), "report", "--format", "md", "--output"]
    before = record.database.read_bytes()
    targets = [record.database.with_name(name)]
    if sys.platform != "win32":  # which grants few to make a link
        link = tmp_path / "link"
        link.symlink_to(record.database.parent)
        targets.append(link / name)
    for target in targets:
        assert cli.main([*data, str(target), "--force"]) == 2
        assert "lies in the data directory" in capfd.readouterr().err
    assert record.database.read_bytes() == before
    elsewhere = tmp_path / "elsewhere.db"
    with closing(sqlite3.connect(elsewhere)) as copy, closing(sqlite3.connect(record.database)) as original:
        original.backup(copy)
    before = elsewhere.read_bytes()
    asked = ["--database", f"sqlite:{elsewhere}", *data]
    assert cli.main([*asked, str(elsewhere)]) == 2
    assert "is the record" in capfd.readouterr().err
    assert elsewhere.read_bytes() == before


SCRIPTS = "名前-имя-όνομα-이름-اسم-नाम-🙂-\u202egpj.txt"


@pytest.mark.parametrize("with_fonts", [True, False])
def test_a_pdf_has_the_figures_and_names_in_any_script(
    record: RecordBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, with_fonts: bool
) -> None:
    pypdf = pytest.importorskip("pypdf")
    if not with_fonts:
        monkeypatch.setattr("fcm_tui.report.pdf.found_fonts", list)
    for number in range(40):
        record.change(f"/srv/shop/{SCRIPTS}", b"%d" % number)
    document = tmp_path / "report.pdf"
    assert cli.main(["--data-dir", str(record.database.parent), "report", "--output", str(document)]) == 0
    text = "".join(page.extract_text() for page in pypdf.PdfReader(document).pages)
    assert "Busiest files" in text and "366" in text and "-<202E>gpj.txt" in text
    assert with_fonts or ("<540D><524D>-<0438>" in text and "no font here" in text.replace("\n", " "))


def test_parquet_has_typed_columns_and_every_change(record: RecordBuilder, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    record.change(b"/srv/shop/caf\xe9.txt", b"1")
    rows = tmp_path / "changes.parquet"
    assert cli.main(["--data-dir", str(record.database.parent), "report", "--output", str(rows)]) == 0
    table = parquet.read_table(rows)
    assert str(table.schema.field("time").type) == "timestamp[ns, tz=UTC]"
    assert str(table.schema.field("size").type) == "int64"
    assert table["sequence"].to_pylist() == list(range(1, 328))
    assert table["path"][-1].as_py() == os.sep.join(("", "srv", "shop", r"caf\udce9.txt"))
    assert table["path_bytes"][-1].as_py() == os.sep.encode().join((b"", b"srv", b"shop", b"caf\xe9.txt"))


@pytest.mark.parametrize(
    ("name", "library", "extra"), [("pdf", "fpdf", "pdf"), ("parquet", "pyarrow", "parquet")]
)
def test_a_missing_library_is_said_with_how_to_install_it(
    record: RecordBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str],
    name: str, library: str, extra: str,
) -> None:  # fmt: skip
    monkeypatch.setitem(sys.modules, library, None)
    target = tmp_path / f"report.{name}"
    assert cli.main(["--data-dir", str(record.database.parent), "report", "--output", str(target)]) == 2
    assert f"pip install 'fcm-tui[{extra}]'" in capfd.readouterr().err
    assert not target.exists()
