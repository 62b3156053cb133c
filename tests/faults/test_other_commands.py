"""Other commands open and close the record while a recorder is at work: they take nothing of it away."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fcm_tui.model import ANEW
from tests.faults.conftest import Program
from tests.waiting import wait_for


def test_a_review_after_other_settings_were_taken_up(program: Program, tmp_path: Path) -> None:
    """Whoever closes the record last clears away its write-ahead log, and knows that by the locks of the others."""
    config = tmp_path / "fcm.toml"
    settings = f"[[roots]]\npath = '{program.root}'\n"
    config.write_text(settings)
    program.options = ["--config", str(config)]
    file = program.root / "file.txt"

    def log() -> list[dict[str, Any]]:
        return [json.loads(line) for line in program.run("log", "--json").stdout.splitlines()]

    program.start()
    config.write_text(f"{settings}[capture]\nsize_limit = '10 MiB'\n")
    wait_for(lambda: program.gaps(ANEW))
    file.write_text("1\n")
    wait_for(lambda: len(log()) == 1)
    program.run("review", "1")
    for number in range(2, 5):
        file.write_text(f"{number}\n")
        wait_for(lambda number=number: len(log()) == number)
    program.kill()
    assert len(log()) == 4
    assert "4 changes" in program.run("verify").stdout
