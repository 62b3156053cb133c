"""What programs do to trees, one random thing at a time; the same seed does the same things."""

from __future__ import annotations

import itertools
import os
import random
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.attributes import HAS_USER

_NAMES = [*(f"n{number}" for number in range(9)), "d0", "d1", "d2", "n\udcff" if os.name == "posix" else "nn"]
_UNBLOCKED = getattr(os, "O_NONBLOCK", 0)


def _put(place: Path, data: bytes) -> None:
    """Write a file; a FIFO in its place is refused, where a plain open would wait for a reader for ever."""
    with open(place, "wb", opener=lambda path, flags: os.open(path, flags | _UNBLOCKED, 0o666)) as file:
        file.write(data)


class RandomWork:
    """Acts on some roots. What the file system refuses is left undone: that, too, is real."""

    def __init__(self, roots: list[Path], seed: int) -> None:
        self._roots = roots
        self.dice = random.Random(seed)
        self._attribute_dice = random.Random(f"attributes {seed}")
        self._edit_dice = random.Random(f"edits {seed}")
        self.done: list[str] = []
        self._actions: list[tuple[int, Callable[[], str]]] = [
            (6, self._write),
            (4, self._append),
            (2, self._truncate),
            (5, self._rename),
            (4, self._move_folder),
            (4, self._remove),
            (5, self._make_folder),
            (4, self._replace),
            (2, self._hard_link),
            (2, self._link),
            (2, self._chmod),
            (1, self._touch),
            (3, self._swap),
            (3, self._rotate),
            (3, self._chain),
            (1, self._swap_folders),
            (3, self._copy),
            (2, self._copy_and_delete),
            (2, self._file_to_folder),
            (2, self._folder_to_file),
            (1, self._remove_folder),
            (2, self._copy_folder),
            (2, self._delete_and_recreate),
            (1, self._fifo),
            (2, self._edit_within),
            (1, self._keep_times),
            (1, self._large),
        ]

    def act(self) -> None:
        """One thing; now and then something is done to a file's extended attributes, too.

        For that there are other dice, so that a seed goes on doing what it did without it.
        """
        if self._attribute_dice.random() < 0.1:
            self.done.append(f"attribute {self._attribute()}")
        actions, weights = [a for _, a in self._actions], [w for w, _ in self._actions]
        action = self.dice.choices(actions, weights)[0]
        try:
            self.done.append(f"{action.__name__} {action()}")
        except (OSError, shutil.Error, IndexError):
            self.done.append(f"{action.__name__} refused")

    def pause(self) -> None:
        """Mostly none; now and then about as long as the recorder takes for a step of its own."""
        if self.dice.random() < 0.15:
            time.sleep(self.dice.random() ** 3 / 5)

    def _entries(self) -> tuple[list[Path], list[Path]]:
        files: list[Path] = []
        folders: list[Path] = []
        for root in self._roots:
            for here, below, names in os.walk(root):
                below.sort()
                for name in sorted([*below, *names]):
                    path = Path(here, name)
                    (folders if name in below and not path.is_symlink() else files).append(path)
        return files, folders

    def _file(self) -> Path:
        return self.dice.choice([p for p in self._entries()[0] if p.is_symlink() or p.is_file()])

    def _plain(self) -> Path:
        return self.dice.choice([p for p in self._entries()[0] if p.is_file() and not p.is_symlink()])

    def _folder(self) -> Path:
        return self.dice.choice(self._entries()[1])

    def _place(self) -> Path:
        return self.dice.choice([*self._roots, *self._entries()[1]]) / self.dice.choice(_NAMES)

    def _text(self) -> bytes:
        """Mostly lines of text; now and then of another encoding, with other ends, or no text at all."""
        ending = self.dice.choice([b"\n"] * 8 + [b"\r\n", b"\r"])
        lines = [
            b"line %d" % self.dice.randrange(30) + ending for _ in range(self.dice.choice([0, 1, 3, 40]))
        ]
        data = b"".join(lines)
        return self.dice.choice(
            [lambda: data] * 14
            + [
                lambda: data[:-1],
                lambda: data + b"caf\xe9\n",
                lambda: ("\ufeff" + data.decode()).encode("utf-16-le"),
                lambda: data.replace(b"line", b"\0"),
                lambda: data + "\u2028é\v\f\x85".encode(),
                lambda: self.dice.randbytes(300),
            ]
        )()

    def _write(self) -> str:
        place = self._place()
        _put(place, self._text())
        return str(place)

    def _append(self) -> str:
        place = self._plain()
        with place.open("a") as file:
            for _ in range(self.dice.randrange(4)):
                file.write(f"more {self.dice.randrange(100)}\n")
                file.flush()
        return str(place)

    def _truncate(self) -> str:
        place = self._plain()
        os.truncate(place, self.dice.choice([0, 3, 50]))
        return str(place)

    def _rename(self) -> str:
        source, place = self._file(), self._place()
        source.rename(place)
        return f"{source} {place}"

    def _move_folder(self) -> str:
        source, place = self._folder(), self._place()
        source.rename(place)
        return f"{source} {place}"

    def _remove(self) -> str:
        place = self._file()
        place.unlink()
        return str(place)

    def _make_folder(self) -> str:
        place = self._place()
        for name in self.dice.choices(_NAMES, k=self.dice.randrange(3)):
            place /= name
        place.mkdir(parents=True)
        _put(place / self.dice.choice(_NAMES), self._text())
        return str(place)

    def _replace(self) -> str:
        place = self._file()
        temporary = place.with_name(self.dice.choice(["t~", "tmp", "n3"]))
        _put(temporary, self._text())
        temporary.replace(place)
        return f"{temporary} {place}"

    def _hard_link(self) -> str:
        source, place = self._plain(), self._place()
        os.link(source, place)
        return f"{source} {place}"

    def _link(self) -> str:
        place = self._place()
        place.symlink_to(self.dice.choice(["n1", ".", "..", "/nowhere", "d0/n2"]))
        return str(place)

    def _chmod(self) -> str:
        place = self._plain()
        place.chmod(self.dice.choice([0o600, 0o644, 0o755]))
        return str(place)

    def _attribute(self) -> str:
        dice = self._attribute_dice
        files = [path for path in self._entries()[0] if path.is_file() and not path.is_symlink()]
        if not files or not HAS_USER or sys.platform != "linux":
            return "refused"
        place, name, value = (
            dice.choice(files),
            f"user.{dice.choice('ab')}",
            dice.choice([b"", b"1", b"2" * 50]),
        )
        if dice.random() < 0.6:
            os.setxattr(place, name, value)
            return f"{place} {name} {value!r}"
        if name in os.listxattr(place):
            os.removexattr(place, name)
        return f"{place} {name} removed"

    def _touch(self) -> str:
        place = self._plain()
        moment = self.dice.choice([1, 10**18, 1_700_000_000_123_456_789])
        os.utime(place, ns=(moment, moment))
        return f"{place} {moment}"

    def _swap(self) -> str:
        return self._exchange(self._file(), self._file())

    def _swap_folders(self) -> str:
        return self._exchange(self._folder(), self._folder())

    def _exchange(self, first: Path, second: Path) -> str:
        between = first.with_name("between")
        first.rename(between)
        try:
            second.rename(first)
        finally:
            between.rename(second if not second.exists() else first)
        return f"{first} {second}"

    def _chain(self) -> str:
        """Each file goes over the name of the next; the last one's is lost, or all go round in a circle."""
        there = self._entries()[0]
        files = self.dice.sample(there, min(len(there), self.dice.choice([2, 3, 3, 4, 6])))
        kept = files[-1].with_name("between")
        if self.dice.random() < 0.3:
            files[-1].rename(kept)
        for source, place in reversed(list(itertools.pairwise(files))):
            source.replace(place)
        if kept.is_file():
            kept.replace(files[0])
        return " ".join(map(str, files))

    def _rotate(self) -> str:
        place = self._plain()
        one, two = place.with_name("n1"), place.with_name("n2")
        if one.exists():
            one.rename(two)
        place.rename(one)
        _put(place, self._text())
        return str(place)

    def _copy(self) -> str:
        source, place = self._plain(), self._place()
        (shutil.copy2 if self.dice.random() < 0.5 else shutil.copyfile)(source, place)
        return f"{source} {place}"

    def _copy_and_delete(self) -> str:
        source, place = self._plain(), self._place()
        shutil.copy2(source, place)
        source.unlink()
        if self._edit_dice.random() < 0.5:
            with place.open("ab") as file:
                file.write(b"edited, too\n")
        return f"{source} {place}"

    def _file_to_folder(self) -> str:
        place = self._file()
        place.unlink()
        place.mkdir()
        _put(place / self.dice.choice(_NAMES), self._text())
        return str(place)

    def _folder_to_file(self) -> str:
        place = self._folder()
        shutil.rmtree(place)
        _put(place, self._text())
        return str(place)

    def _remove_folder(self) -> str:
        place = self._folder()
        shutil.rmtree(place)
        return str(place)

    def _copy_folder(self) -> str:
        source, place = self._folder(), self._place()
        if place.is_relative_to(source) or len(self._entries()[0]) > 150:
            raise OSError
        shutil.copytree(source, place, symlinks=True, dirs_exist_ok=False)
        return f"{source} {place}"

    def _delete_and_recreate(self) -> str:
        place = self._plain()
        text = place.read_bytes() if self.dice.random() < 0.5 else self._text()
        place.unlink()
        _put(place, text)
        return str(place)

    def _fifo(self) -> str:
        place = self._place()
        if self.dice.random() < 0.5:
            place.unlink(missing_ok=True)
        if hasattr(os, "mkfifo"):
            os.mkfifo(place)
        return str(place)

    def _edit_within(self) -> str:
        place = self._plain()
        with place.open("r+b", buffering=0) as file:
            file.write(b"X")
            if self.dice.random() < 0.5:
                file.seek(0, os.SEEK_END)
                file.write(b"end\n")
        return str(place)

    def _keep_times(self) -> str:
        place = self._plain()
        found = place.stat()
        _put(place, self._text())
        os.utime(place, ns=(found.st_atime_ns, found.st_mtime_ns))
        return str(place)

    def _large(self) -> str:
        """More than the store keeps in one row: it is cut into chunks."""
        place = self._plain()
        block = self.dice.randbytes(1 << 16)
        data = b"".join(block[self.dice.randrange(1000) :] for _ in range(24))
        _put(place, data if self.dice.random() < 0.5 else b"\n".join([data.hex().encode()[:1_200_000]] * 2))
        return str(place)
