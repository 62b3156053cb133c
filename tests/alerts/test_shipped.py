"""The shipped rules on real trees: what raises each of them, and what everybody does all day and must not."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import zlib

import pytest

from fcm_tui.alerts.encryption import entropy, is_random
from fcm_tui.intents import INTENTS, Intents
from tests.alerts.harness import Watching, told
from tests.programs import needs_git

ON = (
    '[alerts]\ndefault_targets = ["screen", "ops"]\n[alerts.targets.ops]\ntype = "command"\nargv = {teller}\n'
)
WORDS = [
    "the",
    "quick",
    "brown",
    "fox",
    "jumps",
    "over",
    "the",
    "lazy",
    "dog",
    "while",
    "nobody",
    "who",
    "counts",
    "is",
    "looking",
    "at",
    "what",
    "it",
    "does",
]


def text(random_: random.Random, words: int = 400) -> bytes:
    return " ".join(random_.choices(WORDS, k=words)).encode()


def document(random_: random.Random, kind: str) -> bytes:
    """A small one of its kind: text, or what is compressed and begins as such files do."""
    body = text(random_)
    if kind == ".pdf":
        return b"%PDF-1.7\n" + zlib.compress(body) + b"\n%%EOF"
    if kind == ".docx":
        return b"PK\3\4" + zlib.compress(random_.randbytes(3000))
    return body


def encrypted(data: bytes, key: int) -> bytes:
    """AES-GCM, as a person's enemy would do it."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = key.to_bytes(12, "big")
    return nonce + AESGCM(b"k" * 32).encrypt(nonce, data, None)


async def quietly(watching: Watching, changes: int) -> None:
    """So many changes come, rules were asked of all of them, and none of the mass rules has said anything."""
    await watching.has_changes(changes)
    await watching.is_asked()
    assert [title for title in watching.titles() if "mass-" in title] == []


@pytest.mark.parametrize("way", ["in place", "renamed", "new file"])
async def test_200_documents_that_are_encrypted(watching: Watching, way: str) -> None:
    pytest.importorskip("cryptography")
    watching.write(ON)
    random_ = random.Random(1)
    documents = []
    for number in range(200):
        path = (
            watching.root
            / f"folder {number % 7}"
            / f"document {number}{random_.choice(('.txt', '.pdf', '.docx', '.csv'))}"
        )
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(document(random_, path.suffix))
        documents.append(path)
    async with watching.running():
        for number, path in enumerate(documents):
            secret = encrypted(path.read_bytes(), number)
            if way == "in place":
                path.write_bytes(secret)
                continue
            locked = path.with_name(f"{path.name}.locked")
            if way == "renamed":
                path.write_bytes(secret)
                path.rename(locked)
            else:
                locked.write_bytes(secret)
                path.unlink()
        (entry,) = await watching.has("mass-encryption")
    assert entry.alert.severity == "critical"
    assert entry.alert.count > 30
    assert "files look encrypted within 5m" in entry.alert.title
    assert [alert["rule"] for alert in told(watching.got)].count("mass-encryption") == 1


@needs_git
async def test_git_checkout_is_no_encryption(watching: Watching) -> None:
    """Texts and pictures change by the hundred, back and forth."""
    watching.write(ON)
    random_ = random.Random(2)
    git = ["git", "-C", str(watching.root)]
    subprocess.run([*git, "init", "-q", "-b", "main"], check=True)

    def fill() -> None:
        for number in range(150):
            (watching.root / f"source {number}.py").write_bytes(text(random_))
            (watching.root / f"picture {number}.png").write_bytes(
                b"\x89PNG\r\n\x1a\n" + random_.randbytes(3000)
            )
        subprocess.run([*git, "add", "-A"], check=True)
        subprocess.run([*git, "commit", "-q", "-m", "all"], check=True)

    fill()
    subprocess.run([*git, "checkout", "-q", "-b", "other"], check=True)
    fill()
    async with watching.running():
        subprocess.run([*git, "checkout", "-q", "main"], check=True)
        await quietly(watching, 300)
        subprocess.run([*git, "checkout", "-q", "other"], check=True)
        await quietly(watching, 600)


async def test_an_installation_and_a_build_are_no_encryption(watching: Watching) -> None:
    """Packages come as folders of small files and archives; a build rewrites its objects, and cleans up."""
    watching.write(ON)
    random_ = random.Random(3)
    objects = watching.root / "out"
    objects.mkdir()

    def build() -> None:
        for number in range(60):
            (objects / f"unit{number}.o").write_bytes(b"\x7fELF" + text(random_) + random_.randbytes(2000))
            (objects / f"unit{number}.d").write_bytes(text(random_, 20))
            (objects / f"chunk{number}.js.gz").write_bytes(zlib.compress(text(random_), wbits=31))

    build()
    async with watching.running():
        for number in range(100):
            package = watching.root / "packages" / f"package-{number}"
            package.mkdir(parents=True)
            for name in ("package.json", "index.js", "README.md"):
                (package / name).write_bytes(text(random_))
            (package / "native.node").write_bytes(b"\x7fELF" + random_.randbytes(3000))
            (package / "data.bin").write_bytes(random_.randbytes(2000))
        await quietly(watching, 500)
        for path in list(objects.iterdir()):
            path.unlink()
        build()
        await quietly(watching, 501)


async def test_a_tree_that_is_deleted_and_one_that_is_moved(watching: Watching) -> None:
    watching.write(ON)
    for name in ("gone", "moved"):
        (watching.root / name).mkdir()
        for number in range(250):
            (watching.root / name / f"{number}").write_text(f"{name} {number}")
    async with watching.running():
        (watching.root / "moved").rename(watching.root / "elsewhere")
        await quietly(watching, 250)
        shutil.rmtree(watching.root / "gone")
        (entry,) = await watching.has("mass-deletion")
    assert entry.alert.title.endswith(f"files deleted within 1m in {watching.root / 'gone'}")
    assert entry.alert.kinds == {"deleted": entry.alert.count}


async def test_files_that_a_restore_takes_away_are_no_mass_deletion_and_leave_the_next_one_its_alert(
    watching: Watching,
) -> None:
    watching.write(ON)
    paths = {name: [watching.root / name / f"{number}" for number in range(250)] for name in ("back", "gone")}
    for name, files in paths.items():
        (watching.root / name).mkdir()
        for path in files:
            path.write_text(str(path))
    restore = Intents(watching.database.parent / INTENTS)
    async with watching.running():
        restore.announce([(os.fsencode(path), None) for path in paths["back"]], together=True)
        shutil.rmtree(watching.root / "back")
        await quietly(watching, 250)
        restore.withdraw()
        shutil.rmtree(watching.root / "gone")
        (entry,) = await watching.has("mass-deletion")
    assert entry.alert.title.endswith(f"files deleted within 1m in {watching.root / 'gone'}")


async def test_a_secret_that_is_touched_is_told_by_name_alone(watching: Watching) -> None:
    watching.write(ON)
    (watching.root / ".env").write_text("PASSWORD=hunter2")
    async with watching.running():
        (watching.root / ".env").write_text("PASSWORD=hunter3")
        (entry,) = await watching.has("secret-touched")
    assert entry.alert.files[0].path == str(watching.root / ".env")
    assert "hunter" not in entry.alert.stored()


async def test_a_configuration_changed_outside_of_hours(watching: Watching) -> None:
    """All hours of all days are outside of one minute a week."""
    watching.write(
        ON + "[alerts.shipped.configuration-outside-hours]\non = true\n"
        'filter = ["*.conf", "etc/"]\noutside_hours = "Mon 00:00-00:01"\nzone = "UTC"\n'
    )
    (watching.root / "etc").mkdir()
    async with watching.running():
        (watching.root / "notes.txt").write_text("x")
        (watching.root / "etc" / "hosts").write_text("x")
        (entry,) = await watching.has("configuration-outside-hours")
    assert entry.alert.files[0].path == str(watching.root / "etc" / "hosts")


async def test_a_gap_while_recording_is_told_and_a_pause_is_not(watching: Watching) -> None:
    watching.write(ON)
    async with watching.running():
        pass
    async with watching.running() as recorder:
        await watching.is_asked()
        assert watching.titles("gap") == []
        recorder.continued()
        (entry,) = await watching.has("gap")
    assert "the process was stopped" in entry.alert.title
    assert str(watching.root) in entry.alert.title


async def test_tampering_that_verify_finds_is_told_once_a_day(watching: Watching) -> None:
    watching.write(ON)
    async with watching.running():
        (watching.root / "a").write_text("x")
        await watching.has_changes(1)
    with sqlite3.connect(watching.database) as connection:
        connection.execute("UPDATE changes SET path = ?", (os.fsencode(watching.root / "b"),))
    connection.close()
    command = [
        sys.executable, "-m", "fcm_tui", "--data-dir", str(watching.data), "--config", str(watching.toml), "verify",
    ]  # fmt: skip
    for _ in range(2):
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 1, done.stderr
    (alert,) = told(watching.got)
    assert alert["rule"] == "tampering"
    assert alert["details"]
    assert [entry.alert.severity for entry in watching.alerts() if entry.alert.rule == "tampering"] == [
        "critical"
    ]
    command[-1:] = ["record", "--once", str(watching.root)]
    for _ in range(2):
        done = subprocess.run(command, capture_output=True, text=True)
        assert (done.returncode, "mistake" in done.stderr) == (0, False), done.stderr


@pytest.mark.parametrize("size", [64, 200, 1000, 1024, 5000, 100_000])
def test_random_bytes_are_told_from_others(size: int) -> None:
    random_ = random.Random(size)
    assert all(is_random(random_.randbytes(size)) for _ in range(100))
    assert not is_random(text(random_, size)[:size])
    assert not is_random(b"\0" * size)
    assert not is_random((random_.randbytes(size // 2).hex()).encode())
    assert entropy(b"") == 0.0
    assert entropy(bytes(range(256))) == 8.0
