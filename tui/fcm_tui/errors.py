"""The error tree: what a person can be told, each with what to do about it.

    FcmError
    ├── UsageError            wrong arguments or configuration: exit status 2
    │   ├── ConfigError       a value in the configuration file, with file and line
    │   ├── DataDirError      the data directory cannot be used
    │   ├── FilterError       a word of a filter has no meaning, with its place
    │   ├── StoreError        the database file is foreign, newer, or damaged
    │   └── ServerRefused     the team's database cannot be used as it is, or not safely
    ├── Unrecorded            recording had to end before all was recorded: exit status 1
    └── NotSoError            the thing asked for is not so: exit status 1
        ├── NoSuchChange      no change, path or version of that name
        │   └── BeforeRecord  a moment from which there is no record yet
        ├── ContentMissing    a version whose bytes were not kept, with the reason
        │   └── ContentSealed they are encrypted, and the key is not there: exit status 2
        ├── RestoreRefused    restoring would lose what is not recorded
        │   └── RecordingPaused   or would not be recorded, as the recorder at work is paused
        └── VerifyFailed      the record does not hold together

The text of each is one line: what is wrong, on what, and how to mend it. It may quote hostile
names: whoever prints it passes it through `safetext.visible` first.
"""

from __future__ import annotations


class FcmError(Exception):
    """Base of everything that is told to a person in one line."""

    exit_status = 1


class UsageError(FcmError):
    """The arguments or the configuration cannot be used."""

    exit_status = 2


class Exists(UsageError):
    """There is one of that name already, which whoever asks may replace."""


class ConfigError(UsageError):
    """A configuration file is wrong; the text starts with `file:line:`, or `way` leads to what is meant in the file."""

    def __init__(self, message: str, way: tuple[str | int, ...] = ()) -> None:
        super().__init__(message)
        self.way = way


class DataDirError(UsageError):
    """The data directory cannot be opened, or another recorder holds it."""


class FilterError(UsageError):
    """A word of a filter has no meaning; `start` and `end` say where in the expression it stands."""

    def __init__(self, message: str, start: int, end: int) -> None:
        super().__init__(message)
        self.start = start
        self.end = end


class StoreError(UsageError):
    """The database is not ours, comes from a newer program, or is damaged."""


class ServerRefused(UsageError):
    """The team's database, its account or the way to it has to be mended by somebody."""


class Unrecorded(FcmError):
    """Recording ended with changes on the disk that could not be recorded; the next start finds them."""


class NotSoError(FcmError):
    """What was asked for does not exist or does not hold."""


class NoSuchChange(NotSoError):
    """No change, path or version answers to the name given."""


class BeforeRecord(NoSuchChange):
    """The record of a folder begins later; `path` and `since_ns` for who tells times in another way."""

    def __init__(self, message: str, path: bytes, since_ns: int) -> None:
        super().__init__(message)
        self.path = path
        self.since_ns = since_ns


class ContentMissing(NotSoError):
    """The version is known, but its bytes were not kept."""


class ContentSealed(ContentMissing):
    """What is kept is encrypted, and its key is missing, wrong, or cannot be had."""

    exit_status = 2


class RestoreRefused(NotSoError):
    """Restoring would overwrite something that is not recorded, or leave its target."""


class RecordingPaused(RestoreRefused):
    """The recorder at work is paused; `by` whom, for who names another way to have it go on."""

    def __init__(self, message: str, by: str) -> None:
        super().__init__(message)
        self.by = by


class VerifyFailed(NotSoError):
    """The chain, a digest or a mapping does not hold."""
