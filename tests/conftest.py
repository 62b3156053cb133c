"""What every test gets: a home of its own, and an event loop that must not be blocked."""

from __future__ import annotations

import gc
import inspect
import signal
import time
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import blockbuster.blockbuster
import hypothesis
import pytest
from blockbuster import BlockBuster, BlockingError

import fcm_tui
from fcm_tui.datadir import DataDir, open_data_dir
from fcm_tui.store.reading import quarters
from tests import waiting

hypothesis.settings.register_profile("any machine", deadline=None)
hypothesis.settings.load_profile("any machine")

if (
    signal.getsignal(signal.SIGINT) is signal.SIG_IGN
):  # as a shell's background jobs have it, and their children
    signal.signal(signal.SIGINT, signal.default_int_handler)

TESTS = str(Path(__file__).resolve().parent)
PACKAGE = str(Path(fcm_tui.__file__).resolve().parent)


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home folder, far from the person's own settings, record and git configuration."""
    folder = tmp_path_factory.mktemp("home")
    places = {
        "HOME": "",
        "USERPROFILE": "",
        "XDG_CONFIG_HOME": ".config",
        "XDG_DATA_HOME": ".local/share",
        "XDG_STATE_HOME": ".local/state",
        "XDG_CACHE_HOME": ".cache",
        "APPDATA": "AppData/Roaming",
        "LOCALAPPDATA": "AppData/Local",
        "WIN_PD_OVERRIDE_LOCAL_APPDATA": "AppData/Local",
        "FCM_DATA_DIR": "fcm-data",
        "FCM_CONFIG": "",
        "FCM_DATABASE": "",
        "FCM_DATABASE_PASSWORD": "",
    }
    for name, place in places.items():
        if place or name in ("HOME", "USERPROFILE"):
            monkeypatch.setenv(name, str(folder / place))
        else:
            monkeypatch.delenv(name, raising=False)
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM", "COLUMNS", "LINES", "TMUX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(folder / ".gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    (folder / ".gitconfig").write_text("[user]\n\tname = A Tester\n\temail = tester@example.org\n")
    return folder


@pytest.fixture
def in_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Clocks that show UTC."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "UTC")
        _take_up_zone()
        yield
    _take_up_zone()


def _take_up_zone() -> None:
    if hasattr(time, "tzset"):
        time.tzset()
    quarters.local.cache_clear()


@pytest.fixture
def data_dir(home: Path) -> DataDir:
    """The data directory that FCM_DATA_DIR names, empty."""
    return open_data_dir(None)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An empty folder to be watched."""
    folder = tmp_path / "root"
    folder.mkdir()
    return folder


@pytest.fixture
def wait_for() -> Callable[..., Any]:
    """`tests.waiting.wait_for`: `wait_for(probe, seconds=20)`."""
    return waiting.wait_for


@pytest.fixture
def eventually() -> Callable[..., Any]:
    """`tests.waiting.eventually`: `await eventually(probe, seconds=20)`."""
    return waiting.eventually


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """A short command goes without the search for cycles, and leaves it so: here many of them share a process."""
    yield
    gc.enable()


@pytest.fixture(autouse=True)
def unblocked_loop(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An asynchronous test fails where our code blocks the event loop, even if something swallows the error.

    A test itself may block: it may read files, and call our synchronous functions directly.
    """
    if not inspect.iscoroutinefunction(getattr(request, "function", None)):
        yield
        return
    calls: list[str] = []

    class Recorded(BlockingError):
        def __init__(self, name: str) -> None:
            super().__init__(name)
            calls.append(f"{name} from {_culprit()}")

    monkeypatch.setattr(blockbuster.blockbuster, "BlockingError", Recorded)
    detector = BlockBuster("fcm_tui")
    for function in detector.functions.values():
        function.can_block_predicate = _or_called_by_test(function.can_block_predicate)
    detector.activate()
    try:
        yield
    finally:
        detector.deactivate()
    assert not calls, "the event loop was blocked by " + ", ".join(dict.fromkeys(calls))


def _or_called_by_test(allowed: Callable[..., bool]) -> Callable[..., bool]:
    return lambda *args, **kwargs: allowed(*args, **kwargs) or _called_by_test()


def _called_by_test() -> bool:
    """Whether our code, if any is at work, was called from a test as a plain function.

    What a test awaits runs as it would in the program, so it counts as the program's.
    """
    called: types.FrameType | None = None
    frame = inspect.currentframe()
    while frame:
        name = frame.f_code.co_filename
        if name.startswith(PACKAGE):
            called = frame
        elif name.startswith(TESTS) and name != __file__ and called:
            return not called.f_code.co_flags & inspect.CO_COROUTINE
        frame = frame.f_back
    return False


def _culprit() -> str:
    frame = inspect.currentframe()
    while frame:
        if frame.f_code.co_filename.startswith(PACKAGE):
            return f"{Path(frame.f_code.co_filename).relative_to(PACKAGE)}:{frame.f_lineno}"
        frame = frame.f_back
    return "?"
