"""Where copied text goes, what it is, and which editor opens what."""

from __future__ import annotations

import base64
import os
import re
import subprocess
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest

from fcm_tui.errors import NotSoError, UsageError
from fcm_tui.model import Kind
from fcm_tui.review.acts import clipboard, copying, editor
from fcm_tui.review.acts.subject import Subject
from fcm_tui.review.app import ReviewApp
from fcm_tui.review.documents import loading
from fcm_tui.store.reading import past
from fcm_tui.store.reading.queries import Reader
from tests.programs import needs_git
from tests.review.builder import RecordBuilder
from tests.review.screens import shows

Given = list[tuple[Sequence[str], bytes]]


def sender(*there: str, works: bool = True) -> tuple[Given, Callable[..., clipboard.Sent]]:
    """`send` where only these programs are installed; what they were given."""
    given: Given = []

    def run(argv: Sequence[str], data: bytes) -> bool:
        given.append((argv, data))
        return works

    def send(text: str, environ: dict[str, str], terminal: bool = True) -> clipboard.Sent:
        return clipboard.send(
            text, environ, terminal=terminal, which=lambda name: name if name in there else None, run=run
        )

    return given, send


@pytest.mark.parametrize(
    ("environ", "argv", "words"),
    [
        ({"WAYLAND_DISPLAY": "w"}, ["wl-copy"], "given to wl-copy"),
        ({"DISPLAY": ":0"}, ["xclip", "-selection", "clipboard"], "given to xclip"),
        ({"TMUX": "x"}, ["tmux", "load-buffer", "-w", "-"], "given to tmux, which hands it"),
        ({"WSL_DISTRO_NAME": "Debian"}, ["clip.exe"], "given to clip.exe"),
    ],
)
def test_programs_first(
    environ: dict[str, str], argv: list[str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clipboard, "programs", partial(clipboard.programs, platform="linux"))
    given, send = sender("wl-copy", "xclip", "tmux", "clip.exe")
    sent = send("a\n", environ)
    assert sent.words.startswith(words) and not sent.to_terminal
    assert given[0][0] == argv


def test_on_windows_its_own_comes_first() -> None:
    found = clipboard.programs({"DISPLAY": ":0"}, "win32")
    assert [name for name, _ in found] == ["clip.exe", "xclip", "xsel"]


def test_over_ssh_the_other_machines_clipboard_is_left_alone() -> None:
    remote = {"SSH_CONNECTION": "1.2.3.4", "WAYLAND_DISPLAY": "w"}
    assert clipboard.programs(remote, "darwin") == clipboard.programs(remote, "linux") == []


def test_the_terminal_gets_base64_up_to_the_cap_and_a_file_the_rest() -> None:
    _, send = sender()
    hostile = "\x1b]0;x\x07 \udcff é"
    sent = send(hostile, {"TERM": "xterm"})
    assert "sent to the terminal" in sent.words
    found = re.fullmatch(r"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07", sent.to_terminal)
    assert found and base64.b64decode(found[1]).decode("utf-8", "surrogateescape") == hostile
    for text, environ, terminal in (
        ("x" * (clipboard.CAP + 1), {"TERM": "xterm"}, True), ("x", {"TERM": "linux"}, True),
        ("x", {"STY": "1"}, True), ("x", {"TERM": "xterm"}, False),
    ):  # fmt: skip
        sent = send(text, environ, terminal)
        assert not sent.to_terminal
        path = Path(sent.words.rpartition("written to ")[2])
        assert path.read_text() == text
        if os.name != "nt":
            assert path.stat().st_mode & 0o077 == 0
        path.unlink()


def test_a_program_that_fails_is_passed_over() -> None:
    given, send = sender("xclip", "xsel", works=False)
    assert "sent to the terminal" in send("a", {"DISPLAY": ":0", "TERM": "xterm"}).words
    assert len(given) == 2


def test_texts(record: RecordBuilder) -> None:
    with Reader(record.database) as reader:
        change = reader.change(8)
        hunks = tuple(past.hunks(reader.connection, change.recorder_id, change.sequence)) or None
        hunks = tuple(loading.load(reader, change).hunks)
        subject = Subject(change.path, change, hunks=hunks, hunk=hunks[0])
        said = {
            entry.value: copying.text_of(reader, subject, entry.value) for entry in copying.entries(subject)
        }
        secret = reader.change(5)
        with pytest.raises(NotSoError):
            copying.text_of(reader, Subject(secret.path, secret), "patch")
        assert copying.text_of(reader, Subject(secret.path, secret), "relative") == ".env"
    assert said["relative"] == "main.py" and said["number"] == "8"
    assert said["hunk"].startswith("diff --git a/main.py b/main.py\nindex ")
    assert said["hunk"].endswith(
        "--- a/main.py\n+++ b/main.py\n@@ -7,7 +7,7 @@\n line 7\n line 8\n line 9\n-line 10\n+line ten\n"
        " line 11\n line 12\n line 13\n"
    )
    assert (said["old"], said["new"]) == ("line 10\n", "line ten\n")
    assert said["patch"].startswith("diff --git a/main.py b/main.py\n")


@needs_git
def test_a_hunk_is_a_patch_that_git_applies_alone(empty: RecordBuilder, tmp_path: Path) -> None:
    old = "".join(f"line {number}\n" for number in range(1, 41))
    new = old.replace("line 5\n", "line five\n").replace("line 20\n", "").replace("line 40\n", "the end")
    with empty.transaction():
        empty.file("/home/ann/project/a b.txt", old.encode())
        empty.change("/home/ann/project/a b.txt", new.encode())
    patches = {}
    with Reader(empty.database) as reader:
        (change,) = reader.log()
        for hunk in loading.load(reader, change).hunks:
            subject = Subject(change.path, change, hunk=hunk)
            patches[hunk.old_start] = copying.text_of(reader, subject, "hunk")
    expected = {
        5: old.replace("line 5\n", "line five\n"),
        20: old.replace("line 20\n", ""),
        40: old.replace("line 40\n", "the end"),
    }
    assert patches.keys() == expected.keys()
    file = tmp_path / "a b.txt"
    for start, patch in patches.items():
        file.write_bytes(old.encode())
        subprocess.run(["git", "apply", "-"], input=patch.encode(), cwd=tmp_path, check=True)
        assert file.read_bytes().decode() == expected[start]


@needs_git
@pytest.mark.parametrize(("content", "kind"), [(b"first\nsecond\n", Kind.CREATED), (None, Kind.DELETED)])
def test_the_hunk_of_a_file_that_came_or_went_makes_and_removes_it(
    empty: RecordBuilder, tmp_path: Path, content: bytes | None, kind: Kind
) -> None:
    was = None if kind is Kind.CREATED else b"was there\n"
    with empty.transaction():
        if was is not None:
            empty.file("/home/ann/project/a", was)
        empty.change("/home/ann/project/a", content, kind)
    with Reader(empty.database) as reader:
        (change,) = reader.log()
        (hunk,) = loading.load(reader, change).hunks
        patch = copying.text_of(reader, Subject(change.path, change, hunk=hunk), "hunk")
    file = tmp_path / "a"
    if was is not None:
        file.write_bytes(was)
    subprocess.run(["git", "apply", "-"], input=patch.encode(), cwd=tmp_path, check=True)
    assert (file.read_bytes() if file.exists() else None) == content


async def test_the_menu_says_where_it_went(
    record: RecordBuilder, make_app: Callable[..., ReviewApp], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []

    def send(text: str, terminal: bool) -> clipboard.Sent:
        sent.append(text)
        return clipboard.Sent("given to a test")

    monkeypatch.setattr(clipboard, "send", send)
    app = make_app(record)
    async with app.run_test(size=(100, 30)) as pilot:
        await shows(app, "line ten")
        await pilot.press("y")
        await shows(app, "the whole patch of change 8")
        await pilot.press("r")
        await shows(app, "The path below its root: given to a test.")
        await pilot.press("j", "j", "j", "y")
        await shows(app, "the whole patch of change 5")
        await pilot.press("P")
        await shows(app, "nothing of its content is copied")
    assert sent == ["main.py"]


@pytest.mark.parametrize(
    ("environ", "argv"),
    [
        ({"VISUAL": "vim -u NONE", "EDITOR": "nano"}, ["vim", "-u", "NONE", "+7", "/a b"]),
        ({"EDITOR": "code --wait"}, ["code", "--wait", "--goto", "/a b:7"]),
        ({"EDITOR": "hx"}, ["hx", "/a b:7"]),
        ({"EDITOR": "unknown"}, ["unknown", "/a b"]),
        ({}, ["nano", "+7", "/a b"]),
    ],
)
def test_editors(environ: dict[str, str], argv: list[str]) -> None:
    assert editor.command("/a b", 7, environ, platform="linux", which=lambda name: name) == argv


def test_no_editor() -> None:
    assert editor.command("C:\\a", 1, {}, platform="win32", which=lambda name: name) == [
        "notepad.exe",
        "C:\\a",
    ]
    for environ in ({}, {"EDITOR": "missing"}, {"EDITOR": "'"}):
        with pytest.raises(UsageError):
            editor.command("/a", 1, environ, platform="linux", which=lambda name: None)
