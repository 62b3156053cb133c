"""Each way out, to a real server on loopback; and every name that wants to be more than a name."""

from __future__ import annotations

import email
import email.policy
import hashlib
import hmac
import json
import re
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from fcm_tui.alerts.alert import Alert
from fcm_tui.alerts.sending import send
from fcm_tui.alerts.tally import Tally
from fcm_tui.alerts.targets import desktop
from fcm_tui.alerts.targets.failure import NotSent
from fcm_tui.alerts.targets.syslog import DATAGRAM
from fcm_tui.alerts.targets.through_apprise import plain
from fcm_tui.settings.alerts import AlertRule
from fcm_tui.settings.targets import (
    AppriseTarget,
    CommandTarget,
    DesktopTarget,
    MailTarget,
    SyslogTarget,
    Target,
    WebhookTarget,
)
from fcm_tui.store.reading.watched import Seen
from tests.alerts.harness import TELLER
from tests.alerts.servers import mail_server, syslog_local, syslog_tcp, syslog_udp, trust, web
from tests.waiting import wait_for

HOSTILE = (
    b"/r/\x1b]0;owned\x07\x1b[31m.txt",
    b"/r/x\r\nBcc: all@example.org\r\n\r\nbody",
    b"/r/x\n<0>1 - - - - - - forged",
    b'/r/x"]\\ [forged@1 a="b"]',
    b"/r/\xff\xfe.txt",
    "/r/\u202egnp.exe".encode(),
    b"/r/<script>alert(1)</script>[click](http://x)@everyone",
    b"/r/-rf; $(touch /tmp/x) `id`",
)


def alert(*paths: bytes, **more: Any) -> Alert:
    """One about files of these names, made as rules make it."""
    from fcm_tui.alerts.evaluator import made
    from fcm_tui.alerts.rules import Rule
    from fcm_tui.alerts.tracker import Tracker

    rule = AlertRule("payroll", severity="critical")
    tracker, tally = Tracker(Rule(rule, ())), Tally()
    for number, path in enumerate(paths or (b"/r/may",), 1):
        tally.add(
            Seen(
                number,
                10**18,
                None,
                "modified",
                path,
                None,
                b"\1" * 32,
                b"\2" * 32,
                5,
                4,
                None,
                "stored",
                "event",
                "vi\x1b[31mm[7]",
                '{"how": "event", "user": "an\u202en", "command": "vim --secret"}',
            )
        )
    return made(rule, "alert", tracker._title(tally), tally, "ab" * 16, "desk", "cd" * 16)


def deliver(target: Target, what: Alert) -> None:
    send(target, what, threading.Event(), None)


def assert_inert(text: str) -> None:
    """Nothing in it acts on a terminal, ends a line of its own accord, or turns the reading direction."""
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", text), ascii(text)


def test_a_webhook_gets_signed_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_SECRET", "s3cret")
    monkeypatch.setenv("HOOK_TOKEN", "t0ken")
    with web() as server:
        url = f"http://127.0.0.1:{server.port}/hook?a=b"
        deliver(WebhookTarget("ops", url, "environment:HOOK_SECRET", "environment:HOOK_TOKEN"), alert())
    (posted,) = server.got
    assert posted.path == "/hook?a=b"
    assert json.loads(posted.body)["rule"] == "payroll"
    assert posted.headers["Idempotency-Key"] == "ab" * 16
    assert posted.headers["Authorization"] == "Bearer t0ken"
    signed = posted.headers["X-Fcm-Timestamp"].encode() + b"." + posted.body
    wanted = hmac.new(b"s3cret", signed, hashlib.sha256).hexdigest()
    assert posted.headers["X-Fcm-Signature"] == f"sha256={wanted}"


@pytest.mark.parametrize("status", [301, 404, 500])
def test_a_webhook_that_refuses_is_told_and_no_redirection_followed(status: int) -> None:
    with web(status) as server, pytest.raises(NotSent, match=f"it answers {status}"):
        deliver(WebhookTarget("ops", f"http://127.0.0.1:{server.port}/"), alert())
    assert len(server.got) == 1


def test_a_webhook_is_verified(tmp_path: Path) -> None:
    good, other = trust(tmp_path / "good"), trust(tmp_path / "other", name="other")
    elsewhere = trust(tmp_path / "elsewhere", address="127.0.0.9")
    with web(context=good.context) as server:
        url = f"https://127.0.0.1:{server.port}/"
        deliver(WebhookTarget("ops", url, ca=str(good.ca)), alert())
        for ca in (None, str(other.ca)):
            with pytest.raises(NotSent, match="its certificate is not trusted"):
                deliver(WebhookTarget("ops", url, ca=ca), alert())
        deliver(WebhookTarget("ops", url, verify=False), alert())
    assert len(server.got) == 2
    with (
        web(context=elsewhere.context) as server,
        pytest.raises(NotSent, match="its certificate is not trusted"),
    ):
        deliver(WebhookTarget("ops", f"https://127.0.0.1:{server.port}/", ca=str(elsewhere.ca)), alert())
    assert server.got == []


def test_secrets_that_others_could_read_or_that_would_split_a_header_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK_TOKEN", "a\r\nX-Evil: yes")
    with web() as server:
        url = f"http://127.0.0.1:{server.port}/"
        with pytest.raises(NotSent, match="other than one line of ASCII") as caught:
            deliver(WebhookTarget("ops", url, token="environment:HOOK_TOKEN"), alert())  # noqa: S106
        assert "X-Evil" not in str(caught.value)
        if sys.platform != "win32":
            (tmp_path / "secret").write_text("s3cret")
            (tmp_path / "secret").chmod(0o644)
            with pytest.raises(NotSent, match=r"others can read .*secret: `chmod 600` it"):
                deliver(WebhookTarget("ops", url, secret=f"file:{tmp_path / 'secret'}"), alert())
    assert server.got == []


_SYSLOG = re.compile(
    rb"<82>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z desk fcm-tui \d+ payroll"
    rb' \[fcmTui@32473( [a-z]+="(?:[^"\\\]]|\\["\\\]])*")+\] \xef\xbb\xbf[^\x00-\x1f]*'
)
"""RFC 5424, 6: authpriv.crit."""


def test_syslog_over_udp_fits_a_datagram() -> None:
    with syslog_udp() as server:
        deliver(
            SyslogTarget("log", "udp", "127.0.0.1", server.port), alert(*HOSTILE, b"/r/" + b"long/" * 400)
        )
        (got,) = wait_for(lambda: server.got)
    assert _SYSLOG.fullmatch(got), got
    assert len(got) <= DATAGRAM


def test_syslog_over_tcp_counts_octets() -> None:
    with syslog_tcp() as server:
        deliver(SyslogTarget("log", "tcp", "127.0.0.1", server.port), alert(*HOSTILE[:5]))
        (got,) = wait_for(lambda: server.got)
    length, _, message = got.partition(b" ")
    assert int(length) == len(message)
    assert _SYSLOG.fullmatch(message), message
    assert "forged" in message.decode()  # as a name, in the text alone


def test_syslog_over_tls_is_verified(tmp_path: Path) -> None:
    good = trust(tmp_path / "good")
    with syslog_tcp(good.context) as server:
        with pytest.raises(NotSent, match="its certificate is not trusted"):
            deliver(SyslogTarget("log", "tls", "127.0.0.1", server.port), alert())
        deliver(SyslogTarget("log", "tls", "127.0.0.1", server.port, ca=str(good.ca)), alert())
        got = wait_for(lambda: [stream for stream in server.got if stream])
    assert _SYSLOG.fullmatch(got[0].partition(b" ")[2])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such socket")
def test_syslog_of_this_machine(tmp_path: Path) -> None:
    with syslog_local(tmp_path / "log") as server:
        deliver(SyslogTarget("log", path=str(tmp_path / "log")), alert())
        (got,) = wait_for(lambda: server.got)
    assert _SYSLOG.fullmatch(got)
    with pytest.raises(NotSent, match="No such file"):
        deliver(SyslogTarget("log", path=str(tmp_path / "nowhere")), alert())


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_mail_goes_encrypted_verified_and_signed_in(
    tls: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = trust(tmp_path / "good")
    monkeypatch.setenv("MAIL_PASSWORD", "right")
    with mail_server(good.context, at_once=tls == "tls") as server:
        target = MailTarget(
            "mail", "127.0.0.1", "fcm@example.org", ("admin@example.org", "ops@example.org"), server.port, tls,
            "fcm", "environment:MAIL_PASSWORD", str(good.ca),
        )  # fmt: skip
        deliver(target, alert(*HOSTILE))
        monkeypatch.setenv("MAIL_PASSWORD", "wrong")
        with pytest.raises(NotSent, match="refuses user and password") as caught:
            deliver(target, alert())
        assert "wrong" not in str(caught.value)
        untrusting = MailTarget("mail", "127.0.0.1", "fcm@example.org", ("a@example.org",), server.port, tls)
        with pytest.raises(NotSent, match="its certificate is not trusted"):
            deliver(untrusting, alert())
    (envelope,) = server.got
    assert envelope.rcpt_tos == ["admin@example.org", "ops@example.org"]
    assert server.logins[0] == (b"fcm", b"right")
    received = email.message_from_bytes(envelope.content, policy=email.policy.default)
    assert set(received.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Priority", "Content-Type",
        "Content-Transfer-Encoding", "MIME-Version",
    }  # fmt: skip
    assert received["Message-ID"] == f"<{'ab' * 16}@example.org>"
    assert_inert(received["Subject"])
    assert_inert(received.get_content().replace("\r\n", "\n"))


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_subject_with_a_hostile_name_is_one_line(name: bytes) -> None:
    with mail_server() as server:
        deliver(
            MailTarget("mail", "127.0.0.1", "fcm@example.org", ("a@example.org",), server.port, "off"),
            alert(name),
        )
    received = email.message_from_bytes(server.got[0].content, policy=email.policy.default)
    assert received["Bcc"] is None
    assert received["Subject"].startswith("[critical] payroll: ")
    assert_inert(received["Subject"])


def test_a_program_gets_json_and_little_of_our_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FCM_DATABASE_PASSWORD", "hunter2")
    code = (
        f"import os, json; open({str(tmp_path / 'env')!r}, 'w').write(json.dumps(dict(os.environ))); {TELLER}"
    )
    argv = (sys.executable, "-I", "-S", "-c", code, str(tmp_path / "got"))
    deliver(CommandTarget("ops", argv), alert(*HOSTILE))
    document = json.loads((tmp_path / "got").read_text())
    for file in document["files"]:
        assert_inert(file["path"])
        assert (file["process"], file["user"]) == ("vi␛[31mm[7]", "an<202E>n")
    assert "by vi␛[31mm[7] of an<202E>n" in alert().text() and "--secret" not in alert().text()
    assert document["files"][0]["path"] == "/r/␛]0;owned␇␛[31m.txt"
    environment = json.loads((tmp_path / "env").read_text())
    assert environment["FCM_ALERT_RULE"] == "payroll"
    assert "hunter2" not in environment.values()


def test_a_program_that_fails_is_quoted_and_its_children_do_not_outlive_it(tmp_path: Path) -> None:
    says = (sys.executable, "-c", "import sys; sys.exit('\x1b[31mno such pager')")
    with pytest.raises(NotSent, match=r"ended with 1: ␛\[31mno such pager"):
        deliver(CommandTarget("ops", says), alert())
    with pytest.raises(NotSent, match="cannot be started"):
        deliver(CommandTarget("ops", (str(tmp_path / "none"),)), alert())
    if sys.platform != "win32":
        mark = tmp_path / "mark"
        slow = ("/bin/sh", "-c", f"(sleep 3; touch {mark}) & sleep 60")
        with pytest.raises(NotSent, match="took longer than 1 s, and was killed"):
            deliver(CommandTarget("ops", slow, 1.0), alert())
        import subprocess

        assert (
            str(mark)
            not in subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
        )


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_apprise_reaches_what_it_knows_without_markup(tmp_path: Path) -> None:
    pytest.importorskip("apprise")
    with web(200) as server:
        urls = tmp_path / "urls"
        urls.write_text(f"# ours\njson://127.0.0.1:{server.port}/notify\n")
        urls.chmod(0o600)
        deliver(AppriseTarget("all", f"file:{urls}"), alert(*HOSTILE))
        urls.write_text("no address\n")
        with pytest.raises(NotSent, match="understands no address in line 1"):
            deliver(AppriseTarget("all", f"file:{urls}"), alert())
    body = json.loads(server.got[0].body)["message"]
    assert_inert(body)
    assert "@everyone" not in body and "<script>" not in body and "[click](" not in body
    assert plain("a/b_c.txt") == "a/b%5Fc.txt"


def test_a_terminal_is_sent_one_sequence_and_nothing_of_a_name() -> None:
    for via, begin, end in (("osc9", "\x1b]9;", "\x1b\\"), ("osc777", "\x1b]777;notify;fcm-tui;", "\x1b\\")):
        shown = desktop.sequence(via, alert(HOSTILE[0]))
        assert shown.startswith(begin) and shown.endswith(end)
        assert_inert(shown[len(begin) : -len(end)])
        assert ";" not in shown[len(begin) : -len(end)]
    assert desktop.sequence("auto", alert(), {"TERM": "xterm-256color"}) == "\a"
    assert desktop.sequence("auto", alert(), {"TMUX": "/run/x", "VTE_VERSION": "7000"}) == "\a"
    rung: list[str] = []
    send(DesktopTarget("desk", "bell"), alert(), threading.Event(), rung.append)
    assert rung == ["\a"]
    with pytest.raises(NotSent, match="no terminal"):
        send(DesktopTarget("desk", "bell"), alert(), threading.Event(), None)


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="notify-send is what Linux has")
def test_notify_send_is_given_arguments_never_options_or_markup(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "notify-send"
    program.write_text(
        f"#!{sys.executable}\nimport json, sys\nopen({str(tmp_path / 'got')!r}, 'w').write(json.dumps(sys.argv))\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("DISPLAY", ":0")
    send(DesktopTarget("desk"), alert(HOSTILE[6]), threading.Event(), None)
    *options, title, body = json.loads((tmp_path / "got").read_text())[1:]
    assert options[-1] == "--"
    assert title == "fcm-tui: payroll"
    assert "<" not in body and "&lt;script&gt;" in body
