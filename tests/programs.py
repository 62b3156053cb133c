"""Programs that tests compare with, where this system has them."""

from __future__ import annotations

import shutil

import pytest

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="compares with git, which is not here")
