"""An alert: what happened, how often, and to which files. Names are safe to show, contents are never in it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from fcm_tui.times import local_text

VERSION = 1
EXAMPLES = 5
"""Files that an alert names."""
_TEST = "TEST: "


@dataclass(frozen=True, slots=True)
class Named:
    """A file that an alert names."""

    sequence: int
    kind: str
    path: str
    """Safe to show."""
    previous_path: str | None = None
    before: str | None = None
    after: str | None = None
    """SHA-256 in hex, where the rule asks for them."""
    process: str | None = None
    """Who changed it, as the log tells it; safe to show."""
    user: str | None = None
    """Who started that process; safe to show."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One message to people."""

    id: str
    """32 hexadecimal digits, the same however often it is sent."""
    rule: str
    severity: str
    kind: str
    """`alert`, `summary` (what came in the quiet time after one) or `test`."""
    time_ns: int
    """When it was raised."""
    host: str
    recorder: str
    """Its id in hex."""
    title: str
    """One line, safe to show."""
    count: int = 0
    """Of changes that it is about."""
    kinds: dict[str, int] = field(default_factory=dict)
    first_sequence: int | None = None
    last_sequence: int | None = None
    first_time_ns: int | None = None
    last_time_ns: int | None = None
    found_by_scan: int = 0
    """Of the changes, those that a scan found: they happened before they were recorded."""
    files: tuple[Named, ...] = ()
    """The first few."""
    details: tuple[str, ...] = ()
    """More lines, safe to show."""

    def document(self) -> dict[str, Any]:
        """As targets get it."""
        return {
            "version": VERSION,
            "id": self.id,
            "rule": self.rule,
            "severity": self.severity,
            "kind": self.kind,
            "test": self.kind == "test",
            "time": utc_text(self.time_ns),
            "host": self.host,
            "recorder": self.recorder,
            "title": self.headline,
            "count": self.count,
            "kinds": self.kinds,
            "first_sequence": self.first_sequence,
            "last_sequence": self.last_sequence,
            "first_time": None if self.first_time_ns is None else utc_text(self.first_time_ns),
            "last_time": None if self.last_time_ns is None else utc_text(self.last_time_ns),
            "found_by_scan": self.found_by_scan,
            "files": [
                {key: value for key, value in asdict(named).items() if value is not None}
                for named in self.files
            ],
            "details": list(self.details),
        }

    @property
    def headline(self) -> str:
        """The title, which says of a test that it is one."""
        return f"{_TEST if self.kind == 'test' else ''}{self.title}"

    def changes(self, sign: str = "") -> str:
        """`change 5` or `changes 5 to 9`, the numbers behind a sign; empty where it is about none."""
        first, last = self.first_sequence, self.last_sequence
        if first is None:
            return ""
        return f"change {sign}{first}" if first == last else f"changes {sign}{first} to {sign}{last}"

    def json(self) -> str:
        """As one line of ASCII."""
        return json.dumps(self.document())

    def text(self) -> str:
        """For people: a few lines, safe to show."""
        lines = [self.headline, "", f"rule      {self.rule} ({self.severity})", f"host      {self.host}"]
        if self.count and self.first_time_ns is not None and self.last_time_ns is not None:
            kinds = ", ".join(f"{number:,} {kind}" for kind, number in self.kinds.items())
            lines.append(f"changes   {self.first_sequence} to {self.last_sequence}: {kinds}")
            lines.append(f"time      {local_text(self.first_time_ns)} to {local_text(self.last_time_ns)}")
        if self.found_by_scan:
            lines.append(
                f"of them   {self.found_by_scan:,} were found by a scan: they happened before that time"
            )
        lines += [f"file      {_of(named)}" for named in self.files]
        if self.count > len(self.files) and self.files:
            lines.append(f"          and {self.count - len(self.files):,} more")
        lines += [f"          {detail}" for detail in self.details]
        return "\n".join([*lines, "", f"id        {self.id}"])

    def stored(self) -> str:
        """As the journal keeps it."""
        return json.dumps(asdict(self))

    @classmethod
    def of_stored(cls, text: str) -> Alert:
        """The inverse of `stored`."""
        values = json.loads(text)
        values["files"] = tuple(Named(**named) for named in values["files"])
        values["details"] = tuple(values["details"])
        return cls(**values)


def _of(named: Named) -> str:
    came = f" (was {named.previous_path})" if named.previous_path else ""
    digests = "".join(
        f" {what} {digest}" for what, digest in (("from", named.before), ("to", named.after)) if digest
    )
    who = f" by {named.process}" if named.process else ""
    if named.user:
        who += f" of {named.user}"
    return f"{named.kind} {named.path}{came}{digests}{who}"


def stable_id(*parts: object) -> str:
    """The same for the same parts."""
    return hashlib.sha256("\0".join(map(str, parts)).encode("utf-8", "replace")).hexdigest()[:32]


def utc_text(time_ns: int) -> str:
    """RFC 3339 in UTC with microseconds."""
    seconds, rest = divmod(time_ns, 10**9)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest // 1000:06d}Z"
