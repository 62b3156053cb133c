"""Chaos for a while: the end is exact."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from fcm_tui.ship import shipper
from fcm_tui.store.mysql import connection
from tests.database.chaos import Chaos
from tests.database.conftest import started_on_small_disk
from tests.database.server import PASSWORD, needs_mariadb

pytestmark = needs_mariadb

SECONDS = 40


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_every_row_is_there_once_whatever_happens(
    template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FCM_DATABASE_PASSWORD", PASSWORD)
    monkeypatch.setattr(connection, "STATEMENT_SECONDS", 2.0)  # so that a freeze is met in a short run
    monkeypatch.setattr(connection, "CONNECT_SECONDS", 2.0)
    monkeypatch.setattr(shipper, "LAST_REFUSED", 2.0)
    seed = int(time.time())
    print(f"chaos, seed {seed}")
    with started_on_small_disk(template) as (server, disk):
        print(await Chaos(tmp_path, server, seed, disk).run(SECONDS))
