"""A process that starts while another one makes the ledger waits for it."""

from __future__ import annotations

import sqlite3
import threading
from datetime import datetime, timezone
from pathlib import Path

from onedesk_quickbooks.plugin.ledger.database import Database
from onedesk_quickbooks.plugin.ledger.database.sqlite import FileLocks


def test_a_ledger_is_made_by_one_process_alone(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    begun, waited = threading.Event(), threading.Event()

    def make() -> None:
        """As the other process: SQLite refuses whoever changes the mode of the file meanwhile."""
        with FileLocks(tmp_path).hold("opening", "", 1):
            file = sqlite3.connect(path, isolation_level=None)
            file.execute("BEGIN IMMEDIATE")
            begun.set()
            waited.wait(0.3)
            file.execute("ROLLBACK")
            file.close()

    other = threading.Thread(target=make)
    other.start()
    assert begun.wait(10)
    Database.open(path, lambda: datetime.now(timezone.utc)).close()
    other.join()
