"""`fcm-tui export`: the record for other programs: a Git repository, patches, events."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from fcm_tui.commands.common import absolute, open_record, recorded, show_bytes
from fcm_tui.commands.count_line import CountLine
from fcm_tui.commands.ranges import add_filter, add_moments, moment, moments, terms_of
from fcm_tui.datadir import open_data_dir
from fcm_tui.errors import NoSuchChange, NotSoError, UsageError
from fcm_tui.safetext import visible, visible_path
from fcm_tui.whole_file import write_whole

if TYPE_CHECKING:
    from fcm_tui.exchange.git.target import Target, Terms
    from fcm_tui.exchange.scope import Scope
    from fcm_tui.exchange.series import Series
    from fcm_tui.model import Change
    from fcm_tui.store.reading.filters import Filters
    from fcm_tui.store.reading.queries import Reader
    from fcm_tui.store.reading.results import RecorderInfo

_MOST_NOTES = 20


def add_parser(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser
) -> None:
    """Add `export git|patches|events`."""
    parser = subparsers.add_parser("export", parents=[common], help="the record for other programs")
    shapes = parser.add_subparsers(metavar="SHAPE", required=True)

    git = shapes.add_parser(
        "git",
        parents=[common],
        help="the whole history as a Git repository",
        description="Write the history into a bare Git repository: what the first look found, then one commit for each"
        " change or burst. Run again, it adds what is new.",
    )
    _add_range(git)
    git.add_argument(
        "--by", choices=("change", "burst"), help="one commit for each change (default) or burst of changes"
    )
    git.add_argument("paths", nargs="*", metavar="PATH", help="only these files and folders")
    git.add_argument(
        "target", metavar="TARGET", help="folder of the repository; empty, or written by this command"
    )
    git.set_defaults(func=_git)

    patches = shapes.add_parser(
        "patches",
        parents=[common],
        help="the changes as patches for `git am`, `git apply` and `patch -p1`",
        description="Write a patch for each change, oldest first, in the form of mails as `git format-patch` does it;"
        " `git am --keep-cr` takes all of them.",
    )
    _add_range(patches)
    patches.add_argument(
        "target", metavar="TARGET", help="an empty folder; or - for all of them on standard output"
    )
    patches.set_defaults(func=_patches)

    events = shapes.add_parser(
        "events",
        parents=[common],
        help="the changes as events for a SIEM, a JSON object a line",
        description="Print the changes as JSON lines, oldest first: OCSF's File System Activity, rows of osquery's"
        " file_events, or what `log --json` prints.",
    )
    events.add_argument(
        "--shape", choices=("ocsf", "osquery", "json"), default="ocsf", help="ocsf if not given"
    )
    events.add_argument(
        "--since",
        metavar="N|T",
        help="those behind change N, which is the last that you have; or from a moment on",
    )
    add_filter(events, ", as in `log`")
    events.add_argument("--follow", action="store_true", help="go on with what is recorded, until Ctrl-C")
    events.set_defaults(func=_events)


def _add_range(parser: argparse.ArgumentParser) -> None:
    add_moments(parser)
    add_filter(parser, ", as in `log`")


def _git(args: argparse.Namespace) -> int:
    from fcm_tui.exchange.git.commits import Mark
    from fcm_tui.exchange.git.fast_import import FastImport
    from fcm_tui.exchange.git.history import History, Plan
    from fcm_tui.exchange.git.target import BRANCH, Target
    from fcm_tui.exchange.git.tree import Tree
    from fcm_tui.exchange.selection import Selection

    if not args.target:
        raise UsageError("TARGET is empty: name a folder")
    with open_record(args) as reader:
        recorder = _recorder(reader)
        target = Target(Path(os.path.abspath(args.target)))
        _refuse_inside(target.path, args, reader)
        terms = _terms_of(args, reader, recorder, target)
        selection = Selection(terms.since_ns, moment(args.until), terms_of(args, terms.expression))
        done = target.mark(recorder.recorder_id)
        plan = Plan(terms.scope, selection, terms.by_burst)
        history = History(reader, recorder, plan, done or Mark(recorder.recorder_id), Tree())
        last = reader.last_sequence()
        with CountLine("exporting") as line, FastImport(target.path, BRANCH, reader, terms.scope) as stream:
            for commit in history.commits():
                stream.write(commit, follows=done is not None)
                line.show("changes", history.reached, last)
    _tell(stream.commits, history.changes, stream.placeholders, args.target)
    return 0


def _tell(commits: int, changes: int, placeholders: int, target: str) -> None:
    said = f"{commits:,} commit{'s' * (commits != 1)} with {changes:,} change{'s' * (changes != 1)}"
    note = f"; {placeholders:,} versions whose content is not kept say so instead" if placeholders else ""
    print(
        f"{said} added to {visible(target)}{note}" if commits else f"nothing new for {visible(target)}",
        file=sys.stderr,
    )


def _terms_of(args: argparse.Namespace, reader: Reader, recorder: RecorderInfo, target: Target) -> Terms:
    """What the repository holds already, or will from now on."""
    from fcm_tui.exchange.git.target import Terms

    told = target.terms()
    if told is None:
        scope = _scope(args.paths, reader)
        made = Terms(recorder.recorder_id, scope, moment(args.since), args.filter or "", args.by == "burst")
        terms_of(args, made.expression)
        target.make(made)
        return made
    if told.recorder_id != recorder.recorder_id:
        raise UsageError(f"{args.target}: holds the history of another recorder: name another folder")
    asked = (
        ("PATH", bool(args.paths) and tuple(_named(args.paths, reader)) != told.scope.paths),
        ("--since", args.since is not None and moment(args.since) != told.since_ns),
        ("--filter", args.filter is not None and args.filter != told.expression),
        ("--by", args.by is not None and (args.by == "burst") != told.by_burst),
    )
    for option, differs in asked:
        if differs:
            raise UsageError(
                f"{args.target}: was begun with another {option}: leave that out to go on, or name another folder"
            )
    return told


def _named(paths: list[str], reader: Reader) -> list[bytes]:
    """The path arguments as the record has them."""
    return [recorded(absolute(path), reader) for path in paths]


def _scope(paths: list[str], reader: Reader) -> Scope:
    from fcm_tui.exchange.scope import Scope

    if not paths:
        return Scope.of([root.path for root in reader.roots()])
    wanted = _named(paths, reader)
    for path in wanted:
        if not reader.knows(path):
            raise NoSuchChange(
                f"{os.fsdecode(path)}: nothing is recorded of it; `fcm-tui status` lists what is"
            )
    files = [path for path in wanted if any(file.path == path for file in reader.files(path, present=None))]
    return Scope.of(wanted, files)


def _patches(args: argparse.Namespace) -> int:
    from fcm_tui.exchange.selection import Selection
    from fcm_tui.exchange.series import Series

    if not args.target:
        raise UsageError("TARGET is empty: name a folder, or - for standard output")
    with open_record(args) as reader:
        recorder = _recorder(reader)
        selection = Selection(*moments(args), terms_of(args, args.filter or ""))
        series = Series(reader, recorder, _scope([], reader), selection)
        folder = (
            None if args.target == "-" else _empty_folder(Path(os.path.abspath(args.target)), args, reader)
        )
        count = 0
        for count, mail in enumerate(series.mails(), 1):  # noqa: B007 - the last one counts
            if folder is None:
                show_bytes(mail.data)
            else:
                write_whole(folder / mail.name, mail.data, over=False, mode=0o600)
    _tell_patches(count, series)
    return 0


def _empty_folder(path: Path, args: argparse.Namespace, reader: Reader) -> Path:
    from fcm_tui.exchange.places import refuse_full

    _refuse_inside(path, args, reader)
    refuse_full(path)
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def _refuse_inside(path: Path, args: argparse.Namespace, reader: Reader) -> None:
    from fcm_tui.exchange.places import refuse_inside

    refuse_inside(path, reader.active_roots(), open_data_dir(args.data_dir, create=False).path)


def _tell_patches(count: int, series: Series) -> None:
    print(f"{count:,} patch{'es' * (count != 1)}", file=sys.stderr)
    notes = [
        f"{visible_path(path)}: {'a change' if changes == 1 else f'{changes:,} changes'} left out,"
        " as what it was or became is not kept"
        for path, changes in series.left_out.items()
    ]
    notes += [f"{visible_path(path)}: left out, as Git takes no such name" for path in sorted(series.refused)]
    for note in notes[:_MOST_NOTES]:
        print(f"note: {note}", file=sys.stderr)
    if len(notes) > _MOST_NOTES:
        print(f"note: and {len(notes) - _MOST_NOTES:,} files more", file=sys.stderr)


def _events(args: argparse.Namespace) -> int:
    from fcm_tui.exchange.events import follow
    from fcm_tui.store.reading.filters import Filters

    after, since_ns = _place(args.since)
    filters = Filters(since_ns=since_ns, terms=terms_of(args, args.filter or ""))
    lines = _lines(args.shape)
    with open_record(args) as reader:
        if reader.is_server:
            if after:
                raise UsageError(
                    f"--since {after}: each recorder there has numbers of its own: give a moment"
                )
            _write_sent(reader, filters, lines, follows=args.follow)
            return 0
        recorder = _recorder(reader)
        if after > reader.last_sequence():
            raise NoSuchChange(f"--since {after}: this record ends at change {reader.last_sequence()}")
        if args.follow:
            found = follow.following(reader, filters, recorder.recorder_id, after, _nothing_new)
        else:
            found = follow.changes(reader, filters, recorder.recorder_id, after)
        for change in found:
            sys.stdout.write(lines(change, recorder))
    return 0


def _write_sent(
    reader: Reader, filters: Filters, lines: Callable[[Change, RecorderInfo], str], *, follows: bool
) -> None:
    """The events of all recorders that send to the team's database."""
    from fcm_tui.exchange.events import follow

    recorders: dict[bytes, RecorderInfo] = {}
    found = (
        follow.following_sent(reader, filters, _nothing_new) if follows else follow.sent(reader, filters, {})
    )
    for change in found:
        if change.recorder_id not in recorders:
            recorders = {one.recorder_id: one for one in reader.recorders()}
        sys.stdout.write(lines(change, recorders[change.recorder_id]))


def _nothing_new() -> bool:
    """Before waiting: what was told is to be read meanwhile; whether anybody does."""
    from fcm_tui.exchange.events.follow import is_read

    sys.stdout.flush()
    return is_read()


def _lines(shape: str) -> Callable[[Change, RecorderInfo], str]:
    """What a change is, in whole lines."""
    if shape == "json":
        from fcm_tui.report.changes import values_of

        return lambda change, recorder: f"{json.dumps(values_of(change))}\n"
    from fcm_tui.exchange.events import ocsf, osquery

    events = ocsf.events if shape == "ocsf" else osquery.events
    return lambda change, recorder: "".join(f"{json.dumps(event)}\n" for event in events(change, recorder))


def _place(words: str | None) -> tuple[int, int | None]:
    """The change or the moment behind which to begin."""
    if words is not None and words.isascii() and words.isdigit() and len(words) <= 18:
        return int(words), None
    return 0, moment(words)


def _recorder(reader: Reader) -> RecorderInfo:
    if reader.is_server:
        raise UsageError(
            "patches and repositories are exported where it was recorded; `export events` works here too"
        )
    recorder = reader.recorder()
    if recorder is None:
        raise NotSoError("nothing is recorded yet: start `fcm-tui record PATH` first")
    return recorder
