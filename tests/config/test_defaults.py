"""What the shipped patterns leave out and keep secret, asked of the rules that the recorder applies."""

from __future__ import annotations

import os

import pytest

from fcm_tui.settings.config import Settings
from fcm_tui.watch.ignore import IgnoreRules

ROOT = os.fsencode(os.path.abspath("/root"))
LEFT_OUT = """
    .git/ .hg/ .svn/ .jj/ .bzr/ CVS/ __pycache__/ .mypy_cache/ .pytest_cache/ .ruff_cache/ .cache/ .tox/ .nox/
    .venv/ venv/ node_modules/ a.pyc .a.py.swp a.swx a.py~ .#a #a# a.kate-swp ~$a.docx .~lock.a.odt#
    .DS_Store Thumbs.db desktop.ini
"""
KEPT = "a.py 4913 .gitignore .github/ caches/ a.txt #a a# venv2/ Makefile .env 49130 cache/ build/"
WITHHELD = """
    .env .env.local server.pem server.key id_rsa id_ed25519 a.kdbx .netrc .pgpass .git-credentials
    shadow .aws/credentials me/.aws/credentials etc/shadow
"""
OPEN = ".env.example id_rsa.pub server.crt credentials lib/shadow key.py environment"


def _below(name: str) -> bytes:
    return os.path.join(ROOT, os.fsencode(name.replace("/", os.sep)))


@pytest.mark.parametrize(("names", "expected"), [(LEFT_OUT, True), (KEPT, False)])
def test_what_is_not_recorded(names: str, expected: bool) -> None:
    rules = IgnoreRules(ROOT, Settings().ignore)
    for name in names.split():
        found = rules.matches(_below("deep/er"), name.rstrip("/").encode(), name.endswith("/"))
        assert found is expected, name


@pytest.mark.parametrize(("names", "expected"), [(WITHHELD, True), (OPEN, False)])
def test_what_is_recorded_without_its_content(names: str, expected: bool) -> None:
    rules = IgnoreRules(ROOT, Settings().secrets)
    for name in names.split():
        assert rules.matches_path(_below(name)) is expected, name
