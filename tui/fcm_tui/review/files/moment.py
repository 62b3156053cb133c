"""A folder as it was at a moment, against what it is now: one diff, from which one goes back."""

from __future__ import annotations

from textual import work
from textual.app import ComposeResult
from textual.screen import Screen

from fcm_tui.errors import FcmError
from fcm_tui.review import keys, wording
from fcm_tui.review.acts.subject import Subject, file_shown
from fcm_tui.review.diff.finding import FindingView
from fcm_tui.review.documents.document import Document
from fcm_tui.review.look.theme import Palette
from fcm_tui.review.parts.pane import Pane
from fcm_tui.review.parts.said import Hints
from fcm_tui.review.source import Record, Source, reader_of
from fcm_tui.safetext import visible, visible_path

_HINTS = (
    ("diff.next-file", "next file"), ("diff.next-hunk", "next hunk"), ("diff.find", "search"),
    ("file.restore", "restore it so"), ("file.undo", "undo"), ("moment.back", "back"), ("help", "help"),
)  # fmt: skip


async def look(source: Source, path: bytes, at_ns: int, host: str) -> None:
    """Whether one can go back there, on that host where one is told.

    Raises:
        FcmError: the path was not recorded then.
    """

    def plan(record: Record) -> None:
        from fcm_tui.restore import plan_folder  # in the thread

        reader = reader_of(record)
        recorder_id = reader.recorder_of_host(host) if host and reader.is_server else None
        plan_folder(reader, path, at_ns, recorder_id=recorder_id)

    await source.call(plan)


class MomentDiff(FindingView, inherit_bindings=False):
    """All its files one below the other; it is no change of the log, and has no neighbours there."""

    BINDINGS = keys.bindings(
        keys.DIFF, keys.SHOWN,
        without=(
            "diff.mark", "diff.compare", "diff.disk", "diff.span", "diff.newer", "diff.older", "diff.reviewed",
            "diff.unreviewed", "diff.back",
        ),
    )  # fmt: skip


class MomentScreen(Screen[None]):
    """Covers the panes; `subject` is the folder at that moment."""

    BINDINGS = keys.bindings(keys.MOMENT)
    CONTEXT = keys.MOMENT

    def __init__(
        self, palette: Palette, source: Source, path: bytes, at_ns: int, host: str = "", on: str = ""
    ) -> None:
        """Where several hosts may have such a path, `host` tells whose it is, and `on` is what people are told that is."""
        super().__init__()
        self._palette, self._source = palette, source
        self._path, self._at_ns, self._host, self._on = path, at_ns, host, on
        self.diff = MomentDiff(palette, id="moment")
        self._pane = Pane(palette, "As it was", self.diff)

    def compose(self) -> ComposeResult:
        yield self._pane
        yield Hints(self._palette, _HINTS)

    def on_mount(self) -> None:
        self.diff.focus()
        self.diff.hint = "Comparing what it was with what it is…"

    def on_screen_resume(self) -> None:
        self._read()

    def subject(self) -> Subject:
        return Subject(self._path, is_folder=True, at_ns=self._at_ns, host=self._host, on=self._on)

    def file(self) -> Subject | None:
        """The file in sight, for what is of files."""
        return file_shown(self.diff)

    @work(group="moment", exclusive=True, exit_on_error=False)
    async def _read(self) -> None:
        def read(record: Record) -> Document | None:
            from fcm_tui.review.documents import span  # the diff engine, in the thread

            return span.since(record, self._path, self._at_ns, self._host)

        try:
            document = await self._source.call(read)
        except FcmError as error:
            self.diff.tell([visible(str(error))])
            return
        self.diff.show(document)
        if document is None:
            where, when = wording.on_host(visible_path(self._path), self._on), wording.moment(self._at_ns)
            self.diff.tell([f"Nothing in {where} has changed since {when}."])
        self._say_title()

    def on_diff_view_moved(self) -> None:
        self._say_title()

    def _say_title(self) -> None:
        document, view = self.diff.document, self.diff
        state = ""
        if document is not None and document.files:
            state = f"file {max(1, view.file_at)} of {len(document.files)}"
        path = f"{wording.on_host(visible_path(self._path), self._on)} at {wording.moment(self._at_ns)}"
        self._pane.title.say(path, *view.shape.told(), state, view.told())

    def action_back(self) -> None:
        if not self.diff.out():
            self.dismiss(None)
