"""The settings: what `fcm.toml` says, checked, with defaults for what it does not say.

On the start path of every command, so what only an error needs is imported when there is one.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from fcm_tui.errors import ConfigError, UsageError
from fcm_tui.settings import checks, defaults
from fcm_tui.settings.alerts import USUAL, Alerts
from fcm_tui.settings.database import Server, is_server, of_table, parse_server
from fcm_tui.settings.file import decoded, parsed, read_raw
from fcm_tui.settings.reader import Misplaced, Table, count, flag, one_of, text
from fcm_tui.settings.values import BadValue, parse_database, parse_duration, parse_path, parse_size

FILE_NAME: Final = "fcm.toml"
WATCH_SOURCES: Final = checks.WATCH_SOURCES
_NO_PATTERNS: tuple[str, ...] = ()
_ELSEWHERE = {
    "theme": "to the top, above the first [table]",
    "ask_before_leaving": "to the top, above the first [table]",
    "database": "to the top, above the first [table]",
    "url": "to [database]",
    "password_file": "to [database]",
    "ca": "to [database]",
    "content_limit": "to [database]",
    "source": "to [watch]",
    "scan_interval": "to [watch]",
    "poll_interval": "to [watch] or under a [[roots]]",
    "poll": 'under a [[roots]]; for every root it is source = "poll" in [watch]',
    "size_limit": "to [capture] or under a [[roots]]",
    "path": "under a [[roots]]",
    "ignore": "under a [[roots]]; what holds for every root is patterns in [ignore]",
    "patterns": "to [ignore] or [secrets]",
    "defaults": "to [ignore] or [secrets]",
    "detectors": "to [secrets]",
    "allow": "to [secrets]",
    "key": "to [encryption]",
}


@dataclass(frozen=True, slots=True)
class RootSettings:
    """How one watched directory is recorded."""

    path: bytes
    """Absolute, without `.` or `..`; symbolic links are not resolved. It need not exist."""
    ignore: tuple[str, ...]
    """Every pattern for this root, gitignore syntax, the later wins: `Settings.ignore`, then its own."""
    size_limit: int
    """Bytes; a larger file's changes are recorded without its content."""
    poll: bool | None
    """Look at the disk at intervals instead of waiting for events; None: where events do not work."""
    poll_interval: float
    """Seconds between two looks where the root is polled."""


@dataclass(frozen=True, slots=True)
class Retention:
    """How long versions are kept. `Retention()`, which holds without a configuration, keeps all of them.

    A file's newest version is never thinned while the file is there.
    """

    thin: bool = False
    """Thin out older versions by the `keep_` rules; a version that one of them keeps stays."""
    keep_within: float = 86400.0
    """Seconds within which every version stays."""
    keep_hourly: int = 24
    """The last version of each of so many hours that have one; the same for the next ones."""
    keep_daily: int = 30
    keep_weekly: int = 26
    keep_monthly: int = 24
    keep_yearly: int = 10
    max_age: float | None = None
    """Seconds after which a version goes, whatever the rules above say."""
    max_versions: int | None = None
    """Of one file; the newest stay."""
    max_size: int | None = None
    """Bytes of the database; above it the oldest versions go."""
    keep_unreviewed: bool = True
    """What a change that nobody has reviewed was and became stays, once reviewing is in use."""

    @property
    def is_on(self) -> bool:
        """Whether anything is ever thinned."""
        return self.thin or (self.max_age, self.max_versions, self.max_size) != (None, None, None)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be configured. `Settings()` is what holds without a configuration file."""

    source: Path | None = None
    """The file that was read, or None."""
    roots: tuple[RootSettings, ...] = ()
    ignore: tuple[str, ...] = defaults.IGNORED
    """Patterns for every root, gitignore syntax, the later one wins: the shipped ones, the person's."""
    secrets: tuple[str, ...] = defaults.SECRET
    """Patterns of files whose changes are recorded without a byte of their content."""
    detectors: tuple[str, ...] = defaults.DETECTORS
    """Names of what looks for secrets in other files, which are then treated alike."""
    allowed: tuple[str, ...] = ()
    """Patterns of files into which the detectors do not look."""
    size_limit: int = 64 << 20
    """Bytes, for roots that say nothing else."""
    watch_source: str = "auto"
    """One of `WATCH_SOURCES`: where hints come from."""
    scan_interval: float = 300.0
    """Seconds between two scans of everything."""
    poll_interval: float = 5.0
    """Seconds, for roots that say nothing else."""
    database: Path | None = None
    """The SQLite file that takes the record, or None for the one in the data directory."""
    server: Server | None = None
    """The team's database, to which the record is sent; None where there is none."""
    encryption: str | None = None
    """Where the key is that contents and differences are encrypted with: `file:` and an absolute path,
    `environment` or `keyring`; None: they are not."""
    retention: Retention = Retention()
    """What is thinned out."""
    alerts: Alerts = USUAL
    """What is worth an alert, and where that is sent."""
    theme: str | None = None
    """Name of a theme, or None for the screen's own choice."""
    ask_before_leaving: bool = True
    """Whether the screen asks before it leaves while it records."""
    keys: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Action to the keys that do it, comma-separated, for what the person changed."""
    filters: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Saved filters by name, in the language of `query`; `@name` is one in another."""

    def for_root(self, path: bytes) -> RootSettings:
        """The settings of the root at `path` (absolute): the configured ones, else the defaults."""
        for root in self.roots:
            if _alike(root.path) == _alike(path):
                return root
        return RootSettings(
            path, self.ignore, self.size_limit, checks.polls(self.watch_source), self.poll_interval
        )


def config_path(argument: str | None, environ: Mapping[str, str] = os.environ) -> tuple[Path, bool]:
    """Where the configuration file is or would be, and whether the person named it.

    `--config`, else FCM_CONFIG, else `fcm-tui/fcm.toml` in the platform's configuration folder.
    """
    named = argument or environ.get("FCM_CONFIG")
    if named:
        return Path(os.path.abspath(os.path.expanduser(named))), True
    if sys.platform not in ("win32", "darwin"):
        home = environ.get("XDG_CONFIG_HOME", "")
        base = Path(home) if os.path.isabs(home) else Path(os.path.expanduser("~/.config"))
        return base / "fcm-tui" / FILE_NAME, False
    import platformdirs  # 37 ms, so not where the rule is as short as above

    return platformdirs.user_config_path("fcm-tui", appauthor=False) / FILE_NAME, False


def load(path: Path | None, environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings of the file at `path`, or the defaults for None.

    Raises:
        ConfigError: the file cannot be read, or something in it is wrong: `file:line: what, how to mend it`.
    """
    if path is None:
        return Settings()
    path = Path(os.path.abspath(path))
    return of_text(decoded(read_raw(path), path), path, environ)


def of_text(content: str, path: Path, environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings of the file at `path` (absolute), if this were in it.

    Raises:
        ConfigError: as `load`.
    """
    document = parsed(content, path)
    try:
        return _settings(Table(document), path, environ)
    except Misplaced as error:
        from fcm_tui.settings.lines import line_of

        raise ConfigError(f"{path}:{line_of(content, error.way)}: {error}") from None


def own_themes(file: Path) -> Path:
    """The folder of a person's own themes: beside the configuration file, whether that is there or not."""
    return file.parent / "themes"


def load_configured(argument: str | None, environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings as a command sees them: the file at `config_path`, or the defaults where there is none.

    Raises:
        ConfigError: as `load`; also where the person named a file that does not exist.
    """
    path, named = config_path(argument, environ)
    return load(path, environ) if named or os.path.lexists(path) else Settings()


def database_path(
    argument: str | None, settings: Settings, default: Path, environ: Mapping[str, str] = os.environ
) -> Path:
    """The SQLite file: `--database`, else FCM_DATABASE, else the configuration, else `default`.

    Where one of the first two names a server, it is the file that is sent there.

    Raises:
        UsageError: the URL cannot be used.
    """
    url = argument or environ.get("FCM_DATABASE")
    if not url:
        return settings.database or default
    try:
        if is_server(url):
            parse_server(url)
            return settings.database or default
        return parse_database(url, Path.cwd(), environ)
    except BadValue as error:
        raise _of_url(argument, error) from None


def database_server(
    argument: str | None, settings: Settings, environ: Mapping[str, str] = os.environ
) -> Server | None:
    """The team's database: `--database`, else FCM_DATABASE, else the configuration; None where that is a file or nothing.

    What else `[database]` says holds for a URL named elsewhere too.

    Raises:
        UsageError: the URL cannot be used.
    """
    url = argument or environ.get("FCM_DATABASE")
    if not url:
        return settings.server
    if not is_server(url):
        return None
    try:
        server = parse_server(url)
    except BadValue as error:
        raise _of_url(argument, error) from None
    return server.like(settings.server) if settings.server is not None else server


def _of_url(argument: str | None, error: BadValue) -> UsageError:
    return UsageError(f"{'--database' if argument else 'FCM_DATABASE'}: {error}")


def _settings(top: Table, path: Path, environ: Mapping[str, str]) -> Settings:
    base = path.parent

    def database(value: Any) -> Path | Server:
        return parse_server(value) if is_server(text(value)) else parse_database(value, base, environ)

    def encryption(value: Any) -> str:
        if text(value).startswith("file:"):
            return f"file:{parse_path(value.removeprefix('file:'), base, environ)}"
        return one_of(value, ("environment", "keyring", "file:PATH"))

    watch, capture, encryption_table = top.table("watch"), top.table("capture"), top.table("encryption")
    size_limit = capture.take("size_limit", parse_size, Settings().size_limit)
    source = watch.take("source", checks.source, Settings().watch_source)
    poll_interval = watch.take("poll_interval", checks.poll_interval, Settings().poll_interval)
    ignore_table, secrets_table = top.table("ignore"), top.table("secrets")
    ignore = checks.patterns(ignore_table, defaults.IGNORED)
    retention = top.table("retention")
    keys, filters = top.table("keys").strings(), _filters(top.table("filters"))
    roots: list[RootSettings] = []
    known: set[bytes] = set()
    for table in top.tables("roots"):
        if "path" not in table:
            table.refuse("path", 'this root has no path: write path = "…" below [[roots]]')

        def root_path(value: Any) -> bytes:
            found = os.fsencode(parse_path(text(value), base, environ))
            if _alike(found) in known:
                raise BadValue("the same folder is a root already: put both together")
            known.add(_alike(found))
            return found

        roots.append(
            RootSettings(
                path=table.take("path", root_path, b""),
                ignore=ignore + table.take("ignore", checks.pattern_list, _NO_PATTERNS),
                size_limit=table.take("size_limit", parse_size, size_limit),
                poll=table.take("poll", checks.poll, checks.polls(source)),
                poll_interval=table.take("poll_interval", checks.poll_interval, poll_interval),
            )
        )
        table.finish(_ELSEWHERE)
    stands_as_table = isinstance(top.peek("database"), dict)
    found = (
        of_table(top.table("database"), base, environ)
        if stands_as_table
        else top.take("database", database, None, quote=False)
    )
    settings = Settings(
        source=path,
        roots=tuple(roots),
        ignore=ignore,
        secrets=checks.patterns(secrets_table, defaults.SECRET),
        detectors=secrets_table.take("detectors", checks.detectors, Settings().detectors),
        allowed=secrets_table.take("allow", checks.pattern_list, _NO_PATTERNS),
        size_limit=size_limit,
        watch_source=source,
        scan_interval=watch.take("scan_interval", checks.scan_interval, Settings().scan_interval),
        poll_interval=poll_interval,
        database=found if isinstance(found, Path) else None,
        server=found if isinstance(found, Server) else None,
        encryption=encryption_table.take("key", encryption, None, quote=False),
        retention=_retention(retention),
        alerts=_alerts(top, base, environ),
        theme=top.take("theme", text, None),
        ask_before_leaving=top.take("ask_before_leaving", flag, Settings().ask_before_leaving),
        keys=MappingProxyType(keys),
        filters=MappingProxyType(filters),
    )
    for table in (top, watch, capture, ignore_table, secrets_table, encryption_table, retention):
        table.finish(_ELSEWHERE)
    return settings


def _alerts(top: Table, base: Path, environ: Mapping[str, str]) -> Alerts:
    table = top.table("alerts")
    if "alerts" not in top:
        return USUAL
    from fcm_tui.settings.alert_tables import alerts_of  # which a start without them need not read

    return alerts_of(table, base, environ)


def is_filter_name(text: str) -> bool:
    """Whether `@text` may stand for a saved filter."""
    return re.fullmatch(r"[\w.-]+", text) is not None


def _filters(table: Table) -> dict[str, str]:
    found = table.strings()
    for name in found:
        if not is_filter_name(name):
            table.refuse(name, f"{name[:60]!r} is no name of a filter: write letters, digits, - and _")
    return found


def _retention(table: Table) -> Retention:
    usual = Retention()
    kept = {
        name: table.take(f"keep_{name}", count, getattr(usual, f"keep_{name}"))
        for name in ("hourly", "daily", "weekly", "monthly", "yearly")
    }
    return Retention(
        thin=table.take("thin", flag, usual.thin),
        keep_within=table.take("keep_within", parse_duration, usual.keep_within),
        max_age=table.take("max_age", checks.age, None),
        max_versions=table.take("max_versions", checks.at_least_one, None),
        max_size=table.take("max_size", parse_size, None),
        keep_unreviewed=table.take("keep_unreviewed", flag, usual.keep_unreviewed),
        **{f"keep_{name}": number for name, number in kept.items()},
    )


def _alike(path: bytes) -> bytes:
    """The same for paths that the system takes for the same."""
    return path if sys.platform != "win32" else os.fsencode(os.path.normcase(os.fsdecode(path)))
