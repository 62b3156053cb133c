"""Filters on a real record: which changes they let through."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from fcm_tui.datadir import open_data_dir
from fcm_tui.model import Kind
from fcm_tui.query.parse import parse
from fcm_tui.store.reading.filters import Filters
from fcm_tui.store.reading.patience import Abandoned, reading_until
from fcm_tui.store.reading.queries import Reader
from tests.query.cases import CASES
from tests.review.builder import RecordBuilder, connect

# 1 + new.txt, 2 - gone.txt, 3 > moved.txt from notes.txt, 4 . src/util.py, 5 + .env (secret), 6 ~ blob.bin,
# 7 ~ src/util.py by vim, 8 ~ main.py +1 ~1 -1


def found(record: RecordBuilder, expression: str) -> list[int]:
    with Reader(record.database) as reader:
        filters = Filters(terms=parse(expression))
        changes = [change.sequence for change in reader.iterate(filters, reverse=True)]
        assert reader.found(filters) == len(changes)
        return changes


@pytest.mark.parametrize(("expression", "sequences"), CASES)
def test_what_each_filter_lets_through(record: RecordBuilder, expression: str, sequences: list[int]) -> None:
    connect(record.database).execute(
        "INSERT INTO reviews SELECT recorder_id, 2, 'me', 1, 'accepted', NULL FROM recorders"
    )
    if "note" in expression:
        connect(record.database).execute(
            "INSERT INTO reviews SELECT recorder_id, 6, 'me', 1, 'accepted', 'Ask Ann: 50% of it?' FROM recorders"
        )
    assert found(record, expression) == sequences


def test_letters_that_mean_something_to_like_are_letters(empty: RecordBuilder) -> None:
    for name in ("100%.txt", "a_b.txt", "ab.txt", "Ä.txt"):
        empty.change(f"/home/ann/project/{name}", b"", Kind.CREATED)
    assert found(empty, "%") == [1]
    assert found(empty, "_") == [2]
    assert found(empty, "ä") == [4]
    assert found(empty, "'; DROP TABLE changes; --") == []


PROCESSES = {
    "process:vim": [1, 2, 4],
    "process:vim[12]": [1],
    "process:git": [2, 4],
    "process:Vim": [],
    "process:im": [],
    'process:"git[3], vim[13]"': [2],
    "process:code%": [5],
    "process:*": [1, 2, 3, 4, 5],
}


@pytest.mark.parametrize("expression", PROCESSES)
def test_a_process_is_found_by_its_program_and_by_itself(empty: RecordBuilder, expression: str) -> None:
    stored = ["vim[12]", "git[3], vim[13]", "gvim[14]", "vim[15], git[4] +2?", "code%[1]", "coder[2]", None]
    for number, process in enumerate(stored):
        empty.change(f"/home/ann/project/{number}", b"", Kind.CREATED, process=process)
    expected = [*PROCESSES[expression], 6] if expression == "process:*" else PROCESSES[expression]
    assert found(empty, expression) == expected


def test_what_nobody_wants_any_more_is_given_up(empty: RecordBuilder) -> None:
    empty.many(b"/home/ann/project", 50_000)
    filters = Filters(terms=parse("nothing"))
    with Reader(empty.database) as reader:
        with pytest.raises(Abandoned), reading_until(reader.connection, lambda: True):
            reader.found(filters)
        with reading_until(reader.connection, lambda: False):
            assert reader.found(filters) == 0


def test_log_takes_an_expression_and_says_what_is_wrong_with_it(record: RecordBuilder) -> None:
    open_data_dir(str(record.database.parent / "data"))

    def log(expression: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "fcm_tui", "--database", f"sqlite:{record.database}", "--data-dir",
             str(record.database.parent / "data"), "log", "--filter", expression],
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    done = log("*.py !kind:metadata")
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["8", "7"], done
    wrong = log("kind:craeted")
    assert wrong.returncode == 2
    assert wrong.stderr == "fcm-tui: --filter: kind:craeted: no such kind: did you mean created?\n"


def test_log_knows_saved_filters(record: RecordBuilder, tmp_path: Path) -> None:
    open_data_dir(str(tmp_path / "data"))
    (tmp_path / "fcm.toml").write_text("[filters]\ncode = '*.py !kind:metadata'\n")
    done = subprocess.run(
        [sys.executable, "-m", "fcm_tui", "--database", f"sqlite:{record.database}", "--data-dir",
         str(tmp_path / "data"), "--config", str(tmp_path / "fcm.toml"), "log", "--filter", "!@code *.py"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["4"], done


@pytest.mark.parametrize(
    ("expression", "sequences"),
    [("weekday:sat,mon hour:14", [1, 2, 3, 4, 5, 6, 7, 8]), ("weekday:tue-sun", []), ("!hour:14", [])],
)
def test_clocks_are_those_of_this_place(
    record: RecordBuilder, expression: str, sequences: list[int], in_utc: None
) -> None:
    assert found(record, expression) == sequences
