"""A ledger, or a host, that is closed while another thread still uses a connection leaves none open."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.plugin.clock import utc_now
from onedesk_quickbooks.plugin.host.store import Store
from onedesk_quickbooks.plugin.ledger.database import Database


@pytest.mark.parametrize(
    "opened", [lambda path: Database.open(path, utc_now), Store.open], ids=["the ledger", "the embedded host"]
)
def test_a_connection_in_use_is_closed_when_it_is_given_back(opened: Callable[[Path], Any], tmp_path: Path) -> None:
    found = opened(tmp_path / "file.sqlite")
    with found._engine.connect() as connection:
        driver = connection.connection.driver_connection
        found.close()
        assert driver.execute("SELECT 1").fetchone() == (1,), "that thread ends its work"
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        driver.execute("SELECT 1")
