"""The settings screen: what it shows and checks, what it writes, and that nothing is written over."""

from __future__ import annotations

import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from textual.events import Paste

from fcm_tui.review.app import ReviewApp
from fcm_tui.review.parts.menu import Menu
from fcm_tui.review.settings.fields import SECTIONS
from fcm_tui.settings.config import load
from tests.hostile import acting
from tests.review.builder import RecordBuilder
from tests.review.configured import FILE, app_over, at, written
from tests.review.fake_engine import FakeEngine
from tests.review.keyboard import settled
from tests.review.screens import lines, shows, text
from tests.waiting import eventually

Open = Callable[..., ReviewApp]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return written(tmp_path)


@pytest.fixture
def app_of(record: RecordBuilder) -> Open:
    return partial(app_over, record)


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_every_section_shows_values_and_where_they_come_from(
    file: Path, app_of: Open, size: tuple[int, int]
) -> None:
    app = app_of(file)
    async with app.run_test(size=size) as pilot:
        await shows(app, "line ten")
        await pilot.press("comma")
        for name, wanted in zip(
            (name for name, _ in SECTIONS),
            (
                "project",
                "*.log",
                "64 MiB",
                "keep hourly",
                "find private-key",
                "dark",
                "q,ctrl+c",
                "+ filter",
                "record.db",
            ),
            strict=True,
        ):
            await shows(
                app, lambda screen, name=name, wanted=wanted: f"{name}  " in screen and wanted in screen
            )
            await pilot.press("down")
        await pilot.press("g", "down")
        await shows(app, lambda screen: "line 4" in screen and "default" in screen)


async def test_a_mistake_is_told_while_it_is_written_in_the_words_of_the_check(
    file: Path, app_of: Open
) -> None:
    app = app_of(file)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "line ten")
        await pilot.press(*at("Limits"))
        await shows(app, "▌Limits")
        await pilot.press("enter", "ctrl+u", *"lots")
        await shows(app, "'size_limit' cannot be 'lots': write a size such as")
        await pilot.press("enter")
        await shows(app, "size limit: lots")
        await pilot.press("ctrl+u", *"2 MiB")
        await shows(app, "Right. Enter keeps it.")
        await pilot.press("enter")
        await shows(app, "not written")
        await pilot.press("w")
        await shows(app, '+ size_limit = "2 MiB"')
        await pilot.press("enter")
        await shows(app, "Written.")
    assert load(file).size_limit == 2 << 20
    assert file.read_text().startswith("# mine\n")


async def test_patterns_and_detectors_are_changed_and_taken_out(file: Path, app_of: Open) -> None:
    app = app_of(file)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "line ten")
        await pilot.press(*at("Ignored"))
        await shows(app, "▌Ignored")
        await shows(app, "+ pattern")
        await pilot.press("down", "down", "enter", *"a[")
        await shows(app, "'a[' is no gitignore pattern: a bracket")
        await pilot.press("backspace", *"/*.tmp", "enter")
        await shows(app, "a/*.tmp")
        await pilot.press("up", "d")
        await shows(app, lambda screen: "*.log" not in screen.split("More patterns")[0])
        await pilot.press("escape", "left", "up", "down", "down", "down", "down", "right")


async def test_a_file_that_somebody_else_changed_is_left_alone(file: Path, app_of: Open) -> None:
    app = app_of(file)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "line ten")
        await pilot.press(*at("Ignored"))
        await shows(app, "[x] on")
        await pilot.press("enter")
        await shows(app, "[ ] off")
        file.write_text(FILE + "# theirs\n")
        await pilot.press("w")
        await shows(app, "defaults = false")
        await pilot.press("enter")
        await shows(app, "Somebody else changed the file meanwhile")
        assert file.read_text() == FILE + "# theirs\n"
        await pilot.press("r")
        await shows(app, "[x] on")


async def test_where_there_is_no_file_the_commented_default_becomes_one(tmp_path: Path, app_of: Open) -> None:
    file = tmp_path / "conf" / "fcm.toml"
    app = app_of(file)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "line ten")
        await pilot.press("comma")
        await shows(app, "There is no such file yet")
        await pilot.press("escape", *at("Retention"))
        await shows(app, "[ ] off")
        await pilot.press("enter")
        await shows(app, "[x] on")
        await pilot.press("w")
        await shows(app, "+ thin = true")
        await pilot.press("enter")
        await shows(app, "Written.")
    assert load(file).retention.thin and file.read_text().startswith("# Configuration of fcm-tui.")


async def test_the_database_is_tried_a_server_too(file: Path, app_of: Open) -> None:
    app = app_of(file)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"mysql://ann@127.0.0.1:{free.getsockname()[1]}/files"
    async with app.run_test(size=(100, 24)) as pilot:
        await shows(app, "line ten")
        await pilot.press(*at("Database"), "t")
        await shows(app, "SQLite, a record with 8 changes")
        await pilot.press("enter", *"mysql://ann@db")
        await shows(app, "write mysql://user@host")
        await pilot.press("ctrl+u", *"mysql://ann:secret@db/files")
        await shows(app, "a password does not belong here")
        await pilot.press("ctrl+u", *url, "enter")
        await shows(app, "not written")
        await pilot.press("t")
        await shows(app, f"{url}: ")
        await shows(app, "mend that, and try again")
        await pilot.press("enter")
        await pilot.press("ctrl+u", *"sqlite:other.db", "enter")
        await shows(app, "not written")
        await pilot.press("t")
        await shows(app, lambda screen: "there is no such file yet" in " ".join(screen.split()))
        await pilot.press("w")
        await shows(app, "+ database")
        await pilot.press("enter")
        await shows(app, "database counts from the next start on")


async def test_theme_keys_and_secrets_are_taken_up_live(file: Path, app_of: Open) -> None:
    engine = FakeEngine()
    app = app_of(file, engine)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "line ten")
        file.write_text(
            FILE.replace("dark", "light") + "[keys]\nzoom = 'Z'\n[secrets]\npatterns = ['*.key']\n"
        )
        await eventually(lambda: app.themes.current.name == "light")
        await eventually(lambda: bool(engine.taken_up))
        assert engine.taken_up[0].secrets[-1] == "*.key"
        await pilot.press("z")
        await shows(app, "Directories")
        await pilot.press("Z")
        await shows(app, lambda screen: "Directories" not in screen)
        await pilot.press("Z", "colon", *"alone")
        await shows(app, "  Z           this pane alone")
        await pilot.press("escape")
        file.write_text(FILE + "[keys]\nzoom = 'j'\n")
        await shows(app, "not taken up: fcm.toml:8: [keys] j would do both")
        file.write_text(FILE)
        await eventually(lambda: app.themes.current.name == "dark")
        await shows(app, lambda screen: "not taken up" not in screen)  # the theme was dark already
        await pilot.press("z")
        await shows(app, lambda screen: "Directories" not in screen)
        engine.stop()


async def test_arrows_go_through_folders(file: Path, app_of: Open, tmp_path: Path) -> None:
    (tmp_path / "tree" / "inner" / "deep").mkdir(parents=True)
    app = app_of(file)
    async with app.run_test(size=(140, 40)) as pilot:
        await shows(app, "line ten")
        await pilot.press(*at("Folders"))
        await shows(app, "+ folder")
        await pilot.press("G", "enter")
        await shows(app, "Record a folder")
        await pilot.press("ctrl+u", *f"{tmp_path.as_posix()}/tree/")
        await shows(app, "tree/inner")
        await pilot.press("down", "right")
        await shows(app, "inner/deep")
        await pilot.press("left")
        await shows(app, lambda screen: "inner/deep" not in screen and "tree/inner" in screen)
        await pilot.press("left")
        await shows(app, "fcm.toml")
        await pilot.press("escape")
        await shows(app, lambda screen: "Record a folder" not in screen)


async def test_nothing_hostile_in_the_file_acts_on_the_terminal(tmp_path: Path, app_of: Open) -> None:
    file = tmp_path / "fcm.toml"
    bad = "\\u001b]0;OWNED\\u0007\\u202e"
    file.write_text(
        f'[ignore]\npatterns = ["{bad}"]\n[[roots]]\npath = "/srv/{bad}"\n[filters]\na = "{bad}"\n'
    )
    app = app_of(file)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "line ten")
        await pilot.press("comma")
        await shows(app, "␛]0;OWNED␇<202E>")
        for _ in SECTIONS:
            assert not acting(text(app).replace("\n", ""))
            await pilot.press("down")
        await pilot.press("g", "down", "right", "enter")
        await shows(app, "[ ] off")
        await pilot.press("w")
        await shows(app, "Enter writes it")
        assert not acting(text(app).replace("\n", ""))


async def test_a_broken_file_is_told_with_its_line(file: Path, app_of: Open) -> None:
    app = app_of(file)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "line ten")
        file.write_text("theme = \n")
        await pilot.press("comma")
        await shows(app, "Line 1: not TOML")
        await pilot.press("right", "enter", "w", "d", "t", "p", "escape")
        await shows(app, "Directories")


async def test_keys_typed_ahead_find_the_draft_as_the_key_before_left_it(
    file: Path, app_of: Open, tmp_path: Path
) -> None:
    folder = tmp_path / "more"
    folder.mkdir()
    file.write_text(FILE.replace("/home/ann/project", str(folder).replace("\\", "\\\\")))
    app = app_of(file)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "line ten")
        await pilot.press("comma", "enter", "d", "G", "enter", "ctrl+u", *_keys(folder.as_posix()), "enter")
        await shows(app, "all counted")
        await pilot.press("enter", "w")
        await shows(app, "Write  ")
        assert "- path" not in text(app) and "-[[roots]]" not in text(app)


async def test_out_of_a_preview_one_comes_back_to_the_folder_that_was_typed(
    file: Path, app_of: Open, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        (tmp_path / "more" / name).mkdir(parents=True)
    app = app_of(file)
    async with app.run_test(size=(200, 40)) as pilot:
        await shows(app, "line ten")
        await pilot.press(
            *at("Folders"), "G", "enter", "ctrl+u", *_keys(f"{tmp_path.as_posix()}/more/one"), "enter"
        )
        await shows(app, "all counted")
        await pilot.press("escape")
        await shows(app, f"> {tmp_path.as_posix()}/more/one")
        await pilot.press(*["backspace"] * 3, *"two", "enter")
        await shows(app, "all counted")
        await pilot.press("enter")
        await shows(app, "Not written yet")
        assert "more/two" in text(app)


def _keys(written: str) -> list[str]:
    return ["slash" if letter == "/" else letter for letter in written]


async def test_a_whole_path_takes_the_place_of_the_home_and_tab_writes_what_folders_have_in_common(
    file: Path, app_of: Open, tmp_path: Path
) -> None:
    for name in ("part-one", "part-two"):
        (tmp_path / name).mkdir()
    app = app_of(file)
    async with app.run_test(size=(240, 40)) as pilot:
        await shows(app, "line ten")
        await pilot.press(*at("Folders"), "G", "enter")
        await shows(app, "> ~/")
        app.post_message(Paste(f"{tmp_path}/pa\n"))
        await shows(app, f"> {tmp_path.as_posix()}/pa ")
        await pilot.press("tab")
        await shows(app, f"> {tmp_path.as_posix()}/part- ")
        await pilot.press("tab")
        await shows(app, f"> {tmp_path.as_posix()}/part-one/ ")


async def test_j_and_k_move_in_a_menu_where_they_are_no_choices(file: Path, app_of: Open) -> None:
    app = app_of(file)
    async with app.run_test(size=(140, 40)) as pilot:
        await shows(app, "line ten")
        await pilot.press(*at("Screen"), "enter")
        await shows(app, "leaves it")
        menu = app.screen
        assert isinstance(menu, Menu)
        await pilot.press("j", "j", "k")
        await eventually(lambda: menu._view.cursor == 1)


async def test_what_a_field_is_for_can_be_read_to_its_end(file: Path, app_of: Open) -> None:
    app = app_of(file)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "line ten")
        await pilot.press(*at("Retention"))
        await shows(app, "thin out")
        told = app.screen.query_one("#why")
        await shows(app, lambda screen: "fcm-tui prune --dry-run" in " ".join(lines(told)).replace("  ", " "))
        assert "…" not in "".join(lines(told))
        await pilot.press("down")
        await eventually(lambda: told.size.height == 3)


async def test_fields_are_searched_by_what_they_are_called_do_and_say(file: Path, app_of: Open) -> None:
    app = app_of(file)
    async with app.run_test(size=(140, 40)) as pilot:
        await shows(app, "line ten")
        await pilot.press(*at("Keys"), "slash", *"next hunk")
        await shows(app, "1 found")
        shown = await shows(app, "diff.next-hunk")
        assert "diff.previous-hunk" not in shown
        await pilot.press("enter", "enter", "ctrl+u", *"X", "enter")
        await shows(app, "Not written yet")
        await shows(app, "not written")
        await pilot.press("slash", *" nowhere")
        await shows(app, "No field here has that.")
        await pilot.press("escape")
        await shows(app, "pane.tree")
        await pilot.press("slash", *"hunk", "enter", "down")
        await settled(app)  # Esc goes before keys that still wait, and takes them away
        await pilot.press("escape")
        await shows(app, "diff.newer")  # where one had found something
        await pilot.press("slash", *"hunk", "enter", "left", "up", "down")
        await shows(app, lambda screen: "pane.tree" in screen and "found" not in screen)
