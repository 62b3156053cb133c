"""The stream that `git fast-import` reads (https://git-scm.com/docs/git-fast-import), and the process that reads it."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from types import TracebackType
from typing import IO, cast

from fcm_tui.diff.patch import git_mode
from fcm_tui.diff.quoting import quote
from fcm_tui.errors import ContentMissing, ContentSealed
from fcm_tui.exchange.git.commits import Commit, Person, Put, Remove, Rename, Step
from fcm_tui.exchange.git.program import GitFailed, last_line, start
from fcm_tui.exchange.git.tree import Placed
from fcm_tui.exchange.git_names import refuses_content
from fcm_tui.exchange.scope import Scope
from fcm_tui.model import Capture
from fcm_tui.store.reading import past
from fcm_tui.store.reading.past import Version
from fcm_tui.store.reading.queries import Reader

_SAVED_EVERY = 20_000
"""Commits after which all so far is in the repository, whatever comes."""


class FastImport:
    """Writes commits into a repository. Those of a run that did not end well may be missing, and no others."""

    def __init__(self, repository: Path, branch: str, reader: Reader, scope: Scope) -> None:
        self._ref = f"refs/heads/{branch}".encode()
        self._reader, self._scope = reader, scope
        self._errors = cast(IO[bytes], tempfile.TemporaryFile())  # noqa: SIM115 - closed at the end
        self._process = start(
            repository,
            "fast-import",
            "--quiet",
            "--done",
            "--date-format=raw-permissive",
            stderr=self._errors,
        )
        self._pipe = cast(IO[bytes], self._process.stdin)
        self.commits = 0
        self.placeholders = 0
        """Versions whose content is not in the record."""

    def __enter__(self) -> FastImport:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._end()
        finally:
            if self._process.poll() is None:
                self._process.kill()
            self._process.wait()
            with contextlib.suppress(OSError):
                self._pipe.close()
            self._errors.close()

    def write(self, commit: Commit, *, follows: bool) -> None:
        """Add a commit; the first one of a run `follows` what the branch has, if it has anything.

        Raises:
            GitFailed: git has ended.
            ContentSealed: a content is encrypted, and the key is not there.
        """
        try:
            self._write(commit, follows)
        except (BrokenPipeError, OSError) as error:
            raise self._failed() from error

    def _write(self, commit: Commit, follows: bool) -> None:
        put = self._pipe.write
        seconds = max(0, commit.time_ns // 10**9)
        put(b"commit %b\n" % self._ref)
        put(_signed(b"author", commit.author, seconds))
        put(_signed(b"committer", commit.committer, seconds))
        put(_data(commit.message.encode("utf-8", "backslashreplace")))
        if follows and not self.commits:
            put(b"from %b^0\n" % self._ref)
        for step in commit.steps:
            self._step(step)
        put(b"\n")
        self.commits += 1
        if self.commits % _SAVED_EVERY == 0:
            put(b"checkpoint\n\n")

    def _step(self, step: Step) -> None:
        put = self._pipe.write
        match step:
            case Remove(path):
                put(b"D %b\n" % self._name(path))
            case Rename(old, new):
                put(b"R %b %b\n" % (self._name(old), self._name(new)))
            case Put(file):
                data, mode = self._content(file)
                put(b"M %06o inline %b\n" % (mode, self._name(file.path)))
                put(_data(data))

    def _name(self, path: bytes) -> bytes:
        return quote(self._scope.git_name(path), spaces=True)

    def _content(self, file: Placed) -> tuple[bytes, int]:
        """The version's bytes and mode; where they are not kept, words that say so."""
        try:
            if file.digest is None or file.capture not in (Capture.STORED, Capture.NONE, Capture.QUOTA):
                return self._placeholder(file, self._why(file)), 0o100644
            data = self._reader.content(file.digest)
        except ContentSealed:
            raise
        except ContentMissing:
            return self._placeholder(file, self._why(file)), 0o100644
        mode = git_mode(file.mode)
        if mode != 0o120000 and refuses_content(self._scope.git_name(file.path), data):
            return self._placeholder(file, "Git refuses its lines, as they are too long"), 0o100644
        if mode == 0o120000 and (not data or b"\0" in data):
            return self._placeholder(file, "Git refuses such a link"), 0o100644
        return data, mode

    def _placeholder(self, file: Placed, why: str) -> bytes:
        self.placeholders += 1
        of = f"change {file.sequence}" if file.sequence else "the first look"
        size = "" if file.size is None else f", {file.size} bytes"
        return f"fcm-tui: the content of this version is not here: {why} ({of}{size})\n".encode()

    def _why(self, file: Placed) -> str:
        named = {
            Capture.SECRET: "it is a secret",
            Capture.TOO_LARGE: "it was too large to keep",
            Capture.UNREADABLE: "it could not be read",
        }.get(file.capture)
        if named is not None:
            return named
        version = Version(file.file_id, file.path, file.digest, file.size or 0, file.mode or 0, 0, 0, 0)
        return past.why_not_kept(self._reader.connection, version)

    def _end(self) -> None:
        try:
            self._pipe.write(b"done\n")
            self._pipe.close()
        except OSError as error:
            raise self._failed() from error
        if self._process.wait() != 0:
            raise self._failed()

    def _failed(self) -> GitFailed:
        self._process.wait()
        self._errors.seek(0)
        return GitFailed(f"git fast-import has ended: {last_line(self._errors.read())}")


def _signed(role: bytes, person: Person, seconds: int) -> bytes:
    name, email = (text.encode("utf-8", "backslashreplace") for text in (person.name, person.email))
    return b"%b %b <%b> %d +0000\n" % (role, name, email, seconds)


def _data(data: bytes) -> bytes:
    return b"data %d\n%b\n" % (len(data), data)
