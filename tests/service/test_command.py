"""`fcm-tui service` from the shell, where nothing is done yet."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from fcm_tui.cli import main
from tests.windows.system import not_on_wine

without_wine = not_on_wine("its schtasks finds every task that it is asked for")
linux = pytest.mark.skipif(sys.platform != "linux", reason="shows the units of Linux")


def _run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = main(["service", *words])
    said = capsys.readouterr()
    return status, said.out, said.err


@pytest.fixture
def configured(home: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = home / "own.toml"
    file.write_text(f"[[roots]]\npath = '{root}'\n")
    monkeypatch.setenv("FCM_CONFIG", str(file))
    return file


def test_without_folders_it_says_how_to_name_some(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = _run(capsys, "install", "--dry-run")
    assert (status, out) == (2, "")
    assert "no folder is configured" in err and "[[roots]]" in err and err.count("\n") == 1


@linux
def test_a_dry_run_writes_nothing_and_hands_all_places_on(
    configured: Path, home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FCM_DATABASE", f"sqlite:{home / 'other.db'}")
    monkeypatch.setenv("FCM_DATABASE_PASSWORD", "not to be seen")
    before = sorted(home.rglob("*"))
    status, out, err = _run(capsys, "install", "--dry-run")
    assert status == 0 and sorted(home.rglob("*")) == before
    assert (
        f'"record" "--data-dir" "{home / "fcm-data"}" "--config" "{configured}" "--database" "sqlite:{home / "other.db"}"'
        in out
    )
    assert "not to be seen" not in out and "is not handed on" in err
    assert _run(capsys, "remove", "--dry-run")[1] == "nothing is installed\n"


@linux
def test_a_server_is_handed_on_as_it_is(configured: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = "mysql://fcm@db.example.org/fcm"
    out = _run(capsys, "install", "--dry-run", "--daily", "2:30", "--daily", "14:00", "--database", url)[1]
    assert f'"--database" "{url}"' in out and '"--once"' in out
    assert "OnCalendar=*-*-* 02:30:00\n    OnCalendar=*-*-* 14:00:00" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("install", "--every", "5 weeks"), "write 15m, 2h or 1d"),
        (("install", "--daily", "25:00"), "write it as 02:30"),
        (("install", "--every", "5m", "--daily", "2:00"), "not allowed with"),
        (("install", "--name", "a/b"), "no name for a service"),
        pytest.param(("stop",), "there is no service fcm-tui", marks=without_wine),
    ],
)
def test_what_cannot_be_is_one_line(
    configured: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    status, out, err = _run(capsys, *words)
    assert status in (1, 2) and out == "" and said in err and err.count("\n") == 1


@without_wine
def test_no_service_is_a_status_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = _run(capsys, "status")
    assert status == 1 and out.startswith("service    none") and "nobody records" in out
