"""Passwords in command lines are not stored; what is no secret stays readable."""

from __future__ import annotations

import time

import pytest

from fcm_tui.who.masking import LONGEST, MASK, command_text

GITHUB = "ghp_" + "a1B2" * 9
SECRET = "hunter2-Zx"  # noqa: S105


def line(*arguments: str, program: bytes = b"") -> str:
    return command_text(b"".join(argument.encode() + b"\0" for argument in arguments), program)


@pytest.mark.parametrize(
    "arguments",
    [
        ("psql", f"postgres://me:{SECRET}@db/x"),
        ("mysql", "-u", "me", f"-p{SECRET}", "db"),
        ("/usr/bin/mysqldump", f"--password={SECRET}"),
        ("deploy", "--password", SECRET, "now"),
        ("deploy", "--api-key", SECRET),
        ("deploy", "--db_password", SECRET),
        ("env", f"PGPASSWORD={SECRET}", "psql"),
        ("env", f"MY_TOKEN={SECRET}", "run"),
        ("sh", "-c", f"PGPASSWORD={SECRET} psql -c 'select 1'"),
        ("sh", "-c", f"curl https://x/?token={SECRET}&a=b"),
        ("curl", "-H", f"Authorization: Bearer {SECRET}", "https://x"),
        ("curl", "-H", f"X-Auth-Token: {SECRET}", "https://x"),
        ("curl", "-u", f"me:{SECRET}", "https://x"),
        ("curl", f"-ume:{SECRET}", "https://x"),
        ("curl", "--user", f"me:{SECRET}", "https://x"),
        ("curl", "-d", f'{{"password": "{SECRET}"}}', "https://x"),
        ("sshpass", "-p", SECRET, "ssh", "host"),
        ("redis-cli", "-a", SECRET),
        ("openssl", "enc", "-k", SECRET),
        ("openssl", "rsa", "-passin", f"pass:{SECRET}"),
        ("sh", "-c", f"mysql -p{SECRET} db"),
        ("sh", "-c", f"sshpass -p {SECRET} ssh host"),
        ("sh", "-c", f"deploy --password {SECRET} now"),
        ("wget", f"--http-password={SECRET}"),
        ("net", "use", f"/password:{SECRET}"),
        ("curl", f"--user=me:{SECRET}", "https://x"),
        ("curl", f"--proxy-user=me:{SECRET}", "https://x"),
        ("prog", f"--password=a,{SECRET}"),
        ("prog", f"--password=a;{SECRET}"),
        ("prog", f"--password=a {SECRET}"),
        ("prog", f"--password=a'{SECRET}"),
        ("env", f"PGPASSWORD=a {SECRET}", "psql"),
        ("psql", f"postgres://me:a@{SECRET}@db/x"),
        ("sh", "-c", f"mysql -p'a {SECRET}' db"),
        ("sh", "-c", f"sshpass -p 'a {SECRET}' ssh host"),
        ("bash", "-lc", f'sshpass -p "a {SECRET}" ssh host'),
        ("sh", "-c", f"deploy --password='a {SECRET}' now"),
        ("sh", "-c", f"TOKEN='a {SECRET}' deploy"),
    ],
)
def test_a_password_does_not_stand_in_it(arguments: tuple[str, ...]) -> None:
    told = line(*arguments)
    assert SECRET not in told and MASK in told
    assert told.startswith(arguments[0])


@pytest.mark.parametrize("around", ["{}", "git clone https://x/{}/y", "x={}"])
def test_what_the_detectors_know_is_masked_wherever_it_stands(around: str) -> None:
    told = line("run", around.format(GITHUB))
    assert GITHUB not in told and MASK in told


def test_one_that_a_cut_goes_through_is_masked_too() -> None:
    told = line("run", "x" * (LONGEST - 20), GITHUB)
    assert "ghp_" not in told and len(told) <= LONGEST


@pytest.mark.parametrize(
    "arguments, wanted",
    [
        (("vim", "passwords.txt"), "vim passwords.txt"),
        (("rm", "-rf", "token/"), "rm -rf token/"),
        (("cp", "-p", "a", "b"), "cp -p a b"),
        (("sh", "-c", "echo a > b"), "sh -c 'echo a > b'"),
        (("grep", "-r", "password", "src"), "grep -r password src"),
        (("ssh", "me@host"), "ssh me@host"),
        (("sh", "-c", "A=1 make 'two words'; ls"), "sh -c 'A=1 make '\"'\"'two words'\"'\"'; ls'"),
        (("a\x1b[31m\nb",), "'a\x1b[31m\nb'"),
    ],
)
def test_what_is_none_stays_as_it_is(arguments: tuple[str, ...], wanted: str) -> None:
    assert line(*arguments) == wanted


def test_a_script_is_told_but_for_its_secrets() -> None:
    told = line("sh", "-c", f"TOKEN={SECRET} make deploy; ls -l")
    assert "make deploy; ls -l" in told


def test_bytes_that_are_no_text_can_be_stored() -> None:
    command_text(b"run\0\xff\xfe\0").encode()
    assert command_text(b"run\0\xff\0") == r"run '\xff'"
    assert command_text(b"") == ""


@pytest.mark.parametrize(
    "letters", ["password", "a://", "token=", "-", "x:", '"', "auth ", "'\" ", "\\ ", "a://b:@"]
)
def test_no_command_line_takes_long(letters: str) -> None:
    """A process chooses its own; one of 4 KiB is as long as they are read."""
    hostile = (letters * 4096)[:4096].encode()
    began = time.process_time()
    for _ in range(3):
        command_text(hostile)
        command_text(hostile.replace(b" ", b"\0"))
    assert time.process_time() - began < 3
