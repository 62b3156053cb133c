"""What several tests of the store start from."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from tests.store.histories import database


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    opened = database()
    yield opened
    opened.close()
