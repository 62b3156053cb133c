"""Where the team's database is: URLs and the table `[database]`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fcm_tui.errors import UsageError
from fcm_tui.settings import config
from fcm_tui.settings.config import Settings
from fcm_tui.settings.database import Server, parse_server
from fcm_tui.settings.values import BadValue
from fcm_tui.settings.writer import as_json, as_toml

URLS = {
    "mysql://me@db/fcm": Server("me", (("db", 3306),), "fcm"),
    "mysql://me@db:3307/fcm?tls=verify": Server("me", (("db", 3307),), "fcm", "verify"),
    "mysql://me@a,b:13306,[::1]:99/fcm?tls=off": Server(
        "me", (("a", 3306), ("b", 13306), ("::1", 99)), "fcm", "off"
    ),
    "MySQL://a%40b@10.0.0.1/the%20team": Server("a@b", (("10.0.0.1", 3306),), "the team"),
}
WRONG = (
    "mysql:me@db/fcm", "mysql://db/fcm", "mysql://me@db", "mysql://me@db/", "mysql://me@/fcm", "mysql://me@db:x/fcm",
    "mysql://me@db:0/fcm", "mysql://me@db:70000/fcm", "mysql://me@a,,b/fcm", "mysql://me@db/fcm?tls=maybe",
    "mysql://me@db/fcm?ssl=1", "mysql://me@[::1/fcm",
)  # fmt: skip


@pytest.mark.parametrize("url", URLS)
def test_a_url_names_a_server(url: str) -> None:
    assert parse_server(url) == URLS[url]


@pytest.mark.parametrize("url", WRONG)
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(BadValue, match="mysql://user@host"):
        parse_server(url)


@pytest.mark.parametrize(
    "url", ["mysql://me:hunter2@db/fcm", "mysql://me:@db/fcm", "mysql://me@db/fcm?password=hunter2"]
)
def test_a_password_in_a_url_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(UsageError, match="FCM_DATABASE_PASSWORD") as caught:
        config.database_server(url, Settings(), {})
    assert "hunter2" not in str(caught.value)


def test_encryption_is_left_out_on_this_machine_only() -> None:
    usual = parse_server("mysql://me@db/fcm")
    assert [usual.wants_tls(host) for host in ("db", "127.0.0.1", "localhost", "::1", "localhost.example.org")] == [
        True, False, False, False, True,
    ]  # fmt: skip
    assert parse_server("mysql://me@db/fcm?tls=verify").wants_tls("127.0.0.1")
    assert not parse_server("mysql://me@db/fcm?tls=off").wants_tls("db")


def test_the_table_says_more_than_a_url(tmp_path: Path) -> None:
    file = tmp_path / "fcm.toml"
    file.write_text(
        "[database]\nurl = 'mysql://me@db/fcm'\npassword_file = 'pw'\nca = '/etc/team.pem'\ncontent_limit = '1 MiB'\n"
    )
    settings = config.load(file)
    assert settings.server == Server(
        "me",
        (("db", 3306),),
        "fcm",
        None,
        str(tmp_path / "pw"),
        os.path.join(tmp_path.anchor, "etc", "team.pem"),
        1 << 20,
    )
    assert settings.database is None
    elsewhere = config.database_server("mysql://me@other/fcm", settings, {})
    assert elsewhere is not None
    assert (elsewhere.hosts, elsewhere.password_file) == ((("other", 3306),), str(tmp_path / "pw"))
    assert config.database_server(None, settings, {"FCM_DATABASE": "sqlite:x.db"}) is None
    assert (
        config.database_path("mysql://me@other/fcm", settings, tmp_path / "record.db", {})
        == tmp_path / "record.db"
    )
    again = tmp_path / "again.toml"
    again.write_text(as_toml(settings))
    assert config.load(again).server == settings.server
    assert '"url": "mysql://me@db/fcm"' in as_json(settings)


def test_one_line_names_a_server_too(tmp_path: Path) -> None:
    (tmp_path / "fcm.toml").write_text("database = 'mysql://me@db/fcm'")
    assert config.load(tmp_path / "fcm.toml").server == Server("me", (("db", 3306),), "fcm")
