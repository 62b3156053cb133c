"""Files below a folder, reached without ever following a symbolic link on the way.

Where the system can, each folder is opened from the handle of the one above it, so that a link that
is put in a folder's place meanwhile leads nowhere. Elsewhere (Windows) each is looked at before it is entered.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import stat
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from fcm_tui.capture.attributes import RIGHTS, attributes_of, decode, give
from fcm_tui.errors import RestoreRefused
from fcm_tui.paths import join
from fcm_tui.restore.plan import in_a_stream, is_stream, names_below
from fcm_tui.safetext import visible_path
from fcm_tui.watch.paths import on_disk

_BY_HANDLE = sys.platform != "win32"
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
_READ = (
    os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOINHERIT", 0)
)  # fmt: skip
_CREATE = (
    os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOINHERIT", 0)
)  # fmt: skip
_PIECE = 1 << 20
_SPECIAL_BITS = stat.S_ISUID | stat.S_ISGID

Attributes = Mapping[bytes, bytes] | None
"""Extended attributes that a file is to have, and no others; None to leave them to the system."""


class Blocked(RestoreRefused):
    """Something other than a folder stands where a folder has to be."""

    def __init__(self, path: bytes, what: str) -> None:
        super().__init__(
            f"{visible_path(path)}: {what} stands where a folder has to be, and is not followed or replaced"
        )
        self.path = path


class Folder:
    """An open folder; names in it are single names."""

    def __init__(self, path: bytes, handle: int | None) -> None:
        self.path = path
        self._handle = handle

    @classmethod
    @contextmanager
    def opened(cls, base: bytes, names: Sequence[bytes], *, make: bool = False) -> Iterator[Folder]:
        """The folder below `base` that `names` lead to; `make` creates what is missing of it.

        Raises:
            Blocked: a link or a file stands on the way.
            FileNotFoundError: it is missing.
            OSError: the system refuses.
        """
        if make:
            os.makedirs(on_disk(base), exist_ok=True)
        if not _BY_HANDLE and not stat.S_ISDIR(os.stat(on_disk(base)).st_mode):
            raise NotADirectoryError(f"{visible_path(base)} is no folder")
        folder = cls(base, os.open(base, _FOLDER) if _BY_HANDLE else None)
        try:
            for name in names:
                inner = folder._enter(name, make)
                folder.close()
                folder = inner
            yield folder
        finally:
            folder.close()

    def close(self) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    def _at(self, name: bytes) -> bytes:
        if self._handle is not None:
            return name
        if is_stream(name):
            raise RestoreRefused(in_a_stream(join(self.path, name)))
        return on_disk(join(self.path, name))

    def _enter(self, name: bytes, make: bool) -> Folder:
        if make:
            with contextlib.suppress(FileExistsError):
                os.mkdir(self._at(name), dir_fd=self._handle)
        path = join(self.path, name)
        found = self.look(name)
        if found is None:
            raise FileNotFoundError(f"{visible_path(path)} is missing")
        if is_link(found) or not stat.S_ISDIR(found.st_mode):
            raise Blocked(path, "a symbolic link" if is_link(found) else "a file")
        if self._handle is None:
            return Folder(path, None)
        try:
            return Folder(path, os.open(name, _FOLDER | getattr(os, "O_NOFOLLOW", 0), dir_fd=self._handle))
        except NotADirectoryError:
            raise Blocked(path, "something new") from None

    def look(self, name: bytes) -> os.stat_result | None:
        """What stands at a name, a link for itself; None for nothing."""
        try:
            return os.stat(self._at(name), dir_fd=self._handle, follow_symlinks=False)
        except (FileNotFoundError, NotADirectoryError):
            return None

    def names(self) -> list[bytes]:
        """Everything in the folder."""
        return [
            os.fsencode(name)
            for name in os.listdir(on_disk(self.path) if self._handle is None else self._handle)
        ]

    def read(self, name: bytes) -> Iterator[bytes]:
        """The bytes of a file, or a link's target.

        Raises:
            OSError: it is neither, or cannot be read.
        """
        found = self.look(name)
        if found is not None and stat.S_ISLNK(found.st_mode):
            yield os.readlink(self._at(name), dir_fd=self._handle)
            return
        handle = os.open(self._at(name), _READ, dir_fd=self._handle)
        try:
            while piece := os.read(handle, _PIECE):
                yield piece
        finally:
            os.close(handle)

    def digest(self, name: bytes) -> bytes:
        """The SHA-256 of a file's bytes, or of a link's target."""
        digest = hashlib.sha256()
        for piece in self.read(name):
            digest.update(piece)
        return digest.digest()

    def write(
        self,
        name: bytes,
        data: bytes,
        mode: int | None,
        mtime_ns: int | None,
        owner: tuple[int, int],
        attributes: Attributes = None,
        *,
        over: bool,
    ) -> list[bytes]:
        """A file (or a link, as `mode` says) with these bytes, whole or not at all.

        Returns:
            The names of those extended attributes that the system refused.

        Raises:
            FileExistsError: something stands there, and `over` does not say to replace it.
            OSError: the system refuses.
        """
        # A name that every recorder ignores by default, so that it is no change even for a moment.
        temporary = b".fcm-tui-%s.swp" % secrets.token_hex(8).encode()
        refused: list[bytes] = []
        if attributes is None and over:
            attributes = self._attributes(name)
        try:
            if mode is not None and stat.S_ISLNK(mode):
                self._make_link(temporary, data, mtime_ns, owner)
            else:
                refused = self._make_file(temporary, data, mode, mtime_ns, owner, attributes)
            if over:
                self._make_writable(name)
                os.replace(
                    self._at(temporary), self._at(name), src_dir_fd=self._handle, dst_dir_fd=self._handle
                )
            else:
                self._publish(temporary, name)
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._at(temporary), dir_fd=self._handle)
        return refused

    def _attributes(self, name: bytes) -> Attributes:
        """What stays with a name whose file is replaced by one of which no attributes are recorded: not its rights."""
        with contextlib.suppress(OSError):
            handle = os.open(self._at(name), _READ, dir_fd=self._handle)
            try:
                found = attributes_of(handle)
            finally:
                os.close(handle)
            if found:
                return {name: value for name, value in decode(found).items() if not name.startswith(RIGHTS)}
        return None

    def remove(self, name: bytes) -> None:
        """Remove a file or link."""
        self._make_writable(name)
        os.unlink(self._at(name), dir_fd=self._handle)

    def move(self, name: bytes, to: Folder, new_name: bytes) -> None:
        """Give a file another name, here or in another folder."""
        os.rename(self._at(name), to._at(new_name), src_dir_fd=self._handle, dst_dir_fd=to._handle)

    def set_attributes(
        self, name: bytes, mode: int, mtime_ns: int, owner: tuple[int, int], attributes: Attributes = None
    ) -> list[bytes]:
        """Give a file its mode, modification time and extended attributes; the names of those that were refused.

        `owner` is who had it then: with another, it gets none that let others run it with rights.
        """
        if sys.platform == "win32":
            os.utime(self._at(name), ns=(mtime_ns, mtime_ns))
            os.chmod(self._at(name), stat.S_IMODE(mode))
            return list(attributes or ())
        handle = os.open(self._at(name), _READ, dir_fd=self._handle)
        refused: list[bytes] = []
        try:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode):
                raise FileExistsError(0, "it is not a file any more")
            if attributes is not None:  # before the mode, as an access list changes that
                if (
                    not found.st_mode & stat.S_IWUSR
                ):  # who may not write to a file may not set its `user.` ones
                    with contextlib.suppress(OSError):
                        os.fchmod(handle, stat.S_IMODE(found.st_mode) | stat.S_IWUSR)
                refused = give(handle, attributes, owned=(found.st_uid, found.st_gid) == owner)
            os.fchmod(handle, stat.S_IMODE(mode))
            os.utime(handle, ns=(mtime_ns, mtime_ns))
        finally:
            os.close(handle)
        return refused

    def remove_empty(self, name: bytes) -> None:
        """Remove a folder that holds nothing but empty folders.

        Raises:
            OSError: it holds something, or is no folder.
        """
        inner = self._enter(name, make=False)
        try:
            for child in inner.names():
                inner.remove_empty(child)
        finally:
            inner.close()
        os.rmdir(self._at(name), dir_fd=self._handle)

    def remove_alone(self, name: bytes) -> None:
        """Remove a folder with nothing in it, not even a folder."""
        os.rmdir(self._at(name), dir_fd=self._handle)

    def sync(self) -> None:
        """Have the names in this folder on the disk."""
        if self._handle is not None:
            with contextlib.suppress(OSError):  # some file systems cannot, and need not
                os.fsync(self._handle)

    def _make_link(self, name: bytes, target: bytes, mtime_ns: int | None, owner: tuple[int, int]) -> None:
        if sys.platform == "win32":
            leads_to_folder = os.path.isdir(join(self.path, target))
            os.symlink(os.fsdecode(target), os.fsdecode(self._at(name)), target_is_directory=leads_to_folder)
            return
        os.symlink(target, name, dir_fd=self._handle)
        with contextlib.suppress(OSError):
            os.chown(name, *owner, dir_fd=self._handle, follow_symlinks=False)
        if mtime_ns is not None:
            with contextlib.suppress(OSError, NotImplementedError):
                os.utime(name, ns=(mtime_ns, mtime_ns), dir_fd=self._handle, follow_symlinks=False)

    def _make_file(
        self,
        name: bytes,
        data: bytes,
        mode: int | None,
        mtime_ns: int | None,
        owner: tuple[int, int],
        attributes: Attributes,
    ) -> list[bytes]:
        refused: list[bytes] = []
        default = 0o600 if mode is not None else 0o666
        handle = os.open(self._at(name), _CREATE, default, dir_fd=self._handle)
        try:
            left = memoryview(data)
            while left:
                left = left[os.write(handle, left) :]
            if sys.platform != "win32":
                refused = _give_away(handle, mode, owner, attributes)
                if mtime_ns is not None:
                    os.utime(handle, ns=(mtime_ns, mtime_ns))
            os.fsync(handle)
        finally:
            os.close(handle)
        if sys.platform == "win32":
            if mtime_ns is not None:
                os.utime(self._at(name), ns=(mtime_ns, mtime_ns))
            if mode is not None:
                os.chmod(self._at(name), stat.S_IMODE(mode))
            return list(attributes or ())
        return refused

    def _publish(self, temporary: bytes, name: bytes) -> None:
        """Give the finished file its name, unless another has it: a rename alone would replace that one."""
        if sys.platform == "win32":
            os.rename(self._at(temporary), self._at(name))
            return
        try:
            os.link(temporary, name, src_dir_fd=self._handle, dst_dir_fd=self._handle, follow_symlinks=False)
        except FileExistsError:
            raise
        except (OSError, NotImplementedError):  # a file system without hard links
            if self.look(name) is not None:
                raise FileExistsError(0, "something new stands there") from None
            os.rename(temporary, name, src_dir_fd=self._handle, dst_dir_fd=self._handle)

    def _make_writable(self, name: bytes) -> None:
        """Windows neither replaces nor removes a file that is marked as read-only."""
        if sys.platform == "win32":
            with contextlib.suppress(OSError):
                os.chmod(self._at(name), stat.S_IWRITE)


def is_link(found: os.stat_result) -> bool:
    """A symbolic link, or what leads elsewhere on Windows: junctions, mount points."""
    if stat.S_ISLNK(found.st_mode):
        return True
    return bool(getattr(found, "st_file_attributes", 0) & stat.FILE_ATTRIBUTE_REPARSE_POINT)


def read_file(base: bytes, path: bytes) -> bytes:
    """The bytes of the file at a path below `base`.

    Raises:
        RestoreRefused: it is gone, is no file, or lies behind a link.
    """
    *folders, name = names_below(base, path)
    try:
        with Folder.opened(base, folders) as folder:
            found = folder.look(name)
            if found is None or not stat.S_ISREG(found.st_mode):
                raise RestoreRefused(f"{visible_path(path)}: is not a file now")
            return b"".join(folder.read(name))
    except OSError as error:
        raise RestoreRefused(f"{visible_path(path)}: cannot be read ({error.strerror or error})") from error


if sys.platform != "win32":

    def _give_away(
        handle: int, mode: int | None, owner: tuple[int, int], attributes: Attributes
    ) -> list[bytes]:
        """Owner first: changing it drops what lets a program run with its owner's rights, and so it must.

        Extended attributes come before the mode, as an access list changes that.
        """
        given = False  # whoever restores: no bits that let others run the file as someone
        if -1 not in owner:
            with contextlib.suppress(OSError):
                os.fchown(handle, *owner)
                given = True
        refused = give(handle, attributes, owned=given) if attributes is not None else []
        if mode is not None:
            os.fchmod(handle, stat.S_IMODE(mode) & (0o7777 if given else ~_SPECIAL_BITS))
        return refused
